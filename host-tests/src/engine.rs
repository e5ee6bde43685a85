//! One engine, and every component compiled once, for the whole process.

use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use wasmtime::{
    Config, Engine,
    component::{Component, Linker},
};

use crate::{guests::Artifact, spin, state::Host};

static ENGINE: LazyLock<Result<Engine, String>> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    Engine::new(&config).map_err(|error| error.to_string())
});
static WASI: LazyLock<Result<Component, String>> = LazyLock::new(|| compile(Artifact::Wasi));
static SPIN: LazyLock<Result<Component, String>> = LazyLock::new(|| compile(Artifact::Spin));

/// The engine.
pub fn engine() -> Result<&'static Engine> {
    ENGINE.as_ref().map_err(|why| anyhow!("{why}"))
}

/// A compiled component.
pub fn component(artifact: Artifact) -> Result<Component> {
    let compiled = match artifact {
        Artifact::Wasi => WASI.clone(),
        Artifact::Spin => SPIN.clone(),
        Artifact::Caller => compile(artifact),
    };
    compiled.map_err(|why| anyhow!("{why}"))
}

/// Everything that the components may import: WASI 0.2 and 0.3, and Spin's variables and key-value store.
pub fn linker() -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine()?);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin::add_to_linker(&mut linker)?;
    Ok(linker)
}

fn compile(artifact: Artifact) -> Result<Component, String> {
    let build = || -> Result<Component> { Ok(Component::new(engine()?, artifact.bytes()?)?) };
    build().map_err(|error| format!("{error:#}"))
}
