//! The HTTP face of both components.

use host::{
    network::{Fault, Network, Rule},
    service::Service,
};
use serde_json::json;

use crate::{
    fixture::{ACCOUNT, ANN, Post, SAM, START, TOKEN, World, account, tokens},
    on_both,
};
use sandboxes::{
    Clock,
    crowdstrike::{DEMO_CHILD_CID as CHILD, DEMO_HOME_CID as HOME, EpochUnit},
    jumpcloud::{DEMO_ADMINS, DEMO_KEY, JumpCloud},
};
use std::time::Duration;

on_both! {
    async fn a_success_is_the_unified_user_with_the_outcomes(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}, {"name": "help desk"}, {"id": "quarantine_manager"}]});
        let answer = Post::json(&body).to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed", "removed", "already_absent"]), "{answer:?}");
        assert_eq!(answer.header("x-role-outcomes"), "removed=2, already_absent=1");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!((&answer.body["id"], &answer.body["is_2fa_enabled"]), (&json!(ANN), &json!(true)));
        assert_eq!(answer.body["roles"].as_array().unwrap().len(), 4);
        assert!(!world.demo.holds(ANN, HOME, "event_viewer"));
    }
}

on_both! {
    async fn a_failure_carries_the_outcomes_and_the_headers_repeat_the_essentials(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let body = json!({"id": SAM, "roles": [{"id": "event_viewer"}, {"id": "vulnerability_manager"}]});
        let answer = Post::json(&body).header("x-request-id", "job-17").to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (422, vec!["removed", "inherited"]));
        assert_eq!(answer.header("x-error-code"), "not_removed");
        assert_eq!(answer.header("x-role-outcomes"), "removed=1, inherited=1");
        assert_eq!(answer.header("x-request-id"), "job-17");
        assert_eq!(answer.body["error"], "Unprocessable Entity");
        assert!(answer.body.get("truto_is_remote_error").is_none(), "how it is held is no error of the provider");
        assert_eq!(answer.body["role_outcomes"][1]["grants"][0]["via"][0]["name"], "Blue Team");
        assert_eq!(answer.body["user"]["roles"].as_array().unwrap().len(), 1);
    }
}

on_both! {
    async fn everything_can_stand_in_the_query(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let query = format!("&id={ANN}&roles[0][id]=event_viewer&roles[1][name]=Help%20Desk&truto_ignore_remote_data=true&truto_exclude_fields[]=emails,role_outcomes");
        let post = Post { body: String::new(), ..Post::json(&json!({})) };
        let answer = post.query(&query).to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed", "removed"]), "{answer:?}");
        assert!(answer.body.get("emails").is_none() && answer.body.get("remote_data").is_none());
    }
}

on_both! {
    async fn the_user_of_a_failure_has_no_more_than_was_asked_for(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let body = json!({"id": SAM, "roles": [{"id": "vulnerability_manager"}]});
        let whole = Post::json(&body).to(&service).await.body["user"].clone();
        assert!(whole["remote_data"].is_object() && whole["emails"].is_array(), "{whole}");
        let less = "&truto_ignore_remote_data=true&truto_exclude_fields=emails,role_outcomes";
        let answer = Post::json(&body).query(less).to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (422, vec!["inherited"]));
        let fields = answer.body["user"].as_object().unwrap();
        assert!(!fields.contains_key("emails") && !fields.contains_key("remote_data") && fields.contains_key("roles"));
    }
}

on_both! {
    async fn organizations_in_the_query_narrow_the_roles(artifact) {
        let world = World::new();
        let query = format!("&id={ANN}&roles[0][id]=help_desk&organizations[0][id]={CHILD}");
        let post = Post { body: String::new(), ..Post::json(&json!({})) };
        let answer = post.query(&query).to(&world.service(artifact)).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
        assert!(!world.demo.holds(ANN, CHILD, "help_desk") && world.demo.holds(ANN, HOME, "help_desk"));
    }
}

on_both! {
    async fn the_envelope_result_wraps_a_success_and_nothing_else(artifact) {
        let world = World::new();
        let service = Service::builder(artifact, &world.network, world.clock)
            .tokens(&tokens())
            .envelope("result")
            .account(ACCOUNT, account())
            .secret("crowdstrike", "demo-secret")
            .start()
            .unwrap();
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}]});
        let answer = Post::json(&body).to(&service).await;
        let fields: Vec<&str> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!((answer.status, fields), (200, vec!["result"]));
        assert_eq!((&answer.body["result"]["id"], &answer.body["result"]["role_outcomes"][0]["outcome"]), (&json!(ANN), &json!("removed")));
        let raw = Post::json(&body).query("&truto_response_format=raw").to(&service).await;
        assert_eq!((raw.status, &raw.body["uuid"]), (200, &json!(ANN)), "the provider's document is as it is");
        let failed = Post::json(&json!({"id": ANN})).to(&service).await;
        assert_eq!((failed.status, failed.body.get("result")), (400, None));
    }
}

on_both! {
    async fn raw_is_the_providers_document_of_the_user(artifact) {
        let world = World::new();
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}]});
        let answer = Post::json(&body).query("&truto_response_format=raw").to(&world.service(artifact)).await;
        assert_eq!((answer.status, answer.header("x-role-outcomes")), (200, "removed=1"));
        assert_eq!((&answer.body["uuid"], &answer.body["uid"]), (&json!(ANN), &json!("ann.lee@example.com")));
        assert!(answer.body.get("role_outcomes").is_none() && answer.body.get("id").is_none());
        assert!(!world.demo.holds(ANN, HOME, "event_viewer"));
    }
}

on_both! {
    async fn raw_is_the_administrator_where_there_is_no_other_document(artifact) {
        let clock = Clock::starting_at(START);
        let network = Network::default();
        let organization = JumpCloud::demo(clock);
        // The demo key is this administrator's own.
        organization.set_key_owner(None);
        network.route("console.jumpcloud.com", organization.router());
        let account = json!({"provider": "jumpcloud", "credentials": {"type": "api_key", "api_key": DEMO_KEY}});
        let service = Service::builder(artifact, &network, clock).tokens(&tokens()).account(ACCOUNT, account).start().unwrap();
        let [.., owner] = DEMO_ADMINS;
        for format in ["raw", "stream"] {
            let body = json!({"id": owner, "roles": [{"name": "Manager"}]});
            let answer = Post::json(&body).query(&format!("&truto_response_format={format}")).to(&service).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!((&answer.body["_id"], &answer.body["email"]), (&json!(owner), &json!("root@example.com")), "{format}: {answer:?}");
        }
        assert_eq!(organization.roles_of(owner).unwrap(), ["Administrator With Billing"]);
    }
}

on_both! {
    async fn a_dry_run_plans_and_changes_nothing(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let before = world.demo.grants(ANN);
        let answer = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).query("&dry_run=true").to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["planned"]));
        assert_eq!(answer.body["dry_run"], json!(true));
        assert_eq!(answer.body["planned_requests"][0]["headers"]["authorization"], "[REDACTED]");
        assert_eq!(answer.body["planned_requests"][0]["body"]["role_ids"], json!(["event_viewer"]));
        assert_eq!(world.demo.grants(ANN), before);
    }
}

on_both! {
    async fn a_time_at_the_end_of_the_calendar_is_a_text_like_any_other(artifact) {
        let world = World::new();
        // In UTC it would be in the year 10000.
        let last = "9999-12-31T23:59:59-01:00";
        let user = json!({"uuid": ANN, "uid": "ann.lee@example.com", "cid": HOME, "created_at": last});
        let document = json!({"resources": [user], "errors": []}).to_string();
        world.network.inject(Rule::always("/user-management/entities/users/GET/v1", Fault::Body("application/json", document.into())));
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}]});
        let answer = Post::json(&body).query("&truto_response_format=normalized").to(&world.service(artifact)).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
        assert_eq!(answer.body["created_at"], last);
    }
}

on_both! {
    async fn other_paths_and_methods_are_refused(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}]});
        let get = Post { method: "GET", body: String::new(), ..Post::json(&body) }.to(&service).await;
        assert_eq!((get.status, get.header("allow")), (405, "POST"));
        let elsewhere = Post { path: String::from("/"), ..Post::json(&body) }.to(&service).await;
        assert_eq!(elsewhere.status, 404);
        let underscore = Post { path: format!("/v1//unified/user-directory/users/unassign_role?integrated_account_id={ACCOUNT}"), ..Post::json(&body) };
        assert_eq!(underscore.to(&service).await.status, 200);
    }
}

on_both! {
    async fn the_record_has_an_intent_before_the_first_write_and_a_result_and_no_secret(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let body = json!({"id": "ann.lee@example.com", "roles": [{"id": "event_viewer"}]});
        assert_eq!(Post::json(&body).to(&service).await.status, 200);
        let log = service.log();
        let lines: Vec<serde_json::Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(events, ["intent", "result"]);
        assert_eq!((&lines[1]["user"], &lines[1]["token"], &lines[1]["account"]), (&json!(ANN), &json!("tests"), &json!(ACCOUNT)));
        assert_eq!(lines[1]["outcomes"][0]["outcome"], "removed");
        assert_eq!(lines[0]["grants_before"].as_array().unwrap().len(), 6);
        assert_eq!(lines[1]["grants_after"].as_array().unwrap().len(), 5);
        assert!(lines.iter().all(|line| line.get("remote_query_keys").is_none() && line.get("remote_data_keys").is_none()));
        assert!(lines[1]["traces"][0].as_str().is_some_and(|trace| trace.starts_with("trace-")));
        let text = log.join("\n");
        for secret in ["demo-secret", TOKEN, "falcon-token", "ann.lee"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

on_both! {
    async fn a_rejected_request_of_an_unresolved_user_is_recorded_by_a_digest(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let answer = Post::json(&json!({"id": "nobody@example.com", "roles": [{"id": "event_viewer"}]})).to(&service).await;
        assert_eq!(answer.status, 404);
        let log = service.log().join("\n");
        assert!(!log.contains("nobody@") && !log.contains("requested_user"), "{log}");
    }
}

on_both! {
    async fn a_rate_limit_is_429_with_an_integer_retry_after(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        world.demo.rate_limit_next(50, Duration::from_secs(60), EpochUnit::Seconds);
        let answer = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).to(&service).await;
        assert_eq!(answer.status, 429);
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| (58..=61).contains(&seconds)));
        assert!(answer.body["truto_error_insight"]["rate_limit_error"].is_object());
    }
}

on_both! {
    async fn one_instance_serves_many_requests_and_keeps_nothing_of_them_but_the_token(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        for _ in 0..20 {
            world.demo.grant(SAM, HOME, "help_desk");
            let answer = Post::json(&json!({"id": SAM, "roles": [{"id": "help_desk"}]})).to(&service).await;
            assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]));
        }
        assert_eq!(world.demo.tokens_issued(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_in_one_instance_do_not_disturb_each_other() {
    let world = World::new();
    let service = world.service(host::guests::Artifact::Spin);
    world.network.latency(Duration::from_millis(50));
    let one = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).to(&service);
    let two = Post::json(&json!({"id": SAM, "roles": [{"id": "event_viewer"}]})).to(&service);
    let (one, two) = tokio::join!(one, two);
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!((&one.body["id"], &two.body["id"]), (&json!(ANN), &json!(SAM)));
    assert!(!world.demo.holds(ANN, HOME, "event_viewer") && !world.demo.holds(SAM, HOME, "event_viewer"));
}

on_both! {
    async fn a_run_that_is_killed_half_way_leaves_its_intent(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        world.network.inject(Rule::always("/user-management/entities/user-role-actions", Fault::Silence { reaches: true }));
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}]});
        let under_way = Post::json(&body).to(&service);
        // The request is dropped while its write has no answer, and the instance with it.
        assert!(tokio::time::timeout(std::time::Duration::from_secs(3), under_way).await.is_err());
        let log = service.log();
        drop(service);
        let events: Vec<serde_json::Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events.len(), 1, "{log:?}");
        assert_eq!((&events[0]["event"], &events[0]["user"]), (&json!("intent"), &json!(ANN)));
        assert_eq!(events[0]["targets"][0]["role"], "event_viewer");
        assert!(!world.demo.holds(ANN, sandboxes::crowdstrike::DEMO_HOME_CID, "event_viewer"), "it was done, and the intent says so");
    }
}
