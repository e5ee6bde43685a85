//! What is wrong with a request or an account is said, by its name; nothing is sent and nothing panics.

use serde_json::{Value, json};

use crate::{
    fixture::{ACCOUNT, ANN, Post, World, account, tokens},
    on_both,
};
use host::service::Service;

fn good() -> Value {
    json!({"id": ANN, "roles": [{"id": "event_viewer"}]})
}

on_both! {
    async fn a_request_at_fault_is_answered_with_the_field_and_costs_no_outbound_call(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let many: Vec<Value> = (0..1_001).map(|n| json!({"id": format!("r{n}")})).collect();
        for (name, body, field) in [
            ("id missing", json!({"roles": [{"id": "r"}]}), "id"),
            ("id empty", json!({"id": " ", "roles": [{"id": "r"}]}), "id"),
            ("id a number", json!({"id": 5, "roles": [{"id": "r"}]}), "id"),
            ("roles missing", json!({"id": ANN}), "roles"),
            ("roles empty", json!({"id": ANN, "roles": []}), "roles"),
            ("no roles beside a narrowing", json!({"id": ANN, "roles": [], "organizations": [{"id": "x"}]}), "roles"),
            ("roles not an array", json!({"id": ANN, "roles": {"id": "r"}}), "roles"),
            ("a role not an object", json!({"id": ANN, "roles": ["r"]}), "roles[0]"),
            ("a role without id and name", json!({"id": ANN, "roles": [{"organization": "x"}]}), "roles[0]"),
            ("an empty role id", json!({"id": ANN, "roles": [{"id": ""}]}), "roles[0].id"),
            ("an unknown key in a role", json!({"id": ANN, "roles": [{"id": "r", "organisation": "x"}]}), "roles[0].organisation"),
            ("a field that nobody knows", json!({"id": ANN, "roles": [{"id": "r"}], "comment": "x"}), "comment"),
            ("a switch of another service", json!({"id": ANN, "roles": [{"id": "r"}], "simulate": true}), "simulate"),
            ("an option at the top", json!({"id": ANN, "roles": [{"id": "r"}], "strict_scope": true}), "strict_scope"),
            ("a guard at the top", json!({"id": ANN, "roles": [{"id": "r"}], "expect": {"email": "ann.lee@example.com"}}), "expect"),
            ("options in the singular", json!({"id": ANN, "roles": [{"id": "r"}], "option": {"strict_scope": true}}), "option"),
            ("a query parameter in the body", json!({"id": ANN, "roles": [{"id": "r"}], "truto_ignore_remote_data": true}), "truto_ignore_remote_data"),
            ("an unknown key in an organization", json!({"id": ANN, "roles": [{"id": "r"}], "organizations": [{"id": "x", "cid": "y"}]}), "organizations[0].cid"),
            ("an unknown key in expect", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"expect": {"email": "ann.lee@example.com", "mail": "x"}}}), "options.expect.mail"),
            ("an id that is the text null", json!({"id": "null", "roles": [{"id": "r"}]}), "id"),
            ("a role id that is the text undefined", json!({"id": ANN, "roles": [{"id": "undefined"}]}), "roles[0].id"),
            ("a role name that is an object as text", json!({"id": ANN, "roles": [{"name": "[object Object]"}]}), "roles[0].name"),
            ("a scope that is the text None", json!({"id": ANN, "roles": [{"id": "r", "organization": " None "}]}), "roles[0].organization"),
            ("a narrowing that is the text nan", json!({"id": ANN, "roles": [{"id": "r"}], "organizations": [{"id": "NaN"}]}), "organizations[0].id"),
            ("an unknown option", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"dryrun": true}}), "options.dryrun"),
            ("dry_run in the body", json!({"id": ANN, "roles": [{"id": "r"}], "dry_run": true}), "dry_run"),
            ("dry_run misspelt", json!({"id": ANN, "roles": [{"id": "r"}], "dryRun": true}), "dryRun"),
            ("dry_run inside of what passes", json!({"id": ANN, "roles": [{"id": "r"}], "remote_data": {"a": {"dry-run": true}}}), "remote_data.a.dry-run"),
            ("dry_run in a path", json!({"id": ANN, "roles": [{"id": "r"}], "options.dry_run": true}), "options.dry_run"),
            ("a guard in a path", json!({"id": ANN, "roles": [{"id": "r"}], "options[expect][email]": "ann.lee@example.com"}), "options[expect][email]"),
            ("a narrowing in a path", json!({"id": ANN, "roles": [{"id": "r"}], "organizations[0][id]": "x"}), "organizations[0][id]"),
            ("options misspelt", json!({"id": ANN, "roles": [{"id": "r"}], "Options": {"strict_scope": true}}), "Options"),
            ("organizations misspelt", json!({"id": ANN, "roles": [{"id": "r"}], "Organizations": [{"id": "x"}]}), "Organizations"),
            ("a narrowing beside the roles", json!({"id": ANN, "roles": [{"id": "r"}], "organization": "x"}), "organization"),
            ("a side effect that does not exist", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"allow": ["all"]}}), "options.allow"),
            ("a pass-through in another alphabet", json!({"id": ANN, "roles": [{"id": "r"}], "remote_data": {"\u{17f}cope": "x"}}), "remote_data.\u{17f}cope"),
            ("dry_run no boolean", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"dry_run": "yes"}}), "options.dry_run"),
            ("a scope that CrowdStrike lacks", json!({"id": ANN, "roles": [{"id": "r", "workspace": "w"}]}), "roles[0].workspace"),
            ("a malformed time", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"acknowledged_at": "now"}}), "options.acknowledged_at"),
            ("a deadline too long", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"deadline_ms": 120_001}}), "options.deadline_ms"),
            ("a pass-through that acts", json!({"id": ANN, "roles": [{"id": "r"}], "remote_data": {"Action": "grant"}}), "remote_data.Action"),
            ("a pass-through that acts, further down", json!({"id": ANN, "roles": [{"id": "r"}], "remote_data": {"note": [{"Action": "grant"}]}}), "remote_data.note[0].Action"),
            ("too many roles", json!({"id": ANN, "roles": many}), "roles"),
            ("everything beside roles", json!({"id": ANN, "everything": true, "roles": [{"id": "r"}]}), "everything"),
            ("everything beside no roles", json!({"id": ANN, "everything": true, "roles": [], "options": {"expect": {"email": "ann.lee@example.com"}}}), "everything"),
            ("everything beside organizations", json!({"id": ANN, "everything": true, "organizations": [{"id": "x"}]}), "everything"),
            ("everything beside no organizations", json!({"id": ANN, "everything": true, "organizations": [], "options": {"expect": {"email": "ann.lee@example.com"}}}), "everything"),
            ("everything as a text", json!({"id": ANN, "everything": "all"}), "everything"),
            ("everything of nobody in mind", json!({"id": ANN, "everything": true}), "everything"),
            ("a binding without a plan", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"binding": {}}}), "options.binding.plan"),
            ("an approval without a plan", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"binding": {"plan": null, "approval": "x"}}}), "options.binding.plan"),
            ("a binding that is a text", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"binding": "x"}}), "options.binding"),
            ("a digest for a plan", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"binding": {"plan": "0".repeat(64)}}}), "options.binding.plan"),
            ("a digest beside a plan", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"binding": {"plan": "{}", "plan_digest": "x"}}}), "options.binding.plan_digest"),
            ("a reference of two lines", json!({"id": ANN, "roles": [{"id": "r"}], "options": {"reference": "a\nb"}}), "options.reference"),
            ("a control character", json!({"id": "a\nb", "roles": [{"id": "r"}]}), "id"),
        ] {
            let answer = Post::json(&body).to(&service).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, Some(field)), "{name}: {answer:?}");
            assert_eq!(answer.body["error"], "Bad Request");
            assert!(answer.body["message"].as_str().is_some_and(|message| !message.is_empty()), "{name}");
            let is_missing = answer.body["truto_error_insight"].get("missing_required_body_fields").is_some();
            assert_eq!(is_missing, ["id missing", "roles missing", "roles empty"].contains(&name), "{name}");
        }
        for (name, query, field) in [
            ("the id twice", "&id=a&id=b", "id"),
            ("the id differs", "&id=someone-else", "id"),
            ("dry_run misspelt", "&dry-run=true", "dry-run"),
            ("dry_run no boolean", "&dry_run=1", "dry_run"),
            ("dry_run inside of options", "&options[dry_run]=true", "options"),
            ("dry_run behind a dot", "&options.dry_run=true", "options"),
            ("dry_run inside of what passes", "&remote_query[dryRun]=true", "remote_query.dryRun"),
            ("dry_run with two letters exchanged", "&dry_rnu=true", "dry_rnu"),
            ("a switch of another service", "&simulate=true", "simulate"),
            ("the original's way to send nothing", "&truto_skip_api_call=true", "truto_skip_api_call"),
            ("an escaped ampersand", "&amp;workspace_id=A", "amp;workspace_id"),
            ("a semicolon before the name", "&;workspace_id=A", ";workspace_id"),
            ("a list of workspaces", "&workspaces[]=A", "workspaces"),
            ("an encoded list of workspaces", "&workspace_ids%5B%5D=A", "workspace_ids"),
            ("all parameters in one, as JSON", "&params=%7B%22workspace_id%22:%22A%22%7D", "params"),
            ("all parameters in one, in brackets", "&params[workspace_id]=A", "params"),
            ("a scope that nobody knows", "&scope=A", "scope"),
            ("a provider's word for a scope", "&cid=0123456789abcdef0123456789abcdef", "cid"),
            ("an option in the query", "&strict_scope=true", "strict_scope"),
            ("null as the original's SDK writes it", "&nul=", "nul"),
            ("None as Python writes it", "&none=None", "none"),
            ("a marker of a link", "&utm_source=x", "utm_source"),
            ("a cache buster", "&_=17", "_"),
            ("no name", "&=x", ""),
            ("an unknown name, malformed", "&utm[=1", "utm"),
            ("a scope that is the text undefined", "&organizations[0][id]=undefined", "organizations[0].id"),
            ("a guard in the query", "&options[expect][email]=ann.lee@example.com", "options"),
            ("remote_data in the query", "&remote_data[note]=x", "remote_data"),
            ("other organizations than in the body", "&organizations[0][id]=x&organizations=y", "organizations"),
            ("a value that is not UTF-8", "&workspace_id=%ff", "workspace_id"),
            ("a name that is not UTF-8", "&roles[0][id%ff]=x", "roles"),
            ("everything in the query", "&everything=true", "everything"),
            ("a mode that does not exist", "&mode=delete", "mode"),
            ("a mode in capitals", "&mode=Plan", "mode"),
            ("two modes", "&mode=plan&mode=revoke", "mode"),
            ("a verify that is a dry run", "&mode=verify&dry_run=true", "mode"),
            ("a revoke that is a dry run", "&mode=revoke&dry_run=true", "mode"),
            ("a plan that is no dry run", "&mode=plan&dry_run=false", "mode"),
            ("an unknown format", "&truto_response_format=xml", "truto_response_format"),
            ("a pass-through that names a principal", "&remote_query[user_uuid]=x", "remote_query.user_uuid"),
            ("a pass-through that names a role, further down", "&remote_query[page][role_id]=x", "remote_query.page.role_id"),
        ] {
            let answer = Post::json(&good()).query(query).to(&service).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, Some(field)), "{name}: {answer:?}");
        }
        assert!(world.network.calls().is_empty(), "{:?}", world.network.calls());
    }
}

on_both! {
    async fn a_body_that_is_none_is_refused(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let with_body = |body: &str| Post { body: body.to_owned(), ..Post::json(&good()) };
        let missing = with_body("").to(&service).await;
        assert_eq!(missing.status, 400);
        assert_eq!(missing.body["truto_error_insight"]["missing_required_body_fields"]["value"], json!(["id"]));
        assert_eq!(with_body("{\"id\": ").to(&service).await.status, 400);
        assert_eq!(with_body("[1]").to(&service).await.status, 400);
        assert_eq!(Post::json(&good()).header("content-type", "text/plain").to(&service).await.status, 415);
        assert_eq!(Post::json(&good()).header("content-type", "").to(&service).await.status, 415);
        let large = format!("{{\"id\": \"{}\"}}", "x".repeat(1 << 20));
        let answer = with_body(&large).to(&service).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (413, "body_too_large"));
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn a_caller_who_may_not_is_refused(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        for token in ["", "Bearer", "Bearer wrong", "Basic dGVzdA==", "test-token"] {
            let answer = Post::json(&good()).header("authorization", token).to(&service).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{token}");
        }
        let unknown = Post { path: String::from("/unified/user-directory/users/unassign-role?integrated_account_id=nope"), ..Post::json(&good()) };
        let unknown = unknown.to(&service).await;
        let other = Post { path: String::from("/unified/user-directory/users/unassign-role?integrated_account_id=other"), ..Post::json(&good()) };
        let other = other.to(&service).await;
        assert_eq!((unknown.status, other.status), (404, 404));
        assert_eq!(unknown.body, other.body, "one that does not exist and one that is not configured look alike");
        let none = Post { path: String::from("/unified/user-directory/users/unassign-role"), ..Post::json(&good()) };
        let none = none.to(&service).await;
        assert_eq!(none.body["truto_error_insight"]["missing_required_query_parameters"]["value"], json!(["integrated_account_id"]));
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn without_tokens_nobody_gets_in(artifact) {
        let world = World::new();
        let bare = Service::builder(artifact, &world.network, world.clock).account(ACCOUNT, account()).start().unwrap();
        assert_eq!(Post::json(&good()).to(&bare).await.status, 401);
        let broken = Service::builder(artifact, &world.network, world.clock).tokens_text("{").account(ACCOUNT, account()).start().unwrap();
        let answer = Post::json(&good()).to(&broken).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (500, "invalid_configuration"));
    }
}

on_both! {
    async fn an_account_at_fault_is_named_and_its_secrets_are_not(artifact) {
        let world = World::new();
        let credentials = json!({"type": "client_credentials", "client_id": "demo-client", "client_secret": "top-secret-value"});
        let settings = json!({"region": "us-1"});
        for (name, account, field) in [
            ("unknown provider", json!({"provider": "okta", "credentials": credentials, "settings": settings}), "provider"),
            ("unknown region", json!({"provider": "crowdstrike", "credentials": credentials, "settings": {"region": "mars"}}), "settings.region"),
            ("no region", json!({"provider": "crowdstrike", "credentials": credentials}), "settings.region"),
            ("unknown setting", json!({"provider": "crowdstrike", "credentials": credentials, "settings": {"region": "us-1", "regoin": 1}}), "settings.regoin"),
            ("plain http", json!({"provider": "crowdstrike", "credentials": credentials, "base_url": "http://api.example.com"}), "base_url"),
            ("wrong credentials", json!({"provider": "crowdstrike", "credentials": {"type": "api_key", "api_key": "top-secret-value"}, "settings": settings}), "credentials"),
            ("a secret that is not set", json!({"provider": "crowdstrike", "credentials": {"type": "client_credentials", "client_id": "x", "client_secret": {"secret": "nope"}}, "settings": settings}), "credentials.client_secret"),
            ("an unknown key", json!({"provider": "crowdstrike", "credentials": credentials, "seetings": settings}), "account"),
        ] {
            let service = Service::builder(artifact, &world.network, world.clock).tokens(&tokens()).account(ACCOUNT, account).start().unwrap();
            let answer = Post::json(&good()).to(&service).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (500, Some(field)), "{name}: {answer:?}");
            assert!(!answer.body.to_string().contains("top-secret-value"), "{name}");
        }
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn an_unreachable_provider_is_502_and_says_so(artifact) {
        let world = World::new();
        let account = json!({
            "provider": "crowdstrike",
            "base_url": "https://unreachable.example",
            "credentials": {"type": "client_credentials", "client_id": "x", "client_secret": "demo-secret"},
        });
        let service = Service::builder(artifact, &world.network, world.clock).tokens(&tokens()).account(ACCOUNT, account).start().unwrap();
        let answer = Post::json(&good()).to(&service).await;
        assert_eq!((answer.status, &answer.body["sent"]), (502, &json!(false)), "{answer:?}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
        assert!(world.network.calls().iter().all(|call| call.authority == "unreachable.example"));
    }
}

on_both! {
    async fn null_is_absent_in_every_field(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        for field in ["id", "roles"] {
            let mut body = good();
            body[field] = Value::Null;
            let answer = Post::json(&body).to(&service).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, Some(field)));
            assert_eq!(answer.body["truto_error_insight"]["missing_required_body_fields"]["value"], json!([field]));
        }
        assert!(world.network.calls().is_empty());
        let nulls = json!({
            "id": ANN, "organizations": null, "workspace_id": null, "remote_data": null,
            "roles": [{"id": "event_viewer", "name": null, "group": null, "organization": null, "workspace": null}],
            "options": {"dry_run": null, "allow": null, "deadline_ms": null, "strict_scope": null, "unknown_role": null,
                        "acknowledged_at": null, "expect": null, "accept": null},
        });
        let answer = Post::json(&nulls).to(&service).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut none = good();
        none["options"] = Value::Null;
        assert_eq!(Post::json(&none).to(&service).await.status, 200);
    }
}

on_both! {
    async fn ambiguous_or_hostile_bodies_are_refused(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in [
            format!(r#"{{"id": "{ANN}", "id": "someone-else", "roles": [{{"id": "event_viewer"}}]}}"#),
            format!(r#"{{"id": "{ANN}", "roles": [{{"id": "event_viewer", "id": "falcon_admin"}}]}}"#),
            format!(r#"{{"id": "{ANN}", "roles": {deep}}}"#),
            deep,
            String::from("null"),
            String::from("\"text\""),
            format!(r#"{{"id": "{ANN}", "roles": [{{"id": "event_viewer"}}]}} trailing"#),
        ] {
            let answer = Post { body: body.clone(), ..Post::json(&good()) }.to(&service).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, Some("body")), "{}", &body[..60.min(body.len())]);
        }
        for (name, value) in [("x-request-id", "a b"), ("x-request-id", &"x".repeat(65))] {
            let answer = Post::json(&json!({})).header(name, value).to(&service).await;
            assert_ne!(answer.header("x-request-id"), value);
        }
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn no_word_of_the_caller_reaches_a_header_but_a_harmless_request_id(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let hostile = "a\r\nx-injected: 1";
        let encoded = "a%0d%0ax-injected:%201";
        let about = |id: &str, role: &Value| Post::json(&json!({"id": id, "roles": [role]}));
        for (name, post) in [
            ("user", about(hostile, &json!({"id": "event_viewer"}))),
            ("unknown user", about("x-injected@example.com", &json!({"id": "event_viewer"}))),
            ("role id", about(ANN, &json!({"id": hostile}))),
            ("role name", about(ANN, &json!({"name": hostile}))),
            ("unknown role", about(ANN, &json!({"name": "x-injected"}))),
            ("field", about(ANN, &json!({hostile: "x"}))),
            ("account", Post { path: Post::json(&good()).path.replace(ACCOUNT, encoded), ..Post::json(&good()) }),
            ("query", Post::json(&good()).query(&format!("&dry_run={encoded}&x-injected=1"))),
            ("path", Post { path: format!("/{encoded}"), ..Post::json(&good()) }),
            ("request id, encoded", Post::json(&good()).header("x-request-id", encoded)),
            ("request id, a list", Post::json(&good()).header("x-request-id", "a, x-injected")),
            ("request id, a tab", Post::json(&good()).header("x-request-id", "x-injected\t1")),
            ("request id, not ASCII", Post::json(&good()).header("x-request-id", "x-injected\u{e9}")),
        ] {
            let answer = post.to(&service).await;
            let headers = format!("{:?}", answer.headers);
            assert!(!headers.contains("injected"), "{name}: {headers}");
            assert_eq!(answer.header("x-request-id").len(), 32, "{name}: {headers}");
        }
        let answer = Post::json(&good()).header("x-request-id", "x-injected").to(&service).await;
        assert_eq!(answer.header("x-request-id"), "x-injected", "a harmless one is kept, so that the test can see one");
    }
}

on_both! {
    async fn parameters_of_the_original_that_change_nothing_here_are_ignored_however_malformed(artifact) {
        let world = World::new();
        let query = "&truto_key_by=id&truto_ignore_limit=%ff&truto_body_passthrough[a]b=1&truto_super_query[=1";
        let answer = Post::json(&good()).query(query).to(&world.service(artifact)).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
    }
}

on_both! {
    async fn a_body_of_exactly_1_mib_is_taken_and_one_byte_more_is_not(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let of_length = |length: usize| {
            let short = good().to_string();
            Post { body: format!("{short}{}", " ".repeat(length - short.len())), ..Post::json(&good()) }
        };
        let over = of_length((1 << 20) + 1).to(&service).await;
        assert_eq!((over.status, over.header("x-error-code")), (413, "body_too_large"));
        assert!(world.network.calls().is_empty());
        let exact = of_length(1 << 20);
        assert_eq!(exact.body.len(), 1 << 20);
        let exact = exact.to(&service).await;
        assert_eq!((exact.status, exact.outcomes()), (200, vec!["removed"]), "{exact:?}");
    }
}

on_both! {
    async fn invalid_utf_8_is_refused(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let request = http::Request::builder()
            .method("POST")
            .uri(format!("http://127.0.0.1/unified/user-directory/users/unassign-role?integrated_account_id={ACCOUNT}"))
            .header("authorization", format!("Bearer {}", crate::fixture::TOKEN))
            .header("content-type", "application/json")
            .body(bytes::Bytes::from_static(b"{\"id\": \"\xff\xfe\", \"roles\": [{\"id\": \"x\"}]}"))
            .unwrap();
        assert_eq!(service.send(request).await.unwrap().status(), 400);
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn a_thousand_roles_work(artifact) {
        let world = World::new();
        let ids: Vec<String> = (0..1_000).map(|n| format!("custom_{n:04}")).collect();
        for id in &ids {
            world.demo.add_role(sandboxes::crowdstrike::Role { id: id.clone(), display_name: id.clone(), cid: None });
            world.demo.grant(ANN, sandboxes::crowdstrike::DEMO_HOME_CID, id);
        }
        let roles: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        let service = world.service(artifact);
        let answer = Post::json(&json!({"id": ANN, "roles": roles})).to(&service).await;
        assert_eq!((answer.status, answer.header("x-role-outcomes")), (200, "removed=1000"));
        assert!(ids.iter().all(|id| !world.demo.holds(ANN, sandboxes::crowdstrike::DEMO_HOME_CID, id)));
        // The query carries as many.
        let query: Vec<String> = (0..1_000).map(|n| format!("&roles[{n}][id]=custom_{n:04}")).collect();
        let post = Post { body: String::new(), ..Post::json(&Value::Null) };
        let answer = post.query(&format!("&id={ANN}&dry_run=true{}", query.concat())).to(&service).await;
        assert_eq!((answer.status, answer.header("x-role-outcomes")), (200, "planned=1000"));
    }
}

on_both! {
    async fn the_providers_quota_is_passed_on(artifact) {
        let world = World::new();
        let answer = Post::json(&good()).to(&world.service(artifact)).await;
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("6000", "5999"));
        let refused = Post::json(&json!({})).to(&world.service(artifact)).await;
        assert_eq!(refused.header("ratelimit-limit"), "", "no provider was asked");
        let service = world.service(artifact);
        for path in [format!("users/{ANN}"), String::from("roles")] {
            let path = format!("/unified/user-directory/{path}?integrated_account_id={ACCOUNT}");
            let get = |more: &str| Post { method: "GET", path: format!("{path}{more}"), body: String::new(), ..Post::json(&Value::Null) };
            let answer = get("").to(&service).await;
            assert_eq!((answer.status, answer.header("ratelimit-limit")), (200, "6000"), "{path}");
            for deadline in ["%2B5000", "999", "120001", "-1", "1e4", "5000ms"] {
                let refused = get(&format!("&deadline_ms={deadline}")).to(&service).await;
                assert_eq!((refused.status, &refused.body["field"]), (400, &json!("deadline_ms")), "{path} {deadline}");
            }
        }
    }
}
