//! Redirects are not followed.

use crate::error::{FaultKind, ProviderFault};

use super::{Answer, Call};

/// How much of another origin a message names, in bytes.
const LONGEST_ORIGIN: usize = 256;
/// Names the region that an account belongs to. Source: `CrowdStrike/psfalcon` (`public/oauth2.ps1`).
const REGION_HEADER: &str = "x-cs-region";

/// A redirect is no answer: it could lead the credentials to another host.
pub(super) fn refuse(call: &Call, result: Result<Answer, ProviderFault>) -> Result<Answer, ProviderFault> {
    let answer = result?;
    if !is_redirect(answer.status) {
        return Ok(answer);
    }
    let status = answer.status;
    let own = origin(&call.url);
    let location = answer.header("location").unwrap_or_default();
    let other = origin(location).filter(|other| own.as_ref() != Some(other));
    let target = match (other, answer.label(REGION_HEADER)) {
        (Some(_), _) => {
            // Masked before its letters are changed: a secret in lower case would not be found.
            let masked = answer.mask.apply(location);
            let origin = origin(&masked);
            answer
                .mask
                .apply_within(origin.as_deref().unwrap_or("another host"), LONGEST_ORIGIN)
        }
        (None, Some(region)) => format!("the region `{region}`"),
        (None, None) => {
            let message = format!("the provider answered with a redirect ({status}), which is not followed");
            return Err(answer.fault(FaultKind::BadAnswer, message));
        }
    };
    let message = format!(
        "the provider redirects to {target} ({status}), which is not followed: the account has another region or host"
    );
    Err(answer.fault(FaultKind::Redirected, message))
}

/// The fault of a request for a token. There is no other place to get one: a redirect of it does not pass, wherever it leads.
pub(super) fn of_token(fault: ProviderFault) -> ProviderFault {
    if !fault.answer.as_ref().is_some_and(|answer| is_redirect(answer.status)) || fault.kind == FaultKind::Redirected {
        return fault;
    }
    let message = format!("{}: check that the account has the right region or host", fault.message);
    fault.with_kind(FaultKind::Redirected).with_message(message)
}

const fn is_redirect(status: u16) -> bool {
    status >= 300 && status < 400
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
