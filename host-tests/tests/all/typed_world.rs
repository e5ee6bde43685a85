//! A provider's demo tenant behind a network, and the typed call to it.

use axum::Router;
use host::{
    demo,
    network::Network,
    typed::{
        self,
        types::{Account, Failure, Narrowing, Options, OrganizationSelector, Provider, Request, Role, Success},
    },
};
use sandboxes::Clock;

use crate::fixture::{START, options, request};

/// A tenant that is reachable.
pub struct World<D> {
    pub clock: Clock,
    pub network: Network,
    pub demo: D,
    pub account: Account,
    /// What every request is narrowed to.
    pub organizations: Vec<OrganizationSelector>,
    pub workspace_id: Narrowing,
    /// What every request passes through.
    pub remote_data: Option<String>,
}

impl<D> World<D> {
    /// A sandbox that the account of the provider's demo tenant opens.
    pub fn of(provider: Provider, demo: impl FnOnce(Clock) -> D, router: impl FnOnce(&D) -> Router) -> Self {
        let clock = Clock::starting_at(START);
        let demo = demo(clock);
        let network = Network::default();
        network.route(demo::authority(provider), router(&demo));
        Self {
            clock,
            network,
            demo,
            account: demo::account(provider),
            organizations: Vec::new(),
            workspace_id: Narrowing::Anywhere,
            remote_data: None,
        }
    }

    /// The same tenant with these settings of the account.
    pub fn with(mut self, settings: &str) -> Self {
        settings.clone_into(&mut self.account.settings);
        self
    }

    pub async fn call(&self, user: impl ToString, roles: &[Role]) -> Result<Success, Failure> {
        self.call_with(user, roles, options()).await
    }

    pub async fn call_with(&self, user: impl ToString, roles: &[Role], options: Options) -> Result<Success, Failure> {
        let request = Request {
            organizations: self.organizations.clone(),
            workspace_id: self.workspace_id.clone(),
            remote_data: self.remote_data.clone(),
            ..request(&user.to_string(), roles)
        };
        self.ask(&self.account, &request, &options).await
    }

    /// Any request for any account.
    pub async fn ask(&self, account: &Account, request: &Request, options: &Options) -> Result<Success, Failure> {
        typed::call(&self.network, self.clock, account, request, options)
            .await
            .unwrap()
    }
}
