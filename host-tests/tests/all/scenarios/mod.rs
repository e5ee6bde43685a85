//! The same scenarios for all six providers, through the typed export of the built component: one table, a cell for each.

pub mod subjects;

use std::time::Duration;

use host::typed::types::{FailureKind, Options, Outcome, Role};

use self::subjects::Subject;
use crate::fixture::{dry, options, outcomes};

/// What a scenario gave for a provider.
enum Cell {
    Shown,
    /// Why it does not apply.
    Not(&'static str),
}

const SCENARIOS: [&str; 17] = [
    "removed by id",
    "removed by name",
    "several",
    "scoped",
    "already absent",
    "inherited",
    "ambiguous",
    "partial failure",
    "guard",
    "acknowledged but kept",
    "unverified",
    "applied late",
    "dry run",
    "not found",
    "credentials refused",
    "rate limited",
    "one bad in a batch",
];

#[tokio::test(start_paused = true)]
async fn every_scenario_holds_for_every_provider() {
    for scenario in SCENARIOS {
        let mut line = format!("{scenario:>22}");
        for make in subjects::ALL {
            let subject = make();
            let cell = run(scenario, &subject).await;
            let shown = match cell {
                Cell::Shown => String::from("ok"),
                Cell::Not(why) => format!("n/a ({why})"),
            };
            line.extend([" | ", subject.name, ": ", shown.as_str()]);
        }
        println!("{line}");
    }
}

/// Ids and names that would break out of a path, a query, a filter or a JSON text, or are too long.
#[tokio::test(start_paused = true)]
async fn hostile_ids_and_names_touch_nothing() {
    let long = "x".repeat(10_000);
    let hostile = [
        "a/b",
        "a?b=c",
        "a#b",
        "..",
        "../users/1",
        "a b",
        "' or 1 eq 1",
        "a'b\"c",
        "\u{1f480}",
        "a%2Fb",
        "a\\b",
        "a,b",
        "{user_id}",
        "*",
        "u1@x.y/../z",
        long.as_str(),
    ];
    for make in subjects::ALL {
        let subject = make();
        for text in hostile {
            let what = format!("{}: {:.40}", subject.name, text);
            let as_user = subject.call_as(text, &subject.held, options()).await.unwrap_err();
            assert!(
                matches!(as_user.status, 400 | 404 | 422) && !as_user.sent,
                "{what}: {as_user:?}"
            );
            for role in [crate::fixture::by_id(text), crate::fixture::by_name(text)] {
                let answer = subject.call(std::slice::from_ref(&role)).await;
                let failure = answer.expect_err(&what);
                // Where a held role may have a name that cannot be looked up, another one is not visible.
                assert!(matches!(failure.status, 400 | 403 | 404 | 422), "{what}: {failure:?}");
            }
            assert!((subject.is_held)(0) && (subject.is_held)(1), "{what}");
        }
    }
}

async fn run(scenario: &str, subject: &Subject) -> Cell {
    let what = format!("{scenario}, {}", subject.name);
    let held = || (subject.is_held)(0);
    let first = subject.held[0].clone();
    match scenario {
        "removed by id" => {
            let answer = subject.call(&[first]).await;
            assert_eq!(outcomes(&answer), [Outcome::Removed], "{what}: {answer:?}");
            assert!(!held() && (subject.is_held)(1), "{what}");
        }
        "removed by name" => {
            let answer = subject.call(std::slice::from_ref(&subject.by_name)).await;
            assert_eq!(outcomes(&answer), [Outcome::Removed], "{what}: {answer:?}");
            assert!(!held(), "{what}");
        }
        "several" => {
            let answer = subject.call(&subject.held).await;
            assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{what}: {answer:?}");
            assert!(!held() && !(subject.is_held)(1), "{what}");
        }
        "scoped" => {
            let Some(scoped) = &subject.scoped else {
                return Cell::Not("roles have no scope that can be narrowed there");
            };
            assert!((scoped.here)() && (scoped.elsewhere)(), "{what}");
            let answer = subject.call(std::slice::from_ref(&scoped.role)).await;
            assert_eq!(outcomes(&answer), [Outcome::Removed], "{what}: {answer:?}");
            assert!(
                !(scoped.here)() && (scoped.elsewhere)(),
                "{what}: the other scope keeps it"
            );
        }
        "already absent" => {
            let answer = subject.call(std::slice::from_ref(&subject.absent)).await;
            assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{what}: {answer:?}");
            assert!(answer.is_ok(), "{what}");
        }
        "inherited" => {
            let Some((user, role)) = &subject.inherited else {
                return Cell::Not("nothing shows how a role is held otherwise than directly");
            };
            let failure = subject
                .call_as(user, std::slice::from_ref(role), options())
                .await
                .unwrap_err();
            assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited, "{what}");
            assert_eq!((failure.status, failure.sent), (422, false), "{what}");
            assert!(!failure.outcomes[0].grants[0].via.is_empty(), "{what}");
        }
        "ambiguous" => {
            let Some((prepare, role)) = &subject.ambiguous else {
                return Cell::Not("the table of names has none twice");
            };
            prepare();
            let failure = subject.call(std::slice::from_ref(role)).await.unwrap_err();
            assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"), "{what}");
            assert!(held() && !failure.sent, "{what}");
        }
        "partial failure" => {
            let answer = subject.call(&[subject.unknown.clone(), first]).await;
            assert_eq!(
                outcomes(&answer),
                [Outcome::NotFound, Outcome::Removed],
                "{what}: {answer:?}"
            );
            assert_eq!(answer.unwrap_err().status, 422, "{what}");
            assert!(!held(), "{what}");
        }
        "guard" => {
            let mut account = subject.account.clone();
            let id = subject.held[0].id.clone().unwrap_or_default();
            let protected = id.split(':').next().unwrap_or_default().to_owned();
            let mut settings: serde_json::Value = serde_json::from_str(&account.settings).unwrap();
            settings["protected_roles"] = serde_json::json!([protected]);
            account.settings = settings.to_string();
            let answer = subject.call_at(&account, &subject.user, &subject.held, options()).await;
            assert_eq!(
                outcomes(&answer),
                [Outcome::Refused, Outcome::Removed],
                "{what}: {answer:?}"
            );
            assert!(held() && !(subject.is_held)(1), "{what}");
        }
        "acknowledged but kept" => {
            (subject.keep)();
            let patient = Options {
                deadline: Some(120_000),
                ..options()
            };
            let answer = subject.call_as(&subject.user, &[first], patient).await;
            assert_eq!(outcomes(&answer), [Outcome::Failed], "{what}: {answer:?}");
            assert!(held(), "{what}");
        }
        "unverified" => {
            (subject.late)(Duration::from_secs(8));
            let hasty = Options {
                deadline: Some(5_000),
                ..options()
            };
            let answer = subject.call_as(&subject.user, &[first], hasty).await;
            assert_eq!(outcomes(&answer), [Outcome::Unverified], "{what}: {answer:?}");
            let failure = answer.unwrap_err();
            assert_eq!(
                (failure.status, failure.retryable, failure.kind),
                (500, true, FailureKind::Incomplete),
                "{what}"
            );
            assert!(held(), "{what}: it is still held, and nothing else was said");
        }
        "applied late" => {
            (subject.late)(Duration::from_secs(4));
            let answer = subject.call(&[first]).await;
            assert_eq!(outcomes(&answer), [Outcome::Removed], "{what}: {answer:?}");
            assert!(!held(), "{what}");
        }
        "dry run" => {
            let success = subject.call_as(&subject.user, &subject.held, dry()).await.unwrap();
            assert!(success.dry_run && !success.planned_requests.is_empty(), "{what}");
            assert!(
                success.outcomes.iter().all(|entry| entry.outcome == Outcome::Planned),
                "{what}"
            );
            assert!(held() && (subject.is_held)(1), "{what}");
        }
        "not found" => {
            let failure = subject.call(std::slice::from_ref(&subject.unknown)).await.unwrap_err();
            assert_eq!(
                (failure.status, failure.outcomes[0].outcome),
                (404, Outcome::NotFound),
                "{what}"
            );
            let failure = subject.call_as(&subject.nobody, &[first], options()).await.unwrap_err();
            assert_eq!((failure.status, failure.sent), (404, false), "{what}: user");
        }
        "credentials refused" => {
            let account = subject.with_wrong_credentials();
            let failure = subject
                .call_at(&account, &subject.user, &[first], options())
                .await
                .unwrap_err();
            assert_eq!(
                (failure.status, failure.kind, failure.sent),
                (401, FailureKind::Unauthenticated, false),
                "{what}"
            );
            assert!(held(), "{what}");
        }
        "rate limited" => {
            (subject.limit)(1);
            let answer = subject.call(std::slice::from_ref(&first)).await;
            assert!(answer.is_ok(), "{what}: {answer:?}");
            (subject.limit)(10_000);
            let failure = subject.call(&[first]).await.unwrap_err();
            assert_eq!(
                (failure.status, failure.kind),
                (429, FailureKind::RateLimited),
                "{what}"
            );
            assert!(failure.retry_after.is_some_and(|seconds| seconds >= 1), "{what}");
        }
        "one bad in a batch" => {
            subject.refuse_first();
            let answer = subject.call(&subject.held).await;
            assert_eq!(
                outcomes(&answer),
                [Outcome::Refused, Outcome::Removed],
                "{what}: {answer:?}"
            );
            assert_eq!(answer.unwrap_err().status, 422, "{what}");
            assert!(
                held() && !(subject.is_held)(1),
                "{what}: one bad entry does not keep the other"
            );
        }
        other => panic!("no such scenario: {other}"),
    }
    Cell::Shown
}

/// A role that is held at two scopes, asked for at one.
pub struct Scoped {
    pub role: Role,
    pub here: Box<dyn Fn() -> bool>,
    pub elsewhere: Box<dyn Fn() -> bool>,
}
