//! The typed call composes: a caller component with the operation plugged in is one component, and it runs.

use harness::{
    compose, engine,
    state::{Host, LOG_LIMIT, Setup},
};
use sandboxes::crowdstrike::DEMO_HOME_CID;
use std::sync::Arc;
use wasmtime::{Store, component::Component};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::fixture::{ANN, AUTHORITY, World};

#[tokio::test(start_paused = true)]
async fn a_caller_component_with_the_operation_plugged_in_removes_a_role() {
    let world = World::new();
    let composed = Component::new(engine::engine().unwrap(), compose::caller_with_operation().unwrap()).unwrap();
    let setup = Setup {
        network: world.network.clone(),
        clock: world.clock,
        environment: Vec::new(),
        spin: Arc::default(),
        output: MemoryOutputPipe::new(LOG_LIMIT),
        inherit_output: false,
    };
    let mut store = Store::new(engine::engine().unwrap(), Host::new(&setup));
    let instance = engine::linker()
        .unwrap()
        .instantiate_async(&mut store, &composed)
        .await
        .unwrap();
    let revoke = instance
        .get_typed_func::<(&str, &str, &str), (String,)>(&mut store, "revoke")
        .unwrap();
    let base = format!("https://{AUTHORITY}");
    let (answer,) = revoke
        .call_async(&mut store, (&base, ANN, "event_viewer"))
        .await
        .unwrap();
    assert_eq!(answer, "removed");
    assert!(!world.tenant.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}
