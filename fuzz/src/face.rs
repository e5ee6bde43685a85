//! The HTTP face with one token and one account, on a transport of the caller's choice.

use std::rc::Rc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use unassign_role::{
    client::Caches,
    http_api::{
        AccountPlace, AccountText, ClientGone, Host, Inbound, InboundBody, Parsed, Responder, Secrets, Setting, handle,
    },
    transport::{Task, Transport},
};

const TOKEN: &str = "fuzz-token";
const PATH: &str = "/unified/user-directory/users/unassign-role";

/// The configuration as the host would read it, and the far end.
pub struct Face<'a> {
    pub transport: &'a dyn Transport,
    pub caches: Caches,
    parsed: Parsed,
    /// JSON: the list of tokens.
    pub tokens: String,
    /// JSON: the account `acme`.
    pub account: String,
}

/// What the caller received. A head is sent once, and a body is finished.
#[derive(Default)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    is_finished: bool,
}

impl<'a> Face<'a> {
    pub fn new(transport: &'a dyn Transport, account: String) -> Self {
        let digest = hex_digest(TOKEN.as_bytes());
        Self {
            transport,
            caches: Caches::default(),
            parsed: Parsed::default(),
            tokens: json!([{"name": "fuzz", "sha256": digest, "accounts": ["acme"], "may": ["plan", "revoke", "raw"]}])
                .to_string(),
            account,
        }
    }

    /// Sends one request. `query` follows the account's parameter and begins with `&`, if it is not empty.
    ///
    /// # Panics
    /// If the answer is not one whole JSON document whose `statusCode`, where it has one, is the status.
    pub async fn post(&self, query: &str, body: Vec<u8>) -> (Answer, Value) {
        let inbound = Inbound::new(
            self.transport,
            String::from("POST"),
            Some(format!("{PATH}?integrated_account_id=acme{query}")),
            vec![
                (String::from("authorization"), format!("Bearer {TOKEN}").into_bytes()),
                (String::from("content-type"), b"application/json".to_vec()),
            ],
            async move { InboundBody::Whole(body) },
        );
        let mut answer = Answer::default();
        handle(self, inbound, &mut answer).await;
        assert!(answer.is_finished, "the answer has no end");
        let json: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
        if answer.status >= 400 {
            assert_eq!(json["statusCode"], answer.status, "{json}");
            assert!(json["error_code"].is_string(), "{json}");
        }
        assert!(answer.body.len() <= 8 << 20, "the answer is longer than 8 MiB");
        (answer, json)
    }
}

/// The SHA-256 of a text, hexadecimal.
pub fn hex_digest(text: &[u8]) -> String {
    Sha256::digest(text)
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

impl Host for Face<'_> {
    fn transport(&self) -> &dyn Transport {
        self.transport
    }

    fn caches(&self) -> &Caches {
        &self.caches
    }

    fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<Rc<str>>, String>> {
        let text = (setting == Setting::ApiTokens).then(|| Rc::from(self.tokens.as_str()));
        Box::pin(async { Ok(text) })
    }

    fn setting_name(&self, _setting: Setting) -> &'static str {
        "the setting"
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<AccountText>, String>> {
        let text = (id == "acme").then(|| AccountText {
            text: self.account.clone(),
            place: AccountPlace::Listed,
        });
        Box::pin(async { Ok(text) })
    }

    fn record(&self, line: &str) {
        assert!(
            serde_json::from_str::<Value>(line).is_ok(),
            "a line of the record is JSON: {line}"
        );
    }
}

impl Secrets for Face<'_> {
    fn secret<'a>(&'a self, _name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async { Ok(None) })
    }
}

impl Responder for Answer {
    fn start(&mut self, status: u16, _headers: Vec<(&'static str, String)>) {
        assert_eq!(self.status, 0, "an answer has one head");
        self.status = status;
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>> {
        self.body.extend_from_slice(piece);
        Box::pin(async { Ok(()) })
    }

    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>> {
        self.is_finished = true;
        Box::pin(async { Ok(()) })
    }
}
