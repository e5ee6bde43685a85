//! What the SDKs of the original send, byte for byte: query forms, and everything in the query with an empty body.

use host::{
    guests::Artifact,
    network::{Fault, Network, Rule},
    service::Service,
};
use sandboxes::{
    Clock,
    slack_enterprise::{DEMO_ENTERPRISE as ORG, DEMO_TEAMS, DEMO_TOKEN, DEMO_USERS, Slack},
};
use serde_json::{Value, json};

use crate::{
    fixture::{ACCOUNT, Answer, Post, START, tokens},
    on_both,
};

const ANN: &str = DEMO_USERS[0].0;
const NORTH: &str = DEMO_TEAMS[0];
const SOUTH: &str = DEMO_TEAMS[1];

struct World {
    network: Network,
    demo: Slack,
    service: Service,
}

impl World {
    fn new(artifact: Artifact) -> Self {
        let clock = Clock::starting_at(START);
        let demo = Slack::demo(clock);
        let network = Network::default();
        network.route("slack.com", demo.router());
        let account =
            json!({"provider": "slack_enterprise", "credentials": {"type": "bearer_token", "token": DEMO_TOKEN}});
        let service = Service::builder(artifact, &network, clock)
            .tokens(&tokens())
            .account(ACCOUNT, account)
            .start()
            .unwrap();
        Self { network, demo, service }
    }

    async fn post(&self, query: &str, body: &str) -> Answer {
        let post = Post {
            body: body.to_owned(),
            ..Post::json(&Value::Null)
        };
        post.query(query).to(&self.service).await
    }

    /// The queries of the revoking calls.
    fn revoked_with(&self) -> Vec<String> {
        self.network
            .calls()
            .into_iter()
            .filter(|call| call.path_and_query.contains("removeAssignments"))
            .map(|call| call.path_and_query)
            .collect()
    }

    /// Rl0C went from the north alone, Rl01 from the south.
    fn has_gone(&self) -> bool {
        !self.demo.is_assigned(ANN, "Rl0C", NORTH)
            && self.demo.is_assigned(ANN, "Rl0C", ORG)
            && !self.demo.is_assigned(ANN, "Rl01", SOUTH)
            && self.demo.is_assigned(ANN, "RlCUSTOM1", ORG)
    }
}

on_both! {
    async fn vector_1_the_body_of_the_typescript_sdk(artifact) {
        let world = World::new(artifact);
        let answer = world.post("", &format!(r#"{{"id":"{ANN}","roles":[{{"id":"Rl01"}}]}}"#)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.outcomes(), ["removed"]);
    }
}

on_both! {
    async fn vectors_2_and_4_the_query_of_the_typescript_sdk_with_an_empty_body(artifact) {
        let query = format!(
            "&truto_response_format=normalized&truto_ignore_remote_data=true&truto_exclude_fields%5B0%5D=remote_data\
             &truto_exclude_fields%5B1%5D=emails&remote_query%5Bfoo%5D=bar&remote_query%5Bn%5D%5Bx%5D%5B0%5D=1\
             &remote_query%5Bn%5D%5Bx%5D%5B1%5D=2&remote_query%5Bflag%5D=false&id={ANN}&roles%5B0%5D%5Bid%5D=Rl0C\
             &roles%5B0%5D%5Bworkspace%5D={NORTH}&roles%5B1%5D%5Bid%5D=Rl01&workspace_id={SOUTH}"
        );
        // Recorded with an invented name, which is refused like every unknown one.
        let world = World::new(artifact);
        let refused = world.post(&format!("{query}&nul="), "{}").await;
        assert_eq!((refused.status, &refused.body["field"]), (400, &json!("nul")), "{refused:?}");
        assert!(world.network.calls().is_empty());
        for body in ["{}", ""] {
            let world = World::new(artifact);
            let answer = world.post(&query, body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(world.has_gone());
            assert_eq!(answer.outcomes(), ["removed", "removed"]);
            let fields = answer.body.as_object().unwrap();
            assert!(!fields.contains_key("emails") && !fields.contains_key("remote_data"));
            assert!(fields["external_id"].is_null(), "normalized shows what is absent");
            assert!(!world.revoked_with().is_empty());
            for call in world.revoked_with() {
                let (_, passed) = call.split_once('?').unwrap();
                assert_eq!(passed, "foo=bar&n%5Bx%5D%5B0%5D=1&n%5Bx%5D%5B1%5D=2&flag=false");
            }
        }
    }
}

on_both! {
    async fn vector_3_the_query_of_the_python_sdk(artifact) {
        let query = format!(
            "&truto_ignore_remote_data=true&truto_exclude_fields%5B%5D=remote_data&truto_exclude_fields%5B%5D=emails\
             &remote_query%5Bfoo%5D=bar&remote_query%5Bn%5D%5Bx%5D%5B%5D=1&remote_query%5Bn%5D%5Bx%5D%5B%5D=2\
             &roles%5B%5D%5Bid%5D=Rl0C&roles%5B%5D%5Bworkspace%5D={NORTH}&roles%5B%5D%5Bid%5D=Rl01&id={ANN}"
        );
        let world = World::new(artifact);
        let refused = world.post(&format!("{query}&none=None"), "{}").await;
        assert_eq!((refused.status, &refused.body["field"]), (400, &json!("none")), "{refused:?}");
        assert!(world.network.calls().is_empty());
        let answer = world.post(&query, "{}").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(world.has_gone(), "the workspace belongs to the first role alone");
        assert!(!world.revoked_with().is_empty());
        for call in world.revoked_with() {
            let (_, passed) = call.split_once('?').unwrap();
            assert_eq!(passed, "foo=bar&n%5Bx%5D%5B%5D=1&n%5Bx%5D%5B%5D=2");
        }
        assert!(answer.body.get("emails").is_none());
    }
}

on_both! {
    async fn vectors_5_and_6_every_answer_is_json_and_none_is_empty(artifact) {
        let world = World::new(artifact);
        for (query, body, status) in [
            ("", String::from("{"), 400),
            ("&dry_run=maybe", String::from("{}"), 400),
            ("", format!(r#"{{"id":"{ANN}","roles":[{{"id":"Rl01"}}]}}"#), 200),
            ("", String::from(r#"{"id":"U0NOBODY","roles":[{"id":"Rl01"}]}"#), 404),
        ] {
            let answer = world.post(query, &body).await;
            assert_eq!(answer.status, status, "{answer:?}");
            assert!(answer.header("content-type").starts_with("application/json"));
            assert!(answer.body.is_object());
        }
    }
}

on_both! {
    async fn every_form_of_the_list_of_fields_to_leave_out(artifact) {
        for form in [
            "&truto_exclude_fields=emails,username",
            "&truto_exclude_fields=emails&truto_exclude_fields=username",
            "&truto_exclude_fields[]=emails&truto_exclude_fields[]=username",
            "&truto_exclude_fields[1]=emails&truto_exclude_fields[0]=username&truto_exclude_fields[2]=role_outcomes",
        ] {
            let world = World::new(artifact);
            let answer = world.post(form, &format!(r#"{{"id":"{ANN}","roles":[{{"id":"Rl01"}}]}}"#)).await;
            assert_eq!(answer.status, 200, "{form}: {answer:?}");
            assert!(answer.body.get("emails").is_none() && answer.body.get("username").is_none(), "{form}");
            assert_eq!(answer.outcomes(), ["removed"], "{form}");
        }
    }
}

on_both! {
    async fn missing_scopes_are_named_as_the_original_names_them(artifact) {
        let world = World::new(artifact);
        let refused = String::from(r#"{"ok": false, "error": "missing_scope", "needed": "admin.roles:read"}"#);
        world.network.inject(Rule::always("/api/admin.roles", Fault::Answer(200, Vec::new(), refused)));
        let answer = world.post("", &format!(r#"{{"id":"{ANN}","roles":[{{"id":"Rl01"}}]}}"#)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let insight = &answer.body["truto_error_insight"]["forbidden_error"]["value"];
        assert_eq!(*insight, json!({"missing_scopes": ["admin.roles:read"]}));
    }
}

on_both! {
    async fn the_record_names_what_passed_through_and_not_its_values(artifact) {
        let world = World::new(artifact);
        let query = "&remote_query[n][x][0]=sesame&remote_query[foo]=sesame";
        let body = json!({"id": ANN, "roles": [{"id": "Rl01"}], "remote_data": {"reason": "sesame", "note": "sesame"}});
        let answer = world.post(query, &body.to_string()).await;
        assert_eq!(answer.status, 200, "Slack ignores fields that it does not know: {answer:?}");
        let log = world.service.log();
        assert_eq!(log.len(), 2, "{log:?}");
        for line in &log {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["remote_query_keys"], json!(["foo", "n"]));
            assert_eq!(line["remote_data_keys"], json!(["note", "reason"]));
        }
        assert!(!log.join("").contains("sesame"), "{log:?}");
    }
}
