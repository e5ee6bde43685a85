//! What all sandboxes can be told to do, told to each of them: keep, delay, lag, omit, limit.

use std::time::Duration;

use axum::{Router, body::Body};
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    Clock,
    blackline::BlackLine,
    crowdstrike::{self, CrowdStrike},
    elastic_cloud::{self, ElasticCloud},
    jumpcloud::{self, JumpCloud},
    sandbox::{ProviderState, Sandbox},
    slack_enterprise::{self, Slack},
    teamviewer::{self, TeamViewer},
};

/// A role that somebody holds, and how the sandbox is told what to do with it.
struct Subject {
    name: &'static str,
    router: Router,
    /// What every request carries.
    headers: Vec<(&'static str, String)>,
    remove: (&'static str, String, Value),
    /// Of a read of what is held.
    read: String,
    /// A part of that read's document, as it is written where the role is shown.
    shown: Value,
    holds: Box<dyn Fn() -> bool>,
    tell: Box<dyn Fn(Told)>,
}

/// How a sandbox is told what to do with the role; what limits its calls is its own.
fn telling<S: ProviderState>(sandbox: Sandbox<S>, role: impl ToString, limit: fn(&Sandbox<S>)) -> Box<dyn Fn(Told)> {
    let role = role.to_string();
    Box::new(move |what| match what {
        Told::Keep => sandbox.acknowledge_but_keep(&role),
        Told::Delay(delay) => sandbox.apply_after(&role, delay),
        Told::Lag(lag) => sandbox.stale_reads(lag),
        Told::Omit { skip, reads } => sandbox.omit_from_reads(&role, skip, reads),
        Told::Limit => limit(&sandbox),
    })
}

#[derive(Clone, Copy)]
enum Told {
    Keep,
    Delay(Duration),
    Lag(Duration),
    Omit { skip: usize, reads: usize },
    Limit,
}

impl Subject {
    async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("https://example.com{path}"));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = request.body(Body::from(body)).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Removes the role, which is acknowledged.
    async fn remove(&self) {
        let (method, path, body) = &self.remove;
        let (status, document) = self.send(method, path, body).await;
        assert!(
            (200..300).contains(&status) && document["ok"] != json!(false),
            "{}: {document}",
            self.name
        );
    }

    /// Whether a read shows the role.
    async fn shows(&self) -> bool {
        let (status, document) = self.send("GET", &self.read, &Value::Null).await;
        assert_eq!(status, 200, "{}: {document}", self.name);
        document.to_string().contains(&self.shown.to_string())
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn clock() -> Clock {
    Clock::starting_at(Duration::from_secs(1_769_851_800))
}

fn json_headers(authorization: String) -> Vec<(&'static str, String)> {
    vec![
        ("authorization", authorization),
        ("content-type", String::from("application/json")),
    ]
}

/// A token of an OAuth endpoint.
async fn bearer(router: &Router, path: &str, authorization: &str, form: &str) -> String {
    let request = Request::builder()
        .method("POST")
        .uri(format!("https://example.com{path}"))
        .header("authorization", authorization)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let body = router.clone().oneshot(request).await.unwrap().into_body();
    let document: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    format!("Bearer {}", document["access_token"].as_str().unwrap())
}

async fn blackline() -> Subject {
    let instance = BlackLine::demo(clock());
    let router = instance.router();
    let form = "grant_type=password&username=demo-api&password=demo-key&scope=bl.users+instance_0f8c";
    let basic = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";
    let token = bearer(&router, "/authorize/connect/token", basic, form).await;
    let pairs = "/v1/users/301/roles-products";
    let told = instance.clone();
    Subject {
        name: "BlackLine",
        router,
        headers: json_headers(token),
        remove: ("DELETE", format!("{pairs}?roleId=9&productId=A"), Value::Null),
        read: String::from(pairs),
        shown: json!("Auditor"),
        holds: Box::new(move || instance.holds(301, 9, "A")),
        tell: telling(told, 9, |demo| demo.rate_limit_next(1)),
    }
}

async fn crowdstrike() -> Subject {
    let tenant = CrowdStrike::demo(clock());
    let router = tenant.router();
    let form = "client_id=demo-client&client_secret=demo-secret";
    let token = bearer(&router, "/oauth2/token", "", form).await;
    let (ann, home) = (crowdstrike::DEMO_USERS[0].0, crowdstrike::DEMO_HOME_CID);
    let actions = String::from("/user-management/entities/user-role-actions/v1");
    let revoke = json!({"action": "revoke", "cid": home, "uuid": ann, "role_ids": ["help_desk"]});
    let told = tenant.clone();
    Subject {
        name: "CrowdStrike",
        router,
        headers: json_headers(token),
        remove: ("POST", actions, revoke),
        read: format!("/user-management/combined/user-roles/v2?user_uuid={ann}"),
        shown: json!("help_desk"),
        holds: Box::new(move || tenant.holds(ann, home, "help_desk")),
        tell: telling(told, "help_desk", |demo| {
            demo.rate_limit_next(1, SECOND, crowdstrike::EpochUnit::Seconds);
        }),
    }
}

fn elastic_cloud() -> Subject {
    let demo = ElasticCloud::demo(clock());
    let organization = elastic_cloud::DEMO_ORGANIZATION;
    let (ann, role) = (elastic_cloud::DEMO_USERS[0].0, "security-t1-analyst");
    let item = json!({"organization_id": organization, "role_id": role, "project_ids": ["p2"]});
    let told = demo.clone();
    Subject {
        name: "Elastic Cloud",
        router: demo.router(),
        headers: json_headers(format!("ApiKey {}", elastic_cloud::DEMO_KEY)),
        remove: (
            "DELETE",
            format!("/api/v1/users/{ann}/role_assignments"),
            json!({"project": {"security": [item]}}),
        ),
        read: format!("/api/v1/organizations/{organization}/members"),
        shown: json!(role),
        holds: Box::new(move || demo.holds(ann, role, Some("p2"))),
        tell: telling(told, role, |demo| demo.rate_limit_next(1)),
    }
}

fn jumpcloud() -> Subject {
    let demo = JumpCloud::demo(clock());
    let (ann, role) = (jumpcloud::DEMO_ADMINS[0], "Help Desk");
    let path = format!("/api/users/{ann}");
    let told = demo.clone();
    Subject {
        name: "JumpCloud",
        router: demo.router(),
        headers: vec![
            ("x-api-key", jumpcloud::DEMO_KEY.to_owned()),
            ("content-type", String::from("application/json")),
        ],
        remove: (
            "PUT",
            path.clone(),
            json!({"roleNames": ["Manager", "Read Only", "Command Runner"]}),
        ),
        read: path,
        shown: json!(role),
        holds: Box::new(move || demo.roles_of(ann).unwrap().contains(&role.to_owned())),
        tell: telling(told, role, |demo| demo.rate_limit_next(1)),
    }
}

fn slack_enterprise() -> Subject {
    let demo = Slack::demo(clock());
    let role = "RlCUSTOM1";
    let told = demo.clone();
    Subject {
        name: "Slack Enterprise",
        router: demo.router(),
        headers: json_headers(format!("Bearer {}", slack_enterprise::DEMO_TOKEN)),
        remove: (
            "POST",
            String::from("/api/admin.roles.removeAssignments"),
            json!({"role_id": role, "entity_ids": ["E0ACME"], "user_ids": ["U0ANN"]}),
        ),
        read: String::from("/api/admin.roles.listAssignments"),
        shown: json!(role),
        holds: Box::new(move || demo.is_assigned("U0ANN", role, "E0ACME")),
        tell: telling(told, role, |demo| demo.rate_limit_next(1, 429)),
    }
}

fn teamviewer() -> Subject {
    let company = TeamViewer::demo(clock());
    let role = teamviewer::DEMO_ROLES[3].0;
    let told = company.clone();
    Subject {
        name: "TeamViewer",
        router: company.router(),
        headers: json_headers(format!("Bearer {}", teamviewer::DEMO_TOKEN)),
        remove: (
            "POST",
            String::from("/api/v1/userroles/unassign/account"),
            json!({"UserIds": ["u201"], "UserRoleId": role}),
        ),
        read: String::from("/api/v1/users/u201/userroles"),
        shown: json!(role),
        holds: Box::new(move || company.is_assigned("u201", role)),
        tell: telling(told, role, |demo| demo.rate_limit_next(1)),
    }
}

async fn subjects() -> [Subject; 6] {
    [
        blackline().await,
        crowdstrike().await,
        elastic_cloud(),
        jumpcloud(),
        slack_enterprise(),
        teamviewer(),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_shown_at_once_unless_told() {
    for subject in subjects().await {
        assert!(subject.shows().await && (subject.holds)(), "{}", subject.name);
        subject.remove().await;
        assert!(!subject.shows().await && !(subject.holds)(), "{}", subject.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_stays() {
    for subject in subjects().await {
        (subject.tell)(Told::Keep);
        subject.remove().await;
        tokio::time::sleep(120 * SECOND).await;
        assert!((subject.holds)(), "{}", subject.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_delayed_goes_later() {
    for subject in subjects().await {
        (subject.tell)(Told::Delay(5 * SECOND));
        subject.remove().await;
        assert!(subject.shows().await && (subject.holds)(), "{}", subject.name);
        tokio::time::sleep(5 * SECOND).await;
        assert!(!subject.shows().await && !(subject.holds)(), "{}", subject.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_behind_still_shows_what_is_gone() {
    for subject in subjects().await {
        (subject.tell)(Told::Lag(5 * SECOND));
        subject.remove().await;
        assert!(subject.shows().await && !(subject.holds)(), "{}", subject.name);
        tokio::time::sleep(5 * SECOND).await;
        assert!(!subject.shows().await, "{}", subject.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_omitted_is_held_all_the_same() {
    for subject in subjects().await {
        (subject.tell)(Told::Omit { skip: 1, reads: 2 });
        for is_shown in [true, false, false, true] {
            assert_eq!(subject.shows().await, is_shown, "{}", subject.name);
            assert!((subject.holds)(), "{}", subject.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_refuses_a_call_and_ends() {
    for subject in subjects().await {
        (subject.tell)(Told::Limit);
        let (status, document) = subject.send("GET", &subject.read, &Value::Null).await;
        assert!(matches!(status, 403 | 429), "{}: {document}", subject.name);
        assert!(subject.shows().await, "{}", subject.name);
    }
}
