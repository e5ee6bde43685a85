//! A company to show: two people, five roles, two user groups.

use std::time::Duration;

use crate::Clock;

use super::TeamViewer;

/// The script token.
pub const TOKEN: &str = "demo-script-token";

/// Id and e-mail address.
pub const USERS: [(&str, &str); 3] = [
    ("u201", "ann.lee@example.com"),
    ("u202", "sam.hill@example.com"),
    ("u203", "kim.park@example.com"),
];

/// Id and name.
pub const ROLES: [(&str, &str); 6] = [
    ("a0000000-0000-4000-8000-000000000001", "Company Administrator"),
    ("a0000000-0000-4000-8000-000000000002", "Help Desk"),
    ("a0000000-0000-4000-8000-000000000003", "Auditor"),
    ("a0000000-0000-4000-8000-000000000004", "Device Manager"),
    ("a0000000-0000-4000-8000-000000000005", "Reporter"),
    ("a0000000-0000-4000-8000-000000000006", "Unused"),
];

/// Id and name.
pub const GROUPS: [(u64, &str); 2] = [(1001, "Night Shift"), (9_007_199_254_740_993, "Auditors")];

impl TeamViewer {
    /// The company of the demo.
    pub fn demo(clock: Clock) -> Self {
        let company = Self::new(clock, TOKEN);
        for (id, name) in ROLES {
            company.add_role(id, name);
        }
        for ((id, email), name) in USERS.into_iter().zip(["Ann Lee", "Sam Hill", "Kim Park"]) {
            company.add_user(id, name, email);
        }
        let [admin, help, auditor, devices, reporter, _] = ROLES.map(|(id, _)| id);
        let [ann, sam, kim] = USERS.map(|(id, _)| id);
        for role in [admin, help, devices, reporter] {
            company.assign(ann, role);
        }
        company.assign(sam, help);
        company.assign(kim, reporter);
        company.assign(kim, devices);
        company.add_group(GROUPS[0].0, GROUPS[0].1, 2, Some(help), &[sam]);
        company.add_group(GROUPS[1].0, GROUPS[1].1, 3, Some(auditor), &[sam, kim]);
        company.apply_after(reporter, Duration::from_secs(4));
        company
    }
}
