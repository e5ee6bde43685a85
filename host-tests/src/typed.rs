//! The typed call, as a Rust host makes it.

use std::sync::{Arc, LazyLock};

use anyhow::{Result, anyhow};
use sandboxes::Clock;
use wasmtime::Store;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::{
    engine,
    guests::Artifact,
    network::Network,
    state::{Host, LOG_LIMIT, Setup},
};

#[allow(missing_docs, clippy::pedantic, clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({
        world: "operation",
        path: "../wit",
        exports: { default: async },
    });
}

use self::bindings::OperationPre;
/// The records of the contract, generated from its WIT.
pub use self::bindings::exports::unified::user_directory::users as types;

static PRE: LazyLock<Result<OperationPre<Host>, String>> = LazyLock::new(|| {
    let pre = || -> Result<OperationPre<Host>> { Ok(OperationPre::new(engine::linked(Artifact::Wasi)?)?) };
    pre().map_err(|error| format!("{error:#}"))
});

/// One typed call in a fresh instance.
///
/// # Errors
/// If the component failed as a component, or printed: a library has no say over its caller's output.
pub async fn call(
    network: &Network,
    clock: Clock,
    account: &types::Account,
    request: &types::Request,
    options: &types::Options,
) -> Result<Result<types::Success, types::Failure>> {
    let (answer, printed) = call_and_listen(network, clock, account, request, options).await?;
    if !printed.is_empty() {
        return Err(anyhow!("the typed call printed into its caller's process: {printed}"));
    }
    Ok(answer)
}

/// One typed call, and what it printed, for tests that say themselves what may be printed.
pub async fn call_and_listen(
    network: &Network,
    clock: Clock,
    account: &types::Account,
    request: &types::Request,
    options: &types::Options,
) -> Result<(Result<types::Success, types::Failure>, String)> {
    let pre = PRE.as_ref().map_err(|why| anyhow!("{why}"))?;
    let output = MemoryOutputPipe::new(LOG_LIMIT);
    let setup = Setup {
        network: network.clone(),
        clock,
        environment: Vec::new(),
        spin: Arc::default(),
        output: output.clone(),
        inherit_output: false,
    };
    let mut store = Store::new(engine::engine()?, Host::new(&setup));
    let instance = pre.instantiate_async(&mut store).await?;
    let answer = instance
        .unified_user_directory_users()
        .call_unassign_role(&mut store, account, request, options)
        .await?;
    Ok((answer, String::from_utf8_lossy(&output.contents()).into_owned()))
}
