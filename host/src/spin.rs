//! Spin's variables and key-value store, as far as the Spin component uses them.

use std::collections::BTreeMap;

use anyhow::Result;
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};

use crate::state::Host;

/// What the application is configured with.
#[derive(Debug, Default)]
pub struct Settings {
    pub variables: BTreeMap<String, String>,
    /// The default store.
    pub key_values: BTreeMap<String, Vec<u8>>,
}

struct Store;

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
enum VariableError {
    #[component(name = "invalid-name")]
    InvalidName(String),
    #[component(name = "undefined")]
    Undefined(String),
    #[component(name = "provider")]
    Provider(String),
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
enum StoreError {
    #[component(name = "store-table-full")]
    StoreTableFull,
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

pub fn add_to_linker(linker: &mut Linker<Host>) -> Result<()> {
    let mut variables = linker.instance("spin:variables/variables@3.0.0")?;
    variables.func_wrap_concurrent("get", |accessor, (name,): (String,)| {
        Box::pin(async move {
            let value = accessor.with(|mut access| access.get().spin.variables.get(&name).cloned());
            Ok((value.ok_or(VariableError::Undefined(name)),))
        })
    })?;
    let mut store = linker.instance("spin:key-value/key-value@3.0.0")?;
    store.resource("store", ResourceType::host::<Store>(), |mut context, index| {
        context.data_mut().table.delete(Resource::<Store>::new_own(index))?;
        Ok(())
    })?;
    store.func_wrap_concurrent("[static]store.open", |accessor, (label,): (String,)| {
        Box::pin(async move {
            if label != "default" {
                return Ok((Err(StoreError::NoSuchStore),));
            }
            let opened = accessor.with(|mut access| access.get().table.push(Store))?;
            Ok((Ok::<Resource<Store>, StoreError>(opened),))
        })
    })?;
    store.func_wrap_concurrent(
        "[method]store.get",
        |accessor, (_store, key): (Resource<Store>, String)| {
            Box::pin(async move {
                let value = accessor.with(|mut access| access.get().spin.key_values.get(&key).cloned());
                Ok((Ok::<Option<Vec<u8>>, StoreError>(value),))
            })
        },
    )?;
    Ok(())
}
