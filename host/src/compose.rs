//! Composition: the caller component with the operation plugged into its import.

use anyhow::Result;
use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

use crate::guests::Artifact;

/// The composed component's bytes. Its remaining imports are WASI's.
pub fn caller_with_operation() -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let caller = Package::from_bytes(
        "unassign-role:caller",
        None,
        Artifact::Caller.bytes()?,
        graph.types_mut(),
    )?;
    let operation = Package::from_bytes("unassign-role:wasi", None, Artifact::Wasi.bytes()?, graph.types_mut())?;
    let caller = graph.register_package(caller)?;
    let operation = graph.register_package(operation)?;
    plug(&mut graph, vec![operation], caller)?;
    Ok(graph.encode(EncodeOptions::default())?)
}
