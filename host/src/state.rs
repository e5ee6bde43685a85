//! What a store of a guest holds.

use std::{path::PathBuf, sync::Arc};

use sandboxes::Clock;
use wasmtime::{Engine, ResourceLimiter, Store, component::ResourceTable};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{
    clocks,
    egress::Egress,
    output::{Output, note},
    spin::Settings,
};

/// The data of one store.
pub struct Host {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    pub(crate) table: ResourceTable,
    egress: Egress,
    pub(crate) spin: Arc<Settings>,
    pub(crate) memory: Memory,
    /// Calls of the guest into WASI so far.
    pub(crate) calls: u64,
}

/// What a guest prints is kept up to this many bytes, which no run comes near: past the limit its writes fail, as they do on a host
/// that closed its standard error.
pub const LOG_LIMIT: usize = 1 << 30;

/// What one operation of the component holds of a provider's answers, in bytes.
const HELD: usize = 64 << 20;
/// The longest answer: of a provider, and of the component itself.
const ANSWER: usize = 8 << 20;

/// The most memory that an instance gets, in bytes: what it holds must not grow with what a provider or a client sends. It is more than what
/// the component allows itself, so that no call within those bounds ends without its report: what is held, as text and in two copies while it
/// becomes documents; and 8 answers on their way, in at 8 reads at once or out. It takes 2 MiB itself.
pub const MEMORY_LIMIT: usize = 3 * HELD + 8 * ANSWER;

/// The linear memory of an instance. It never shrinks, so that what there is is the most there was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// In bytes.
    pub bytes: usize,
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let all = self.bytes.saturating_sub(current).saturating_add(desired);
        let fits = all <= MEMORY_LIMIT;
        if fits {
            self.bytes = all;
        }
        Ok(fits)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// How a guest is set up.
#[derive(Clone)]
pub struct Setup {
    /// All that it can reach.
    pub egress: Egress,
    /// Both of its clocks; the system's if there is none.
    pub clock: Option<Clock>,
    pub environment: Vec<(String, String)>,
    /// Folders that it may read, and what it calls them.
    pub folders: Vec<(PathBuf, String)>,
    /// Spin's variables and key-value store.
    pub spin: Arc<Settings>,
    /// Where its output streams go.
    pub output: Output,
    /// Who is told why an instance ended that should not have.
    pub ended: Ended,
}

/// Takes the reason why an instance ended.
pub type Ended = Arc<dyn Fn(&str) + Send + Sync>;

impl Setup {
    /// A guest with this way out and this output, on the system's clocks, with no environment and no folder.
    pub fn new(egress: impl Into<Egress>, output: Output) -> Self {
        Self {
            egress: egress.into(),
            clock: None,
            environment: Vec::new(),
            folders: Vec::new(),
            spin: Arc::default(),
            output,
            ended: Arc::new(|why| note(format_args!("an instance ended: {why}"))),
        }
    }
}

impl Host {
    /// A fresh store, within the limits that hold wherever the component runs.
    pub fn store(engine: &Engine, setup: &Setup) -> Store<Self> {
        let mut store = Store::new(engine, Self::new(setup));
        store.limiter(|host| &mut host.memory);
        store
    }

    /// The data of a fresh store.
    fn new(setup: &Setup) -> Self {
        let mut builder = WasiCtx::builder();
        builder.envs(&setup.environment);
        for (folder, name) in &setup.folders {
            // A folder that is gone is one that the guest does not find.
            let _ = builder.preopened_dir(folder, name, FsPerms::ReadOnly);
        }
        setup.output.set(&mut builder);
        if let Some(clock) = setup.clock {
            clocks::set(&mut builder, clock);
        }
        Self {
            wasi: builder.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            egress: setup.egress.clone(),
            spin: Arc::clone(&setup.spin),
            memory: Memory::default(),
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
            hooks: &mut self.egress,
        }
    }
}
