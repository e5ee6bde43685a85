//! The six sandboxes with a user who holds two roles that a target removes, and more that must stay.

use std::collections::BTreeSet;

use axum::Router;
use sandboxes::{
    Clock, blackline as bl, crowdstrike as cs, elastic_cloud as ec, jumpcloud as jc, slack_enterprise as se,
    teamviewer as tv,
};
use serde_json::{Value, json};

/// A seeded sandbox, and how to reach it.
pub struct Subject {
    pub router: Router,
    /// As it is configured.
    pub account: Value,
    pub secrets: &'static [&'static str],
    pub user: String,
    /// Two roles that the user holds directly.
    pub held: [Value; 2],
    /// The first of them.
    pub by_name: Value,
    /// The true state of `held`.
    pub is_held: Box<dyn Fn(usize) -> bool>,
    /// All that anybody holds.
    pub holdings: Box<dyn Fn() -> BTreeSet<String>>,
}

pub fn blackline(clock: Clock) -> Subject {
    let sandbox = bl::BlackLine::demo(clock);
    let ann = bl::DEMO_USERS[0].0;
    let other = sandbox.clone();
    Subject {
        router: sandbox.router(),
        account: json!({
            "provider": "blackline",
            "base_url": format!("https://{}", bl::DEMO_AUTHORITY),
            "credentials": {
                "type": "password", "username": "demo-api", "password": "demo-key", "client_id": "demo-client",
                "client_secret": "demo-secret", "scope": "bl.users instance_0f8c",
            },
        }),
        secrets: &["demo-key", "demo-secret"],
        user: ann.to_string(),
        held: [json!({"id": "9:A"}), json!({"id": "3:B"})],
        by_name: json!({"name": "auditor", "workspace": "A"}),
        is_held: Box::new(move |index| [sandbox.holds(ann, 9, "A"), sandbox.holds(ann, 3, "B")][index]),
        holdings: Box::new(move || other.holdings()),
    }
}

pub fn crowdstrike(clock: Clock) -> Subject {
    let sandbox = cs::CrowdStrike::demo(clock);
    let ann = cs::DEMO_USERS[0].0;
    let other = sandbox.clone();
    Subject {
        router: sandbox.router(),
        account: json!({
            "provider": "crowdstrike",
            "credentials": {"type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"},
            "settings": {"region": "us-1"},
        }),
        secrets: &["demo-secret"],
        user: ann.to_owned(),
        held: [json!({"id": "event_viewer"}), json!({"id": "dashboard_admin"})],
        by_name: json!({"name": "event VIEWER"}),
        is_held: Box::new(move |index| {
            sandbox.holds(ann, cs::DEMO_HOME_CID, ["event_viewer", "dashboard_admin"][index])
        }),
        holdings: Box::new(move || other.holdings()),
    }
}

pub fn elastic_cloud(clock: Clock) -> Subject {
    let sandbox = ec::ElasticCloud::demo(clock);
    let ann = ec::DEMO_USERS[0].0;
    let other = sandbox.clone();
    Subject {
        router: sandbox.router(),
        account: json!({"provider": "elastic_cloud", "credentials": {"type": "api_key", "api_key": ec::DEMO_KEY}}),
        secrets: &[ec::DEMO_KEY],
        user: ann.to_owned(),
        held: [json!({"id": "billing-admin"}), json!({"id": "security-t1-analyst"})],
        by_name: json!({"name": "billing ADMIN"}),
        is_held: Box::new(move |index| {
            [
                sandbox.holds(ann, "billing-admin", None),
                sandbox.holds(ann, "security-t1-analyst", Some("p2")),
            ][index]
        }),
        holdings: Box::new(move || other.holdings()),
    }
}

pub fn jumpcloud(clock: Clock) -> Subject {
    let sandbox = jc::JumpCloud::demo(clock);
    let other = sandbox.clone();
    let roles = jc::DEMO_ROLES;
    Subject {
        router: sandbox.router(),
        account: json!({"provider": "jumpcloud", "credentials": {"type": "api_key", "api_key": jc::DEMO_KEY}}),
        secrets: &[jc::DEMO_KEY],
        user: jc::DEMO_USERS[0].0.to_owned(),
        held: [json!({"id": roles[2].0}), json!({"id": roles[3].0})],
        by_name: json!({"name": "help DESK"}),
        is_held: Box::new(move |index| {
            let roles = sandbox.roles_of(jc::DEMO_ADMINS[0]).unwrap_or_default();
            roles.iter().any(|held| held == ["Help Desk", "Read Only"][index])
        }),
        holdings: Box::new(move || other.holdings()),
    }
}

pub fn slack_enterprise(clock: Clock) -> Subject {
    let sandbox = se::Slack::demo(clock);
    let ann = se::DEMO_USERS[0].0;
    let other = sandbox.clone();
    Subject {
        router: sandbox.router(),
        account: json!({"provider": "slack_enterprise", "credentials": {"type": "bearer_token", "token": se::DEMO_TOKEN}}),
        secrets: &[se::DEMO_TOKEN],
        user: ann.to_owned(),
        held: [json!({"id": "Rl01"}), json!({"id": "Rl0A"})],
        by_name: json!({"name": "channels admin"}),
        is_held: Box::new(move |index| {
            [
                sandbox.is_assigned(ann, "Rl01", se::DEMO_TEAMS[1]),
                sandbox.is_assigned(ann, "Rl0A", "C0GENERAL"),
            ][index]
        }),
        holdings: Box::new(move || other.holdings()),
    }
}

pub fn teamviewer(clock: Clock) -> Subject {
    let sandbox = tv::TeamViewer::demo(clock);
    let ann = tv::DEMO_USERS[0].0;
    let other = sandbox.clone();
    let roles = tv::DEMO_ROLES.map(|(id, _)| id);
    Subject {
        router: sandbox.router(),
        account: json!({"provider": "teamviewer", "credentials": {"type": "bearer_token", "token": tv::DEMO_TOKEN}}),
        secrets: &[tv::DEMO_TOKEN],
        user: ann.to_owned(),
        held: [json!({"id": roles[1]}), json!({"id": roles[3]})],
        by_name: json!({"name": "help DESK"}),
        is_held: Box::new(move |index| sandbox.has(ann, [roles[1], roles[3]][index])),
        holdings: Box::new(move || other.holdings()),
    }
}
