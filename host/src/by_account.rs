//! The typed calls by account id, as a Rust host makes them.

use anyhow::Result;
use sandboxes::Clock;
use wasmtime::Store;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::{
    network::Network,
    state::Host,
    typed::{
        self, types,
        types_by_account::{AccountSummary, Caller},
    },
};

/// One instance of the operation. Its environment is its configuration.
pub struct Operation {
    store: Store<Host>,
    instance: typed::Operation,
    output: MemoryOutputPipe,
}

impl Operation {
    /// # Errors
    /// If the component cannot be instantiated.
    pub async fn start(network: &Network, clock: Clock, environment: Vec<(String, String)>) -> Result<Self> {
        let (store, instance, output) = typed::instantiate(network, clock, environment).await?;
        Ok(Self {
            store,
            instance,
            output,
        })
    }

    /// # Errors
    /// If the component failed as a component; so for the other calls.
    pub async fn list_accounts(&mut self) -> Result<Vec<AccountSummary>> {
        let accounts = self.instance.unified_user_directory_accounts();
        Ok(accounts.call_list_accounts(&mut self.store).await?)
    }

    #[allow(missing_docs)]
    pub async fn unassign_role(
        &mut self,
        account: &str,
        request: &types::Request,
        options: &types::Options,
        caller: &Caller,
    ) -> Result<Result<types::Success, types::Failure>> {
        let accounts = self.instance.unified_user_directory_accounts();
        let answer = accounts.call_unassign_role(&mut self.store, account, request, options, caller);
        Ok(answer.await?)
    }

    #[allow(missing_docs)]
    pub async fn read_user(
        &mut self,
        account: &str,
        id: &str,
        caller: &Caller,
    ) -> Result<Result<types::UserReading, types::Failure>> {
        let accounts = self.instance.unified_user_directory_accounts();
        let options = types::ReadOptions { deadline: None };
        Ok(accounts
            .call_read_user(&mut self.store, account, id, options, caller)
            .await?)
    }

    #[allow(missing_docs)]
    pub async fn list_roles(
        &mut self,
        account: &str,
        caller: &Caller,
    ) -> Result<Result<types::RoleDirectory, types::Failure>> {
        let accounts = self.instance.unified_user_directory_accounts();
        let options = types::ReadOptions { deadline: None };
        Ok(accounts
            .call_list_roles(&mut self.store, account, options, caller)
            .await?)
    }

    /// The lines of the record so far.
    pub fn lines(&self) -> Vec<String> {
        let printed = self.output.contents();
        String::from_utf8_lossy(&printed).lines().map(str::to_owned).collect()
    }
}
