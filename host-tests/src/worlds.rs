//! What a component imports and exports, by wasmtime's own reflection.

use anyhow::Result;

use crate::{engine, guests::Artifact};

/// Names of a component's imports and exports, sorted.
#[derive(Debug)]
pub struct World {
    pub imports: Vec<String>,
    pub exports: Vec<String>,
}

impl World {
    pub fn of(artifact: Artifact) -> Result<Self> {
        let engine = engine::engine()?;
        let kind = engine::component(artifact)?.component_type();
        let mut imports: Vec<String> = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
        let mut exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
        imports.sort();
        exports.sort();
        Ok(Self { imports, exports })
    }
}
