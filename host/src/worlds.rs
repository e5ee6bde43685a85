//! What a component imports and exports, by wasmtime's own reflection.

use anyhow::Result;
use wasmtime::component::Component;

use crate::{engine, guests::Artifact};

/// Names of a component's imports and exports, sorted.
#[derive(Debug)]
pub struct World {
    pub imports: Vec<String>,
    pub exports: Vec<String>,
}

impl World {
    /// Of a built component.
    pub fn of(artifact: Artifact) -> Result<Self> {
        Self::of_component(engine::component(artifact)?)
    }

    /// Of any component, such as a composed one.
    pub fn of_component(component: &Component) -> Result<Self> {
        let engine = engine::engine()?;
        let kind = component.component_type();
        let mut imports: Vec<String> = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
        let mut exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
        imports.sort();
        exports.sort();
        Ok(Self { imports, exports })
    }
}
