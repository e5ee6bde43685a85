//! What a token endpoint answers. RFC 6749, section 5.1; lifetimes are also seen as text and with a fraction.

use std::time::Duration;

use serde_json::Value;

use crate::{
    error::{FaultKind, ProviderFault},
    secret::Secret,
};

use super::{Answer, CachedToken};

/// No token is kept for longer than this, whatever its answer says.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

impl Answer {
    /// The access token of a token endpoint's 2xx answer. `lifetime` counts where the answer names none.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] without the answer's body: it may hold a token that nothing masks yet.
    pub fn access_token(&self, now: Duration, lifetime: Duration) -> Result<CachedToken, ProviderFault> {
        let document: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let token = document.get("access_token").and_then(Value::as_str).unwrap_or_default();
        if token.is_empty() {
            return Err(ProviderFault::new(
                FaultKind::BadAnswer,
                "the provider's answer to the token request holds no access token",
            ));
        }
        let lifetime = document.get("expires_in").and_then(seconds).unwrap_or(lifetime);
        Ok(CachedToken {
            token: Secret::new(token),
            expires: now.saturating_add(lifetime.min(LONGEST_LIFETIME)),
        })
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_LIFETIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(body: &str) -> Result<CachedToken, ProviderFault> {
        let answer = Answer {
            body: body.as_bytes().to_vec(),
            ..Answer::of_headers(Vec::new())
        };
        answer.access_token(Duration::from_secs(5), Duration::from_secs(60))
    }

    #[test]
    fn a_lifetime_of_any_spelling_and_size_is_taken() {
        for (lifetime, seconds) in [
            ("1799", 1_804),
            ("1799.0", 1_804),
            ("\"1799\"", 1_804),
            ("18446744073709551615", 86_405),
            ("1e300", 86_405),
            ("-5", 5),
            ("\"soon\"", 65),
            ("null", 65),
        ] {
            let body = format!(r#"{{"access_token": "t", "expires_in": {lifetime}}}"#);
            assert_eq!(token(&body).unwrap().expires.as_secs(), seconds, "{lifetime}");
        }
    }

    #[test]
    fn an_answer_that_is_not_understood_shows_no_token() {
        for body in [
            r#"{"access_token": {"value": "hidden"}}"#,
            r#"{"token": "hidden", "access_token": ""}"#,
            r#"{"access_token": "hidden"#,
        ] {
            let fault = token(body).unwrap_err();
            assert!(!format!("{fault:?}").contains("hidden"), "{fault:?}");
        }
    }
}
