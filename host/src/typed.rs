//! The typed call, as a Rust host makes it.

use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use sandboxes::Clock;
use wasmtime::Store;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::{
    egress::Egress,
    engine,
    guests::Artifact,
    output::Output,
    state::{Host, LOG_LIMIT, Setup},
};

#[allow(missing_docs, clippy::pedantic, clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({
        world: "operation",
        path: "../wit",
        exports: { default: async },
    });
}

/// The records of the calls by account id.
pub use self::bindings::exports::unified::user_directory::accounts as types_by_account;
/// The records of the contract, generated from its WIT.
pub use self::bindings::exports::unified::user_directory::users as types;
pub(crate) use self::bindings::{Operation, OperationPre};

/// A request for these roles of this user, and nothing else.
pub fn request(user: &str, roles: &[types::Role]) -> types::Request {
    types::Request {
        id: user.to_owned(),
        everything: false,
        roles: roles.iter().cloned().map(types::RequestedRole::from).collect(),
        organizations: Vec::new(),
        workspace_id: types::Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    }
}

/// A removal with nothing allowed, and with the defaults of the account.
pub const fn options() -> types::Options {
    types::Options {
        mode: types::Mode::Revoke,
        allow: Vec::new(),
        deadline: None,
        strict_scope: types::StrictScope::AccountDefault,
        unknown_role: types::UnknownRole::NotFound,
        acknowledged_at: None,
        expect: types::Expectation::Anyone,
        accept_unverified: false,
        binding: types::Binding::None,
        reference: None,
    }
}

/// An account at the provider's own address.
pub fn account(provider: types::Provider, credentials: types::Credentials) -> types::Account {
    types::Account {
        provider,
        base_url: types::Endpoint::ProviderDefault,
        credentials,
        settings: String::from("{}"),
    }
}

/// A role of which nothing is said.
impl Default for types::Role {
    fn default() -> Self {
        Self {
            id: None,
            name: None,
            group: None,
            organization: None,
            workspace: None,
        }
    }
}

/// The role with this id, wherever it is held.
pub fn by_id(id: &str) -> types::Role {
    types::Role {
        id: Some(id.to_owned()),
        ..types::Role::default()
    }
}

/// The role with this name, wherever it is held.
pub fn by_name(name: &str) -> types::Role {
    types::Role {
        name: Some(name.to_owned()),
        ..types::Role::default()
    }
}

/// A role as a user shows it is a request for that very one.
impl From<types::Role> for types::RequestedRole {
    fn from(role: types::Role) -> Self {
        Self {
            role: match (role.id, role.name) {
                (Some(id), Some(name)) => types::RoleSelector::IdAndName(types::Identity { id, name }),
                (Some(id), None) => types::RoleSelector::Id(id),
                (None, Some(name)) => types::RoleSelector::Name(name),
                (None, None) => types::RoleSelector::GroupMembership,
            },
            group: role.group.into(),
            organization: role.organization.into(),
            workspace: role.workspace.into(),
        }
    }
}

impl From<Option<String>> for types::Narrowing {
    fn from(id: Option<String>) -> Self {
        id.map_or(Self::Anywhere, Self::Only)
    }
}

static PRE: LazyLock<Result<OperationPre<Host>, String>> = LazyLock::new(|| {
    let pre = || -> Result<OperationPre<Host>> { Ok(OperationPre::new(engine::linked(Artifact::Wasi)?)?) };
    pre().map_err(|error| format!("{error:#}"))
});

/// One typed call in a fresh instance.
///
/// # Errors
/// If the component failed as a component, or printed: a library has no say over its caller's output.
pub async fn call(
    egress: impl Into<Egress>,
    clock: impl Into<Option<Clock>>,
    account: &types::Account,
    request: &types::Request,
    options: &types::Options,
) -> Result<Result<types::Success, types::Failure>> {
    let (answer, printed) = call_and_listen(egress, clock, account, request, options).await?;
    if !printed.is_empty() {
        return Err(anyhow!("the typed call printed into its caller's process: {printed}"));
    }
    Ok(answer)
}

/// One typed reading of a user in a fresh instance.
///
/// # Errors
/// If the component failed as a component.
pub async fn read_user(
    network: &crate::network::Network,
    clock: Clock,
    account: &types::Account,
    id: &str,
) -> Result<Result<types::UserReading, types::Failure>> {
    let (mut store, instance, _) = instantiate(network, clock, Vec::new()).await?;
    let options = types::ReadOptions { deadline: None };
    let users = instance.unified_user_directory_users();
    Ok(users.call_read_user(&mut store, account, id, options).await?)
}

/// One typed list of roles in a fresh instance.
///
/// # Errors
/// If the component failed as a component.
pub async fn list_roles(
    network: &crate::network::Network,
    clock: Clock,
    account: &types::Account,
) -> Result<Result<types::RoleDirectory, types::Failure>> {
    let (mut store, instance, _) = instantiate(network, clock, Vec::new()).await?;
    let options = types::ReadOptions { deadline: None };
    let users = instance.unified_user_directory_users();
    Ok(users.call_list_roles(&mut store, account, options).await?)
}

/// A fresh instance, and what it prints.
pub(crate) async fn instantiate(
    egress: impl Into<Egress>,
    clock: impl Into<Option<Clock>>,
    environment: Vec<(String, String)>,
) -> Result<(Store<Host>, bindings::Operation, MemoryOutputPipe)> {
    let pre = PRE.as_ref().map_err(|why| anyhow!("{why}"))?;
    let output = MemoryOutputPipe::new(LOG_LIMIT);
    let setup = Setup {
        clock: clock.into(),
        environment,
        ..Setup::new(egress, Output::Kept(output.clone()))
    };
    let mut store = Host::store(engine::engine()?, &setup);
    let instance = pre.instantiate_async(&mut store).await?;
    Ok((store, instance, output))
}

/// One typed call, and what it printed, for tests that say themselves what may be printed.
pub async fn call_and_listen(
    egress: impl Into<Egress>,
    clock: impl Into<Option<Clock>>,
    account: &types::Account,
    request: &types::Request,
    options: &types::Options,
) -> Result<(Result<types::Success, types::Failure>, String)> {
    let (mut store, instance, output) = instantiate(egress, clock, Vec::new()).await?;
    let answer = instance
        .unified_user_directory_users()
        .call_unassign_role(&mut store, account, request, options)
        .await?;
    Ok((answer, String::from_utf8_lossy(&output.contents()).into_owned()))
}
