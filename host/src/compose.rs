//! Composition: the caller component with the operation plugged into its imports.

use anyhow::Result;
use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

use crate::guests::Artifact;

/// The composed component's bytes. Its remaining imports are WASI's.
pub fn caller_with_operation() -> Result<Vec<u8>> {
    plugged(Artifact::Caller.bytes()?, Artifact::Wasi.bytes()?)
}

/// The same, where the caller sees `environment` instead of the operation's: a component that exports `wasi:cli/environment`.
pub fn caller_with_its_own_environment(environment: Vec<u8>) -> Result<Vec<u8>> {
    plugged(
        plugged(Artifact::Caller.bytes()?, environment)?,
        Artifact::Wasi.bytes()?,
    )
}

/// A component with another one's exports in place of its imports.
fn plugged(socket: Vec<u8>, with: Vec<u8>) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let socket = Package::from_bytes("unassign-role:socket", None, socket, graph.types_mut())?;
    let with = Package::from_bytes("unassign-role:plug", None, with, graph.types_mut())?;
    let socket = graph.register_package(socket)?;
    let with = graph.register_package(with)?;
    plug(&mut graph, vec![with], socket)?;
    Ok(graph.encode(EncodeOptions::default())?)
}
