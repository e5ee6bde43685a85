//! BlackLine through the crate: one user, scripted answers.

use std::{cell::RefCell, rc::Rc};

use crate::{
    ask::Ask,
    client::Caches,
    contract::types::{
        Account, Credentials, Endpoint, Expectation, Failure, Mode, Narrowing, Options, PasswordCredentials, Provider, Request, Role,
        StrictScope, Success, UnknownRole,
    },
    engine::{self, NoTrail},
    fake::{FakeTransport, Reaction, Seen},
};

/// What BlackLine holds and shows of user 301.
struct Instance {
    user: &'static str,
    /// Role, product, and the row as it is shown.
    pairs: Vec<(&'static str, &'static str, String)>,
    /// Stands in the list of pairs behind `items`.
    more: String,
    roles: &'static str,
    /// The next answers to calls whose address has this text.
    faults: Vec<(&'static str, u16, &'static str)>,
    /// From the first removal on, the rows of this product are shown so.
    later: Option<(&'static str, &'static str)>,
    writes: Vec<String>,
    tokens: usize,
}

type Shared = Rc<RefCell<Instance>>;

const ROLES: &str = r#"{"id": 5, "name": "Reviewer"}, {"id": 9, "name": "Auditor"}, {"id": 22, "name": "Administrator"}"#;

impl Instance {
    fn holding(rows: &[(&'static str, &'static str, &str)]) -> Shared {
        let pairs = rows.iter().map(|(role, product, row)| (*role, *product, (*row).to_owned()));
        Rc::new(RefCell::new(Self {
            user: r#"{"id": 301, "loginId": "ann", "email": "ann@example.com", "fullName": "Ann Lee"}"#,
            pairs: pairs.collect(),
            more: String::new(),
            roles: ROLES,
            faults: Vec::new(),
            later: None,
            writes: Vec::new(),
            tokens: 0,
        }))
    }

    fn react(&mut self, seen: &Seen) -> Reaction {
        let is_hit = |(part, ..): &(&str, u16, &str)| seen.url.contains(part);
        if let Some(position) = self.faults.iter().position(is_hit) {
            let (_, status, body) = self.faults.remove(position);
            return answer(status, body);
        }
        if seen.url.ends_with("/connect/token") {
            self.tokens += 1;
            return answer(200, &format!(r#"{{"access_token": "token-{}"}}"#, self.tokens));
        }
        let (path, query) = seen.url.split_once('?').unwrap_or((&seen.url, ""));
        match (seen.method, path.rsplit('/').next().unwrap()) {
            ("GET", "301") => answer(200, self.user),
            ("GET", "roles") => answer(200, &format!(r#"{{"items": [{}]}}"#, self.roles)),
            ("GET", "roles-products") => {
                let later = self.later.filter(|_| !self.writes.is_empty());
                let shown = self.pairs.iter().map(|(_, product, row)| match later {
                    Some((of, row)) if of == *product => row,
                    _ => row.as_str(),
                });
                let shown: Vec<&str> = shown.collect();
                answer(200, &format!(r#"{{"items": [{}]{}}}"#, shown.join(", "), self.more))
            }
            ("DELETE", "roles-products") => {
                self.writes.push(query.to_owned());
                self.pairs
                    .retain(|(role, product, _)| query != format!("roleId={role}&productId={product}"));
                answer(204, "")
            }
            ("POST", "roles-products") => {
                self.writes.push(seen.body.clone());
                let left: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
                let is_left = |role: &str, product: &str| {
                    let mut rows = left.as_array().unwrap().iter();
                    rows.any(|row| row["roleId"].to_string() == role && row["productId"] == product)
                };
                self.pairs.retain(|(role, product, _)| is_left(role, product));
                answer(200, "[]")
            }
            _ => answer(404, "{}"),
        }
    }
}

fn answer(status: u16, body: &str) -> Reaction {
    Reaction::Answer(status, Vec::new(), body.to_owned())
}

fn pair(role: &str, name: &str, product: &str) -> String {
    format!(r#"{{"role": {{"id": {role}, "name": "{name}"}}, "product": {{"id": "{product}"}}}}"#)
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

fn options() -> Options {
    Options {
        mode: Mode::Revoke,
        allow: Vec::new(),
        deadline: None,
        strict_scope: StrictScope::AccountDefault,
        unknown_role: UnknownRole::NotFound,
        acknowledged_at: None,
        expect: Expectation::Anyone,
        accept_unverified: false,
    }
}

fn call(instance: &Shared, settings: &str, roles: Vec<Role>, options: Options) -> Result<Success, Failure> {
    let far_end = Rc::clone(instance);
    let transport = FakeTransport::new(move |seen| far_end.borrow_mut().react(seen));
    let opened = crate::providers::open(Account {
        provider: Provider::Blackline,
        base_url: Endpoint::Url(String::from("https://us2.api.blackline.com")),
        credentials: Credentials::Password(PasswordCredentials {
            username: String::from("api-user"),
            password: String::from("api-key"),
            client_id: String::from("client"),
            client_secret: String::from("client-secret"),
            scope: String::from("bl.users"),
        }),
        settings: settings.to_owned(),
    })
    .unwrap();
    let request = Request {
        id: String::from("301"),
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

fn ask(instance: &Shared, settings: &str, roles: &[Role]) -> Vec<&'static str> {
    outcomes(&call(instance, settings, roles.to_vec(), options()))
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

#[test]
fn a_role_goes_by_the_name_of_its_row_and_by_the_name_of_the_directory() {
    for name in ["Reviewer", "reviewer (gl)"] {
        let instance = Instance::holding(&[
            ("5", "A", &pair("5", "Reviewer (GL)", "A")),
            ("9", "A", &pair("9", "Auditor", "A")),
        ]);
        assert_eq!(ask(&instance, "{}", &[by_name(name)]), ["removed"], "{name}");
        assert_eq!(instance.borrow().writes, ["roleId=5&productId=A"]);
    }
}

#[test]
fn a_name_protects_a_role_however_row_and_directory_spell_it() {
    let nameless = r#"{"roleId": 5, "productId": "A"}"#;
    for (row, protected) in [
        (pair("5", "Reviewer (GL)", "A"), "Reviewer"),
        (pair("5", "Reviewer (GL)", "A"), "reviewer (GL)"),
        (nameless.to_owned(), "Re viewer"),
        (nameless.to_owned(), " 005:A "),
        // Another row of the role has the name.
        (format!("{nameless}, {}", pair("5", "GL", "J")), "GL"),
    ] {
        let instance = Instance::holding(&[("5", "A", &row)]);
        let settings = format!(r#"{{"protected_roles": ["{protected}"]}}"#);
        assert_eq!(ask(&instance, &settings, &[by_id("5:A")]), ["refused"], "{row}, {protected}");
        assert!(instance.borrow().writes.is_empty());
    }
    let instance = Instance::holding(&[("5", "A", nameless)]);
    let settings = r#"{"protected_roles": ["Auditor", "9", "5:J"]}"#;
    assert_eq!(ask(&instance, settings, &[by_id("5:A")]), ["removed"]);
}

#[test]
fn a_role_without_any_name_counts_as_protected_by_name() {
    let instance = Instance::holding(&[("600", "A", r#"{"roleId": 600, "productId": "A"}"#)]);
    let settings = r#"{"protected_roles": ["Reviewer"]}"#;
    assert_eq!(ask(&instance, settings, &[by_id("600")]), ["refused"]);
    let settings = r#"{"protected_roles": ["22"]}"#;
    assert_eq!(ask(&instance, settings, &[by_id("600")]), ["removed"]);
}

#[test]
fn a_row_that_cannot_be_read_leaves_only_what_it_may_be_undecided() {
    for (row, of_22, of_5_in_j) in [
        ("null", "unknown", "unknown"),
        ("7", "unknown", "unknown"),
        (r#"{"role": {}, "product": {"id": "B"}}"#, "unknown", "already_absent"),
        (r#"{"role": {"id": 5}, "product": {"id": true}}"#, "already_absent", "unknown"),
        (r#"{"role": {"id": 22}, "roleId": 23, "productId": "J"}"#, "unknown", "already_absent"),
    ] {
        let instance = Instance::holding(&[
            ("9", "A", &pair("9", "Auditor", "A")),
            ("9", "J", &pair("9", "Auditor", "J")),
            ("?", "?", row),
        ]);
        let asked = ask(&instance, "{}", &[by_id("22"), by_id("5:J"), by_id("9:A")]);
        assert_eq!(asked.get(..2), Some([of_22, of_5_in_j].as_slice()), "{row}");
        assert_eq!(instance.borrow().writes, ["roleId=9&productId=A"], "{row}");
    }
}

#[test]
fn a_role_that_cannot_be_read_any_more_is_not_gone() {
    let instance = Instance::holding(&[
        ("5", "A", &pair("5", "Reviewer", "A")),
        ("9", "B", &pair("9", "Auditor", "B")),
    ]);
    instance.borrow_mut().later = Some(("B", "null"));
    assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["unverified"]);
}

#[test]
fn a_row_that_comes_twice_is_removed_once() {
    let row = pair("5", "Reviewer", "A");
    let instance = Instance::holding(&[("5", "A", &row), ("5", "A", &row), ("9", "A", &pair("9", "Auditor", "A"))]);
    assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["removed"]);
    assert_eq!(instance.borrow().writes.len(), 1);
}

#[test]
fn an_expired_session_that_a_400_tells_of_is_renewed_once() {
    for part in ["/v1/users/301", "roles-products?roleId"] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        let over = (part, 400, r#"{"message": "Authentication failed"}"#);
        instance.borrow_mut().faults.push(over);
        assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["removed"], "{part}");
        assert_eq!(instance.borrow().tokens, 2, "{part}");
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().faults.extend([over; 9]);
        let failure = call(&instance, "{}", vec![by_id("5")], options()).unwrap_err();
        assert_eq!(failure.status, 401, "{part}: {failure:?}");
        assert_eq!(instance.borrow().pairs.len(), 1);
    }
}

#[test]
fn a_list_that_contradicts_itself_proves_nothing() {
    for more in [
        r#", "totalCount": 2"#,
        r#", "totalCount": "0""#,
        r#", "totalCount": [1]"#,
        r#", "nextLink": 7"#,
        r#", "nextLink": "/v1/users/301/roles-products""#,
    ] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().more = more.to_owned();
        let failure = call(&instance, "{}", vec![by_id("22")], options()).unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{more}");
    }
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
    instance.borrow_mut().more = String::from(r#", "totalCount": "1", "nextLink": null"#);
    assert_eq!(ask(&instance, "{}", &[by_id("22")]), ["already_absent"]);
}

#[test]
fn what_a_list_of_one_page_does_not_show_is_no_absence_even_for_a_deleted_role() {
    let rows: Vec<String> = (0..10).map(|product| pair("9", "Auditor", &format!("P{product}"))).collect();
    let row = rows.join(", ");
    let absent = Options {
        unknown_role: UnknownRole::Absent,
        ..options()
    };
    for (row, outcome) in [(row.as_str(), "unknown"), ("", "already_absent")] {
        let instance = Instance::holding(&[("9", "P0", row)]);
        let answer = call(&instance, "{}", vec![by_id("77")], absent.clone());
        assert_eq!(outcomes(&answer), [outcome]);
    }
}

#[test]
fn a_directory_with_a_row_that_cannot_be_read_settles_no_name() {
    for row in ["null", r#"{"id": 77}"#, r#"{"name": "Reviewer"}"#] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        let roles = format!("{ROLES}, {row}");
        instance.borrow_mut().roles = roles.leak();
        let asked = [by_name("Reviewer"), by_name("Nobody"), by_id("78"), by_id("22")];
        assert_eq!(
            ask(&instance, "{}", &asked),
            ["unknown", "unknown", "unknown", "already_absent"],
            "{row}"
        );
    }
}

#[test]
fn a_new_set_is_not_posted_while_a_row_cannot_be_read() {
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A")), ("?", "?", "null")]);
    let failure = call(&instance, r#"{"strategy": "replace_set"}"#, vec![by_id("5")], options()).unwrap_err();
    assert!(!failure.sent && failure.message.contains("cannot be read"), "{failure:?}");
}

#[test]
fn a_protected_address_protects_a_user_whose_address_is_not_shown() {
    let settings = r#"{"protected_users": ["kim@example.com"]}"#;
    for (user, outcome) in [
        (r#"{"id": "0301", "loginId": "ann", "email": "ann@example.com"}"#, "removed"),
        (r#"{"id": 301, "loginId": "ann"}"#, "refused"),
        (r#"{"id": 301, "loginId": "ann", "email": true}"#, "refused"),
    ] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().user = user;
        assert_eq!(ask(&instance, settings, &[by_id("5")]), [outcome], "{user}");
    }
}

#[test]
fn a_product_that_only_looks_like_a_held_one_is_refused() {
    let instance = Instance::holding(&[("5", "A1", &pair("5", "Reviewer", "A1"))]);
    let asked = [by_id("5:A 1"), by_id("5:a-1"), by_id("5:B")];
    assert_eq!(ask(&instance, r#"{"products": ["A1", "B"]}"#, &asked), ["refused", "refused", "already_absent"]);
}

#[test]
fn a_product_that_is_a_missing_value_of_the_callers_language_is_refused() {
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
    for id in ["5:undefined", "5:null", "5:", "5: "] {
        let failure = call(&instance, "{}", vec![by_id(id)], options()).unwrap_err();
        assert_eq!((failure.status, failure.sent), (400, false), "{id}");
    }
}

#[test]
fn a_role_that_the_directory_calls_otherwise_by_its_id_may_be_the_one() {
    for (row, outcome) in [
        // The directory gives the name to 9, and does not know 10.
        (pair("10", "Auditor", "A"), "unknown"),
        (pair("10", "Auditing", "A"), "already_absent"),
        (pair("\"other\"", "Auditor", "A"), "unknown"),
        (pair("\"other\"", "Auditing", "A"), "already_absent"),
    ] {
        let instance = Instance::holding(&[("?", "A", &row)]);
        assert_eq!(ask(&instance, "{}", &[by_id("9:A")]), [outcome], "{row}");
    }
}

#[test]
fn a_new_set_is_posted_only_with_roles_that_the_directory_knows() {
    for (row, is_sent) in [(pair("9", "Auditor", "A"), true), (pair("10", "Auditor", "A"), false)] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A")), ("?", "?", &row)]);
        let answer = call(&instance, r#"{"strategy": "replace_set"}"#, vec![by_id("5")], options());
        assert_eq!(!instance.borrow().writes.is_empty(), is_sent, "{row}: {answer:?}");
    }
}

#[test]
fn a_row_that_cannot_be_read_stays_in_the_users_roles_without_an_id() {
    let unread = r#"{"role": {"name": "Auditor"}, "product": {"id": "J"}}"#;
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A")), ("?", "J", unread)]);
    let user = call(&instance, "{}", vec![by_id("5:A")], options()).unwrap().user;
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref(), role.workspace.as_deref()))
        .collect();
    assert_eq!(roles, [(None, Some("Auditor"), Some("J"))]);
}
