//! Documents and lists that hide something, or say different things.

use serde_json::{Value, json};

use crate::contract::types::{Mode, Outcome, SideEffect};

use super::{
    lists::others,
    world::{Change, Instead, Slack, World, entries, error, outcomes, reason, row},
};

const DEMOTE: [SideEffect; 2] = [SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere];

fn always(request: &'static str, skip: usize, document: Value) -> Instead {
    Instead {
        request,
        skip,
        times: usize::MAX,
        document,
    }
}

fn at(request: &'static str, number: usize, change: fn(&mut Slack)) -> Change {
    Change {
        request,
        number,
        change,
    }
}

#[test]
fn workspaces_that_were_hidden_do_not_stand_for_an_account_type_that_is_hidden_now() {
    for hide in [
        (|slack| slack.user["enterprise_user"]["is_admin"] = json!(null)) as fn(&mut Slack),
        |slack| slack.user["enterprise_user"] = json!(null),
    ] {
        let world = World::new(|slack| {
            slack.set_above("is_admin", true);
            slack.user["enterprise_user"]["teams"] = json!(null);
            slack
                .instead
                .push(always("admin.users.setRegular", 0, json!({"ok": true})));
            slack.changes.push(at("admin.users.setRegular", 1, hide));
        })
        .allowing(&DEMOTE);
        let answer = world.ask(&["org_admin"]);
        assert_eq!(outcomes(&answer), [Outcome::Unverified], "{answer:?}");
    }
}

#[test]
fn a_list_that_slack_refuses_says_nothing_about_a_role_that_exists() {
    let long = |instead: Instead| {
        World::new(|slack| {
            slack.rows = others(450).chain([row("Rl0C", "T01", "U01")]).collect();
            slack.instead.push(instead);
        })
    };
    let list = "admin.roles.listAssignments role_ids=Rl0C";
    let world = long(always(list, 0, error("invalid_role_id")));
    let answer = world.ask(&["Rl0C"]);
    assert_eq!(
        (outcomes(&answer), world.writes()),
        (vec![Outcome::Unknown], 0),
        "{answer:?}"
    );
    // A published role that nobody was seen to have exists, too.
    let list = "admin.roles.listAssignments role_ids=Rl0D";
    let answer = long(always(list, 0, error("invalid_role_id"))).ask(&["Rl0D"]);
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
    // The list ends with the refusal on its second page.
    let world = World::new(|slack| {
        slack.rows = others(700).chain([row("Rl0C", "T01", "U01")]).collect();
        slack.instead.push(always(
            "admin.roles.listAssignments role_ids=Rl0C cursor",
            0,
            error("invalid_role_id"),
        ));
    });
    let answer = world.ask(&["Rl0C"]);
    assert!(answer.is_err() && world.writes() == 0, "{answer:?}");
    // It was read before the removal, and is refused after it.
    for role in ["Rl0C", "RlCUSTOM1"] {
        let world = World::new(|slack| {
            slack.rows = others(450).chain([row(role, "T01", "U01")]).collect();
            slack
                .instead
                .push(always("admin.roles.removeAssignments", 0, json!({"ok": true})));
            let list = if role == "Rl0C" {
                "admin.roles.listAssignments role_ids=Rl0C"
            } else {
                "admin.roles.listAssignments role_ids=RlCUSTOM1"
            };
            slack.instead.push(always(list, 1, error("invalid_role_id")));
        });
        let answer = world.ask(&[role]);
        assert_eq!(outcomes(&answer), [Outcome::Unverified], "{role}: {answer:?}");
    }
}

#[test]
fn a_guest_is_never_promoted_by_a_list_that_lags() {
    for flag in ["is_restricted", "is_ultra_restricted"] {
        for value in [json!(true), json!("yes")] {
            let world = World::new(|slack| {
                slack.set_admin("T01");
                slack.user[flag] = value.clone();
            });
            let answer = world.ask(&["admin@T01"]);
            assert_eq!(
                (reason(&answer, 0), world.writes()),
                (Some("not_visible"), 0),
                "{flag} {value}: {answer:?}"
            );
        }
    }
    // In the organization, too.
    let world = World::new(|slack| {
        slack.set_above("is_admin", true);
        slack.user["is_restricted"] = json!(true);
    })
    .allowing(&DEMOTE);
    let answer = world.ask(&["org_admin"]);
    assert_eq!(
        (reason(&answer, 0), world.writes()),
        (Some("not_visible"), 0),
        "{answer:?}"
    );
    // Since the first read.
    let world = World::new(|slack| {
        slack.set_admin("T01");
        slack.user["is_restricted"] = json!(false);
        slack
            .changes
            .push(at("users.info", 2, |slack| slack.user["is_restricted"] = json!(true)));
    });
    let answer = world.ask(&["admin@T01"]);
    assert_eq!(
        (reason(&answer, 0), world.writes()),
        (Some("concurrent_change"), 0),
        "{answer:?}"
    );
}

#[test]
fn an_account_type_of_the_document_that_no_list_explains_is_no_absence() {
    let of = |change: fn(&mut Slack), asked: &str| {
        let world = World::new(change).allowing(&DEMOTE);
        let answer = world.ask(&[asked]);
        (outcomes(&answer), world.writes())
    };
    let unknown = (vec![Outcome::Unknown], 0);
    let is_primary: fn(&mut Slack) = |slack| {
        for key in ["is_primary_owner", "is_owner", "is_admin"] {
            slack.user[key] = json!(true);
        }
        slack.user.as_object_mut().unwrap().remove("team_id");
    };
    let is_primary_at_organization: fn(&mut Slack) = |slack| {
        slack.user["is_primary_owner"] = json!(true);
        slack.user["team_id"] = json!("E01");
    };
    for asked in ["owner@T01", "admin@T01", "primary_owner", "owner", "admin"] {
        assert_eq!(of(is_primary, asked), unknown, "{asked}");
    }
    for asked in ["primary_owner", "owner", "owner@T01"] {
        assert_eq!(of(is_primary_at_organization, asked), unknown, "{asked}");
    }
    let is_admin_at_organization: fn(&mut Slack) = |slack| {
        slack.user["is_admin"] = json!(true);
        slack.user["team_id"] = json!("E01");
    };
    assert_eq!(of(is_admin_at_organization, "admin"), unknown);
    let is_admin_nowhere: fn(&mut Slack) = |slack| {
        slack.user["is_admin"] = json!(true);
        slack.user["enterprise_user"]["teams"] = json!([]);
        slack.user["teams"] = json!([]);
        slack.user.as_object_mut().unwrap().remove("team_id");
    };
    assert_eq!(of(is_admin_nowhere, "admin"), unknown);
    let whole = World::new(is_admin_nowhere).read_user().unwrap();
    assert!(!whole.whole, "{whole:?}");
    // Who is nothing is absent.
    let is_nothing: fn(&mut Slack) = |slack| slack.user["team_id"] = json!("E01");
    assert_eq!(of(is_nothing, "admin"), (vec![Outcome::AlreadyAbsent], 0));
}

#[test]
fn an_address_that_scim_does_not_show_may_be_a_protected_one() {
    let with = |document: Option<Value>, status: Option<u16>| {
        let mut world = World::new(|slack| {
            if let Some(document) = document {
                slack.instead.push(always("/scim/v2/Users/U01", 0, document));
            }
            slack
                .statuses
                .extend(status.map(|status| ("/scim/v2/Users/U01", status)));
        })
        .protecting_users(&["ceo@example.com"]);
        world.settings = Some(r#"{"scim": true}"#);
        let answer = world.ask(&["Rl0C"]);
        assert!(answer.is_ok() || world.writes() == 0);
        if let Err(failure) = &answer
            && failure.outcomes.is_empty()
        {
            return (false, failure.retryable, failure.status == 422);
        }
        (answer.is_ok(), false, reason(&answer, 0) == Some("protected_user"))
    };
    let scim = |emails: Value| Some(json!({"id": "U01", "emails": emails}));
    for emails in [
        json!([{"value": "ann@example.com"}, {"value": "ceo@example.com"}]),
        json!(null),
        json!([{"value": 7}]),
        json!([{"value": null}]),
        json!([null]),
    ] {
        assert_eq!(with(scim(emails.clone()), None), (false, false, true), "{emails}");
    }
    // What may pass is no word about the user.
    for (status, may_pass) in [(401, false), (403, false), (429, true), (500, true)] {
        assert_eq!(with(None, Some(status)), (false, may_pass, !may_pass), "{status}");
    }
    assert_eq!(
        with(scim(json!([{"value": "ann@example.com"}])), None),
        (true, false, false)
    );
    // SCIM knows no such user, and so no address.
    assert_eq!(with(None, Some(404)), (true, false, false));
}

#[test]
fn scim_knows_a_person_by_either_id() {
    let both = json!({"id": "W01", "emails": [{"value": "ann@example.com"}, {"value": "ceo@example.com"}]});
    for asked in ["U01", "W01"] {
        for (of_local, of_global) in [(None, Some(both.clone())), (Some(both.clone()), Some(both.clone()))] {
            let mut world = World::new(|slack| {
                slack.user["enterprise_user"]["id"] = json!("W01");
                for (path, document) in [("/Users/U01", of_local.clone()), ("/Users/W01", of_global.clone())] {
                    match document {
                        Some(document) => slack.instead.push(always(path, 0, document)),
                        None => slack.statuses.push((path, 404)),
                    }
                }
            })
            .protecting_users(&["ceo@example.com"]);
            world.settings = Some(r#"{"scim": true}"#);
            let answer = world.ask_for(asked, &["Rl0C"]);
            assert_eq!(
                (reason(&answer, 0), world.writes()),
                (Some("protected_user"), 0),
                "{asked}: {answer:?}"
            );
        }
    }
}

#[test]
fn a_workspace_that_the_document_names_no_more_is_looked_at_all_the_same() {
    for roles in [&["admin"][..], &["admin@T02", "admin"]] {
        let world = World::new(|slack| {
            slack.set_admin("T02");
            slack
                .instead
                .push(always("admin.users.setRegular", 0, json!({"ok": true})));
            slack.changes.push(at("admin.users.setRegular", 1, |slack| {
                slack.user["enterprise_user"]["teams"] = json!(["T01"]);
            }));
        });
        let answer = world.ask(roles);
        assert!(!outcomes(&answer).contains(&Outcome::Removed), "{answer:?}");
    }
}

#[test]
fn a_demotion_that_missed_workspaces_which_nobody_can_list_is_not_done() {
    let world = World::new(|slack| {
        slack.set_above("is_admin", true);
        slack.instead.push(always(
            "admin.teams.owners.list team_id=T02",
            0,
            error("feature_not_enabled"),
        ));
        slack.misses = 9;
    })
    .allowing(&DEMOTE);
    let answer = world.ask(&["org_admin"]);
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
}

#[test]
fn what_went_with_a_demotion_is_said_beside_what_stayed() {
    let world = World::new(|slack| {
        slack.set_above("is_admin", true);
        slack.set_owner("T01");
        slack.set_owner("T02");
        slack.misses = 9;
        slack.changes.push(at("admin.users.setRegular", 2, |slack| {
            slack.owners.get_mut("T01").unwrap().retain(|id| id != "U01");
        }));
    })
    .allowing(&DEMOTE);
    let answer = world.ask(&["org_admin"]);
    let told: Vec<&str> = entries(&answer)[0]
        .grants
        .iter()
        .flat_map(|grant| &grant.side_effects)
        .map(String::as_str)
        .collect();
    assert!(told.contains(&"ownership of workspace T01"), "{answer:?}");
    assert!(!told.iter().any(|line| line.contains("T02")), "{told:?}");
    let stayed = entries(&answer)[0]
        .grants
        .iter()
        .filter(|grant| grant.outcome == Outcome::Failed);
    let stayed: Vec<_> = stayed.map(|grant| grant.scope.workspace.as_deref()).collect();
    assert_eq!(stayed, [Some("T02")], "{answer:?}");
}

#[test]
fn another_workspace_explains_the_type_of_a_document_without_a_home() {
    let explained = |change: fn(&mut Slack)| {
        World::new(|slack| {
            slack.user["team_id"] = json!("E01");
            slack.user["is_owner"] = json!(true);
            slack.user["is_admin"] = json!(true);
            slack.set_owner("T02");
            change(slack);
        })
        .allowing(&DEMOTE)
    };
    let world = explained(|slack| slack.set_admin("T01"));
    let answer = world.ask(&["admin@T01"]);
    assert_eq!(
        (outcomes(&answer), world.writes()),
        (vec![Outcome::Removed], 1),
        "{answer:?}"
    );
    // No list is read that decides nothing.
    let world = explained(|_| {});
    assert!(world.ask(&["Rl0C"]).is_ok());
    assert_eq!(world.requests("admin.teams"), 0);
    let world = explained(|_| {});
    let answer = world.ask(&["admin@T01"]);
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
}

#[test]
fn the_primary_owner_of_the_organization_is_not_demoted_in_a_workspace() {
    for asked in ["owner@T01", "admin@T01"] {
        let world = World::new(|slack| {
            slack.set_above("is_primary_owner", true);
            slack.set_owner("T01");
        })
        .allowing(&DEMOTE);
        let answer = world.ask(&[asked]);
        assert_eq!(
            (outcomes(&answer), world.writes()),
            (vec![Outcome::Inherited], 0),
            "{asked}: {answer:?}"
        );
    }
}

#[test]
fn what_else_is_asked_for_changes_nothing_about_what_is_protected() {
    for roles in [&["org_admin"][..], &["org_admin", "admin@T01"]] {
        let world = World::new(|slack| slack.set_above("is_admin", true))
            .allowing(&DEMOTE)
            .protecting_roles(&["admin"]);
        let answer = world.ask(roles);
        assert_eq!(entries(&answer)[0].outcome, Outcome::Removed, "{roles:?}: {answer:?}");
    }
}

#[test]
fn a_user_who_may_be_protected_is_shown_and_verified() {
    let hidden = || World::new(|slack| slack.user["enterprise_user"]["id"] = json!(null)).protecting_users(&["W09"]);
    let answer = hidden().in_mode(Mode::Verify).ask(&["Rl0C"]);
    assert_eq!(outcomes(&answer), [Outcome::Held], "{answer:?}");
    let reading = hidden().read_user().unwrap();
    assert!(!reading.grants.is_empty());
    assert_eq!(reason(&hidden().ask(&["Rl0C"]), 0), Some("protected_user"));
}
