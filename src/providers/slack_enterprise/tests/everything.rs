//! Everything that a user holds: read, taken, and asked for.

use serde_json::json;

use crate::contract::types::{
    GrantSelector, HeldGrant, Mode, Obstacle, Outcome, Removable, Role, ScopeKind, SideEffect,
};

use super::{
    lists::others,
    world::{Instead, Slack, World, entries, error, outcomes, row},
};

const ALL: &[SideEffect] = &[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere];

fn entry(grant: &HeldGrant) -> Role {
    match grant.selector.clone().unwrap() {
        GrantSelector::Role(role) => role.into(),
        GrantSelector::Organization(_) => panic!("an organization"),
    }
}

/// Role and the innermost part of its scope.
fn place(grant: &HeldGrant) -> (&str, &str) {
    let scope = &grant.scope;
    let entity = scope
        .group
        .as_ref()
        .or(scope.workspace.as_ref())
        .or(scope.organization.as_ref());
    (&grant.role_id, entity.unwrap())
}

/// An organization that is too large to be read whole.
fn large(slack: &mut Slack) {
    let own = std::mem::take(&mut slack.rows);
    slack.rows = own.into_iter().chain(others(12_000)).collect();
}

#[test]
fn a_full_reading_shows_assignments_and_account_types_at_every_place() {
    let world = World::new(|slack| {
        slack.rows.push(row("Rl0A", "C01", "U01"));
        slack.set_owner("T01");
        slack.set_admin("T02");
    });
    let reading = world.read_user().unwrap();
    assert!(reading.whole, "{:?}", reading.unread);
    let direct: Vec<_> = reading.grants.iter().filter(|grant| grant.direct).map(place).collect();
    assert_eq!(
        direct,
        [
            ("Rl0C", "T01"),
            ("Rl0C", "E01"),
            ("RlCUSTOM1", "E01"),
            ("Rl0A", "C01"),
            ("owner", "T01"),
            ("admin", "T02"),
        ]
    );
    let owner = reading.grants.iter().find(|grant| grant.role_id == "owner").unwrap();
    assert_eq!(owner.removable, Removable::NeedsAllow(vec![SideEffect::DemoteOwner]));
    let inherited = reading.grants.iter().find(|grant| !grant.direct).unwrap();
    assert_eq!(place(inherited), ("admin", "T01"));
    assert_eq!(inherited.removable, Removable::No(Obstacle::Inherited));
    assert_eq!(world.writes(), 0);
    assert_eq!(world.requests("auth.test"), 1);
}

#[test]
fn every_selector_sent_back_plans_its_grant_and_nothing_else() {
    for above in [false, true] {
        let world = World::new(|slack| {
            slack.rows.push(row("Rl0A", "C01", "U01"));
            slack.rows.push(row("Rl0B", "D01", "U01"));
            slack.set_owner("T01");
            slack.set_admin("T02");
            slack.set_above("is_admin", above);
        })
        .allowing(ALL)
        .in_mode(Mode::Plan);
        let reading = world.read_user().unwrap();
        let direct: Vec<&HeldGrant> = reading.grants.iter().filter(|grant| grant.direct).collect();
        assert_eq!(direct.len(), 7 + usize::from(above));
        for grant in direct {
            let answer = world.ask_roles(vec![entry(grant)]);
            let planned: Vec<_> = entries(&answer)[0]
                .grants
                .iter()
                .filter(|planned| planned.direct)
                .collect();
            let [planned] = planned.as_slice() else {
                panic!("{grant:?}: {answer:?}")
            };
            assert_eq!(
                (&planned.role_id, &planned.scope, planned.outcome),
                (&grant.role_id, &grant.scope, Outcome::Planned)
            );
        }
        assert_eq!(world.writes(), 0);
    }
}

#[test]
fn everything_takes_what_is_shown_and_demotes_only_if_that_is_allowed() {
    let held = || {
        World::new(|slack| {
            slack.set_owner("T01");
            slack.set_admin("T02");
        })
    };
    let world = held();
    let answer = world.everything();
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::Removed,
            Outcome::Removed,
            Outcome::Removed,
            Outcome::Refused,
            Outcome::Removed,
            Outcome::Inherited
        ],
        "{answer:?}"
    );
    assert_eq!(answer.unwrap_err().status, 422);
    assert!(world.slack.borrow().is_owner("T01"));

    let world = held().allowing(ALL);
    let answer = world.everything();
    assert_eq!(outcomes(&answer), [Outcome::Removed; 6], "{answer:?}");
    assert!(answer.is_ok());
    let again = world.everything();
    assert_eq!(outcomes(&again), [Outcome::AlreadyAbsent], "{again:?}");

    // An admin of the organization, too.
    let world = held().allowing(ALL);
    world.slack.borrow_mut().set_above("is_admin", true);
    let answer = world.everything();
    assert!(
        outcomes(&answer).iter().all(|outcome| *outcome == Outcome::Removed),
        "{answer:?}"
    );
    assert_eq!(outcomes(&world.everything()), [Outcome::AlreadyAbsent]);
}

#[test]
fn a_large_organization_is_not_whole_and_what_is_shown_goes() {
    let world = World::new(large);
    let reading = world.read_user().unwrap();
    assert!(!reading.whole && reading.grants.len() == 3, "{:?}", reading.unread);
    let not_whole = reading.warnings.iter().filter(|warning| *warning == "roles_not_whole");
    assert_eq!(not_whole.count(), 1);
    assert_eq!(world.requests("listAssignments"), 10);

    let answer = world.everything();
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Removed, Outcome::Removed, Outcome::Unknown],
        "{answer:?}"
    );
    assert!(answer.is_err());
    assert!(
        world.requests("listAssignments role_ids=Rl0C") > 0,
        "what went is proven by a list that ends, not by the begun one"
    );
    let nobody = World::new(|slack| {
        slack.rows.clear();
        large(slack);
    });
    assert_eq!(outcomes(&nobody.everything()), [Outcome::Unknown]);
}

#[test]
fn a_removal_in_a_large_organization_that_is_not_carried_out_is_not_said_to_be() {
    let world = World::new(|slack| {
        large(slack);
        slack
            .instead
            .push(Instead::always("removeAssignments", json!({"ok": true})));
        // Others are assigned meanwhile, so that the rows are pushed out of what was read at first.
        slack.changes.push(super::world::Change {
            request: "listAssignments",
            number: 11,
            change: |slack| {
                let own = std::mem::take(&mut slack.rows);
                slack.rows = others(3_000).chain(own).collect();
            },
        });
    });
    let answer = world.everything();
    assert!(!outcomes(&answer).contains(&Outcome::Removed), "{answer:?}");
}

#[test]
fn what_cannot_be_seen_keeps_a_reading_from_being_whole_and_nothing_from_being_proven() {
    let cases: [fn(&mut Slack); 6] = [
        |slack| {
            slack
                .rows
                .push(json!({"role_id": "Rl0D", "entity_id": "E01", "user_id": null}));
        },
        |slack| slack.user["enterprise_user"]["teams"] = json!(null),
        |slack| slack.user["enterprise_user"]["is_owner"] = json!(null),
        |slack| slack.user["is_primary_owner"] = json!(null),
        |slack| {
            slack
                .instead
                .push(Instead::always("owners.list?team_id=T02", error("team_not_found")));
        },
        |slack| {
            slack.admins.insert("T02", vec![json!(null)]);
        },
    ];
    for (number, case) in cases.into_iter().enumerate() {
        for is_nobody in [true, false] {
            let world = World::new(|slack| {
                if is_nobody {
                    slack.rows.retain(|row| row["user_id"] != "U01");
                }
                case(slack);
            });
            let reading = world.read_user().unwrap();
            assert!(!reading.whole && !reading.unread.is_empty(), "{number}: {reading:?}");
            let answer = world.everything();
            assert_eq!(
                outcomes(&answer).last(),
                Some(&Outcome::Unknown),
                "{number}: {answer:?}"
            );
            assert!(answer.is_err());
            assert!(!world.slack.borrow().holds("Rl0C", "T01"));
        }
    }
}

#[test]
fn more_workspaces_than_are_read_are_a_gap() {
    let world = World::new(|slack| {
        let teams: Vec<String> = (0..60).map(|number| format!("T{number:03}")).collect();
        for team in &teams {
            let team: &'static str = team.clone().leak();
            slack.owners.insert(team, Vec::new());
            slack.admins.insert(team, Vec::new());
        }
        slack.user["team_id"] = json!("E01");
        slack.user["enterprise_user"]["teams"] = json!(teams);
    });
    let reading = world.read_user().unwrap();
    assert!(
        !reading.whole && reading.unread[0].contains("60 workspaces"),
        "{:?}",
        reading.unread
    );
    assert_eq!(world.requests("owners.list"), 50);
}

#[test]
fn verify_says_how_it_stands_and_writes_nothing() {
    let world = World::new(|slack| slack.set_owner("T01")).in_mode(Mode::Verify);
    let answer = world.ask(&["Rl0C@T01", "Rl0D", "admin@T01", "owner@T01", "RlUNKNOWN", "owner@T02"]);
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::Held,
            Outcome::AlreadyAbsent,
            Outcome::Inherited,
            Outcome::Held,
            Outcome::NotFound,
            Outcome::AlreadyAbsent
        ],
        "{answer:?}"
    );
    let answer = World::new(large).in_mode(Mode::Verify).everything();
    assert_eq!(
        outcomes(&answer),
        [Outcome::Held, Outcome::Held, Outcome::Held, Outcome::Unknown]
    );
    let answer = World::new(|slack| slack.rows.clear())
        .in_mode(Mode::Verify)
        .everything();
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn roles_are_listed_as_published_and_as_they_are_used() {
    let world = World::new(|slack| slack.rows.push(row("RlCUSTOM2", "T02", "U02")));
    let list = world.list_roles().unwrap();
    let find = |id: &str| {
        let role = list.roles.iter().find(|role| role.id.as_deref() == Some(id)).unwrap();
        (role.name.as_deref(), role.scopes.clone(), role.removable)
    };
    use ScopeKind::{Group, Organization, Workspace};
    assert_eq!(find("Rl0D"), (Some("Integrations Manager"), vec![Organization], true));
    assert_eq!(
        find("Rl0C"),
        (Some("Audit Logs Admin"), vec![Organization, Workspace], true)
    );
    assert_eq!(
        find("Rl0A"),
        (Some("Channel Manager"), vec![Organization, Workspace, Group], true)
    );
    assert_eq!(find("owner"), (Some("Workspace Owner"), vec![Workspace], true));
    assert_eq!(
        find("org_primary_owner"),
        (Some("Org Primary Owner"), vec![Organization], false)
    );
    assert_eq!(find("RlCUSTOM1"), (None, vec![Organization], true));
    assert_eq!(find("RlCUSTOM2"), (None, vec![Workspace], true));
    assert!(!list.whole, "a custom role that nobody has is not shown");
    assert_eq!(world.transport.seen.borrow().len(), 1, "no user is read");

    let world = World::new(large);
    assert!(world.list_roles().unwrap().unread[0].contains("10 pages"));
    assert_eq!(world.requests("listAssignments"), 10);
    let world = World::new(|slack| {
        slack
            .instead
            .push(Instead::always("listAssignments", error("invalid_auth")));
    });
    assert_eq!(world.list_roles().unwrap_err().status, 401);
}

#[test]
fn two_thousand_grants_are_read_with_no_call_for_each() {
    let world = World::new(|slack| {
        slack.rows = (0..1_900)
            .map(|number| row(&format!("RlX{number:04}"), "E01", "U01"))
            .collect();
    });
    let reading = world.read_user().unwrap();
    assert!(reading.whole && reading.grants.len() == 1_900);
    assert!(reading.grants.iter().all(|grant| grant.removable == Removable::Yes));
    assert!(
        world.transport.seen.borrow().len() <= 16,
        "{}",
        world.transport.seen.borrow().len()
    );
}
