//! What a store of a guest holds.

use std::sync::Arc;

use sandboxes::Clock;
use wasmtime::{StoreLimits, StoreLimitsBuilder, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView, p2::pipe::MemoryOutputPipe};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{clocks, network::Network, spin::Settings};

/// The data of one store.
pub struct Host {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    pub(crate) table: ResourceTable,
    network: Network,
    pub(crate) spin: Arc<Settings>,
    pub(crate) limits: StoreLimits,
    /// Calls of the guest into WASI so far.
    pub(crate) calls: u64,
}

/// What a guest prints is kept up to this many bytes, which no run comes near: past the limit its writes fail, as they do on a host
/// that closed its standard error.
pub const LOG_LIMIT: usize = 1 << 30;

/// The most memory that an instance gets, in bytes: what it holds must not grow with what a provider or a client sends.
pub const MEMORY_LIMIT: usize = 32 << 20;

/// How a guest is set up.
#[derive(Clone)]
pub struct Setup {
    /// All that it can reach.
    pub network: Network,
    /// Both of its clocks.
    pub clock: Clock,
    pub environment: Vec<(String, String)>,
    /// Spin's variables and key-value store.
    pub spin: Arc<Settings>,
    /// Both of the guest's output streams.
    pub output: MemoryOutputPipe,
    /// To this process's standard error instead of `output`.
    pub inherit_output: bool,
}

impl Host {
    /// The data of a fresh store.
    pub fn new(setup: &Setup) -> Self {
        let mut builder = WasiCtx::builder();
        builder.envs(&setup.environment);
        if setup.inherit_output {
            builder.inherit_stderr();
        } else {
            builder.stdout(setup.output.clone()).stderr(setup.output.clone());
        }
        clocks::set(&mut builder, setup.clock);
        Self {
            wasi: builder.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            network: setup.network.clone(),
            spin: Arc::clone(&setup.spin),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY_LIMIT).build(),
            calls: 0,
        }
    }
}

impl WasiView for Host {
    // Every function that a guest imports asks for it once.
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.calls += 1;
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.calls += 1;
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.network,
        }
    }
}
