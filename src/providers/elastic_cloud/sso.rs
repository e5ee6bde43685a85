//! Role mappings: what single sign-on gives again at the next login.
//!
//! Source: Elastic's API reference (Get role mappings). An account without single sign-on may have none, or no such call.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use serde_json::Value;

use crate::{
    client::Elements,
    error::{FaultKind, ProviderFault},
    provider::{Context, Grant},
};

use super::{assignments, config::Config, core, matching};

/// A read for a warning does not keep the removal waiting longer than this.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the organization's mappings give; `None` if they cannot be read.
pub async fn mappings(config: &Config, cx: &Context<'_>, organization: &str) -> Option<Vec<Grant>> {
    let patience = cx.client.transport().sleep(PATIENCE);
    match select(pin!(read(config, cx, organization)), pin!(patience)).await {
        Either::Left((mappings, _)) => mappings,
        Either::Right(_) => None,
    }
}

/// Whether a mapping gives the role of a grant again.
pub fn gives_again(mappings: Option<&[Grant]>, grant: &Grant) -> bool {
    mappings
        .unwrap_or_default()
        .iter()
        .any(|mapped| matching::gives_again(mapped, grant))
}

async fn read(config: &Config, cx: &Context<'_>, organization: &str) -> Option<Vec<Grant>> {
    let each = |grants: &mut Vec<Grant>, mapping: Value| {
        if mapping.get("enabled").and_then(Value::as_bool) == Some(false) {
            return Ok(());
        }
        let given = mapping
            .get("role_assignments")
            .ok_or_else(|| String::from("a role mapping assigns nothing"))
            .and_then(|given| assignments::read(Some(given), organization))
            .map_err(|why| ProviderFault::new(FaultKind::BadAnswer, why))?;
        grants.extend(given.held.into_iter().map(|known| known.grant));
        Ok(())
    };
    match core::elements(config, cx, organization, "role_mappings", each).await {
        Ok(Elements::Whole(grants)) => Some(grants),
        Ok(Elements::Refused(_)) | Err(_) => None,
    }
}
