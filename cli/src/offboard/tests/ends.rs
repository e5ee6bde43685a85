//! Runs that end early, plans that are not what they were, and people whom nobody knows.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use host::network::{Fault, Rule};
use serde_json::json;

use super::{
    course::{End, Folder, carried_out, confirmed, ending, fleet, list, planned, recorded, resumed, terms},
    world::{World, accounts, email},
};
use crate::{
    accounts::Account,
    exit::Exit,
    offboard::{
        grant::{Grant, Outcome},
        journal::{Journal, event::Event},
        list::List,
        offboarding,
        progress::Progress,
        report::Report,
        standing::{Standing, Standings},
        state::{Inner, State},
        stop::Stop,
        task::Finding,
    },
};

pub(super) fn only(ids: &[&str]) -> Vec<Account> {
    accounts()
        .into_iter()
        .filter(|account| ids.contains(&account.id.as_str()))
        .collect()
}

pub(super) fn standings(inner: &Inner) -> Vec<Standing> {
    Standings::of(&inner.begin, &inner.tasks).standings
}

fn exit(inner: &Inner) -> Exit {
    Standings::of(&inner.begin, &inner.tasks).exit
}

/// How many tasks something went for.
fn touched(world: &World, people: usize, accounts: &[Account]) -> usize {
    let held = (1..=people).flat_map(|person| world.held(person));
    held.filter(|(account, held)| accounts.iter().any(|known| known.id == *account) && held.len() < 2)
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_ends_the_run_before_the_next_write() {
    let world = World::with_people(4);
    let accounts = only(&["acme-teamviewer", "acme-slack"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=4)).await;
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let stop = Stop::default();
    let (inner, _) = ending(inner, 5, End::Full, &stop);
    let (inner, why) = carried_out(&fleet, inner, &stop).await;
    let why = why.unwrap();
    assert!(why.contains("cannot be written"), "{why}");
    let attempted = inner.tasks.iter().filter(|task| task.attempts > 0).count();
    assert!(
        attempted < 8 && touched(&world, 4, &accounts) <= attempted,
        "{attempted}"
    );
    let report = Report::new(&inner.begin, &inner.tasks, Some(&why), "2026-01-31T09:30:00Z", &[]);
    assert!(report.html().contains("It did not come to its end"));
    assert_eq!(report.standings.exit, Exit::NotGone);
    // What was written is enough to go on.
    let written = {
        drop(inner);
        Journal::resume(&folder.journal()).unwrap().events
    };
    let intents = written
        .iter()
        .filter(|event| matches!(event, Event::Intent { .. }))
        .count();
    assert!(touched(&world, 4, &accounts) <= intents);
    let (inner, _) = resumed(&fleet, &folder);
    let (inner, why) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!((why, exit(&inner)), (None, Exit::Done), "{:?}", standings(&inner));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_full_stops_the_run_before_the_next_write_and_the_report_says_what_was_done() {
    let world = World::with_people(2);
    let accounts = only(&["acme-crowdstrike", "acme-teamviewer"]);
    let mut fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=2)).await;
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let held = |person| world.held(person)["acme-teamviewer"].clone();
    let before = [held(1), held(2)];
    fleet.members[1] = recorded(&world, &accounts[1], Path::new("/dev/full"));
    let (inner, why) = carried_out(&fleet, inner, &Stop::default()).await;
    let why = why.unwrap();
    assert!(why.starts_with("the record /dev/full cannot be written"), "{why}");
    // Nothing was sent where it could not be written down; what was under way at the other account came to its end.
    assert_eq!([held(1), held(2)], before);
    assert!(
        inner.tasks.iter().all(|task| !task.is_in_doubt),
        "it is known that nothing was sent"
    );
    let report = Report::new(&inner.begin, &inner.tasks, Some(&why), "2026-01-31T09:30:00Z", &[]);
    assert_eq!(report.standings.exit, Exit::NotGone);
    assert!(report.html().contains("this removal was not sent"));
    drop(inner);

    let record = folder.path().join("record.jsonl");
    fleet.members[1] = recorded(&world, &accounts[1], &record);
    let (inner, _) = resumed(&fleet, &folder);
    let (inner, why) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!((why, exit(&inner)), (None, Exit::Done), "{:?}", standings(&inner));
    let intents = fs::read_to_string(record)
        .unwrap()
        .matches("\"event\":\"intent\"")
        .count();
    assert_eq!(intents, 2);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_every_stage_and_the_run_can_go_on() {
    let accounts = only(&["acme-teamviewer", "acme-jumpcloud"]);
    // While plans are made: nothing was sent, and nothing is planned but what was.
    let world = World::with_people(3);
    let fleet_of_plans = fleet(&world, &accounts);
    let stop = Stop::default();
    stop.ask("Ctrl-C");
    let known: Vec<&Account> = fleet_of_plans.accounts().collect();
    let begin = offboarding::begin(&list(1..=3), &known, &|_| true, &terms()).unwrap();
    let tasks = offboarding::plan(&fleet_of_plans, &begin, &stop, &Progress::Silent).await;
    assert!(
        tasks
            .iter()
            .all(|task| task.planned.is_none() && task.finding() == Finding::Failed)
    );
    assert!(world.demo.network.calls().is_empty());
    // After each line of the journal: what is under way ends, nothing new begins, and resuming finishes it.
    for line in 1..=20 {
        let world = World::with_people(3);
        let fleet = fleet(&world, &accounts);
        let folder = Folder::new();
        let (begin, tasks) = planned(&fleet, &list(1..=3)).await;
        let inner = confirmed(&fleet, &folder, begin, tasks);
        let stop = Stop::default();
        let (inner, _) = ending(inner, line, End::Stop, &stop);
        let (inner, why) = carried_out(&fleet, inner, &stop).await;
        let is_over = why.is_none();
        assert!(
            inner.tasks.iter().all(|task| !task.is_in_doubt),
            "{line}: what was under way came to its end"
        );
        let attempted = inner.tasks.iter().filter(|task| task.attempts > 0).count();
        assert_eq!(touched(&world, 3, &accounts), attempted, "{line}");
        if !is_over {
            assert_ne!(exit(&inner), Exit::Done, "{line}");
        }
        drop(inner);
        let (inner, torn) = resumed(&fleet, &folder);
        let (inner, why) = carried_out(&fleet, inner, &Stop::default()).await;
        assert_eq!(
            (torn, why, exit(&inner)),
            (0, None, Exit::Done),
            "{line}: {:?}",
            standings(&inner)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_changed_is_listed_and_not_run() {
    let world = World::with_people(2);
    let accounts = only(&["acme-crowdstrike"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=2)).await;
    let uuid = tasks[0].user().to_owned();
    world
        .demo
        .crowdstrike
        .grant(&uuid, sandboxes::crowdstrike::DEMO_HOME_CID, "dashboard_admin");
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(
        world.held(1)["acme-crowdstrike"].len(),
        3,
        "nothing of the first person went"
    );
    assert_eq!(world.held(2)["acme-crowdstrike"].len(), 0);
    assert_eq!(standings(&inner), [Standing::NotGone, Standing::Gone]);
    let standings = Standings::of(&inner.begin, &inner.tasks);
    let whys: Vec<&str> = standings.todos.iter().map(|todo| todo.why.as_str()).collect();
    assert!(whys.iter().any(|why| why.starts_with("plan_changed")), "{whys:?}");
    assert!(
        standings.todos.iter().any(|todo| todo
            .what
            .as_deref()
            .is_some_and(|what| what.starts_with("Dashboard Admin"))),
        "{whys:?}"
    );
    // Nor is it by a run that goes on.
    drop(inner);
    let (inner, _) = resumed(&fleet, &folder);
    let _ = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(world.held(1)["acme-crowdstrike"].len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_comes_back_is_found_by_the_last_verification() {
    let world = World::with_people(2);
    let accounts = only(&["acme-teamviewer"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=2)).await;
    let user = tasks[0].user().to_owned();
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(exit(&inner), Exit::Done);
    drop(inner);
    world
        .demo
        .teamviewer
        .assign(&user, sandboxes::teamviewer::DEMO_ROLES[1].0);
    let (inner, _) = resumed(&fleet, &folder);
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(standings(&inner)[1], Standing::Gone);
    // It was called removed by the journal, and is held: sent again or listed, and never called gone.
    let is_held = world
        .demo
        .teamviewer
        .is_assigned(&user, sandboxes::teamviewer::DEMO_ROLES[1].0);
    assert_eq!(standings(&inner)[0] == Standing::Gone, !is_held, "{:?}", inner.tasks[0]);
    assert!(is_held && exit(&inner) == Exit::NotGone);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_came_after_a_plan_of_nothing_is_found_by_the_last_verification() {
    let world = World::with_people(2);
    let accounts = only(&["acme-teamviewer"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    // Everything of the first person goes, so that the second plan finds nothing.
    let (begin, tasks) = planned(&fleet, &list(1..=1)).await;
    let user = tasks[0].user().to_owned();
    let inner = confirmed(&fleet, &folder, begin, tasks);
    carried_out(&fleet, inner, &Stop::default()).await;
    for (is_granted, expected) in [(false, Standing::NothingHeld), (true, Standing::NotGone)] {
        let folder = Folder::new();
        let (begin, tasks) = planned(&fleet, &list(1..=1)).await;
        assert_eq!(tasks[0].finding(), Finding::NothingHeld);
        if is_granted {
            world
                .demo
                .teamviewer
                .assign(&user, sandboxes::teamviewer::DEMO_ROLES[1].0);
        }
        let inner = confirmed(&fleet, &folder, begin, tasks);
        let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
        assert_eq!(standings(&inner), [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn another_tenant_under_the_same_id_is_found_with_a_plan_and_without_one() {
    let world = World::with_people(1);
    let accounts = only(&["acme-crowdstrike", "acme-elastic"]);
    let fleet_of_plans = fleet(&world, &accounts);
    // The second person has no plan anywhere.
    let text = format!("email\n{}\nperson99@example.com\n", email(1));
    let (_, tasks) = planned(&fleet_of_plans, &List::parse(text.as_bytes()).unwrap()).await;
    assert!(tasks[0].planned_account().is_some() && tasks[2].planned_account().is_none());
    // Another secret of the same tenant is no other tenant.
    let mut rotated = accounts.clone();
    rotated[0].secrets[0].1 = String::from("rotated");
    fleet(&world, &rotated).check(&tasks).unwrap();
    for (at, member, value) in [
        (0, "settings", json!({"region": "us-2"})),
        (0, "base_url", json!("https://api.eu-1.crowdstrike.com")),
        (
            0,
            "credentials",
            json!({"type": "client_credentials", "client_id": "another", "client_secret": {"secret": "crowdstrike"}}),
        ),
        (1, "base_url", json!("https://elastic.example/api/v1")),
    ] {
        let mut others = accounts.clone();
        others[at].document.insert(member.to_owned(), value);
        let others = fleet(&world, &others);
        // Each kind of task by itself: with a plan, and with what the journal keeps.
        for tasks in [&tasks[..2], &tasks[2..]] {
            let why = others.check(tasks).unwrap_err();
            assert!(
                why.contains(&accounts[at].id) && why.contains("Nothing was sent"),
                "{why}"
            );
        }
    }
    let mut other = tasks[2].clone();
    other.described.provider = String::from("teamviewer");
    assert!(fleet_of_plans.check(&[other]).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_person_whom_an_account_does_not_know_is_a_finding_and_no_removal() {
    let world = World::with_people(1);
    let accounts = accounts();
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let text = format!("email,id:acme-slack\n{},U0NOBODY\nperson99@example.com,\n", email(1));
    let (begin, tasks) = planned(&fleet, &List::parse(text.as_bytes()).unwrap()).await;
    let unknown = tasks
        .iter()
        .filter(|task| task.finding() == Finding::NoSuchUser)
        .count();
    assert_eq!(unknown, 7);
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(
        standings(&inner)
            .iter()
            .filter(|standing| **standing == Standing::NoSuchUser)
            .count(),
        7
    );
    assert_eq!(
        standings(&inner)
            .iter()
            .filter(|standing| **standing == Standing::Gone)
            .count(),
        5
    );
    assert_eq!(exit(&inner), Exit::NotGone);
    assert_eq!(world.held(1)["acme-slack"].len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_keeps_its_own_account_waiting_and_no_other() {
    let world = World::with_people(3);
    let accounts = only(&["acme-teamviewer", "acme-elastic"]);
    let fleet = fleet(&world, &accounts);
    let limited = Fault::Answer(429, vec![("retry-after", String::from("100"))], String::from("{}"));
    world.demo.network.inject(Rule {
        fits: std::sync::Arc::new(|call| call.authority == "api.elastic-cloud.com"),
        times: 1,
        ..Rule::always("", limited)
    });
    let began = tokio::time::Instant::now();
    let known: Vec<&Account> = fleet.accounts().collect();
    let begin = offboarding::begin(&list(1..=3), &known, &|_| true, &terms()).unwrap();
    let stop = Stop::default();
    let tasks = offboarding::plan(&fleet, &begin, &stop, &Progress::Silent).await;
    assert!(
        tasks.iter().all(crate::offboard::task::Task::has_work),
        "it was waited for"
    );
    assert!(began.elapsed() >= Duration::from_secs(100), "{:?}", began.elapsed());
    // Between the refusal and the next call at that account, the other one was served whole.
    let calls = world.demo.network.calls();
    let refused = calls.iter().position(|call| call.status == Some(429)).unwrap();
    let next = calls
        .iter()
        .enumerate()
        .position(|(at, call)| at > refused && call.authority == "api.elastic-cloud.com")
        .unwrap();
    let others = calls[refused..next]
        .iter()
        .filter(|call| call.authority == "webapi.teamviewer.com")
        .count();
    assert!(others >= 3, "{others}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_until_the_reads_about_somebody_else_have_settled() {
    let world = World::with_people(6);
    let accounts = only(&["acme-crowdstrike"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=6)).await;
    world
        .demo
        .crowdstrike
        .apply_after("event_viewer", Duration::from_secs(80));
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let began = tokio::time::Instant::now();
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(exit(&inner), Exit::Done, "{:?}", standings(&inner));
    assert!((1..=6).all(|person| world.held(person)["acme-crowdstrike"].is_empty()));
    // Each alone takes 80 s.
    assert!(began.elapsed() < Duration::from_secs(6 * 80), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_time_of_a_clock_that_was_ahead_is_not_waited_for() {
    let world = World::with_people(1);
    let accounts = only(&["acme-teamviewer"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=1)).await;
    let mut inner = confirmed(&fleet, &folder, begin, tasks);
    // A journal of a machine whose clock was a day ahead.
    let task = &mut inner.tasks[0];
    let mut reply = task.planned.as_ref().unwrap().reply.clone();
    for grant in &mut reply.grants {
        grant.outcome = Outcome::Unverified;
        grant.verify_after = Some(String::from("2026-02-01T09:30:00Z"));
    }
    let plan_digest = String::new();
    task.apply(&Event::Intent { task: 0, plan_digest });
    task.apply(&Event::Result { task: 0, reply });
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let progress = Progress::Lines(Box::new({
        let said = Arc::clone(&said);
        move |line| said.lock().unwrap().push(line.to_owned())
    }));
    let state = State::new(inner);
    let began = tokio::time::Instant::now();
    offboarding::carry_out(&fleet, &state, &Stop::default(), &progress).await;
    assert!(began.elapsed() < Duration::from_secs(1_000), "{:?}", began.elapsed());
    let inner = state.into_inner();
    assert_eq!(exit(&inner), Exit::Done, "{:?}", standings(&inner));
    let said = said.lock().unwrap();
    let waiting = "acme-teamviewer: Person 1: waiting 900 s";
    assert!(said.iter().any(|line| line.starts_with(waiting)), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_give_the_account_up_before_its_user_is_locked_out() {
    let world = World::with_people(6);
    let mut accounts = only(&["acme-teamviewer", "acme-elastic"]);
    let elastic = accounts
        .iter_mut()
        .find(|account| account.id == "acme-elastic")
        .unwrap();
    elastic.secrets[0].1 = String::from("wrong");
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=6)).await;
    let tries = world
        .demo
        .network
        .calls()
        .iter()
        .filter(|call| call.authority == "api.elastic-cloud.com")
        .count();
    assert!((1..=4).contains(&tries), "{tries}");
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    let of = |wanted| standings(&inner).iter().filter(|standing| **standing == wanted).count();
    assert_eq!(
        (of(Standing::Gone), of(Standing::Provider) + of(Standing::NotRun)),
        (6, 6),
        "{:?}",
        standings(&inner)
    );
}

#[tokio::test(start_paused = true)]
async fn credentials_that_end_after_the_plans_are_tried_twice_and_not_again_by_the_last_verification() {
    let world = World::with_people(6);
    let accounts = only(&["acme-elastic"]);
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let (begin, tasks) = planned(&fleet, &list(1..=6)).await;
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let before = world.demo.network.calls().len();
    let refused = Fault::Answer(401, Vec::new(), String::from("{}"));
    world.demo.network.inject(Rule::always("", refused));
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    let tries = world.demo.network.calls().len() - before;
    assert_eq!(tries, 2, "one try for each of two people");
    assert!(standings(&inner).iter().all(|standing| *standing != Standing::Gone));
}

#[tokio::test(start_paused = true)]
async fn a_side_effect_that_is_not_allowed_is_named_if_allowing_it_helps() {
    let world = World::with_people(1);
    let mut accounts = only(&["acme-jumpcloud"]);
    let obstacles = async |accounts: &[Account], terms: &offboarding::Terms| {
        let fleet = fleet(&world, accounts);
        let known: Vec<&Account> = fleet.accounts().collect();
        let begin = offboarding::begin(&list(1..=1), &known, &|_| true, terms).unwrap();
        let tasks = offboarding::plan(&fleet, &begin, &Stop::default(), &Progress::Silent).await;
        let obstacles: Vec<String> = tasks[0].grants.values().map(Grant::obstacle).collect();
        assert_eq!((tasks.len(), obstacles.len()), (1, 2), "{tasks:?}");
        obstacles
    };
    for obstacle in obstacles(&accounts, &offboarding::Terms::default()).await {
        assert!(
            obstacle.ends_with("allow that with --allow delete-administrator"),
            "{obstacle}"
        );
    }
    // The account allows nothing: the option was given, and did not help.
    accounts[0]
        .document
        .insert(String::from("settings"), json!({"allow": []}));
    for obstacle in obstacles(&accounts, &terms()).await {
        assert!(
            obstacle.contains("the account's") && !obstacle.contains("--allow"),
            "{obstacle}"
        );
    }
}
