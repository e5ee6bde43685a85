//! One engine, one linker, and every component compiled once, for the whole process.

use std::sync::LazyLock;

use anyhow::{Result, anyhow, bail};
use wasmtime::{
    Config, Engine,
    component::{Component, InstancePre, Linker},
};

use crate::{guests::Artifact, spin, state::Host};

/// What was made once, or the sentence that says why it could not be; an error itself cannot be handed out twice.
type Once<T> = LazyLock<Result<T, String>>;

static ENGINE: Once<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    Engine::new(&config).map_err(|error| error.to_string())
});
static LINKER: Once<Linker<Host>> = LazyLock::new(|| told(engine().and_then(linker_of)));
static WASI: Once<Component> = LazyLock::new(|| told(compile(Artifact::Wasi)));
static SPIN: Once<Component> = LazyLock::new(|| told(compile(Artifact::Spin)));
static CALLER: Once<Component> = LazyLock::new(|| told(compile(Artifact::Caller)));
static WASI_LINKED: Once<InstancePre<Host>> = LazyLock::new(|| told(link(Artifact::Wasi)));
static SPIN_LINKED: Once<InstancePre<Host>> = LazyLock::new(|| told(link(Artifact::Spin)));

/// The engine.
pub fn engine() -> Result<&'static Engine> {
    made(&ENGINE)
}

/// Everything that the components may import: WASI 0.2 and 0.3, and Spin's variables and key-value store.
pub fn linker() -> Result<&'static Linker<Host>> {
    made(&LINKER)
}

/// A compiled component.
pub fn component(artifact: Artifact) -> Result<&'static Component> {
    made(match artifact {
        Artifact::Wasi => &WASI,
        Artifact::Spin => &SPIN,
        Artifact::Caller => &CALLER,
    })
}

/// A component whose imports are resolved, so that an instance costs no more than its memory. The caller component has none: it
/// runs composed.
pub fn linked(artifact: Artifact) -> Result<InstancePre<Host>> {
    match artifact {
        Artifact::Wasi => made(&WASI_LINKED).cloned(),
        Artifact::Spin => made(&SPIN_LINKED).cloned(),
        Artifact::Caller => bail!("the caller component does not run by itself: compose it"),
    }
}

/// A component that is compiled and linked, so that an instance costs no more than its memory.
pub type Prepared = InstancePre<Host>;

/// Compiles a component that is no artifact of this workspace's, such as one that a program carries.
pub fn prepare(component: &[u8]) -> Result<Prepared> {
    Ok(linker()?.instantiate_pre(&Component::new(engine()?, component)?)?)
}

/// A linker with everything that the components may import, for any engine.
pub fn linker_of(engine: &Engine) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin::add_to_linker(&mut linker)?;
    Ok(linker)
}

fn compile(artifact: Artifact) -> Result<Component> {
    Ok(Component::new(engine()?, artifact.bytes()?)?)
}

fn link(artifact: Artifact) -> Result<InstancePre<Host>> {
    Ok(linker()?.instantiate_pre(component(artifact)?)?)
}

fn told<T>(result: Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{error:#}"))
}

fn made<T>(once: &'static Once<T>) -> Result<&'static T> {
    once.as_ref().map_err(|why| anyhow!("{why}"))
}
