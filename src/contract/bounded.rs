//! The longest answer of a typed call: what describes the user is left out before an outcome ever is.
//!
//! The HTTP face does the same with what it writes, which has less in it: see `http_api::bounded`.

use crate::contract::{
    json::{
        self,
        text::{Fields, object},
    },
    types::{Failure, PlannedRequest, RoleDirectory, RoleOutcome, Success, User, UserReading},
};

/// The longest answer in bytes of JSON, as long as its outcomes leave room for anything else.
pub const LIMIT: usize = 8 << 20;

/// The answer within [`LIMIT`]. `user.truncated` names what was left out.
pub fn answer(result: Result<Success, Failure>) -> Result<Success, Failure> {
    within(LIMIT, result)
}

fn within(limit: usize, result: Result<Success, Failure>) -> Result<Success, Failure> {
    match result {
        Ok(mut success) => {
            let kept = outcomes_length(&success.outcomes).saturating_add(texts([&success.plan, &success.receipt]));
            let room = limit.saturating_sub(kept);
            let plan = plan_length(&success.planned_requests);
            shorten(&mut success.user, room.saturating_sub(plan));
            if plan > 0 && user_length(&success.user).saturating_add(plan) > room {
                success.planned_requests.clear();
                success.user.truncated.push(String::from("planned_requests"));
            }
            Ok(success)
        }
        Err(mut failure) => {
            let answer = failure.answer.as_ref().map_or(0, |answer| answer.body.len());
            let kept = outcomes_length(&failure.outcomes)
                .saturating_add(answer)
                .saturating_add(texts([&failure.plan, &failure.receipt]));
            let room = limit.saturating_sub(kept);
            if let Some(user) = &mut failure.user {
                shorten(user, room);
            }
            Err(failure)
        }
    }
}

/// A directory within [`LIMIT`]: how many roles are left out of it stands in `unread`.
pub fn directory(mut directory: RoleDirectory) -> RoleDirectory {
    let (kept, _) = fitting(LIMIT, &directory.roles, json::listed_role);
    directory.whole &= leave_out(&mut directory.roles, kept, "roles", &mut directory.unread);
    directory
}

/// A reading within [`LIMIT`]: how many grants are left out of it stands in `unread`, and what of the user in `user.truncated`.
pub fn reading(reading: UserReading) -> UserReading {
    reading_within(LIMIT, reading)
}

fn reading_within(limit: usize, mut reading: UserReading) -> UserReading {
    let (kept, taken) = fitting(limit, &reading.grants, json::held_grant);
    reading.whole &= leave_out(&mut reading.grants, kept, "grants", &mut reading.unread);
    shorten(&mut reading.user, limit.saturating_sub(taken));
    reading
}

/// How many of the first elements fit into the room, and how much of it they take.
fn fitting<T>(room: usize, elements: &[T], write: fn(&T, &mut Fields<'_>)) -> (usize, usize) {
    let (mut kept, mut taken) = (0_usize, 0_usize);
    for element in elements {
        let end = taken.saturating_add(length(element, write));
        if end > room {
            break;
        }
        (kept, taken) = (kept.saturating_add(1), end);
    }
    (kept, taken)
}

/// Keeps the first ones; returns false if others are left out, and says so.
fn leave_out<T>(elements: &mut Vec<T>, kept: usize, what: &str, unread: &mut Vec<String>) -> bool {
    let others = elements.len().saturating_sub(kept);
    elements.truncate(kept);
    if others > 0 {
        unread.push(format!("{others} more {what}: an answer has 8 MiB at most"));
    }
    others == 0
}

fn shorten(user: &mut User, room: usize) {
    if user_length(user) <= room {
        return;
    }
    if user.remote_data.take().is_some() {
        user.truncated.push(String::from("remote_data"));
    }
    if user_length(user) <= room {
        return;
    }
    macro_rules! leave_out {
        ($($list:ident),*) => {
            $(if !user.$list.is_empty() {
                user.$list.clear();
                user.truncated.push(String::from(stringify!($list)));
            })*
        };
    }
    leave_out!(
        emails,
        phones,
        roles,
        organizations,
        licenses,
        groups,
        workspaces,
        languages,
        urls
    );
}

fn texts(texts: [&Option<String>; 2]) -> usize {
    let lengths = texts.iter().map(|text| text.as_ref().map_or(0, String::len));
    lengths.fold(0, usize::saturating_add)
}

fn user_length(user: &User) -> usize {
    let truncated: Vec<&str> = user.truncated.iter().map(String::as_str).collect();
    object(|fields| json::user(user, &truncated, fields)).len()
}

fn outcomes_length(outcomes: &[RoleOutcome]) -> usize {
    let lengths = outcomes.iter().map(|entry| length(entry, json::role_outcome));
    lengths.fold(0, usize::saturating_add)
}

fn plan_length(requests: &[PlannedRequest]) -> usize {
    let lengths = requests.iter().map(|request| length(request, json::planned_request));
    lengths.fold(0, usize::saturating_add)
}

/// Bytes of JSON.
fn length<T>(record: &T, write: fn(&T, &mut Fields<'_>)) -> usize {
    object(|fields| write(record, fields)).len()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::contract::{
        types::{FailureKind, GrantKind, HeldGrant, ListedRole, Outcome, Removable, Role, Scope},
        user::blank_user,
    };

    /// A user with documents and a list of such lengths.
    pub fn user(documents: usize, list: usize) -> User {
        let role = Role {
            id: Some("r".repeat(list)),
            name: None,
            group: None,
            organization: None,
            workspace: None,
        };
        User {
            roles: vec![role],
            remote_data: Some(format!("\"{}\"", "d".repeat(documents))),
            ..blank_user("u")
        }
    }

    fn outcomes() -> Vec<RoleOutcome> {
        vec![RoleOutcome {
            verify_after: None,
            same_as: None,
            role: None,
            organization: None,
            outcome: Outcome::Removed,
            reason: None,
            message: Some("m".repeat(100)),
            warnings: Vec::new(),
            grants: Vec::new(),
        }]
    }

    fn success(documents: usize, list: usize, plan: usize) -> Success {
        let request = PlannedRequest {
            method: String::from("POST"),
            url: "p".repeat(plan),
            headers: Vec::new(),
            body: None,
        };
        Success {
            plan: None,
            plan_digest: None,
            receipt: None,
            user: user(documents, list),
            outcomes: outcomes(),
            dry_run: true,
            planned_requests: vec![request],
        }
    }

    #[test]
    fn documents_go_before_lists_and_lists_before_the_plan_and_outcomes_never() {
        for ((documents, list, plan), truncated) in [
            ((10, 10, 10), &[] as &[&str]),
            ((1_000, 10, 10), &["remote_data"]),
            ((10, 1_000, 10), &["remote_data", "roles"]),
            ((10, 10, 1_000), &["remote_data", "roles", "planned_requests"]),
        ] {
            let success = within(500, Ok(success(documents, list, plan))).unwrap();
            assert_eq!(success.user.truncated, truncated);
            assert_eq!(success.outcomes, outcomes());
            assert_eq!(
                success.planned_requests.is_empty(),
                truncated.contains(&"planned_requests")
            );
        }
    }

    #[test]
    fn a_directory_that_is_too_long_says_how_many_roles_are_left_out() {
        let role = |name: usize| ListedRole {
            id: None,
            name: Some("n".repeat(name)),
            scopes: Vec::new(),
            scope: Scope {
                group: None,
                organization: None,
                workspace: None,
            },
            removable: true,
        };
        for (count, name, left_out) in [(1_000, 100, None), (3_000, 8_000, Some("1957 more roles"))] {
            let shown = directory(RoleDirectory {
                roles: (0..count).map(|_| role(name)).collect(),
                whole: true,
                unread: Vec::new(),
            });
            let note = shown.unread.first().map(|note| note.split(':').next().unwrap());
            assert_eq!((shown.whole, note), (left_out.is_none(), left_out));
        }
    }

    #[test]
    fn a_reading_that_is_too_long_keeps_its_grants_before_what_describes_the_user() {
        let grant = || HeldGrant {
            kind: GrantKind::Role,
            role_id: "r".repeat(100),
            role_name: None,
            scope: Scope {
                group: None,
                organization: None,
                workspace: None,
            },
            direct: true,
            via: Vec::new(),
            removable: Removable::Yes,
            selector: None,
            warnings: Vec::new(),
        };
        for (documents, list, grants, truncated, kept) in [
            (10, 10, 1, &[] as &[&str], 1),
            (2_000, 10, 1, &["remote_data"], 1),
            (10, 2_000, 1, &["remote_data", "roles"], 1),
            (10, 10, 100, &["remote_data", "roles"], 7),
        ] {
            let shown = reading_within(
                1_200,
                UserReading {
                    user: user(documents, list),
                    grants: (0..grants).map(|_| grant()).collect(),
                    whole: true,
                    unread: Vec::new(),
                    warnings: Vec::new(),
                },
            );
            assert_eq!(shown.user.truncated, truncated, "{documents} {list} {grants}");
            assert_eq!((shown.whole, shown.grants.len()), (kept == grants, kept));
        }
    }

    #[test]
    fn a_failure_keeps_its_outcomes_however_long_they_are() {
        let failure = Failure {
            plan: None,
            plan_digest: None,
            receipt: None,
            kind: FailureKind::NotRemoved,
            message: String::from("why"),
            status: 422,
            field: None,
            answer: None,
            retry_after: None,
            retryable: false,
            outcomes: outcomes(),
            sent: true,
            user: Some(user(1_000, 10)),
        };
        let failure = within(50, Err(failure)).unwrap_err();
        assert_eq!(failure.outcomes, outcomes());
        assert_eq!(failure.user.unwrap().truncated, ["remote_data", "roles"]);
    }
}
