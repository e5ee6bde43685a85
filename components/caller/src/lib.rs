//! A component that calls the operation through its typed contract: proof that it composes.

#![allow(unsafe_code)]

#[allow(clippy::all, clippy::pedantic, missing_docs)]
mod bindings {
    wit_bindgen::generate!({ world: "unassign-role:caller/example", path: ["../../wit", "wit"], generate_all });
}

use bindings::unified::user_directory::{
    accounts::{self, Caller},
    users::{
        self, Account, Binding, ClientCredentials, Credentials, Endpoint, Expectation, Failure, Mode, Narrowing,
        Options, Provider, Request, RequestedRole, RoleSelector, StrictScope, Success, UnknownRole,
    },
};

struct Component;

impl bindings::Guest for Component {
    fn revoke(base_url: String, user: String, role: String) -> String {
        let account = Account {
            provider: Provider::Crowdstrike,
            base_url: Endpoint::Url(base_url),
            credentials: Credentials::ClientCredentials(ClientCredentials {
                client_id: String::from("demo-client"),
                client_secret: String::from("demo-secret"),
                member_cid: Narrowing::Anywhere,
            }),
            settings: String::from("{}"),
        };
        said(users::unassign_role(&account, &request(user, role), &options()))
    }

    fn revoke_by_account(account: String, user: String, role: String) -> String {
        let caller = Caller {
            actor: Some(String::from("caller")),
        };
        said(accounts::unassign_role(
            &account,
            &request(user, role),
            &options(),
            &caller,
        ))
    }

    fn variables() -> Vec<String> {
        std::env::vars_os()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect()
    }
}

fn request(user: String, role: String) -> Request {
    let role = RequestedRole {
        role: RoleSelector::Id(role),
        group: Narrowing::Anywhere,
        organization: Narrowing::Anywhere,
        workspace: Narrowing::Anywhere,
    };
    Request {
        id: user,
        everything: false,
        roles: vec![role],
        organizations: Vec::new(),
        workspace_id: Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
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
        binding: Binding::None,
        reference: None,
    }
}

fn said(answer: Result<Success, Failure>) -> String {
    match answer {
        Ok(_) => String::from("removed"),
        Err(failure) => failure.message,
    }
}

bindings::export!(Component with_types_in bindings);
