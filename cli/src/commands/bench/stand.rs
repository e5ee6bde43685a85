//! What a process of the bench serves, where `serve` and other hosts do not: the crate, Spin's component, and typed calls.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use clap::ValueEnum;
use host::{
    egress::Egress,
    guests::Artifact,
    outbound::{Origin, Origins, Pool},
    service::Service,
    typed::{self, types},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use unassign_role::http_api::{Setting, environment_variable};

use crate::tenants;

use super::{configuration, native};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stand {
    Native,
    Spin,
    Typed,
}

/// Serves until it is ended. Accounts, tokens and secrets stand in the variables of the component.
///
/// # Errors
/// The address cannot be used, or the component is not built.
pub async fn serve(stand: Stand, address: SocketAddr, provider: String) -> Result<()> {
    let egress = egress(&provider)?;
    match stand {
        Stand::Native => tokio::task::spawn_blocking(move || native::serve(address, egress)).await?,
        Stand::Spin => {
            let listener = TcpListener::bind(address).await?;
            spin(egress)?.serve(listener, std::future::pending()).await
        }
        Stand::Typed => {
            let listener = TcpListener::bind(address).await?;
            let far_end = Arc::new(FarEnd { egress, provider });
            let router = Router::new()
                .route("/healthz", get(|| async { "ok" }))
                .fallback(typed_call)
                .with_state(far_end);
            Ok(axum::serve(listener, router).await?)
        }
    }
}

/// The connections of our own host, to the provider and to nobody else.
fn egress(provider: &str) -> Result<Egress> {
    let mut origins = Origins::default();
    let origin: Origin = provider
        .parse()
        .map_err(|why: String| anyhow::anyhow!("{provider}: {why}"))?;
    origins.allow(origin, String::from("crowdstrike"));
    Ok(Egress::from(Pool::new(&tenants::network(None)?)?.allow(origins)))
}

/// Spin's component in a host with Spin's way of reusing instances.
fn spin(egress: Egress) -> Result<Service> {
    let setting = |setting: Setting| -> Result<Value> {
        let name = setting.environment_variable();
        let text = std::env::var(name).with_context(|| format!("{name} is not set"))?;
        Ok(serde_json::from_str(&text)?)
    };
    let accounts = setting(Setting::Accounts)?;
    let secret = std::env::var(environment_variable(configuration::SECRET))?;
    let builder = Service::builder(Artifact::Spin, egress, None)
        .tokens(&setting(Setting::ApiTokens)?)
        .secret(configuration::SECRET, &secret);
    let accounts = accounts.as_object().into_iter().flatten();
    accounts
        .fold(builder, |builder, (id, account)| builder.account(id, account.clone()))
        .start()
}

struct FarEnd {
    egress: Egress,
    provider: String,
}

/// What the callers of the bench ask for.
#[derive(Deserialize)]
struct Removal {
    id: String,
    roles: Vec<NamedRole>,
}

#[derive(Deserialize)]
struct NamedRole {
    id: String,
}

/// The typed call in an instance of its own, as a program makes it.
async fn typed_call(State(far_end): State<Arc<FarEnd>>, Json(removal): Json<Removal>) -> StatusCode {
    let account = types::Account {
        base_url: types::Endpoint::Url(far_end.provider.clone()),
        ..configuration::typed_account()
    };
    let roles: Vec<types::Role> = removal
        .roles
        .into_iter()
        .map(|role| types::Role {
            id: Some(role.id),
            name: None,
            group: None,
            organization: None,
            workspace: None,
        })
        .collect();
    let (request, options) = (typed::request(&removal.id, &roles), typed::options());
    match typed::call(far_end.egress.clone(), None, &account, &request, &options).await {
        Ok(Ok(_)) => StatusCode::OK,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
