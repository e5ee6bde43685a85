//! The token endpoint of OAuth apps.

use serde_json::json;

use crate::request::{Received, value_of};

use super::{
    http::{Handled, ok, refusal},
    state::State,
};

/// A new access token for the app's refresh token; the fields are those of RFC 6749, section 6.
pub fn issue(state: &mut State, call: &Received) -> Handled {
    if call.method != "POST" || !call.is_form() {
        return Err(refusal(400, "invalid_request", "a form is wanted"));
    }
    let form = call.form();
    let field = |name: &str| value_of(&form, name).unwrap_or_default();
    let Some([id, secret, refresh_token]) = &state.app else {
        return Err(refusal(401, "invalid_client", "no such app"));
    };
    if field("client_id") != id || field("client_secret") != secret {
        return Err(refusal(401, "invalid_client", "the app is unknown"));
    }
    if field("grant_type") != "refresh_token" || field("refresh_token") != refresh_token {
        return Err(refusal(400, "invalid_grant", "the refresh token is unknown"));
    }
    let token = format!("access-token-{}", state.issued.len() + 1);
    state.issued.push(token.clone());
    ok(json!({
        "access_token": token, "token_type": "bearer", "expires_in": 86_400, "refresh_token": field("refresh_token"),
    }))
}
