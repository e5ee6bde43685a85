//! An organization to show: four people.

use std::time::Duration;

use crate::Clock;

use super::{Assignment, ElasticCloud};

/// The API key.
pub const KEY: &str = "essu_demo-key";
/// The organization.
pub const ORGANIZATION: &str = "198583657190";
/// Id and e-mail address; the last is the owner.
pub const USERS: [(&str, &str); 4] = [
    ("1001", "ann.lee@example.com"),
    ("1002", "sam.hill@example.com"),
    ("1003", "kim.park@example.com"),
    ("1009", "root@example.com"),
];

impl ElasticCloud {
    /// The organization of the demo.
    pub fn demo(clock: Clock) -> Self {
        let demo = Self::new(clock, ORGANIZATION, KEY);
        for ((id, email), name) in USERS.into_iter().zip(["Ann Lee", "Sam Hill", "Kim Park", "Root Owner"]) {
            demo.add_member(id, name, email);
        }
        let [ann, sam, kim, root] = USERS.map(|(id, _)| id);
        demo.assign(root, Assignment::new("organization", "organization-admin", None));
        demo.assign(ann, Assignment::new("organization", "billing-admin", None));
        for place in ["d1", "d2"] {
            demo.assign(ann, Assignment::new("deployment", "deployment-editor", Some(place)));
        }
        demo.assign(ann, Assignment::new("deployment", "deployment-viewer", Some("*")));
        demo.assign(
            ann,
            Assignment::new("elasticsearch", "elasticsearch-developer", Some("p1")),
        );
        demo.assign(ann, Assignment::new("security", "security-t1-analyst", Some("p2")));
        demo.assign(
            ann,
            Assignment::new("elasticsearch", "elasticsearch-viewer", Some("p3")).custom(&["marketing-reader"]),
        );
        demo.assign(sam, Assignment::new("deployment", "deployment-admin", Some("*")));
        demo.assign(
            kim,
            Assignment::new("observability", "observability-editor", Some("p4")),
        );
        demo.assign(kim, Assignment::new("organization", "billing-admin", None));
        demo.apply_after("observability-editor", Duration::from_secs(4));
        demo
    }
}
