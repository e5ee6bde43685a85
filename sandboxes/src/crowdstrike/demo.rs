//! A tenant to show: three people, a parent and a child CID.

use std::time::Duration;

use crate::Clock;

use super::{CrowdStrike, Role, User};

/// The parent CID, where the people live.
pub const HOME_CID: &str = "0123456789abcdef0123456789abcdef";
/// A child CID.
pub const CHILD_CID: &str = "fedcba9876543210fedcba9876543210";

/// uuid and e-mail of the people.
pub fn summary() -> &'static [(&'static str, &'static str)] {
    &USERS
}

/// uuid and login of the people.
pub const USERS: [(&str, &str); 3] = [
    ("6f1e2a30-0000-4000-8000-00000000a001", "ann.lee@example.com"),
    ("6f1e2a30-0000-4000-8000-00000000b002", "sam.hill@example.com"),
    ("6f1e2a30-0000-4000-8000-00000000c003", "kim.park@example.com"),
];

/// A user of a partner CID, whom only the newer calls know: uuid and login.
pub const EXTERNAL: (&str, &str) = ("6f1e2a30-0000-4000-8000-00000000e005", "eve.ross@partner.example");

/// The partner CID.
const PARTNER_CID: &str = "aaaabbbbccccddddeeeeffff00001111";

const ROLES: [(&str, &str); 9] = [
    ("dashboard_admin", "Dashboard Admin"),
    ("event_viewer", "Event Viewer"),
    ("falcon_console_guest", "Falcon Console Guest"),
    ("falconhost_read_only", "Falcon Analyst - Read Only"),
    ("help_desk", "Help Desk"),
    ("prevention_hashes_manager", "Prevention Hashes Manager"),
    ("quarantine_manager", "Quarantine Manager"),
    ("remote_responder_one", "Real Time Responder - Read Only Analyst"),
    ("vulnerability_manager", "Vulnerability Manager"),
];

/// A custom role of the home CID.
const CUSTOM: (&str, &str) = ("fac7c47add5242538f592946747a7191", "Night Shift");

impl CrowdStrike {
    /// The tenant of the demo. API client `demo-client`, secret `demo-secret`.
    ///
    /// - `ann.lee@example.com` (`6f1e2a30-0000-4000-8000-00000000a001`): five default roles and the custom role
    ///   "Night Shift", all direct; `help_desk` in the child CID as well.
    /// - `sam.hill@example.com` (`6f1e2a30-0000-4000-8000-00000000b002`): one direct role, one through "Blue Team".
    /// - `kim.park@example.com` (`6f1e2a30-0000-4000-8000-00000000c003`): `quarantine_manager`, whose removal is
    ///   acknowledged and happens eight seconds later, and `event_viewer`.
    /// - `eve.ross@partner.example` (`6f1e2a30-0000-4000-8000-00000000e005`): of a partner CID, with two direct roles.
    pub fn demo(clock: Clock) -> Self {
        let tenant = Self::new(clock);
        tenant.add_client("demo-client", "demo-secret", HOME_CID);
        tenant.add_child_cid(HOME_CID, CHILD_CID);
        for (id, name) in ROLES {
            tenant.add_role(Role {
                id: id.to_owned(),
                display_name: name.to_owned(),
                cid: None,
            });
        }
        tenant.add_role(Role {
            id: CUSTOM.0.to_owned(),
            display_name: CUSTOM.1.to_owned(),
            cid: Some(HOME_CID.to_owned()),
        });
        let names = [("Ann", "Lee"), ("Sam", "Hill"), ("Kim", "Park")];
        for ((uuid, login), (first, last)) in USERS.into_iter().zip(names) {
            tenant.add_user(User {
                uuid: uuid.to_owned(),
                uid: login.to_owned(),
                cid: HOME_CID.to_owned(),
                first_name: Some(first.to_owned()),
                last_name: Some(last.to_owned()),
                status: Some(String::from("active")),
                factors: vec![String::from("TOTP")],
                created_at: Some(String::from("2025-06-19T11:59:07.895264Z")),
                updated_at: Some(String::from("2026-07-01T05:47:11.447157Z")),
                last_login_at: Some(String::from("2026-10-02T05:47:08.008696Z")),
                user_type: None,
            });
        }
        let [(ann, _), (sam, _), (kim, _)] = USERS;
        for role in [
            "event_viewer",
            "help_desk",
            "dashboard_admin",
            "falconhost_read_only",
            "remote_responder_one",
            CUSTOM.0,
        ] {
            tenant.grant(ann, HOME_CID, role);
        }
        tenant.grant(ann, CHILD_CID, "help_desk");
        tenant.grant(sam, HOME_CID, "event_viewer");
        tenant.grant_through_group(
            sam,
            HOME_CID,
            "vulnerability_manager",
            ("9a0b5c1d2e3f4a5b6c7d8e9f0a1b2c3d", "Blue Team"),
            Some(("1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d", "All Tenants")),
        );
        tenant.grant(kim, HOME_CID, "quarantine_manager");
        tenant.grant(kim, HOME_CID, "event_viewer");
        tenant.add_user(User {
            uuid: EXTERNAL.0.to_owned(),
            uid: EXTERNAL.1.to_owned(),
            cid: PARTNER_CID.to_owned(),
            first_name: Some(String::from("Eve")),
            last_name: Some(String::from("Ross")),
            status: Some(String::from("active")),
            ..User::default()
        });
        tenant.invite(EXTERNAL.0, HOME_CID);
        for role in ["event_viewer", "dashboard_admin"] {
            tenant.grant(EXTERNAL.0, HOME_CID, role);
        }
        tenant.apply_after("quarantine_manager", Duration::from_secs(8));
        tenant
    }
}
