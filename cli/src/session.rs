//! The component inside wasmtime, with accounts, and the network that they need.
//!
//! The command speaks to it as any client does, through its HTTP face. So `--json` is what the service answers, and nothing that the
//! command does is not tested by the service's own tests.

use anyhow::{Context, Result};
use bytes::Bytes;
use host::{
    egress::Egress,
    engine::Prepared,
    output::Output,
    service::{Lifetime, Service},
    state::Setup,
};
use sandboxes::Clock;
use serde_json::{Value, json};
use unassign_role::{contract::json::side_effect_names, http_api::token_digest};

use crate::{
    accounts::{Account, environment},
    record::Announcements,
};

/// A running component, which only this process can call.
pub struct Session {
    service: Service,
    token: String,
    announcements: Announcements,
}

/// What the component answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// The JSON document; null if the body was none.
    pub body: Value,
    /// Seconds that the provider, or the component, asks to wait.
    pub retry_after: Option<u64>,
}

impl Session {
    /// Starts the component with these accounts, this way to the providers, and an in-process token that may do everything. The
    /// lines of the record go to `output`. A `clock` is for sandboxes.
    ///
    /// # Errors
    /// The component cannot be instantiated.
    pub fn start(
        component: &Prepared,
        accounts: &[&Account],
        egress: impl Into<Egress>,
        clock: Option<Clock>,
        settings: &[(&str, &str)],
        output: Output,
    ) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).context("no random numbers")?;
        let token = seed
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
        let tokens = json!([{
            "name": "command", "sha256": token_digest(&token), "accounts": ids,
            "may": ["read", "plan", "revoke", "revoke_everything", "raw"], "allow": side_effect_names(),
        }]);
        let mut environment = environment(accounts, tokens.to_string());
        environment.extend(
            settings
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned())),
        );
        let setup = Setup {
            clock,
            environment,
            // The call that it happened to says so.
            ended: std::sync::Arc::new(|_| {}),
            ..Setup::new(egress, output)
        };
        let service = Service::of_component(component, setup, Lifetime::default())?;
        Ok(Self {
            service,
            token,
            announcements: Announcements::default(),
        })
    }

    /// The same with a record, which a removal has to be written to before it is sent.
    #[must_use]
    pub fn announced_by(self, announcements: Announcements) -> Self {
        Self { announcements, ..self }
    }

    /// A GET of this path and query, such as `/unified/user-directory/roles?integrated_account_id=acme`.
    ///
    /// # Errors
    /// The component failed as a component.
    pub async fn get(&self, target: &str) -> Result<Answer> {
        self.send(http::Method::GET, target, Bytes::new()).await
    }

    /// A POST of this JSON.
    ///
    /// # Errors
    /// The component failed as a component; or [`Unannounced`], if the record could not be written: nothing was sent then.
    ///
    /// [`Unannounced`]: crate::record::Unannounced
    pub async fn post(&self, target: &str, body: &Value) -> Result<Answer> {
        self.send(http::Method::POST, target, Bytes::from(body.to_string()))
            .await
    }

    async fn send(&self, method: http::Method, target: &str, body: Bytes) -> Result<Answer> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://unassign-role.local{target}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body)?;
        let answer = match self.service.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.announcements.take().map_or(error, Into::into)),
        };
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok());
        let status = answer.status().as_u16();
        Ok(Answer {
            status,
            retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
            body: body_of(status, answer.body())?,
        })
    }
}

/// A body that cannot be read must not look like one that says nothing: a success without outcomes.
fn body_of(status: u16, body: &[u8]) -> Result<Value> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body)
        .with_context(|| format!("the answer ({status}) is not JSON that can be read: the record says what was done"))
}

/// The texts of a list in an answer. A list that is missing has none.
pub fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_that_cannot_be_read_is_no_success_without_outcomes() {
        assert_eq!(body_of(204, b"").unwrap(), Value::Null);
        assert_eq!(body_of(200, b"{\"id\": 1}").unwrap(), json!({"id": 1}));
        for body in [
            b"{\"id\": 1" as &[u8],
            b"{\"raw_response\":1e1,2}",
            b"{\"user\": {\"$serde_json::private::RawValue\": 0}}",
        ] {
            assert!(body_of(200, body).is_err());
        }
    }
}
