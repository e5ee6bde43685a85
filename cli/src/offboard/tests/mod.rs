//! Offboarding against sandboxes in memory, on virtual time.

mod world;

use host::{engine, guests::Artifact, output::Output};
use serde_json::json;

use crate::session::Session;

#[tokio::test(start_paused = true)]
async fn explore() {
    let world = world::World::with_people(3);
    let component = engine::prepare(&Artifact::Wasi.bytes().unwrap()).unwrap();
    for account in world::accounts() {
        let session = Session::start(&component, &[&account], &world.network, Some(world.clock), &[], Output::Inherited).unwrap();
        for email in ["ann.lee@example.com", "sam.hill@example.com", "person1@example.com", "nobody@example.com"] {
            let path = |mode: &str| format!("/unified/user-directory/users/unassign-role?integrated_account_id={}&mode={mode}&truto_ignore_remote_data=true", account.id);
            let allow = json!([]);
            let plan = session.post(&path("plan"), &json!({"id": email, "everything": true, "options": {"allow": allow}})).await.unwrap();
            println!("\n##### {} {email} PLAN {} {}", account.id, plan.status, plan.body);
            let Some(text) = plan.body["plan"].as_str() else { continue };
            let id = email;
            let revoke = session.post(&path("revoke"), &json!({"id": id, "everything": true, "options": {"allow": allow, "binding": {"plan": text}, "deadline_ms": 60000}})).await.unwrap();
            println!("\n## REVOKE {} {}", revoke.status, revoke.body);
            let verify = session.post(&path("verify"), &json!({"id": id, "everything": true})).await.unwrap();
            println!("\n## VERIFY {} {}", verify.status, verify.body);
            let read = session.get(&format!("/unified/user-directory/users/{id}?integrated_account_id={}&truto_ignore_remote_data=true", account.id)).await.unwrap();
            println!("\n## READ {} {}", read.status, read.body);
        }
    }
}
