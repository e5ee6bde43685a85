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
    Err(match origin(location) {
        Some(origin) if !origin.eq_ignore_ascii_case(&call.origin()) => {
            let message = format!(
                "the provider redirects to {} ({status}), which is not followed: the account has another region or host",
                answer.mask.apply_within(&origin, LONGEST_ORIGIN)
            );
            answer.fault(FaultKind::Redirected, message)
        }
        _ => answer.fault(
            FaultKind::BadAnswer,
            format!("the provider answered with a redirect ({status}), which is not followed"),
        ),
    })
}

/// Scheme, host and port of an absolute URL, or host and port where the scheme stays; without a user.
fn origin(location: &str) -> Option<String> {
    let (scheme, rest) = match location.trim().strip_prefix("//") {
        Some(rest) => ("https", rest),
        None => location.trim().split_once("://")?,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
    Some(format!("{scheme}://{host}"))
}
