//! Two services behind a balancer that knows nothing of users or sessions: neither keeps what the other one needs.

use std::{
    io::{self, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    program::{run, text},
    service::{Service, http, tokens},
    tenant::Tenants,
};

const ANN: &str = sandboxes::crowdstrike::DEMO_USERS[0].0;
const SAM: &str = sandboxes::crowdstrike::DEMO_USERS[1].0;
const HOME: &str = sandboxes::crowdstrike::DEMO_HOME_CID;
const POST: &str = "POST /unified/user-directory/users/unassign-role?integrated_account_id=crowdstrike";

/// Two services with the same files, and the address in front of them.
struct Pair {
    services: [Service; 2],
    address: String,
}

impl Pair {
    fn start(tenants: &Tenants) -> Self {
        let tokens = tokens(tenants.folder(), &["crowdstrike"]);
        let key = tenants.folder().write("receipt.jwk", &run(["keys", "new"]).ends(0).out);
        let (accounts, authority) = (tenants.accounts(), tenants.authority());
        let arguments = [
            "--accounts",
            &accounts,
            "--tokens",
            &tokens,
            "--ca",
            &authority,
            "--receipt-key",
            text(&key),
        ];
        let services = [Service::start(&arguments), Service::start(&arguments)];
        let address = balance([services[0].address.clone(), services[1].address.clone()]);
        Self { services, address }
    }

    /// How many outcomes of this kind an instance has reported.
    fn reported(&self, instance: usize, outcome: &str) -> usize {
        let metrics = http(&self.services[instance].metrics, "GET /metrics", "");
        let line = format!(r#"unassign_role_outcomes_total{{provider="crowdstrike",outcome="{outcome}"}} "#);
        let count = metrics.lines().find_map(|found| found.strip_prefix(&line));
        count.map_or(0, |count| count.trim().parse().unwrap())
    }
}

/// Takes connections in turn to each of them, or to the other one if it is not there.
fn balance(services: [String; 2]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let turn = AtomicUsize::new(0);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let first = turn.fetch_add(1, Ordering::SeqCst);
            let service = (first..first + 2).find_map(|next| TcpStream::connect(&services[next % 2]).ok());
            let service = service.expect("one of the services is there");
            pipe(client.try_clone().unwrap(), service.try_clone().unwrap());
            pipe(service, client);
        }
    });
    address
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.flush();
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// Status and document of an answer.
fn answer(whole: &str) -> (u16, Value) {
    let status = whole.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    let body = if head.to_lowercase().contains("transfer-encoding: chunked") {
        unchunked(body)
    } else {
        body.to_owned()
    };
    let document = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {whole}"));
    (status, document)
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}

fn outcomes(document: &Value) -> Vec<&str> {
    let entries = document["role_outcomes"].as_array().into_iter().flatten();
    entries.filter_map(|entry| entry["outcome"].as_str()).collect()
}

fn is_gone(outcome: &str) -> bool {
    matches!(outcome, "removed" | "already_absent")
}

#[test]
fn two_services_behind_a_balancer_remove_for_the_same_users() {
    let tenants = Tenants::start();
    let pair = Pair::start(&tenants);
    let address = Arc::new(pair.address.clone());
    let before = tenants.crowdstrike.grants(ANN).len();
    let wanted = [
        (ANN, ["event_viewer", "dashboard_admin"]),
        (SAM, ["event_viewer", "help_desk"]),
    ];
    tenants.crowdstrike.grant(SAM, HOME, "help_desk");
    // Every removal six times, all at once: the two meet at the same users.
    let callers: Vec<_> = (0..12)
        .map(|number| {
            let (address, (user, roles)) = (Arc::clone(&address), wanted[number % 2]);
            let roles: Vec<Value> = roles.iter().map(|role| json!({"id": role})).collect();
            let body = json!({"id": user, "roles": roles}).to_string();
            thread::spawn(move || answer(&http(&address, POST, &body)))
        })
        .collect();
    let mut removed = 0;
    for caller in callers {
        let (status, document) = caller.join().unwrap();
        let outcomes = outcomes(&document);
        // A call that meets another one may have to be repeated; it may not say "gone" with another status, or the other way round.
        let all_gone = outcomes.len() == 2 && outcomes.iter().all(|outcome| is_gone(outcome));
        assert_eq!(status == 200, all_gone, "{status}: {document}");
        removed += outcomes.iter().filter(|outcome| **outcome == "removed").count();
    }
    assert!(
        removed >= 4,
        "each role was removed by somebody, and {removed} were reported"
    );
    for instance in [0, 1] {
        let reported = pair.reported(instance, "removed") + pair.reported(instance, "already_absent");
        assert!(reported > 0, "instance {instance} had no call");
    }
    // Both see the same, and so does the provider.
    for (user, roles) in wanted {
        let body = json!({"id": user, "roles": roles.map(|role| json!({"id": role}))});
        for service in &pair.services {
            let (status, document) = answer(&http(&service.address, POST, &body.to_string()));
            assert_eq!(
                (status, outcomes(&document)),
                (200, vec!["already_absent"; 2]),
                "{document}"
            );
        }
        assert!(!roles.iter().any(|role| tenants.crowdstrike.holds(user, HOME, role)));
    }
    assert_eq!(
        tenants.crowdstrike.grants(ANN).len(),
        before - 2,
        "and nothing else went"
    );
    assert!(tenants.crowdstrike.holds_inherited(SAM, HOME, "vulnerability_manager"));
}

#[test]
fn a_plan_of_one_service_is_carried_out_by_the_other_and_its_receipt_verified_with_the_keys_of_the_first() {
    let tenants = Tenants::start();
    let mut pair = Pair::start(&tenants);
    let body = |more: Value| {
        let mut body = json!({"id": ANN, "roles": [{"id": "falconhost_read_only"}]});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string()
    };
    let [first, second] = &pair.services;
    let planned = http(&first.address, &format!("{POST}&mode=plan"), &body(json!({})));
    let (status, planned) = answer(&planned);
    assert_eq!((status, outcomes(&planned)), (200, vec!["planned"]), "{planned}");
    let options = json!({"options": {"binding": {"plan": planned["plan"]}}});
    let (status, document) = answer(&http(&second.address, POST, &body(options)));
    assert_eq!((status, outcomes(&document)), (200, vec!["removed"]), "{document}");
    let receipt = document["receipt"].as_str().unwrap_or_else(|| panic!("{document}"));
    let receipt = tenants.folder().write("receipt.jwt", receipt);
    let (_, keys) = answer(&http(&first.address, "GET /.well-known/jwks.json", ""));
    let keys = tenants.folder().write("keys.jwks", &keys.to_string());
    run(["receipt", "verify", text(&receipt), "--key", text(&keys)]).ends(0);

    // One of them is deployed anew: the other one goes on.
    pair.services[0].signal("-TERM");
    pair.services[0].event("stopped");
    let _ = pair.services[0].child.wait();
    for _ in 0..4 {
        let (status, document) = answer(&http(&pair.address, POST, &body(json!({}))));
        assert_eq!(
            (status, outcomes(&document)),
            (200, vec!["already_absent"]),
            "{document}"
        );
        thread::sleep(Duration::from_millis(10));
    }
}
