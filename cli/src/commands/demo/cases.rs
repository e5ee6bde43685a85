//! What the demo asks for, and what must come of it.

use std::time::Duration;

use sandboxes::{blackline, crowdstrike, elastic_cloud, jumpcloud, slack_enterprise, teamviewer};
use serde_json::{Value, json};

use crate::commands::sandbox::{BLACKLINE, CROWDSTRIKE, ELASTIC, JUMPCLOUD, SLACK, Sandboxes, TEAMVIEWER};

/// One call.
pub struct Case {
    pub account: &'static str,
    pub about: &'static str,
    /// Id and login.
    pub user: (&'static str, &'static str),
    pub roles: Vec<Asked>,
    pub query: &'static str,
    pub options: Value,
    pub expected: u16,
    pub outcomes: Vec<&'static str>,
    pub wait_before: Duration,
}

impl Case {
    /// Whether it waits in real time.
    pub fn is_slow(&self) -> bool {
        !self.wait_before.is_zero() || self.outcomes.contains(&"unverified")
    }
}

/// One role of the request, and what the provider really holds of it.
pub struct Asked {
    pub role: Value,
    pub held: Box<dyn Fn(&Sandboxes) -> &'static str>,
}

const HELD: &str = "held";
/// Not held.
pub const GONE: &str = "-";

pub fn all() -> Vec<Case> {
    [
        crowdstrike(),
        blackline(),
        elastic(),
        jumpcloud(),
        slack(),
        teamviewer(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn asked(role: Value, held: impl Fn(&Sandboxes) -> bool + 'static) -> Asked {
    Asked {
        role,
        held: Box::new(move |sandboxes| if held(sandboxes) { HELD } else { GONE }),
    }
}

fn case(
    account: &'static str,
    about: &'static str,
    user: (&'static str, &'static str),
    roles: Vec<Asked>,
    expected: u16,
    outcomes: &[&'static str],
) -> Case {
    Case {
        account,
        about,
        user,
        roles,
        query: "",
        options: json!({}),
        expected,
        outcomes: outcomes.to_vec(),
        wait_before: Duration::ZERO,
    }
}

fn crowdstrike() -> Vec<Case> {
    let [ann, sam, kim] = crowdstrike::DEMO_USERS;
    let home = crowdstrike::DEMO_HOME_CID;
    let held = move |user: &'static str, id: &'static str| -> Box<dyn Fn(&Sandboxes) -> &'static str> {
        Box::new(move |sandboxes: &Sandboxes| {
            let grants = sandboxes.demo.crowdstrike.grants(user);
            match grants.iter().find(|(cid, role, _)| cid == home && role == id) {
                Some((.., true)) => HELD,
                Some((.., false)) => "held (group)",
                None => GONE,
            }
        })
    };
    let by_id = |user: (&'static str, &'static str), id: &'static str| Asked {
        role: json!({ "id": id }),
        held: held(user.0, id),
    };
    let night_shift = Asked {
        role: json!({"name": "night shift"}),
        held: held(ann.0, "fac7c47add5242538f592946747a7191"),
    };
    let several = ["dashboard_admin", "falconhost_read_only", "remote_responder_one"]
        .map(|id| by_id(ann, id))
        .into();
    let case = |about, user, roles, expected, outcomes| case(CROWDSTRIKE, about, user, roles, expected, outcomes);
    vec![
        Case {
            query: "&dry_run=true",
            ..case("dry run", ann, vec![by_id(ann, "event_viewer")], 200, &["planned"])
        },
        case("by id", ann, vec![by_id(ann, "event_viewer")], 200, &["removed"]),
        case("by name", ann, vec![night_shift], 200, &["removed"]),
        case("several at once", ann, several, 200, &["removed"; 3]),
        case(
            "already absent",
            ann,
            vec![by_id(ann, "event_viewer")],
            200,
            &["already_absent"],
        ),
        case(
            "inherited",
            sam,
            vec![by_id(sam, "vulnerability_manager")],
            422,
            &["inherited"],
        ),
        Case {
            options: json!({"deadline_ms": 4_000}),
            ..case(
                "not yet visible",
                kim,
                vec![by_id(kim, "quarantine_manager")],
                500,
                &["unverified"],
            )
        },
        Case {
            // The removal lands eight seconds after it was acknowledged; the call before took three or more of them.
            wait_before: Duration::from_secs(7),
            ..case(
                "… and repeated",
                kim,
                vec![by_id(kim, "quarantine_manager")],
                200,
                &["already_absent"],
            )
        },
    ]
}

fn blackline() -> Vec<Case> {
    let [(ann, ann_login), ..] = blackline::DEMO_USERS;
    let pair = move |role: u64, product: &'static str, asked_as: Value| {
        asked(asked_as, move |sandboxes| {
            sandboxes.demo.blackline.holds(ann, role, product)
        })
    };
    let user = ("301", ann_login);
    vec![
        case(
            BLACKLINE,
            "one product",
            user,
            vec![pair(5, "A", json!({"id": "5:A"}))],
            200,
            &["removed"],
        ),
        case(
            BLACKLINE,
            "by name",
            user,
            vec![pair(5, "J", json!({"name": "reviewer"}))],
            200,
            &["removed"],
        ),
        case(
            BLACKLINE,
            "already absent",
            user,
            vec![pair(22, "A", json!({"id": "22"}))],
            200,
            &["already_absent"],
        ),
    ]
}

fn elastic() -> Vec<Case> {
    let [ann, sam, ..] = elastic_cloud::DEMO_USERS;
    let at = |user: &'static str, role: &'static str, place: &'static str, held_at: &'static str| {
        asked(json!({"id": role, "workspace": place}), move |sandboxes| {
            sandboxes.demo.elastic.holds(user, role, Some(held_at))
        })
    };
    vec![
        case(
            ELASTIC,
            "one deployment",
            ann,
            vec![at(ann.0, "deployment-editor", "d1", "d1")],
            200,
            &["removed"],
        ),
        case(
            ELASTIC,
            "the other stays",
            ann,
            vec![at(ann.0, "deployment-editor", "d2", "d2")],
            200,
            &["removed"],
        ),
        case(
            ELASTIC,
            "given for all",
            sam,
            vec![at(sam.0, "deployment-admin", "d1", "*")],
            422,
            &["inherited"],
        ),
    ]
}

fn jumpcloud() -> Vec<Case> {
    let [ann, sam, ..] = jumpcloud::DEMO_USERS;
    let role = |administrator: &'static str, name: &'static str| {
        asked(json!({ "name": name }), move |sandboxes| {
            sandboxes
                .demo
                .jumpcloud
                .roles_of(administrator)
                .unwrap_or_default()
                .iter()
                .any(|held| held == name)
        })
    };
    let [ann_admin, sam_admin, ..] = jumpcloud::DEMO_ADMINS;
    let two = vec![role(ann_admin, "Help Desk"), role(ann_admin, "Read Only")];
    vec![
        case(JUMPCLOUD, "two in one write", ann, two, 200, &["removed"; 2]),
        case(
            JUMPCLOUD,
            "last role",
            sam,
            vec![role(sam_admin, "Help Desk")],
            422,
            &["refused"],
        ),
    ]
}

fn slack() -> Vec<Case> {
    let [ann, sam, ..] = slack_enterprise::DEMO_USERS;
    let [north, south] = slack_enterprise::DEMO_TEAMS;
    let channel_admin = asked(json!({"name": "Channels Admin"}), move |sandboxes| {
        sandboxes.demo.slack.is_assigned(ann.0, "Rl01", south)
    });
    let kind = move |user: &'static str| {
        asked(json!({"id": "admin", "workspace": north}), move |sandboxes| {
            sandboxes.demo.slack.kind(user, north) != slack_enterprise::Kind::Member
        })
    };
    vec![
        case(SLACK, "by name", ann, vec![channel_admin], 200, &["removed"]),
        case(SLACK, "workspace admin", ann, vec![kind(ann.0)], 200, &["removed"]),
        case(SLACK, "asked of an owner", sam, vec![kind(sam.0)], 422, &["inherited"]),
    ]
}

fn teamviewer() -> Vec<Case> {
    let [ann, sam, ..] = teamviewer::DEMO_USERS;
    let role = |user: &'static str, index: usize| {
        let (id, name) = teamviewer::DEMO_ROLES[index];
        asked(json!({ "name": name }), move |sandboxes| {
            sandboxes.demo.teamviewer.has(user, id)
        })
    };
    vec![
        case(TEAMVIEWER, "by name", ann, vec![role(ann.0, 1)], 200, &["removed"]),
        case(
            TEAMVIEWER,
            "through a group",
            sam,
            vec![role(sam.0, 2)],
            422,
            &["inherited"],
        ),
    ]
}
