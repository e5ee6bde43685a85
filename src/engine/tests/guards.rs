//! Guards: what is refused whatever the read shows.

use crate::{
    client::Repeat,
    contract::types::{EmailAndUsername, Expectation, Failure, SideEffect},
    fake::Reaction,
    provider::{Affected, Affects, Consequence, Principal},
};

use super::world::{Case, Read, Revoke, outcomes};

#[test]
fn a_protected_user_is_refused_by_id_email_or_username() {
    for name in ["u1", "ANN@example.com", "Ann"] {
        let mut case = Case::holding(&["a@o1"]);
        case.general.protected_users = vec![name.to_owned()];
        let failure = case.ask(&["a", "b"]).unwrap_err();
        assert_eq!(failure.outcomes.len(), 2);
        assert_eq!(
            (failure.status, failure.outcomes[0].reason.as_deref()),
            (422, Some("protected_user")),
            "{name}"
        );
        assert_eq!((case.writes_seen(), failure.sent), (0, false));
    }
}

#[test]
fn a_protected_role_is_refused_and_the_others_go() {
    for name in ["a", "name A"] {
        let mut case = Case::holding(&["a@o1", "b@o1"]);
        case.general.protected_roles = vec![name.to_owned()];
        let answer = case.ask(&["a", "b"]);
        assert_eq!(outcomes(&answer), ["refused", "removed"]);
        assert_eq!(case.held(), ["a@o1"]);
    }
}

#[test]
fn a_protected_role_is_refused_even_where_it_would_only_be_probed() {
    let mut case = Case::holding(&["b@o1"]);
    case.provider.probe = true;
    case.general.protected_roles = vec![String::from("a")];
    assert_eq!(outcomes(&case.ask(&["a"])), ["refused"]);
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn a_user_who_is_not_the_expected_one_is_refused() {
    let both = |email: &str, username: &str| {
        Expectation::EmailAndUsername(EmailAndUsername {
            email: email.to_owned(),
            username: username.to_owned(),
        })
    };
    let mut case = Case::holding(&["a@o1"]);
    for wrong in [
        Expectation::Email(String::from("bob@example.com")),
        both("ann@example.com", "bob"),
    ] {
        case.options.expect = wrong;
        let failure = case.ask(&["a"]).unwrap_err();
        assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_expected"));
        assert_eq!(case.writes_seen(), 0);
    }
    case.options.expect = both("Ann@Example.com", "ANN");
    assert!(case.ask(&["a"]).is_ok());
}

#[test]
fn a_side_effect_is_refused_unless_request_and_account_both_allow_it() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.effects = vec![SideEffect::LastAdministrator];
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("side_effect_not_allowed"));
    assert!(failure.message.contains("last-administrator"), "{}", failure.message);
    let needed = |failure: &Failure| failure.outcomes[0].grants[0].needs_allow.clone();
    assert_eq!(needed(&failure), [SideEffect::LastAdministrator]);

    case.options.allow = vec![SideEffect::LastAdministrator];
    case.general.allow = Some(vec![SideEffect::LeaveGroup]);
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(
        needed(&failure),
        [SideEffect::LastAdministrator],
        "the account's list narrows the request's"
    );
    assert_eq!(case.writes_seen(), 0);

    case.general.allow = Some(vec![SideEffect::LastAdministrator]);
    let removed = case.ask(&["a"]).unwrap();
    assert!(removed.outcomes[0].grants[0].needs_allow.is_empty());
}

#[test]
fn consequences_of_the_whole_set_are_refused_for_their_target_alone_and_listed() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    case.provider.consequences = vec![Consequence {
        affects: Affects::default(),
        target: 1,
        effect: SideEffect::DemoteOwnerEverywhere,
        lists: vec![String::from("workspace T1 ownership")],
        takes: Vec::new(),
        takes_unknown: false,
    }];
    let answer = case.ask(&["a", "b"]);
    assert_eq!(outcomes(&answer), ["removed", "refused"]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[1].grants[0].side_effects, ["workspace T1 ownership"]);
    assert_eq!(case.held(), ["b@o1"]);
}

#[test]
fn a_target_of_which_nothing_tells_what_it_takes_is_not_sent_and_the_others_go() {
    let mut case = Case::holding(&["a@o1", "b@o1", "c@o1"]);
    case.provider.closed = vec!["a"];
    let answer = case.ask(&["a", "b"]);
    assert_eq!(outcomes(&answer), ["not_attempted", "removed"], "{answer:?}");
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("forbidden"),
        "and says why"
    );
    assert_eq!(case.held(), ["a@o1", "c@o1"]);
    // Where nothing else can be done, it is the whole answer.
    assert_eq!(case.ask(&["a"]).unwrap_err().status, 403);
}

#[test]
fn what_the_read_back_still_shows_is_not_said_to_have_gone_too() {
    for is_gone in [false, true] {
        let mut case = Case::holding(&["a@o1", "b@o1", "c@o1/g"]).with(|world| {
            world.reads.push(Read::Good);
            let without = || if is_gone { Read::Without("c@o1/g") } else { Read::Good };
            world.reads.extend((0..9).map(|_| without()));
        });
        case.provider.consequences = vec![Consequence {
            takes_unknown: false,
            affects: Affects::default(),
            target: 0,
            effect: SideEffect::LeaveGroup,
            lists: vec![String::from("the role c")],
            takes: vec![case.provider.grant("c@o1/g")],
        }];
        case.options.allow = vec![SideEffect::LeaveGroup];
        let success = case.ask(&["a"]).unwrap();
        let side_effects = &success.outcomes[0].grants[0].side_effects;
        assert_eq!(side_effects.is_empty(), !is_gone, "{side_effects:?}");
    }
}

#[test]
fn the_own_principal_keeps_its_roles_unless_allowed() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.own = Principal::User(String::from("u1"));
    assert_eq!(outcomes(&case.ask(&["a"])), ["refused"]);
    case.options.allow = vec![SideEffect::RemoveOwnAccess];
    assert_eq!(outcomes(&case.ask(&["a"])), ["removed"]);
}

#[test]
fn guards_hold_in_a_dry_run_too() {
    let mut case = Case::holding(&["a@o1"]);
    case.options.mode = crate::contract::types::Mode::Plan;
    case.general.protected_roles = vec![String::from("a")];
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(
        (failure.status, failure.outcomes[0].reason.as_deref()),
        (422, Some("protected_role"))
    );
}

#[test]
fn what_the_guards_saw_is_looked_at_again_before_a_write_is_sent_again() {
    let takes = |names: &[&str], takes: Vec<_>, effect| Consequence {
        affects: Affects::People(vec![Affected {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            shows_email: true,
        }]),
        target: 0,
        effect,
        lists: Vec::new(),
        takes,
        takes_unknown: false,
    };
    for (name, protected_user, protected_role, later, reason) in [
        ("the same people", "u9", "z", ("u2", None, SideEffect::StripGroup), None),
        (
            "a protected user",
            "u2",
            "z",
            ("u2", None, SideEffect::StripGroup),
            Some("protected_user"),
        ),
        (
            "a protected role",
            "u9",
            "b",
            ("u2", Some("b@o1"), SideEffect::StripGroup),
            Some("protected_role"),
        ),
        (
            "another side effect",
            "u9",
            "z",
            ("u2", None, SideEffect::LastAdministrator),
            Some("side_effect_not_allowed"),
        ),
    ] {
        let limited = Reaction::Answer(429, vec![("retry-after", String::from("3"))], String::from("{}"));
        let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.revokes.push(Revoke::Instead(limited)));
        case.provider.repeat = Repeat::Reread;
        case.general.protected_users = vec![protected_user.to_owned()];
        case.general.protected_roles = vec![protected_role.to_owned()];
        case.options.allow = vec![SideEffect::StripGroup];
        case.provider.consequences = vec![takes(&["u3"], Vec::new(), SideEffect::StripGroup)];
        let (person, role, effect) = later;
        let taken = role.map(|role| case.provider.grant(role)).into_iter().collect();
        case.provider.later_consequences = Some(vec![takes(&[person], taken, effect)]);
        let answer = case.ask(&["a"]);
        let expected = if reason.is_some() { "refused" } else { "removed" };
        assert_eq!(outcomes(&answer), [expected], "{name}: {answer:?}");
        let said = answer
            .as_ref()
            .err()
            .and_then(|failure| failure.outcomes[0].reason.as_deref());
        assert_eq!(said, reason, "{name}");
        assert_eq!(case.held().contains(&String::from("a@o1")), reason.is_some(), "{name}");
    }
}
