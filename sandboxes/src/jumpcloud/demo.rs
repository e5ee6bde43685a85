//! An organization to show: three people, four roles, a user group.

use std::time::Duration;

use crate::Clock;

use super::{Administrator, JumpCloud, SystemUser};

/// The API key.
pub const KEY: &str = "demo-api-key";
/// A service account's client: id and secret.
pub const CLIENT: (&str, &str) = ("demo-client", "demo-secret");
/// Both as the token endpoint gets them.
pub const CLIENT_HEADER: &str = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";
/// The organization itself.
pub const ORGANIZATION: &str = "5c3536e9e0a6840001872799";
/// System users: id and e-mail address.
pub const USERS: [(&str, &str); 3] = [
    ("5f0000000000000000000001", "ann.lee@example.com"),
    ("5f0000000000000000000002", "sam.hill@example.com"),
    ("5f0000000000000000000003", "kim.park@example.com"),
];
/// The administrators behind them, in the same order; the third is not linked.
pub const ADMINS: [&str; 4] = [
    "5e0000000000000000000001",
    "5e0000000000000000000002",
    "5e0000000000000000000003",
    "5e0000000000000000000009",
];
/// Id and name.
pub const ROLES: [(&str, &str); 5] = [
    ("5d0000000000000000000001", "Administrator With Billing"),
    ("5d0000000000000000000002", "Manager"),
    ("5d0000000000000000000003", "Help Desk"),
    ("5d0000000000000000000004", "Read Only"),
    ("5d0000000000000000000005", "Command Runner"),
];
/// Id and name.
pub const GROUP: (&str, &str) = ("5c0000000000000000000001", "On Call");
/// Id and name of organizations that administrators are linked to.
pub const ORGANIZATIONS: [(&str, &str); 2] = [
    ("5b0000000000000000000001", "North"),
    ("5b0000000000000000000002", "South"),
];

impl JumpCloud {
    /// The organization of the demo.
    pub fn demo(clock: Clock) -> Self {
        let demo = Self::new(clock, KEY);
        for (id, name) in ROLES {
            demo.add_role(id, name);
        }
        let people = [
            ("ann", "Ann", "Lee", Some(ADMINS[0])),
            ("sam", "Sam", "Hill", Some(ADMINS[1])),
            ("kim", "Kim", "Park", None),
        ];
        for ((id, email), (username, first, last, linked)) in USERS.into_iter().zip(people) {
            demo.add_user(SystemUser {
                id: id.to_owned(),
                username: username.to_owned(),
                first: first.to_owned(),
                last: last.to_owned(),
                email: email.to_owned(),
                administrator: linked.map(str::to_owned),
            });
        }
        let held: [(&str, &str, &[&str]); 4] = [
            (
                ADMINS[0],
                USERS[0].1,
                &["Manager", "Help Desk", "Read Only", "Command Runner"],
            ),
            (ADMINS[1], USERS[1].1, &["Help Desk"]),
            (ADMINS[2], USERS[2].1, &["Manager", "Read Only"]),
            (
                ADMINS[3],
                "root@example.com",
                &["Administrator With Billing", "Manager"],
            ),
        ];
        for (id, email, roles) in held {
            demo.add_administrator(Administrator {
                id: id.to_owned(),
                email: email.to_owned(),
                roles: roles.iter().map(|&role| role.to_owned()).collect(),
            });
        }
        demo.set_key_owner(Some(ADMINS[3]));
        demo.add_group(GROUP.0, GROUP.1, &[USERS[0].0, USERS[1].0]);
        for (id, name) in ORGANIZATIONS {
            demo.add_organization(id, name);
            demo.link(ADMINS[0], id);
        }
        demo.apply_after("Command Runner", Duration::from_secs(5));
        demo
    }
}
