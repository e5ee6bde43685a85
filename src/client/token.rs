//! Token endpoints. RFC 6749, sections 2.3.1 and 5.1; lifetimes are also seen as text and with a fraction.

use std::time::Duration;

use crate::{
    account::secret::Secret,
    error::{FaultKind, ProviderFault},
    transport::Method,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Answer, CachedToken, Call, Client, QueryBuilder,
    lenient::{Fields, Number, Word},
    redirect,
};

/// A request for an access token.
pub struct TokenRequest {
    pub url: String,
    /// The body, `application/x-www-form-urlencoded`.
    pub form: QueryBuilder,
    /// [`basic`] authentication, for a client whose credentials are not in the form.
    pub basic: Option<Secret>,
    /// How long a token is good for where the answer does not say so.
    pub lifetime: Duration,
}

impl TokenRequest {
    /// For a client whose credentials are in the form.
    pub const fn of_form(url: String, form: QueryBuilder, lifetime: Duration) -> Self {
        Self {
            url,
            form,
            basic: None,
            lifetime,
        }
    }
}

/// What became of a request for an access token.
#[derive(Debug)]
pub enum Requested {
    Token(CachedToken),
    /// The answer is no success: what it means is the provider's to say.
    Refused(Answer),
}

/// No token is kept for longer than this, whatever its answer says.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

impl Client<'_> {
    /// Gets an access token.
    ///
    /// # Errors
    /// What [`Client::send`] gives, and [`FaultKind::BadAnswer`] for a success without a token.
    pub async fn request_token(&self, request: TokenRequest) -> Result<Requested, ProviderFault> {
        let TokenRequest {
            url,
            form,
            basic,
            lifetime,
        } = request;
        let call = Call::read(Method::Post, url, Some(form.build().into_bytes()))
            .header("content-type", "application/x-www-form-urlencoded");
        let sent = match &basic {
            Some(basic) => self.send_authorized(&call, ("authorization", "Basic", basic)).await,
            None => self.send(&call).await,
        };
        let answer = sent.map_err(redirect::of_token)?;
        if !answer.is_success() {
            return Ok(Requested::Refused(answer));
        }
        let now = self.transport().monotonic();
        answer.access_token(now, lifetime).map(Requested::Token)
    }
}

/// The credentials of basic authentication.
pub fn basic(id: &str, secret: &str) -> Secret {
    Secret::new(STANDARD.encode(format!("{id}:{secret}")))
}

impl Answer {
    /// The access token of a token endpoint's 2xx answer. `lifetime_unless_named` counts where the answer names none.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] without the answer's body: it may hold a token that nothing masks yet.
    fn access_token(&self, now: Duration, lifetime_unless_named: Duration) -> Result<CachedToken, ProviderFault> {
        let text = self.text();
        let fields = Fields::of(&text).ok();
        let token: Option<Word> = fields.as_ref().and_then(|fields| fields.read(&["access_token"]).ok());
        let token = token.and_then(Word::into_string);
        // Checked before it is kept: what no header can carry would fail with every call until it ends.
        let Some(token) = token.and_then(|token| Secret::credential(token).ok()) else {
            return Err(ProviderFault::new(
                FaultKind::BadAnswer,
                "the provider's answer to the token request holds no access token",
            ));
        };
        let lifetime: Option<Number> = fields.and_then(|fields| fields.read(&["expires_in"]).ok());
        let lifetime = lifetime.as_ref().and_then(seconds).unwrap_or(lifetime_unless_named);
        Ok(CachedToken {
            token,
            expires: now.saturating_add(lifetime.min(LONGEST_LIFETIME)),
        })
    }
}

fn seconds(number: &Number) -> Option<Duration> {
    let seconds: f64 = number.as_str()?.trim().parse().ok()?;
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
            r#"{"access_token": "hidden", "access_token": "hidden2"}"#,
            r#"{"access_token": "hidden\nhidden"}"#,
            &format!(r#"{{"access_token": "{}"}}"#, "hidden".repeat(20_000)),
        ] {
            let fault = token(body).unwrap_err();
            assert!(!format!("{fault:?}").contains("hidden"), "{fault:?}");
        }
    }
}
