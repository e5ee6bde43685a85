//! The typed call composes: a caller component with the operation plugged in is one component, and it runs.

use std::sync::{Arc, LazyLock};

use host::{
    compose, engine,
    guests::Artifact,
    network::Network,
    output::Output,
    state::{Host, LOG_LIMIT, Setup},
    worlds,
};
use sandboxes::crowdstrike::DEMO_HOME_CID;
use wasmtime::{Store, component::Component};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::fixture::{ANN, AUTHORITY, World};

static COMPOSED: LazyLock<Component> =
    LazyLock::new(|| Component::new(engine::engine().unwrap(), compose::caller_with_operation().unwrap()).unwrap());

fn setup(world: &World, output: &MemoryOutputPipe, environment: Vec<(String, String)>) -> Setup {
    Setup {
        egress: world.network.clone().into(),
        clock: Some(world.clock),
        environment,
        spin: Arc::default(),
        output: Output::Kept(output.clone()),
    }
}

/// What the composed component answers in this world.
async fn revoke(world: &World, role: &str) -> String {
    let output = MemoryOutputPipe::new(LOG_LIMIT);
    let setup = setup(world, &output, Vec::new());
    let mut store = Store::new(engine::engine().unwrap(), Host::new(&setup));
    let instance = engine::linker()
        .unwrap()
        .instantiate_async(&mut store, &COMPOSED)
        .await
        .unwrap();
    let revoke = instance
        .get_typed_func::<(&str, &str, &str), (String,)>(&mut store, "revoke")
        .unwrap();
    let base = format!("https://{AUTHORITY}");
    let (answer,) = revoke.call_async(&mut store, (&base, ANN, role)).await.unwrap();
    assert!(output.contents().is_empty(), "it printed into its caller's process");
    answer
}

#[test]
fn the_composed_component_has_one_export_and_asks_for_wasi_alone() {
    let world = worlds::World::of_component(&COMPOSED).unwrap();
    assert_eq!(world.exports, ["revoke"]);
    assert!(
        world.imports.iter().all(|import| import.starts_with("wasi:")),
        "{:?}",
        world.imports
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_component_with_the_operation_plugged_in_removes_a_role() {
    let world = World::new();
    assert_eq!(revoke(&world, "event_viewer").await, "removed");
    assert!(!world.tenant.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn a_composed_caller_is_told_why_not() {
    let mut world = World::new();
    let refused = revoke(&world, "no_such_role").await;
    assert!(refused.contains("no_such_role"), "{refused}");
    world.network = Network::default();
    let unreachable = revoke(&world, "event_viewer").await;
    assert!(
        unreachable.contains("not sent") || unreachable.contains("reach"),
        "{unreachable}"
    );
    assert!(world.tenant.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}

/// The variables that a caller sees that is composed with the operation, where the host has given the operation its secrets.
async fn seen_by(caller: &[u8]) -> Vec<(String, String)> {
    let world = World::new();
    let output = MemoryOutputPipe::new(LOG_LIMIT);
    let secret = (
        String::from("UNASSIGN_ROLE_SECRET_CROWDSTRIKE"),
        String::from("demo-secret"),
    );
    let composed = compose::plugged(caller, &Artifact::Wasi.bytes().unwrap()).unwrap();
    let composed = Component::new(engine::engine().unwrap(), composed).unwrap();
    let setup = setup(&world, &output, vec![secret]);
    let mut store = Store::new(engine::engine().unwrap(), Host::new(&setup));
    let linker = engine::linker().unwrap();
    let instance = linker.instantiate_async(&mut store, &composed).await.unwrap();
    let look = instance
        .get_typed_func::<(), (Vec<(String, String)>,)>(&mut store, "look")
        .unwrap();
    look.call_async(&mut store, ()).await.unwrap().0
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_an_environment_of_its_own_cannot_read_the_operations_secrets() {
    let spy = wat::parse_str(include_str!("spy.wat")).unwrap();
    let nothing = wat::parse_str(include_str!("../../../examples/offboarding/no-environment.wat")).unwrap();
    // The control: composed with the operation alone, it sees what the operation sees.
    let seen = seen_by(&spy).await;
    assert!(seen.iter().any(|(_, value)| value == "demo-secret"), "{seen:?}");
    let shielded = compose::plugged(&spy, &nothing).unwrap();
    assert_eq!(seen_by(&shielded).await, []);
}
