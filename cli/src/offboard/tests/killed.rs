//! Many people, faults on the way to every provider, and a process that is killed twice: in the end the report is the truth.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use host::network::{Fault, Rule};

use super::{
    course::{End, Folder, carried_out, confirmed, fleet, killed, list, planned, resumed},
    world::{World, accounts},
};
use crate::{
    exit::Exit,
    offboard::{grant::Key, report::Report, standing::Standing, state::Inner, stop::Stop},
};

/// People who stay.
const STAY: usize = 3;

type Held = BTreeMap<(usize, &'static str), BTreeSet<Key>>;

/// Two of a hundred calls fail, each in one of these ways, and the same ones in every run of the test.
fn inject(world: &World) {
    let json = || vec![("content-type", String::from("application/json"))];
    let limited = vec![("retry-after", String::from("7"))];
    let faults = [
        Fault::Refused,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Silence { reaches: true },
        Fault::Silence { reaches: false },
        Fault::Answer(500, json(), String::from("{}")),
        Fault::Answer(503, json(), String::from("{}")),
        Fault::Answer(429, limited, String::from("{}")),
        Fault::Answer(200, json(), String::from("{}")),
        Fault::Body("text/html", Bytes::from_static(b"<html>maintenance</html>")),
        Fault::CutOff,
    ];
    let share = 50 * faults.len() as u64;
    for (fault, number) in faults.into_iter().zip(0_u64..) {
        let calls = Arc::new(AtomicU64::new(0));
        world.demo.network.inject(Rule {
            fits: Arc::new(move |_| {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                // Mixes the bits, so that what follows each other differs.
                let mixed = (call * 2_654_435_761 + number * 40_503).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
                mixed.is_multiple_of(share)
            }),
            ..Rule::always("", fault)
        });
    }
}

fn held(world: &World, people: usize) -> Held {
    let of = |person: usize| {
        world
            .held(person)
            .into_iter()
            .map(move |(account, held)| ((person, account), held))
    };
    (1..=people + STAY).flat_map(of).collect()
}

/// Holds what is said against what is.
fn compare(world: &World, people: usize, before: &Held, inner: &Inner, stopped: Option<&str>) -> Exit {
    let now = held(world, people);
    let at = "2026-01-31T12:00:00Z";
    let report = Report::new(&inner.begin, &inner.tasks, stopped, at, &[]);
    for (task, index) in inner.tasks.iter().zip(0..) {
        let account = accounts()
            .into_iter()
            .find(|account| account.id == task.described.target.account)
            .unwrap();
        let place = now
            .keys()
            .find(|(person, id)| *person == task.described.target.person + 1 && *id == account.id)
            .unwrap();
        let (held, before) = (&now[place], &before[place]);
        let standing = report.standings.standings[index];
        for grant in task.grants.values().filter(|grant| grant.is_gone() && task.is_verified) {
            assert!(
                !held.contains(&grant.key),
                "{place:?}: {grant:?} is called gone, and held: {task:?}"
            );
        }
        let todos: Vec<_> = report.standings.of_task(index).collect();
        if !held.is_empty() {
            assert!(
                !todos.is_empty(),
                "{place:?}: {held:?} is held, and nothing is to do: {task:?}"
            );
            assert!(
                !matches!(standing, Standing::Gone | Standing::NothingHeld | Standing::NoSuchUser),
                "{place:?}: {standing:?} {task:?}"
            );
        }
        if standing == Standing::Gone {
            assert!(todos.is_empty() && task.is_verified, "{place:?}: {todos:?} {task:?}");
        }
        for gone in before.difference(held) {
            assert!(
                task.attempts > 0 && task.grants.contains_key(gone),
                "{place:?}: {gone:?} went without an intent: {task:?}"
            );
        }
        assert!(held.is_subset(before), "{place:?}");
    }
    for ((person, account), held) in now.iter().filter(|((person, _), _)| *person > people) {
        assert_eq!(held, &before[&(*person, *account)], "person {person} stays");
    }
    report.standings.exit
}

/// Nothing went that is of anybody else.
fn check_others(world: &World, people: usize, before: &BTreeSet<String>) {
    let now = world.holdings();
    let is_of_leaver = |line: &&String| (1..=people).any(|person| World::is_of(line, person));
    let gone: Vec<_> = before.difference(&now).filter(|line| !is_of_leaver(line)).collect();
    let came: Vec<_> = now.difference(before).collect();
    assert!(gone.is_empty() && came.is_empty(), "gone: {gone:?}, came: {came:?}");
}

async fn killed_twice(people: usize) {
    let world = World::with_people(people + STAY);
    let accounts = accounts();
    let (before, all) = (held(&world, people), world.holdings());
    assert!(before.values().all(|held| held.len() == 2), "{before:?}");
    world.demo.network.keep_no_calls();
    inject(&world);
    let folder = Folder::new();
    let list = list(1..=people);

    let first = fleet(&world, &accounts);
    let (begin, tasks) = planned(&first, &list).await;
    let with_work = tasks.iter().filter(|task| task.has_work()).count();
    assert!(
        with_work * 100 >= tasks.len() * 90,
        "{with_work} plans of {}",
        tasks.len()
    );
    let inner = confirmed(&first, &folder, begin, tasks);
    // In the middle of the removals: an intent and its result are two lines.
    killed(first, inner, with_work * 2 / 3, End::After).await;
    tokio::time::sleep(Duration::from_secs(30)).await;

    let second = fleet(&world, &accounts);
    let (inner, torn) = resumed(&second, &folder);
    assert_eq!(torn, 0);
    assert!(
        inner.tasks.iter().any(|task| task.is_in_doubt),
        "something was under way"
    );
    compare(&world, people, &before, &inner, Some("killed"));
    killed(second, inner, with_work * 2 / 3, End::Within).await;
    tokio::time::sleep(Duration::from_secs(30)).await;

    let third = fleet(&world, &accounts);
    let (inner, torn) = resumed(&third, &folder);
    assert!(torn > 0);
    compare(&world, people, &before, &inner, Some("killed"));
    let (inner, why) = carried_out(&third, inner, &Stop::default()).await;
    assert_eq!(why, None);
    compare(&world, people, &before, &inner, None);
    check_others(&world, people, &all);
    drop(inner);

    // Once the faults are over, what was left is done.
    world.demo.network.heal();
    let fourth = fleet(&world, &accounts);
    let (inner, _) = resumed(&fourth, &folder);
    let (inner, why) = carried_out(&fourth, inner, &Stop::default()).await;
    assert_eq!(why, None);
    let exit = compare(&world, people, &before, &inner, None);
    check_others(&world, people, &all);
    let report = Report::new(&inner.begin, &inner.tasks, None, "", &[]);
    let is_gone = |standing: &&Standing| **standing == Standing::Gone;
    let gone = report.standings.standings.iter().filter(is_gone).count();
    println!(
        "{people} people: {gone} of {} gone, {exit:?}; {}",
        inner.tasks.len(),
        report.headline()
    );
    assert!(
        gone * 100 >= inner.tasks.len() * 90,
        "{}: {:#?}",
        report.headline(),
        report.standings.todos
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_40_people_is_the_truth() {
    killed_twice(40).await;
}

/// `MATRIX=full`, because most providers list everybody for each person.
#[tokio::test(start_paused = true)]
async fn what_is_said_of_1000_people_is_the_truth() {
    if std::env::var("MATRIX").is_ok_and(|size| size == "full") {
        killed_twice(1_000).await;
    }
}
