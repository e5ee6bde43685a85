//! The format `stream`: the provider's document as it arrives, in an instance that could not hold it.

use std::sync::Arc;

use host::{
    guests::Artifact,
    network::{Fault, Network, Rule},
    service::Service,
};
use http_body_util::BodyExt;
use sandboxes::{
    Clock,
    teamviewer::{DEMO_ROLES, DEMO_TOKEN, DEMO_USERS, TeamViewer},
};
use serde_json::json;

use crate::{
    fixture::{ACCOUNT, START, TOKEN, tokens},
    on_both,
};

const ANN: &str = DEMO_USERS[0].0;
const HELP_DESK: &str = DEMO_ROLES[1].0;
const MIB: usize = 1 << 20;

struct World {
    network: Network,
    company: TeamViewer,
    service: Service,
}

impl World {
    fn new(artifact: Artifact) -> Self {
        let clock = Clock::starting_at(START);
        let company = TeamViewer::demo(clock);
        let network = Network::default();
        network.route("webapi.teamviewer.com", company.router());
        let account = json!({"provider": "teamviewer", "credentials": {"type": "bearer_token", "token": DEMO_TOKEN}});
        let service = Service::builder(artifact, &network, clock)
            .tokens(&tokens())
            .account(ACCOUNT, account)
            .start()
            .unwrap();
        Self {
            network,
            company,
            service,
        }
    }

    /// A fault of the read that is passed on: the two before it are the operation's own.
    fn last_read(&self, fault: Fault) {
        self.network.inject(Rule {
            fits: Arc::new(|call| call.path_and_query == "/api/v1/users/u201"),
            ..Rule::always("", fault).after(2)
        });
    }

    /// Status and headers, the number of bytes, and whether the body ended well.
    async fn stream(&self) -> (http::response::Parts, usize, bool) {
        let body = json!({"id": ANN, "roles": [{"id": HELP_DESK}]}).to_string();
        let request = http::Request::builder()
            .method("POST")
            .uri(format!(
                "http://127.0.0.1/unified/user-directory/users/unassign-role?integrated_account_id={ACCOUNT}&truto_response_format=stream"
            ))
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .body(http_body_util::Full::new(bytes::Bytes::from(body)).map_err(|never| match never {}).boxed_unsync())
            .unwrap();
        let (head, mut body) = self.service.handle(request).await.unwrap().into_parts();
        let mut length = 0;
        loop {
            match body.frame().await {
                None => return (head, length, true),
                Some(Err(_)) => return (head, length, false),
                Some(Ok(frame)) => length += frame.data_ref().map_or(0, bytes::Bytes::len),
            }
        }
    }
}

on_both! {
    async fn a_document_of_256_mib_passes_through_an_instance_of_32(artifact) {
        let world = World::new(artifact);
        world.last_read(Fault::Long {
            bytes: 256 * MIB,
            ends: true,
        });
        let (head, length, is_whole) = world.stream().await;
        assert_eq!((head.status.as_u16(), length, is_whole), (200, 256 * MIB, true));
        assert_eq!(head.headers["x-role-outcomes"], "removed=1");
        assert_eq!(head.headers["x-content-type-options"], "nosniff");
        assert!(!world.company.is_assigned(ANN, HELP_DESK));
    }
}

on_both! {
    async fn a_document_that_is_cut_off_shows_as_cut_off(artifact) {
        let world = World::new(artifact);
        world.last_read(Fault::Long { bytes: MIB, ends: false });
        let (head, _, is_whole) = world.stream().await;
        assert_eq!((head.status.as_u16(), is_whole), (200, false));
        assert!(!world.company.is_assigned(ANN, HELP_DESK));
        let log = world.service.log().join("\n");
        assert!(log.contains(r#""event":"result""#) && log.contains(r#""outcome":"removed""#), "{log}");
    }
}

on_both! {
    async fn a_document_that_cannot_be_passed_on_is_the_one_that_was_read(artifact) {
        for fault in [Fault::Answer(503, Vec::new(), String::from("{}")), Fault::CutOff] {
            let world = World::new(artifact);
            world.last_read(fault);
            let (head, length, is_whole) = world.stream().await;
            assert_eq!((head.status.as_u16(), is_whole), (200, true));
            assert!(length > 20, "{length}");
        }
    }
}

on_both! {
    async fn a_removal_that_fails_is_an_error_in_this_format_too(artifact) {
        let world = World::new(artifact);
        world.company.acknowledge_but_keep(HELP_DESK);
        let (head, ..) = world.stream().await;
        assert_eq!(head.status.as_u16(), 422);
        assert!(world.company.is_assigned(ANN, HELP_DESK));
    }
}
