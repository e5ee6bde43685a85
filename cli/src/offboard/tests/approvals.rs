//! Approvals: what an account that requires them lets go, and when.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use unassign_role::{
    approval::{Shown, Terms, sign},
    keys::PrivateKey,
};

use super::{
    course::{Folder, carried_out, confirmed, fleet, list, planned, resumed},
    ends::{only, standings},
    world::{START, World},
};
use crate::offboard::{offboarding, plans, standing::Standing, stop::Stop};

#[tokio::test(start_paused = true)]
async fn nothing_goes_without_the_approval_that_an_account_needs() {
    let world = World::with_people(2);
    let key = PrivateKey::of_seed(&[7; 32]);
    let mut accounts = only(&["acme-slack", "acme-teamviewer"]);
    let slack = &mut accounts[0];
    slack.approval_required = true;
    slack.document.insert(
        String::from("settings"),
        json!({"approval_required": true, "approvers": [{"name": "alice", "key": key.public().to_jwk()}]}),
    );
    let fleet = fleet(&world, &accounts);
    let folder = Folder::new();
    let mut plans = plans::Folder::new(folder.path());
    let (begin, tasks) = planned(&fleet, &list(1..=2)).await;
    assert_eq!(tasks.iter().filter(|task| task.lacks_approval()).count(), 2);
    plans.make().unwrap();
    plans.write(&begin, &tasks).unwrap();
    let inner = confirmed(&fleet, &folder, begin, tasks);
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(
        standings(&inner),
        [Standing::NotRun, Standing::Gone, Standing::NotRun, Standing::Gone]
    );
    assert_eq!(world.held(1)["acme-slack"].len(), 2);
    drop(inner);

    // One of the two is approved, by the files that were written for it.
    approve(&folder, "acme-slack", &key);
    let (mut inner, _) = resumed(&fleet, &folder);
    offboarding::approve(&mut inner, &plans, &fleet.timestamp()).unwrap();
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(
        standings(&inner),
        [Standing::Gone, Standing::Gone, Standing::NotRun, Standing::Gone]
    );
    assert_eq!(
        (world.held(1)["acme-slack"].len(), world.held(2)["acme-slack"].len()),
        (0, 2)
    );

    // A later run of the same folder finds the plans as they were written.
    let (begin, planned) = plans.read().unwrap();
    assert_eq!((begin.tasks.len(), planned.iter().flatten().count()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_requires_approvals_after_the_plans_takes_them() {
    let world = World::with_people(1);
    let key = PrivateKey::of_seed(&[7; 32]);
    let accounts = only(&["acme-slack"]);
    let before = fleet(&world, &accounts);
    let folder = Folder::new();
    let mut plans = plans::Folder::new(folder.path());
    let (begin, tasks) = planned(&before, &list(1..=1)).await;
    plans.make().unwrap();
    plans.write(&begin, &tasks).unwrap();
    drop(confirmed(&before, &folder, begin, tasks));

    let mut stricter = accounts.clone();
    stricter[0].approval_required = true;
    stricter[0].document.insert(
        String::from("settings"),
        json!({"approval_required": true, "approvers": [{"name": "alice", "key": key.public().to_jwk()}]}),
    );
    let fleet = fleet(&world, &stricter);
    let (mut inner, _) = resumed(&fleet, &folder);
    let is_marked = || {
        let file = fs::read_dir(folder.path().join("plans")).unwrap().next().unwrap();
        let plan: Value = serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        plan["approval_required"] == true
    };
    assert!(!is_marked());
    offboarding::approve(&mut inner, &plans, &fleet.timestamp()).unwrap();
    assert!(is_marked(), "`approve --batch` passes over it");
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(
        (standings(&inner), world.held(1)["acme-slack"].len()),
        (vec![Standing::NotRun], 2)
    );
    drop(inner);

    approve(&folder, "acme-slack", &key);
    let (mut inner, _) = resumed(&fleet, &folder);
    offboarding::approve(&mut inner, &plans, &fleet.timestamp()).unwrap();
    let (inner, _) = carried_out(&fleet, inner, &Stop::default()).await;
    assert_eq!(standings(&inner), [Standing::Gone], "{:?}", inner.tasks[0]);
}

/// Puts an approval beside the first plan for an account, as `approve --batch` does.
fn approve(folder: &Folder, account: &str, key: &PrivateKey) {
    let mut files: Vec<_> = fs::read_dir(folder.path().join("plans"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let file = files
        .iter()
        .find(|file| file.to_string_lossy().contains(account))
        .unwrap();
    let terms = Terms {
        reference: String::from("CHG-1042"),
        issued_at: START,
        lifetime: Duration::from_secs(3_600),
        nonce: [1; 16],
    };
    let shown = Shown::of(&fs::read_to_string(file).unwrap()).unwrap();
    fs::write(file.with_extension("jwt"), sign(&shown, key, &terms).unwrap() + "\n").unwrap();
}
