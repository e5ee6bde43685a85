//! An organization to show: four people, two workspaces.

use std::time::Duration;

use crate::Clock;

use super::{Kind, Slack, User};

/// The user token.
pub const TOKEN: &str = "xoxp-demo-token";
/// The organization.
pub const ENTERPRISE: &str = "E0ACME";
/// Workspaces.
pub const TEAMS: [&str; 2] = ["T0NORTH", "T0SOUTH"];
/// Id and e-mail address; the last installed the app.
pub const USERS: [(&str, &str); 4] = [
    ("U0ANN", "ann.lee@example.com"),
    ("U0SAM", "sam.hill@example.com"),
    ("U0KIM", "kim.park@example.com"),
    ("U0ROOT", "root@example.com"),
];

impl Slack {
    /// The organization of the demo.
    pub fn demo(clock: Clock) -> Self {
        let [ann, sam, kim, root] = USERS.map(|(id, _)| id);
        let demo = Self::new(clock, ENTERPRISE, TOKEN, root);
        let names = [
            ("ann", "Ann", "Lee"),
            ("sam", "Sam", "Hill"),
            ("kim", "Kim", "Park"),
            ("root", "Root", "Owner"),
        ];
        for ((id, email), (name, first, last)) in USERS.into_iter().zip(names) {
            demo.add_user(User {
                id: id.to_owned(),
                name: name.to_owned(),
                first: first.to_owned(),
                last: last.to_owned(),
                email: email.to_owned(),
                teams: TEAMS.map(str::to_owned).to_vec(),
                enterprise_user: None,
            });
        }
        demo.set_kind(ann, TEAMS[0], Kind::Admin);
        demo.set_kind(sam, TEAMS[0], Kind::Owner);
        demo.set_kind(kim, TEAMS[0], Kind::Guest);
        demo.set_kind(root, ENTERPRISE, Kind::PrimaryOwner);
        for (user, role, entity) in [
            (ann, "Rl0C", TEAMS[0]),
            (ann, "Rl0C", ENTERPRISE),
            (ann, "Rl01", TEAMS[1]),
            (ann, "Rl0A", "C0GENERAL"),
            (ann, "RlCUSTOM1", ENTERPRISE),
            (sam, "Rl03", ENTERPRISE),
            (kim, "Rl0L", ENTERPRISE),
            (kim, "Rl01", TEAMS[0]),
            (root, "Rl02", ENTERPRISE),
        ] {
            demo.assign(user, role, entity);
        }
        demo.apply_after("Rl0L", Duration::from_secs(4));
        demo
    }
}
