//! A component that calls the operation through its typed contract: proof that it composes.

#![allow(unsafe_code)]

#[allow(clippy::all, clippy::pedantic, missing_docs)]
mod bindings {
    wit_bindgen::generate!({ world: "unassign-role:caller/example", path: ["../../wit", "wit"], generate_all });
}

use bindings::unified::user_directory::users::{
    Account, Binding, ClientCredentials, Credentials, Endpoint, Expectation, Mode, Narrowing, Options, Provider,
    Request, RequestedRole, RoleSelector, StrictScope, UnknownRole, unassign_role,
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
        let role = RequestedRole {
            role: RoleSelector::Id(role),
            group: Narrowing::Anywhere,
            organization: Narrowing::Anywhere,
            workspace: Narrowing::Anywhere,
        };
        let request = Request {
            id: user,
            everything: false,
            roles: vec![role],
            organizations: Vec::new(),
            workspace_id: Narrowing::Anywhere,
            remote_query: None,
            remote_data: None,
        };
        let options = Options {
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
        };
        match unassign_role(&account, &request, &options) {
            Ok(_) => String::from("removed"),
            Err(failure) => failure.message,
        }
    }
}

bindings::export!(Component with_types_in bindings);
