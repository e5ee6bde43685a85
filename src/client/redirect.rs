//! Redirects are not followed.

use crate::error::{FaultKind, ProviderFault};

use super::{Answer, Call};

/// How much of another origin a message names, in bytes.
const LONGEST_ORIGIN: usize = 256;

/// A redirect is no answer: it could lead the credentials to another host.
pub(super) fn refuse(call: &Call, result: Result<Answer, ProviderFault>) -> Result<Answer, ProviderFault> {
    let answer = result?;
    if !(300..400).contains(&answer.status) {
        return Ok(answer);
    }
    let status = answer.status;
    let location = answer.header("location").unwrap_or_default();
    let own = origin(&call.url);
    Err(match origin(location) {
        Some(other) if own.is_none_or(|own| own != other) => {
            // Masked before its letters are changed: a secret in lower case would not be found.
            let masked = answer.mask.apply(location);
            let message = format!(
                "the provider redirects to {} ({status}), which is not followed: the account has another region or host",
                answer
                    .mask
                    .apply_within(origin(&masked).as_deref().unwrap_or("another host"), LONGEST_ORIGIN)
            );
            answer.fault(FaultKind::Redirected, message)
        }
        _ => answer.fault(
            FaultKind::BadAnswer,
            format!("the provider answered with a redirect ({status}), which is not followed"),
        ),
    })
}

/// Scheme, host and port of an absolute URL in lower case, without a user and without the scheme's own port. `//host` is https.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = match url.trim().strip_prefix("//") {
        Some(rest) => ("https", rest),
        None => url.trim().split_once("://")?,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
    let port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    };
    let host = host.strip_suffix(port).unwrap_or(host);
    Some(format!("{scheme}://{host}").to_lowercase())
}
