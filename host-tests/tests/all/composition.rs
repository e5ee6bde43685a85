//! The typed call composes: a caller component with the operation plugged in is one component, and it runs.

use std::sync::LazyLock;

use host::{
    compose, engine,
    network::Network,
    output::Output,
    state::{Host, LOG_LIMIT, Setup},
    worlds,
};
use sandboxes::crowdstrike::DEMO_HOME_CID;
use serde_json::json;
use wasmtime::{
    Store,
    component::{Component, Instance},
};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::fixture::{ACCOUNT, ANN, AUTHORITY, World, account};

static COMPOSED: LazyLock<Component> =
    LazyLock::new(|| Component::new(engine::engine().unwrap(), compose::caller_with_operation().unwrap()).unwrap());

/// The caller with an environment of its own, as the examples compose it.
static SEPARATED: LazyLock<Component> = LazyLock::new(|| {
    let nothing = include_str!("../../../examples/offboarding/no-environment.wat");
    let composed = compose::caller_with_its_own_environment(wat::parse_str(nothing).unwrap()).unwrap();
    Component::new(engine::engine().unwrap(), composed).unwrap()
});

async fn instantiate(
    component: &Component,
    world: &World,
    environment: Vec<(String, String)>,
) -> (Store<Host>, Instance, MemoryOutputPipe) {
    let output = MemoryOutputPipe::new(LOG_LIMIT);
    let setup = Setup {
        clock: Some(world.clock),
        environment,
        ..Setup::new(&world.network, Output::Kept(output.clone()))
    };
    let mut store = Host::store(engine::engine().unwrap(), &setup);
    let linker = engine::linker().unwrap();
    let instance = linker.instantiate_async(&mut store, component).await.unwrap();
    (store, instance, output)
}

/// What the composed component answers in this world.
async fn revoke(world: &World, role: &str) -> String {
    let (mut store, instance, output) = instantiate(&COMPOSED, world, Vec::new()).await;
    let revoke = instance
        .get_typed_func::<(&str, &str, &str), (String,)>(&mut store, "revoke")
        .unwrap();
    let base = format!("https://{AUTHORITY}");
    let (answer,) = revoke.call_async(&mut store, (&base, ANN, role)).await.unwrap();
    assert!(output.contents().is_empty(), "it printed into its caller's process");
    answer
}

#[test]
fn the_composed_component_has_the_callers_exports_and_asks_for_wasi_alone() {
    let world = worlds::World::of_component(&COMPOSED).unwrap();
    assert_eq!(world.exports, ["revoke", "revoke-by-account", "variables"]);
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
    assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
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
    assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_by_account_id_removes_a_role_and_has_no_credentials() {
    let world = World::new();
    let variables = [
        ("UNASSIGN_ROLE_ACCOUNTS", json!({ACCOUNT: account()}).to_string()),
        (
            "UNASSIGN_ROLE_CALLER",
            json!({"accounts": [ACCOUNT], "may": ["revoke"]}).to_string(),
        ),
        ("UNASSIGN_ROLE_SECRET_CROWDSTRIKE", String::from("demo-secret")),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value)).to_vec();
    // Composed as it is, the caller shares the environment with the operation, secrets and all.
    for (component, is_shared) in [(&COMPOSED, true), (&SEPARATED, false)] {
        let (mut store, instance, output) = instantiate(component, &world, variables.clone()).await;
        let seen = instance
            .get_typed_func::<(), (Vec<String>,)>(&mut store, "variables")
            .unwrap();
        let (seen,) = seen.call_async(&mut store, ()).await.unwrap();
        let sees_secret = seen.iter().any(|name| name == "UNASSIGN_ROLE_SECRET_CROWDSTRIKE");
        assert_eq!((sees_secret, seen.is_empty()), (is_shared, !is_shared), "{seen:?}");
        let revoke = instance
            .get_typed_func::<(&str, &str, &str), (String,)>(&mut store, "revoke-by-account")
            .unwrap();
        let role = if is_shared { "event_viewer" } else { "dashboard_admin" };
        let (answer,) = revoke.call_async(&mut store, (ACCOUNT, ANN, role)).await.unwrap();
        assert_eq!(answer, "removed");
        assert!(!world.demo.holds(ANN, DEMO_HOME_CID, role));
        let printed = String::from_utf8_lossy(&output.contents()).into_owned();
        assert!(printed.contains(r#""claimed_actor":"caller""#), "{printed}");
    }
}
