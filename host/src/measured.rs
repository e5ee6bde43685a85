//! What one typed call costs, in numbers that every machine gives: fuel, which counts the guest's own instructions, and the guest's
//! calls into WASI.

use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use sandboxes::Clock;
use wasmtime::{Config, Engine, component::Component};

use crate::{
    engine::linker_of,
    guests::Artifact,
    network::Network,
    output::Output,
    state::{Host, Setup},
    typed::{
        OperationPre,
        types::{Account, Failure, Options, Request, Success},
    },
};

/// The cost of one call in a fresh instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub fuel: u64,
    /// Calls into WASI.
    pub host_calls: u64,
    /// The linear memory of the instance, in bytes: before the call and after it. It never shrinks.
    pub memory: (usize, usize),
}

/// Apart from the other engine: counting fuel slows a guest down.
static METERED: LazyLock<Result<(Engine, OperationPre<Host>), String>> = LazyLock::new(|| {
    let metered = || -> Result<(Engine, OperationPre<Host>)> {
        let mut config = Config::new();
        config.wasm_component_model_async(true).consume_fuel(true);
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, Artifact::Wasi.bytes()?)?;
        let linked = linker_of(&engine)?.instantiate_pre(&component)?;
        Ok((engine, OperationPre::new(linked)?))
    };
    metered().map_err(|error| format!("{error:#}"))
});

/// One typed call, and what it cost.
///
/// # Errors
/// If the component failed as a component.
pub async fn call(
    network: &Network,
    clock: Clock,
    account: &Account,
    request: &Request,
    options: &Options,
) -> Result<(Result<Success, Failure>, Cost)> {
    let (engine, pre) = METERED.as_ref().map_err(|why| anyhow!("{why}"))?;
    let setup = Setup {
        clock: Some(clock),
        ..Setup::new(network, Output::nowhere())
    };
    let mut store = Host::store(engine, &setup);
    store.set_fuel(u64::MAX)?;
    let instance = pre.instantiate_async(&mut store).await?;
    let before = (store.get_fuel()?, store.data().calls);
    let at_rest = store.data().memory.bytes;
    let users = instance.unified_user_directory_users();
    let answer = users.call_unassign_role(&mut store, account, request, options).await?;
    let cost = Cost {
        fuel: before.0 - store.get_fuel()?,
        host_calls: store.data().calls - before.1,
        memory: (at_rest, store.data().memory.bytes),
    };
    Ok((answer, cost))
}
