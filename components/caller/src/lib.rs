//! A component that calls the operation through its typed contract: proof that it composes.

#![allow(unsafe_code)]

#[allow(clippy::all, clippy::pedantic, missing_docs)]
mod bindings {
    wit_bindgen::generate!({ world: "unassign-role:caller/example", path: ["../../wit", "wit"], generate_all });
}

use bindings::unified::user_directory::users::{
    Account, ClientCredentials, Credentials, Options, Provider, Request, Role, unassign_role,
};

struct Component;

impl bindings::Guest for Component {
    fn revoke(base_url: String, user: String, role: String) -> String {
        let account = Account {
            provider: Provider::Crowdstrike,
            base_url: Some(base_url),
            credentials: Credentials::ClientCredentials(ClientCredentials {
                client_id: String::from("demo-client"),
                client_secret: String::from("demo-secret"),
                member_cid: None,
            }),
            settings: None,
        };
        let role = Role {
            id: Some(role),
            name: None,
            group: None,
            organization: None,
            workspace: None,
        };
        let request = Request {
            id: user,
            roles: vec![role],
            organizations: Vec::new(),
            workspace_id: None,
            remote_query: None,
            remote_data: None,
        };
        let options = Options {
            dry_run: false,
            allow: Vec::new(),
            deadline: None,
            strict_scope: None,
            unknown_role: None,
            acknowledged_at: None,
            expect: None,
            accept_unverified: false,
        };
        match unassign_role(&account, &request, &options) {
            Ok(_) => String::from("removed"),
            Err(failure) => failure.message,
        }
    }
}

bindings::export!(Component with_types_in bindings);
