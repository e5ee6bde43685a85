//! TeamViewer through the crate: a company, scripted answers.

use std::{cell::RefCell, rc::Rc};

use crate::{
    ask::Ask,
    client::Caches,
    contract::types::{
        Account, Credentials, Endpoint, Expectation, Failure, Mode, Narrowing, Options, Provider, Request, Role,
        SideEffect, StrictScope, Success, UnknownRole,
    },
    engine::{self, NoTrail},
    fake::{FakeTransport, Reaction, Seen},
};

const HELP: &str = "a0000000-0000-4000-8000-000000000001";
const AUDIT: &str = "a0000000-0000-4000-8000-000000000002";
const OTHER: &str = "a0000000-0000-4000-8000-000000000003";

/// What the company holds, and what stands in its answers.
struct Company {
    /// Document of user 123.
    user: &'static str,
    /// Direct assignments: user, role.
    assigned: Vec<(&'static str, &'static str)>,
    group: Option<Group>,
    /// `GET /userroles`.
    roles: String,
    /// Instead of the answer to a call whose address ends with this text: how often yet, and the answer.
    instead: Vec<(&'static str, usize, Instead)>,
    /// How 123 is spelled in a role's own list; from the first write on, if so set.
    spelling: (&'static str, bool),
    reads: Vec<String>,
    writes: Vec<String>,
}

type Instead = (u16, String);
type Shared = Rc<RefCell<Company>>;

/// One group, 7 "Night Shift".
struct Group {
    role: Option<&'static str>,
    /// JSON of the rows.
    members: &'static str,
    id_as_text: bool,
}

impl Company {
    fn with(assigned: &[(&'static str, &'static str)]) -> Shared {
        let role = |id: &str, name: &str| format!(r#"{{"Id": "{id}", "Name": "{name}"}}"#);
        let roles = [role(HELP, "Help Desk"), role(AUDIT, "Auditor"), role(OTHER, "Other")].join(", ");
        Rc::new(RefCell::new(Self {
            user: r#"{"id": "u123", "name": "Ann Lee", "email": "ann@example.com"}"#,
            assigned: assigned.to_vec(),
            group: None,
            roles: format!(r#"{{"Roles": [{roles}]}}"#),
            instead: Vec::new(),
            spelling: ("\"u123\"", false),
            reads: Vec::new(),
            writes: Vec::new(),
        }))
    }

    fn react(&mut self, seen: &Seen) -> Reaction {
        let path = seen.url.split_once("/api/v1").unwrap().1;
        if seen.method == "GET" {
            self.reads.push(path.to_owned());
        }
        let hit = self.instead.iter_mut().find(|(end, times, _)| path.ends_with(end) && *times > 0);
        if let Some((_, times, (status, body))) = hit {
            *times = times.saturating_sub(1);
            return answer(*status, body.clone());
        }
        if seen.method != "GET" {
            return self.write(path, &seen.body);
        }
        let body = match path.split_once('?').unwrap_or((path, "")) {
            ("/users/u123", _) => self.user.to_owned(),
            ("/users/u123/userroles", _) => {
                let through = self.group.iter().filter(|group| group.members.contains("123"));
                let through = through.filter_map(|group| group.role);
                let own = self.assigned.iter().filter(|(user, _)| *user == "u123");
                let mut listed: Vec<&str> = own.map(|(_, role)| *role).chain(through).collect();
                listed.sort_unstable();
                listed.dedup();
                let listed = if listed.is_empty() {
                    String::from("null")
                } else {
                    format!("[\"{}\"]", listed.join("\", \""))
                };
                format!(r#"{{"nextPaginationToken": null, "assignedRoleIds": {listed}}}"#)
            }
            ("/userroles", _) => self.roles.clone(),
            ("/account", _) => String::from(r#"{"userid": "u900", "email": "root@example.com"}"#),
            ("/users", _) => String::from(
                r#"{"users": [{"id": "u123", "email": "ann@example.com"}, {"id": "u456", "email": "kim@example.com"}]}"#,
            ),
            ("/userroles/assignments/account", query) => {
                let (spelling, only_later) = self.spelling;
                let is_spelled = !only_later || !self.writes.is_empty();
                let users = self.assigned.iter().filter(|(_, role)| query.ends_with(role));
                let mut users: Vec<String> = users
                    .map(|(user, _)| match *user {
                        "u123" if is_spelled => spelling.to_owned(),
                        user => format!("\"{user}\""),
                    })
                    .collect();
                if only_later && is_spelled {
                    users = vec![spelling.to_owned()];
                }
                format!(r#"{{"ContinuationToken": null, "AssignedToUsers": [{}]}}"#, users.join(", "))
            }
            ("/userroles/assignments/usergroups", query) => {
                let group = self.group.as_ref().filter(|group| {
                    group.role.is_some_and(|role| query.ends_with(role))
                });
                let rows = group.map_or("", |group| if group.id_as_text { "\"7\"" } else { "7" });
                format!(r#"{{"ContinuationToken": null, "AssignedToGroups": [{rows}]}}"#)
            }
            ("/usergroups", _) => String::from(
                r#"{"nextPaginationToken": null, "resources": [{"id": 7, "name": "Night Shift"}]}"#,
            ),
            ("/usergroups/7/members", _) => {
                let members = self.group.as_ref().map_or("", |group| group.members);
                format!(r#"{{"nextPaginationToken": null, "resources": [{members}]}}"#)
            }
            ("/usergroups/7/userroles", _) => {
                let role = self.group.as_ref().and_then(|group| group.role);
                let role = role.map_or_else(|| String::from("null"), |role| format!("\"{role}\""));
                format!(r#"{{"assignedRoleId": {role}}}"#)
            }
            _ => return answer(404, String::from(r#"{"error": "not_found"}"#)),
        };
        answer(200, body)
    }

    fn write(&mut self, path: &str, body: &str) -> Reaction {
        self.writes.push(format!("{path} {body}"));
        match path {
            "/userroles/unassign/account" => self.assigned.retain(|(user, role)| !(body.contains(user) && body.contains(role))),
            "/userroles/unassign/usergroup" => {
                if let Some(group) = &mut self.group {
                    group.role = None;
                }
            }
            _ => return answer(404, String::new()),
        }
        answer(204, String::new())
    }
}

fn answer(status: u16, body: String) -> Reaction {
    Reaction::Answer(status, Vec::new(), body)
}

fn by_id(id: &str) -> Role {
    Role {
        id: Some(id.to_owned()),
        ..by_name("")
    }
}

fn by_name(name: &str) -> Role {
    Role {
        id: None,
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        group: None,
        organization: None,
        workspace: None,
    }
}

fn in_group(role: Role, group: &str) -> Role {
    Role {
        group: Some(group.to_owned()),
        ..role
    }
}

fn options() -> Options {
    Options {
        mode: Mode::Revoke,
        allow: vec![SideEffect::StripGroup, SideEffect::LeaveGroup],
        deadline: None,
        strict_scope: StrictScope::AccountDefault,
        unknown_role: UnknownRole::NotFound,
        acknowledged_at: None,
        expect: Expectation::Anyone,
        accept_unverified: false,
    }
}

fn call(company: &Shared, settings: &str, roles: Vec<Role>, options: Options) -> Result<Success, Failure> {
    let far_end = Rc::clone(company);
    let transport = FakeTransport::new(move |seen| far_end.borrow_mut().react(seen));
    let opened = crate::providers::open(Account {
        provider: Provider::Teamviewer,
        base_url: Endpoint::ProviderDefault,
        credentials: Credentials::BearerToken(String::from("script-token")),
        settings: settings.to_owned(),
    })
    .unwrap();
    let request = Request {
        id: String::from("u123"),
        roles: roles.into_iter().map(Into::into).collect(),
        organizations: Vec::new(),
        workspace_id: Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    };
    let provider = opened.provider.as_ref();
    let ask = Ask::validate(request, options, &opened.general, provider)
        .map_err(|error| engine::failure_of(&error, false))?;
    let caches = Caches::default();
    let cx = engine::context(&transport, &caches, &ask, opened.secrets, opened.rate_limit);
    transport.run(engine::run(provider, &cx, &opened.general, &NoTrail))
}

fn ask(company: &Shared, roles: &[Role]) -> Vec<&'static str> {
    outcomes(&call(company, "{}", roles.to_vec(), options()))
}

fn outcomes(answer: &Result<Success, Failure>) -> Vec<&'static str> {
    let entries = match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    };
    entries
        .iter()
        .map(|entry| crate::json::outcome_name(entry.outcome))
        .collect()
}

fn instead(company: &Shared, end: &'static str, times: usize, status: u16, body: &str) {
    company
        .borrow_mut()
        .instead
        .push((end, times, (status, body.to_owned())));
}

const ALWAYS: usize = usize::MAX;

#[test]
fn a_user_that_cannot_be_read_in_a_roles_list_may_be_the_one() {
    for (spelling, outcome) in [
        ("\"u123\"", "removed"),
        ("123", "removed"),
        ("\" u123 \"", "removed"),
        ("\"U123\"", "unknown"),
        ("\"account:123\"", "unknown"),
        ("\"u0123\"", "unknown"),
        ("null", "unknown"),
        ("{\"id\": \"u123\"}", "unknown"),
    ] {
        for role in [by_id(HELP), by_name("Help Desk")] {
            let company = Company::with(&[("u123", HELP), ("u456", HELP), ("u123", AUDIT)]);
            company.borrow_mut().spelling = (spelling, false);
            // Nothing is said of a role that nobody has.
            let asked = ask(&company, &[role, by_id(OTHER)]);
            assert_eq!(asked, [outcome, "already_absent"], "{spelling}");
            assert_eq!(company.borrow().writes.len(), usize::from(outcome == "removed"));
        }
    }
}

#[test]
fn a_user_that_cannot_be_read_any_more_after_the_revoke_is_not_gone() {
    for (spelling, outcome) in [("\"U123\"", "unverified"), ("null", "unverified"), ("\"U124\"", "removed")] {
        let company = Company::with(&[("u123", HELP)]);
        company.borrow_mut().spelling = (spelling, true);
        assert_eq!(ask(&company, &[by_id(HELP)]), [outcome], "{spelling}");
    }
}

#[test]
fn a_role_that_the_directory_does_not_show_is_looked_up_in_its_own_list() {
    let absent = Options {
        unknown_role: UnknownRole::Absent,
        ..options()
    };
    let only_audit = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": "Auditor"}}]}}"#);
    let with_unread = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": "Auditor"}}, null]}}"#);
    for (roles, of_absent) in [
        (r#"{"Roles": []}"#, "unknown"),
        (r#"{"Roles": null}"#, "unknown"),
        (&with_unread, "unknown"),
        // A directory that can be read whole says that there is no such role.
        (&only_audit, "already_absent"),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        company.borrow_mut().roles = roles.to_owned();
        instead(&company, "/users/u123/userroles", ALWAYS, 200, r#"{"nextPaginationToken": null, "assignedRoleIds": null}"#);
        let answer = call(&company, "{}", vec![by_id(HELP), by_id(OTHER)], absent.clone());
        assert_eq!(outcomes(&answer), ["removed", of_absent], "{roles}");
    }
}

#[test]
fn a_role_that_the_user_has_and_the_directory_lacks_makes_it_incomplete() {
    let company = Company::with(&[("u123", HELP)]);
    company.borrow_mut().roles = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": "Auditor"}}]}}"#);
    assert_eq!(ask(&company, &[by_name("Nothing"), by_name("Auditor"), by_id(AUDIT)]), ["unknown", "unknown", "already_absent"]);
}

#[test]
fn a_name_protects_a_role_that_shows_none_or_is_spelled_otherwise() {
    for (name, roles) in [
        ("Help Desk", None),
        ("help-desk", None),
        (" HELPDESK ", None),
        ("Secret", Some(r#"{"Roles": []}"#)),
        ("Secret", Some(r#"{"Roles": [{"Id": "a0000000-0000-4000-8000-000000000001", "Name": null}]}"#)),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        if let Some(roles) = roles {
            company.borrow_mut().roles = roles.to_owned();
        }
        let settings = format!(r#"{{"protected_roles": ["{name}"]}}"#);
        let answer = call(&company, &settings, vec![by_id(HELP)], options());
        assert_eq!(outcomes(&answer), ["refused"], "{name}");
        assert!(company.borrow().writes.is_empty());
    }
    let company = Company::with(&[("u123", HELP)]);
    let settings = r#"{"protected_roles": ["Auditor", "{A0000000-0000-4000-8000-000000000002}"]}"#;
    assert_eq!(outcomes(&call(&company, settings, vec![by_id(HELP)], options())), ["removed"]);
}

#[test]
fn a_protected_address_protects_a_user_whose_address_is_not_shown() {
    for (user, outcome) in [
        (r#"{"id": "u123", "email": "ann@example.com"}"#, "removed"),
        (r#"{"id": 123}"#, "refused"),
        (r#"{"id": "u123", "email": 7}"#, "refused"),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        company.borrow_mut().user = user;
        let settings = r#"{"protected_users": ["kim@example.com"]}"#;
        assert_eq!(outcomes(&call(&company, settings, vec![by_id(HELP)], options())), [outcome], "{user}");
    }
}

#[test]
fn stripping_a_group_takes_nothing_from_a_protected_member_and_says_from_how_many_it_takes() {
    let group = |members| Group {
        role: Some(AUDIT),
        members,
        id_as_text: false,
    };
    let both = r#"{"accountId": 123}, {"accountId": 456}"#;
    let strip = || vec![in_group(by_id(AUDIT), "7")];
    for (members, protected, addresses_are_read, outcome) in [
        (both, "", true, "removed"),
        (both, r#""456""#, true, "refused"),
        (both, r#""kim@example.com""#, true, "refused"),
        (both, r#""kim@example.com""#, false, "refused"),
        (both, r#""sam@example.com""#, true, "removed"),
        (both, r#""sam@example.com""#, false, "refused"),
        (r#"{"accountId": 123}, {"accountId": null}"#, r#""u789""#, true, "refused"),
    ] {
        let company = Company::with(&[]);
        company.borrow_mut().group = Some(group(members));
        if !addresses_are_read {
            instead(&company, "/users?full_list=true", ALWAYS, 403, "{}");
        }
        let settings = format!(r#"{{"protected_users": [{protected}]}}"#);
        let answer = call(&company, &settings, strip(), options());
        assert_eq!(outcomes(&answer), [outcome], "{protected}: {answer:?}");
        assert_eq!(company.borrow().writes.is_empty(), outcome == "refused");
    }
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(group(both));
    let success = call(&company, "{}", strip(), options()).unwrap();
    let side_effects = &success.outcomes[0].grants[0].side_effects;
    assert!(side_effects.iter().any(|line| line.ends_with(": 1")), "{side_effects:?}");
}

#[test]
fn a_role_through_a_group_whose_id_is_a_text_is_inherited() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": "123"}"#,
        id_as_text: true,
    });
    let failure = call(&company, "{}", vec![by_id(AUDIT)], options()).unwrap_err();
    assert_eq!(failure.outcomes[0].grants[0].via[0].name.as_deref(), Some("Night Shift"));
}

#[test]
fn a_member_or_a_group_that_cannot_be_read_leaves_its_role_undecided() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": true}"#,
        id_as_text: false,
    });
    assert_eq!(
        ask(&company, &[by_id(AUDIT), by_id(HELP), in_group(by_name(""), "7"), in_group(by_id(AUDIT), "7")]),
        ["unknown", "already_absent", "unknown", "unknown"]
    );
    let company = Company::with(&[("u123", HELP)]);
    let unread = r#"{"ContinuationToken": null, "AssignedToGroups": [{"id": 7}]}"#;
    instead(&company, "usergroups?userRoleId=a0000000-0000-4000-8000-000000000002", ALWAYS, 200, unread);
    assert_eq!(ask(&company, &[by_id(AUDIT), by_id(HELP)]), ["unknown", "removed"]);
}

#[test]
fn lists_that_straddle_another_removal_are_read_again() {
    let listed = format!(r#"{{"nextPaginationToken": null, "assignedRoleIds": ["{HELP}"]}}"#);
    let roles = "/users/u123/userroles";
    // The list is older than the role's own one.
    let company = Company::with(&[]);
    instead(&company, roles, 1, 200, &listed);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["already_absent"]);
    // The role's own list is older.
    let company = Company::with(&[]);
    let own = r#"{"ContinuationToken": null, "AssignedToUsers": ["u123"]}"#;
    instead(&company, "account?userRoleId=a0000000-0000-4000-8000-000000000001", 1, 200, own);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["already_absent"]);
    // It stays so: through something that nobody names.
    let company = Company::with(&[]);
    instead(&company, roles, ALWAYS, 200, &listed);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["inherited"]);
    assert_eq!(company.borrow().reads.iter().filter(|path| *path == roles).count(), 3);
}

#[test]
fn a_list_must_be_a_list_and_say_that_it_ends() {
    let roles = "/users/u123/userroles";
    for (body, outcome) in [
        (r#"{"nextPaginationToken": null, "assignedRoleIds": null}"#, Some("already_absent")),
        (r#"{"nextPaginationToken": null, "assignedRoleIds": []}"#, Some("already_absent")),
        (r#"{"assignedRoleIds": []}"#, Some("unknown")),
        (r#"{"nextPaginationToken": [], "assignedRoleIds": []}"#, Some("unknown")),
        (r#"{"nextPaginationToken": null, "assignedRoleIds": [null]}"#, Some("unknown")),
        (r#"{"nextPaginationToken": null, "assignedRoleIds": ["Help Desk"]}"#, Some("unknown")),
        (r#"{"nextPaginationToken": null}"#, None),
        (r#"{"nextPaginationToken": null, "assignedRoleIds": "none"}"#, None),
    ] {
        let company = Company::with(&[]);
        instead(&company, roles, ALWAYS, 200, body);
        let answer = call(&company, "{}", vec![by_id(HELP)], options());
        match outcome {
            Some(outcome) => assert_eq!(outcomes(&answer), [outcome], "{body}"),
            None => assert_eq!(answer.unwrap_err().status, 502, "{body}"),
        }
    }
    let company = Company::with(&[]);
    let own = "account?userRoleId=a0000000-0000-4000-8000-000000000001";
    instead(&company, own, ALWAYS, 200, r#"{"ContinuationToken": null, "AssignedToUsers": null}"#);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["unknown"]);
}

#[test]
fn a_token_of_a_page_is_encoded() {
    let company = Company::with(&[("u123", HELP)]);
    let first = r#"{"ContinuationToken": "a+b/c=&x", "AssignedToUsers": []}"#;
    instead(&company, "account?userRoleId=a0000000-0000-4000-8000-000000000001", 1, 200, first);
    let second = r#"{"ContinuationToken": null, "AssignedToUsers": ["u123"]}"#;
    instead(&company, "&continuationToken=a%2Bb%2Fc%3D%26x", 1, 200, second);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["removed"]);
}

#[test]
fn a_list_that_moves_between_its_pages_proves_nothing() {
    let company = Company::with(&[]);
    let page = |token: &str, user: &str| format!(r#"{{"ContinuationToken": {token}, "AssignedToUsers": ["{user}"]}}"#);
    let own = "account?userRoleId=a0000000-0000-4000-8000-000000000001";
    instead(&company, own, ALWAYS, 200, &page("\"2\"", "u456"));
    instead(&company, "&continuationToken=2", ALWAYS, 200, &page("null", "u456"));
    assert_eq!(ask(&company, &[by_id(HELP)]), ["unknown"]);
}

#[test]
fn a_403_is_a_rate_limit_if_it_says_so_in_any_way() {
    for (body, status) in [
        (r#"{"error": "rate_limit_reached"}"#, 429),
        (r#"{"error": "invalid_request", "error_description": "Rate Limit reached: IP blocked"}"#, 429),
        (r#"{"error": "invalid_permission", "error_description": "no"}"#, 403),
        ("<html>", 403),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        instead(&company, "/unassign/account", ALWAYS, 403, body);
        let failure = call(&company, "{}", vec![by_id(HELP)], options()).unwrap_err();
        assert_eq!(failure.status, status, "{body}: {failure:?}");
        assert_eq!(failure.message.contains("or the rate limit"), body == "<html>", "{failure:?}");
    }
}

#[test]
fn a_group_that_only_spelling_tells_apart_or_that_cannot_be_read_is_not_left() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: None,
        members: r#"{"accountId": 123}"#,
        id_as_text: false,
    });
    let leave = |group: &str| in_group(by_name(""), group);
    assert_eq!(ask(&company, &[leave("NightShift"), leave("Day Shift")]), ["refused", "not_found"]);
    let unread = r#"{"nextPaginationToken": null, "resources": [{"id": 7, "name": "Night Shift"}, null]}"#;
    instead(&company, "/usergroups", ALWAYS, 200, unread);
    assert_eq!(ask(&company, &[leave("Night Shift"), leave("Day Shift")]), ["unknown", "unknown"]);
    assert!(company.borrow().writes.is_empty());
}

#[test]
fn a_roles_own_list_that_is_not_there_proves_nothing() {
    for status in [400, 404] {
        let company = Company::with(&[]);
        instead(&company, "account?userRoleId=a0000000-0000-4000-8000-000000000001", ALWAYS, status, "{}");
        assert_eq!(ask(&company, &[by_id(HELP), by_id(AUDIT)]), ["unknown", "already_absent"], "{status}");
    }
}

#[test]
fn two_lists_that_disagree_about_a_member_prove_nothing() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": 123}"#,
        id_as_text: false,
    });
    let other = r#"{"nextPaginationToken": null, "resources": [{"accountId": 124}]}"#;
    instead(&company, "/usergroups/7/members", ALWAYS, 200, other);
    let asked = [in_group(by_id(AUDIT), "7"), in_group(by_name(""), "7")];
    assert_eq!(ask(&company, &asked), ["unknown", "unknown"]);
    // Read again, it is there.
    company.borrow_mut().instead.clear();
    instead(&company, "/usergroups/7/members", 1, 200, other);
    assert_eq!(ask(&company, &asked[..1]), ["removed"]);
}
