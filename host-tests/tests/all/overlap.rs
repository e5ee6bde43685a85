//! Overlapping calls on one instance: several accounts, with no token, an expired one, and a 401 in between; some are dry runs, some end
//! early. Every call gets its own right answer.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use host::{
    guests::Artifact,
    network::{Fault, Network, Rule},
    service::Service,
    typed::types::{Account, Credentials, Endpoint, Provider, Role},
};
use sandboxes::Clock;
use serde_json::{Map, Value, json};

use crate::{
    fixture::{START, TOKEN},
    on_both,
    scenarios::subjects::{self, Subject},
    tally::Tally,
};
use unassign_role::http_api::token_digest;

/// How one round of calls runs.
#[derive(Clone, Copy, Debug)]
struct Case {
    calls: usize,
    /// Between the starts of two calls.
    apart: Duration,
    /// Of each provider call.
    latency: Duration,
    disturbance: Disturbance,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Disturbance {
    None,
    /// A first round before it, so long ago that its tokens have expired.
    ExpiredTokens,
    /// Each provider refuses one token.
    OneRefusal,
    /// One call in three is dropped by its caller.
    EndsEarly,
    /// One token request in each provider fails.
    FailedToken,
}

const DISTURBANCES: [Disturbance; 5] = [
    Disturbance::None,
    Disturbance::ExpiredTokens,
    Disturbance::OneRefusal,
    Disturbance::EndsEarly,
    Disturbance::FailedToken,
];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for calls in [2, 5, 16] {
        for apart in [20, 110, 300] {
            for latency in [50, 140, 300] {
                for disturbance in DISTURBANCES {
                    cases.push(Case {
                        calls,
                        apart: Duration::from_millis(apart),
                        latency: Duration::from_millis(latency),
                        disturbance,
                    });
                }
            }
        }
    }
    cases
}

fn account_json(account: &Account) -> Value {
    let provider = match account.provider {
        Provider::Blackline => "blackline",
        Provider::Crowdstrike => "crowdstrike",
        Provider::ElasticCloud => "elastic_cloud",
        Provider::Jumpcloud => "jumpcloud",
        Provider::SlackEnterprise => "slack_enterprise",
        Provider::Teamviewer => "teamviewer",
    };
    let credentials = match &account.credentials {
        Credentials::ClientCredentials(of) => {
            json!({"type": "client_credentials", "client_id": of.client_id, "client_secret": of.client_secret})
        }
        Credentials::Password(of) => json!({
            "type": "password", "username": of.username, "password": of.password,
            "client_id": of.client_id, "client_secret": of.client_secret, "scope": of.scope,
        }),
        Credentials::ApiKey(key) => json!({"type": "api_key", "api_key": key}),
        Credentials::BearerToken(token) => json!({"type": "bearer_token", "token": token}),
        Credentials::RefreshToken(of) => json!({
            "type": "refresh_token", "client_id": of.client_id,
            "client_secret": of.client_secret, "refresh_token": of.refresh_token,
        }),
    };
    let settings: Value = serde_json::from_str(&account.settings).unwrap_or_else(|_| json!({}));
    let mut json = json!({"provider": provider, "credentials": credentials, "settings": settings});
    if let Endpoint::Url(base) = &account.base_url {
        json["base_url"] = json!(base);
    }
    json
}

fn account_name(subject: &Subject) -> String {
    subject.name.to_lowercase().replace(' ', "-")
}

fn role_json(role: &Role) -> Value {
    let fields = [
        ("id", &role.id),
        ("name", &role.name),
        ("group", &role.group),
        ("organization", &role.organization),
        ("workspace", &role.workspace),
    ];
    let set = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))));
    Value::Object(set.collect::<Map<_, _>>())
}

fn post(subject: &Subject, role: &Role, dry_run: bool) -> http::Request<Bytes> {
    let path = format!(
        "/unified/user-directory/users/unassign-role?integrated_account_id={}&dry_run={dry_run}",
        account_name(subject)
    );
    http::Request::post(format!("http://127.0.0.1:3000{path}"))
        .header("host", "127.0.0.1:3000")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json")
        .body(Bytes::from(
            json!({"id": subject.user, "roles": [role_json(role)]}).to_string(),
        ))
        .unwrap()
}

/// What one call was and what came back; `None`: its caller went away.
struct Heard {
    subject: usize,
    role: usize,
    dry_run: bool,
    answer: Option<(u16, Value)>,
}

/// Runs one round and judges each of its calls.
async fn run(artifact: Artifact, case: Case, tallies: &mut [Tally]) {
    let network = Network::default();
    let subjects: Vec<Subject> = subjects::ALL.iter().map(|make| make()).collect();
    let names: Vec<String> = subjects.iter().map(account_name).collect();
    let tokens =
        json!([{"name": "tests", "sha256": token_digest(TOKEN), "accounts": names, "may": ["plan", "revoke"]}]);
    let mut service = Service::builder(artifact, &network, Clock::starting_at(START)).tokens(&tokens);
    for subject in &subjects {
        network.join(&subject.network);
        service = service.account(&account_name(subject), account_json(&subject.account));
    }
    let service = service.start().unwrap();
    network.latency(case.latency);
    match case.disturbance {
        Disturbance::ExpiredTokens => {
            for subject in &subjects {
                service.send(post(subject, &subject.held[0], true)).await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(7_200)).await;
        }
        Disturbance::OneRefusal => network.inject(Rule {
            skip: 3,
            ..Rule::once("", Fault::Answer(401, Vec::new(), String::from("{}")))
        }),
        Disturbance::FailedToken => network.inject(Rule::once("/oauth", Fault::ResetBefore)),
        Disturbance::None | Disturbance::EndsEarly => {}
    }
    let calls = (0..case.calls).map(|number| {
        let subject = number % subjects.len();
        let role = number / subjects.len() % 2;
        let dry_run = number % 5 == 4;
        let request = post(&subjects[subject], &subjects[subject].held[role], dry_run);
        let service = service.clone();
        let ends_early = case.disturbance == Disturbance::EndsEarly && number % 3 == 1;
        async move {
            tokio::time::sleep(case.apart * u32::try_from(number).unwrap()).await;
            let answer = if ends_early {
                tokio::time::timeout(case.latency * 2, service.send(request)).await.ok()
            } else {
                Some(service.send(request).await)
            };
            let answer = answer.map(|answer| {
                let answer = answer.unwrap();
                let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
                (answer.status().as_u16(), body)
            });
            Heard {
                subject,
                role,
                dry_run,
                answer,
            }
        }
    });
    let heard = join_all(calls).await;
    for call in &heard {
        let Some((status, body)) = &call.answer else {
            continue;
        };
        let subject = &subjects[call.subject];
        let what = format!(
            "{artifact:?} {case:?}: {} role {}: {status} {body}",
            subject.name, call.role
        );
        tallies[call.subject].judge(&what, || {
            assert!(body.is_object(), "no report: {what}");
            let outcome = body["role_outcomes"][0]["outcome"].as_str().unwrap_or("none");
            let is_held = (subject.is_held)(call.role);
            match outcome {
                "removed" => assert!(!call.dry_run && !is_held, "{what}"),
                "already_absent" => assert!(!is_held, "{what}"),
                "planned" => assert!(call.dry_run && *status == 200, "{what}"),
                _ => assert!(*status >= 400, "{what}"),
            }
            // Two removals of one user at once may each miss in its read-back what the other took, and then say so.
            let is_only_one = case.calls <= subjects.len();
            if is_only_one && matches!(case.disturbance, Disturbance::None | Disturbance::ExpiredTokens) {
                assert_eq!(*status, 200, "{what}");
            }
            *status == 200
        });
    }
    let removed = |subject: usize, role: usize| {
        heard
            .iter()
            .any(|call| call.subject == subject && call.role == role && !call.dry_run)
    };
    for (position, subject) in subjects.iter().enumerate() {
        for role in 0..2 {
            let is_held = (subject.is_held)(role);
            assert!(
                is_held || removed(position, role),
                "{artifact:?} {case:?}: {} lost role {role}, which nobody asked for",
                subject.name
            );
        }
    }
}

on_both! {
    async fn overlapping_calls_get_their_own_right_answers(artifact) {
        let mut tallies: Vec<Tally> = subjects::ALL
            .iter()
            .map(|make| Tally::new(make().name, format!("overlap ({artifact:?})")))
            .collect();
        for case in cases() {
            run(artifact, case, &mut tallies).await;
        }
        tallies.into_iter().for_each(Tally::finish);
    }
}
