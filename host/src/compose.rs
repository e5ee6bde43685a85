//! Composition: a caller component with the operation plugged into its import.

use anyhow::Result;
use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

use crate::guests::Artifact;

/// The composed component's bytes. Its remaining imports are WASI's.
pub fn caller_with_operation() -> Result<Vec<u8>> {
    plugged(&Artifact::Caller.bytes()?, &Artifact::Wasi.bytes()?)
}

/// A component whose imports are taken from another one's exports, as far as they fit.
pub fn plugged(socket: &[u8], plugged: &[u8]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let socket = Package::from_bytes("unassign-role:caller", None, socket, graph.types_mut())?;
    let plugged = Package::from_bytes("unassign-role:plugged", None, plugged, graph.types_mut())?;
    let socket = graph.register_package(socket)?;
    let plugged = graph.register_package(plugged)?;
    plug(&mut graph, vec![plugged], socket)?;
    Ok(graph.encode(EncodeOptions::default())?)
}
