//! An instance to show: three people, five roles, three products.

use std::time::Duration;

use crate::Clock;

use super::BlackLine;

/// Where it is.
pub const AUTHORITY: &str = "us2.api.blackline.com";
/// Id and e-mail address.
pub const USERS: [(u64, &str); 3] = [
    (301, "ann.lee@example.com"),
    (302, "sam.hill@example.com"),
    (303, "kim.park@example.com"),
];
/// Id and name.
pub const ROLES: [(u64, &str); 5] = [
    (3, "Preparer"),
    (4, "Approver"),
    (5, "Reviewer"),
    (9, "Auditor"),
    (22, "System Administrator"),
];

impl BlackLine {
    /// The instance of the demo.
    pub fn demo(clock: Clock) -> Self {
        let instance = Self::new(clock);
        for (id, name) in ROLES {
            instance.add_role(id, name);
        }
        for ((id, email), (first, last)) in USERS
            .into_iter()
            .zip([("Ann", "Lee"), ("Sam", "Hill"), ("Kim", "Park")])
        {
            instance.add_user(id, first, last, email);
        }
        let [ann, sam, kim] = USERS.map(|(id, _)| id);
        for (role, product) in [(5, "A"), (5, "J"), (4, "A"), (3, "B"), (9, "A")] {
            instance.grant(ann, role, product);
        }
        instance.add_team(ann, 71, "Close team");
        instance.add_entity(ann, 901, "Acme GmbH");
        instance.grant(sam, 22, "A");
        instance.grant(kim, 4, "B");
        instance.grant(kim, 3, "B");
        instance.apply_after(4, Duration::from_secs(4));
        instance
    }

    /// The demo with the settings of Saviynt's connector: another path for tokens, and the client in the form.
    pub fn saviynt_demo(clock: Clock) -> Self {
        let instance = Self::demo(clock);
        instance.uncertain(|uncertain| {
            uncertain.token_path = "/connect/token";
            uncertain.client_auth = "form";
        });
        instance
    }
}
