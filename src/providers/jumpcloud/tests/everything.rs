//! Everything that a user holds: read, taken, and asked for.

use serde_json::{Value, json};

use crate::{
    contract::types::{
        GrantKind, GrantSelector, HeldGrant, Mode, OrganizationSelector, Outcome, Removable, SideEffect,
    },
    fake::Reaction,
};

use super::{
    case::Case,
    world::{ADMIN, HELP_DESK, HOME, MANAGER, NIGHTS, NORTH, ROOT, USER, entries, told, with_id},
};

/// Two roles, a group and a link to another organization.
fn case() -> Case {
    Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]).with(|world| {
        world.set_groups(&[(NIGHTS, "Nights", true)]);
        world.set_links(&[(NORTH, "North", true)]);
    })
}

#[test]
fn a_full_reading_shows_roles_groups_and_links() {
    let case = case();
    let reading = case.read_user().unwrap();
    assert!(reading.whole, "{:?}", reading.unread);
    let mut shown: Vec<_> = reading
        .grants
        .iter()
        .map(|grant| (grant.role_id.as_str(), grant.kind, grant.removable.clone()))
        .collect();
    shown.sort_by_key(|(id, ..)| *id);
    assert_eq!(
        shown,
        [
            (
                NORTH,
                GrantKind::OrganizationLink,
                Removable::NeedsAllow(vec![SideEffect::RemoveOrganizationAccess])
            ),
            (
                NIGHTS,
                GrantKind::Membership,
                Removable::NeedsAllow(vec![SideEffect::LeaveGroup])
            ),
            (HELP_DESK, GrantKind::Role, Removable::Yes),
            (MANAGER, GrantKind::Role, Removable::Yes),
        ]
    );
    assert_eq!(case.writes(), 0);
}

#[test]
fn every_selector_sent_back_plans_its_grant_and_nothing_else() {
    let effects = [SideEffect::LeaveGroup, SideEffect::RemoveOrganizationAccess];
    let case = case().allowing(&effects);
    let reading = case.read_user().unwrap();
    let removable: Vec<&HeldGrant> = reading.grants.iter().filter(|grant| grant.selector.is_some()).collect();
    assert_eq!(removable.len(), 4, "{:?}", reading.grants);
    for grant in removable {
        let answer = match grant.selector.clone().unwrap() {
            GrantSelector::Role(role) => case.plan(&[role.into()]),
            GrantSelector::Organization(organization) => case.plan_organizations(&[organization]),
        };
        let planned: Vec<_> = entries(&answer)
            .iter()
            .flat_map(|entry| &entry.grants)
            .map(|planned| (planned.role_id.as_str(), &planned.scope))
            .collect();
        assert_eq!(planned, [(grant.role_id.as_str(), &grant.scope)], "{answer:?}");
    }
    assert_eq!(case.writes(), 0);
}

#[test]
fn everything_leaves_no_group_organization_or_administrator_unless_that_is_allowed() {
    let case = case();
    let answer = case.everything();
    assert_eq!(answer.as_ref().unwrap_err().status, 422, "{answer:?}");
    assert!(
        !told(&answer).iter().any(|(outcome, _)| *outcome == "removed"),
        "{answer:?}"
    );
    assert_eq!(case.writes(), 0);

    let case = case.allowing(&[
        SideEffect::DeleteAdministrator,
        SideEffect::LeaveGroup,
        SideEffect::RemoveOrganizationAccess,
    ]);
    let answer = case.everything();
    assert!(answer.is_ok(), "{answer:?}");
    assert!(
        told(&answer).iter().all(|(outcome, _)| *outcome == "removed"),
        "{answer:?}"
    );
    assert_eq!(case.held(), None);
}

#[test]
fn the_last_role_is_refused_as_long_as_a_link_that_goes_with_the_administrator_is_not_allowed() {
    for everything in [false, true] {
        let case = Case::holding(&[(HELP_DESK, "Help Desk")])
            .with(|world| world.set_links(&[(NORTH, "North", true)]))
            .allowing(&[SideEffect::DeleteAdministrator]);
        let ask = |case: &Case, mode| {
            let roles = if everything {
                Vec::new()
            } else {
                vec![with_id(HELP_DESK)]
            };
            case.call(&roles, &[], mode)
        };
        for mode in [Mode::Plan, Mode::Revoke] {
            let answer = ask(&case, mode);
            let refused = told(&answer)
                .iter()
                .all(|entry| *entry == ("refused", "side_effect_not_allowed"));
            assert!(refused && answer.is_err(), "{answer:?}");
            let grants = entries(&answer).iter().flat_map(|entry| &entry.grants);
            let role = grants.clone().find(|grant| grant.role_id == HELP_DESK).unwrap();
            assert_eq!(role.needs_allow, [SideEffect::RemoveOrganizationAccess]);
        }
        assert_eq!(case.writes(), 0);

        let case = case.allowing(&[SideEffect::RemoveOrganizationAccess]);
        let plan = ask(&case, Mode::Plan).unwrap().plan.unwrap();
        let deletion = crate::binding::plan::PlanDocument::parse(&plan).unwrap();
        let mut effects = deletion.side_effects.iter();
        let deletion = effects.find(|effect| effect.effect == "delete-administrator").unwrap();
        let taken: Vec<&str> = deletion.takes.iter().map(|grant| grant.role_id.as_str()).collect();
        assert_eq!(taken, [NORTH]);
        let answer = ask(&case, Mode::Revoke);
        assert!(answer.is_ok(), "{answer:?}");
        assert!(told(&answer).iter().all(|(outcome, _)| *outcome == "removed"));
        assert_eq!(case.held(), None);
    }
}

#[test]
fn what_went_with_the_administrator_is_told_although_a_link_is_still_shown() {
    let case = Case::holding(&[(HELP_DESK, "Help Desk")])
        .with(|world| {
            world.set_links(&[(NORTH, "North", true)]);
            let done = || Reaction::Answer(200, Vec::new(), String::from("{}"));
            // The link stays, and the record goes.
            world.at_next_write = Some(Box::new(move |world| {
                world.at_next_write = Some(Box::new(move |world| {
                    world.documents.remove(&format!("/api/users/{ADMIN}"));
                    world.put("/api/users", json!([{"_id": ROOT, "email": "root@example.com"}]));
                    let user = world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
                    user["admin"] = Value::Null;
                    done()
                }));
                done()
            }));
        })
        .allowing(&[SideEffect::DeleteAdministrator, SideEffect::RemoveOrganizationAccess]);
    let answer = case.call(&[], &[], Mode::Revoke);
    let grants = entries(&answer).iter().flat_map(|entry| &entry.grants);
    let deletion = grants.clone().find(|grant| grant.role_id == HELP_DESK).unwrap();
    assert_eq!(deletion.outcome, Outcome::Removed, "{answer:?}");
    assert!(
        grants
            .clone()
            .any(|grant| grant.role_id == NORTH && grant.outcome != Outcome::Removed),
        "{answer:?}"
    );
    let side_effects = &deletion.side_effects;
    assert!(side_effects.iter().any(|line| line.contains(ADMIN)), "{answer:?}");
    assert!(!side_effects.iter().any(|line| line.contains(NORTH)), "{answer:?}");
}

#[test]
fn links_that_are_not_shown_may_go_with_the_administrator() {
    let path = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
    let case = Case::holding(&[(HELP_DESK, "Help Desk")])
        .with(|world| {
            world.instead.insert(path, (403, String::from("{}")));
        })
        .allowing(&[SideEffect::DeleteAdministrator]);
    let answer = case.ask(&[with_id(HELP_DESK)]);
    assert_eq!(told(&answer), [("refused", "side_effect_not_allowed")], "{answer:?}");
    assert_eq!(case.writes(), 0);
    let case = case.allowing(&[SideEffect::RemoveOrganizationAccess]);
    assert_eq!(told(&case.ask(&[with_id(HELP_DESK)])), [("removed", "")]);
}

#[test]
fn links_are_asked_for_only_if_the_last_role_goes() {
    let case = case();
    assert_eq!(told(&case.ask(&[with_id(HELP_DESK)])), [("removed", "")]);
    let path = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
    assert_eq!(case.reads_of(&path), 0);
}

/// A user who is no administrator, where the organization's links name only these.
fn nobody(linked: &[&str]) -> Case {
    Case::holding(&[]).with(|world| {
        world.documents.remove(&format!("/api/users/{ADMIN}"));
        world
            .documents
            .get_mut(&format!("/api/systemusers/{}", super::world::USER))
            .unwrap()["admin"] = json!(null);
        let links = linked
            .iter()
            .map(|id| json!({"administrator": id, "organization": HOME}));
        world.put(
            &format!("/api/v2/organizations/{HOME}/administratorlinks"),
            links.collect(),
        );
    })
}

#[test]
fn that_nothing_is_held_is_proven_only_if_everybody_who_is_linked_is_shown() {
    let case = nobody(&[super::world::ROOT]);
    let reading = case.read_user().unwrap();
    assert!(reading.whole && reading.grants.is_empty(), "{:?}", reading.unread);
    assert_eq!(told(&case.everything()), [("already_absent", "")]);

    let case = nobody(&[ADMIN]);
    let reading = case.read_user().unwrap();
    assert!(!reading.whole && !reading.unread.is_empty());
    let answer = case.everything();
    assert_eq!(told(&answer), [("unknown", "not_visible")], "{answer:?}");
    assert_eq!(case.writes(), 0);
}

#[test]
fn a_group_list_that_is_cut_off_keeps_the_reading_from_being_whole() {
    let case = case().with(|world| {
        let path = format!("/api/v2/users/{}/memberof", super::world::USER);
        world.counts.insert(path, vec![json!(2)]);
    });
    let reading = case.read_user().unwrap();
    assert!(!reading.whole && !reading.unread.is_empty());
    // The roles are all there.
    assert!(!reading.user.roles.is_empty() && reading.user.truncated.is_empty());
    assert_eq!(reading.warnings, [""; 0]);
}

#[test]
fn a_link_that_cannot_be_read_leaves_the_roles_of_the_user() {
    let case = self::case().with(|world| {
        let path = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
        world.rows(&path).push(Value::Null);
    });
    let reading = case.read_user().unwrap();
    assert!(!reading.whole && !reading.user.roles.is_empty() && reading.user.truncated.is_empty());
    let id = OrganizationSelector::Id(NORTH.to_owned());
    let failure = case.ask_organizations(&[id]).unwrap_err();
    assert!(!failure.user.unwrap().roles.is_empty());
    assert_eq!(failure.outcomes[0].warnings, [""; 0]);
}

#[test]
fn a_directory_that_fails_leaves_the_reading_with_what_is_held() {
    let case = case().with(|world| {
        world
            .instead
            .insert(String::from("/api/v2/roles"), (500, String::from("{}")));
        world.record()["roles"] = json!(null);
        world.record()["role"] = json!(null);
    });
    let reading = case.read_user().unwrap();
    assert!(!reading.whole && !reading.unread.is_empty());
    let roles: Vec<_> = reading
        .grants
        .iter()
        .filter(|grant| grant.kind == GrantKind::Role)
        .map(|grant| (grant.role_name.as_deref(), grant.selector.is_some()))
        .collect();
    assert_eq!(roles, [(Some("Help Desk"), false), (Some("Manager"), false)]);
}

#[test]
fn the_roles_of_the_organization_are_listed() {
    let case = case();
    let directory = case.list_roles().unwrap();
    assert!(directory.whole, "{:?}", directory.unread);
    assert_eq!(directory.roles.len(), 4);
    assert!(directory.roles.iter().all(|role| role.removable));

    let case = case.with(|world| {
        world.counts.insert(String::from("/api/v2/roles"), vec![json!(5)]);
    });
    assert!(!case.list_roles().unwrap().whole);
}
