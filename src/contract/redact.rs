//! Keeps credentials out of an answer. Providers put what they were sent into their error texts, and anything into a name.

use serde_json::Value;

use crate::{
    client::Client,
    contract::types::{
        Email, Failure, GrantOutcome, GrantSelector, Group, HeldGrant, Identity, License, ListedRole, Narrowing,
        Organization, OrganizationSelector, Phone, ProviderAnswer, RequestedRole, Role, RoleDirectory, RoleOutcome,
        RoleSelector, Scope, Success, Url, User, UserReading, Via, Workspace,
    },
};

/// What an answer says in texts.
pub trait Texts {
    /// Every text that may come from the provider, and whether it is JSON.
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form));
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Json,
}

/// The answer without this operation's secrets and tokens. A text that has none stays as it is.
pub fn secrets<T: Texts>(client: &Client<'_>, mut result: Result<T, Failure>) -> Result<T, Failure> {
    match &mut result {
        Ok(answer) => mask(client, answer),
        Err(failure) => mask(client, failure),
    }
    result
}

/// Takes this operation's secrets and tokens out of texts.
pub fn mask(client: &Client<'_>, texts: &mut dyn Texts) {
    texts.each(&mut |text: &mut String, form: Form| {
        if !client.shows_secret(text) {
            return;
        }
        *text = match form {
            Form::Plain => client.masked(text),
            Form::Json => masked_json(client, text),
        };
    });
}

/// JSON stays JSON: only its texts, names and numbers are masked. What is none is a text from then on.
fn masked_json(client: &Client<'_>, text: &str) -> String {
    let masked = match serde_json::from_str(text) {
        Ok(document) => masked_value(client, document),
        Err(_) => Value::from(client.masked(text)),
    };
    masked.to_string()
}

/// A document is not nested deeper than what could be parsed.
fn masked_value(client: &Client<'_>, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(client.masked(&text)),
        Value::Number(number) if client.shows_secret(&number.to_string()) => {
            Value::String(client.masked(&number.to_string()))
        }
        Value::Array(items) => items.into_iter().map(|item| masked_value(client, item)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (client.masked(&name), masked_value(client, value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

impl Texts for String {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        visit(self, Form::Plain);
    }
}

impl<T: Texts> Texts for Option<T> {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        if let Some(texts) = self {
            texts.each(visit);
        }
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        for texts in self {
            texts.each(visit);
        }
    }
}

/// The fields of records that hold texts. A plan that had to be masked is no plan any more: sent back, it is refused.
macro_rules! texts {
    ($($record:ty: $($field:ident)*;)*) => {
        $(impl Texts for $record {
            fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
                $(self.$field.each(visit);)*
            }
        })*
    };
}

texts! {
    Success: user outcomes plan;
    RoleOutcome: role organization message warnings grants;
    GrantOutcome: role_id role_name scope message via warnings side_effects;
    ProviderAnswer: body trace_id missing_scopes;
    Failure: message answer outcomes user plan;
    UserReading: user grants unread warnings;
    HeldGrant: role_id role_name scope via selector warnings;
    RoleDirectory: roles unread;
    ListedRole: id name scope;
    Scope: group organization workspace;
    Via: id name;
    Role: id name group organization workspace;
    Organization: id name;
    RequestedRole: role group organization workspace;
    Identity: id name;
    Email: email type_;
    Phone: number extension type_;
    License: id name organization last_active_at;
    Group: id name organization;
    Workspace: id name;
    Url: url type_;
}

impl Texts for User {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        macro_rules! plain {
            ($($field:ident)*) => { $(self.$field.each(visit);)* };
        }
        plain! {
            id external_id first_name last_name title name username emails phones status roles organizations user_type
            licenses groups workspaces avatar timezone languages bio created_at updated_at last_active_at last_login_at
            status_changed_at activated_at urls
        }
        for document in self.identifiers.iter_mut().chain(&mut self.remote_data) {
            visit(document, Form::Json);
        }
    }
}

impl Texts for Narrowing {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        match self {
            Self::Anywhere => {}
            Self::Only(id) => id.each(visit),
        }
    }
}

impl Texts for RoleSelector {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        match self {
            Self::Id(text) | Self::Name(text) => text.each(visit),
            Self::IdAndName(identity) => identity.each(visit),
            Self::GroupMembership => {}
        }
    }
}

impl Texts for OrganizationSelector {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        match self {
            Self::Id(text) | Self::Name(text) => text.each(visit),
            Self::IdAndName(identity) => identity.each(visit),
        }
    }
}

impl Texts for GrantSelector {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        match self {
            Self::Role(role) => role.each(visit),
            Self::Organization(organization) => organization.each(visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::{
        account::secret::{MASK, Secret},
        client::{Client, Deadline, RateLimitPolicy, fake},
        contract::{
            types::{
                Failure, FailureKind, GrantKind, GrantOutcome, GrantSelector, HeldGrant, ListedRole, Narrowing,
                Outcome, Removable, RequestedRole, Role, RoleDirectory, RoleOutcome, RoleSelector, Scope, Success,
                UserReading, Via, ViaKind,
            },
            user::blank_user,
        },
    };

    fn text() -> String {
        String::from("no: hunter2")
    }

    fn scope() -> Scope {
        Scope {
            group: Some(text()),
            organization: Some(text()),
            workspace: Some(text()),
        }
    }

    fn via() -> Via {
        Via {
            kind: ViaKind::Group,
            id: Some(text()),
            name: Some(text()),
        }
    }

    fn role() -> Role {
        Role {
            id: Some(text()),
            name: Some(text()),
            group: Some(text()),
            organization: Some(text()),
            workspace: Some(text()),
        }
    }

    fn entry() -> RoleOutcome {
        let grant = GrantOutcome {
            role_id: text(),
            role_name: Some(text()),
            scope: scope(),
            direct: true,
            outcome: Outcome::Failed,
            reason: None,
            message: Some(text()),
            via: vec![via()],
            changed: false,
            warnings: vec![String::from("about:hunter2")],
            side_effects: vec![text()],
            needs_allow: Vec::new(),
            acknowledged: false,
            acknowledged_at: None,
            verify_after: None,
            verified_at: None,
        };
        RoleOutcome {
            verify_after: None,
            same_as: None,
            role: Some(role()),
            organization: None,
            outcome: Outcome::Failed,
            reason: None,
            message: Some(text()),
            warnings: vec![text()],
            grants: vec![grant],
        }
    }

    fn user() -> crate::contract::types::User {
        crate::contract::types::User {
            name: Some(text()),
            last_name: Some(text()),
            roles: vec![role()],
            identifiers: Some(json!({"number": 7, "token": text()}).to_string()),
            remote_data: Some(json!({"user": {"hunter2": ["\u{1}", {"name": text()}]}, "count": 2}).to_string()),
            ..blank_user("u")
        }
    }

    /// How often an answer shows the mask; it shows no secret.
    fn masks<T: super::Texts + std::fmt::Debug>(result: Result<T, Failure>) -> (Result<T, Failure>, usize) {
        let transport = fake::FakeTransport::new(|_| fake::Reaction::Silence);
        let deadline = Deadline::starting_now(&transport, Duration::from_secs(1));
        let client = Client::new(
            &transport,
            deadline,
            [Secret::new("hunter2")],
            RateLimitPolicy::default(),
        );
        let masked = super::secrets(&client, result);
        let shown = format!("{masked:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        let count = shown.matches(MASK).count();
        (masked, count)
    }

    #[test]
    fn every_text_of_a_success_is_masked_and_its_documents_stay_json() {
        let success = Success {
            user: user(),
            outcomes: vec![entry()],
            dry_run: false,
            planned_requests: Vec::new(),
            plan: None,
            plan_digest: None,
            receipt: None,
        };
        let (masked, count) = masks(Ok(success));
        assert_eq!(count, 27);
        let document: serde_json::Value = serde_json::from_str(&masked.unwrap().user.remote_data.unwrap()).unwrap();
        assert_eq!(
            document,
            json!({"user": {MASK: ["\u{1}", {"name": format!("no: {MASK}")}]}, "count": 2})
        );
    }

    #[test]
    fn every_text_of_a_failure_is_masked() {
        let failure = Failure {
            plan: None,
            plan_digest: None,
            receipt: None,
            kind: FailureKind::NotRemoved,
            message: text(),
            status: 422,
            field: None,
            answer: None,
            retry_after: None,
            retryable: false,
            outcomes: vec![entry()],
            sent: true,
            user: Some(user()),
        };
        assert_eq!(masks::<Success>(Err(failure)).1, 28);
    }

    #[test]
    fn every_text_of_a_reading_and_of_a_directory_is_masked() {
        let held = HeldGrant {
            kind: GrantKind::Role,
            role_id: text(),
            role_name: Some(text()),
            scope: scope(),
            direct: false,
            via: vec![via()],
            removable: Removable::Yes,
            selector: Some(GrantSelector::Role(RequestedRole {
                role: RoleSelector::Id(text()),
                group: Narrowing::Only(text()),
                organization: Narrowing::Anywhere,
                workspace: Narrowing::Anywhere,
            })),
            warnings: vec![text()],
        };
        let reading = UserReading {
            user: blank_user("u"),
            grants: vec![held],
            whole: true,
            unread: vec![text()],
            warnings: vec![text()],
        };
        assert_eq!(masks(Ok(reading)).1, 12);
        let listed = ListedRole {
            id: Some(text()),
            name: Some(text()),
            scopes: Vec::new(),
            scope: scope(),
            removable: true,
        };
        let directory = RoleDirectory {
            roles: vec![listed],
            whole: true,
            unread: vec![text()],
        };
        assert_eq!(masks(Ok(directory)).1, 6);
    }
}
