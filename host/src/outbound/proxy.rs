//! The proxy that `HTTPS_PROXY` names, and the hosts that `NO_PROXY` excepts from it.

use std::{env, ffi::OsString, fmt};

use anyhow::{Result, bail};
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::origin::is_loopback;

/// How TLS connections leave: directly, or through a tunnel that a proxy opens for `CONNECT`.
///
/// Loopback addresses are never proxied: no proxy could reach them. Plain HTTP goes to loopback addresses only.
#[derive(Default)]
pub struct Proxy(Option<Tunneled>);

struct Tunneled {
    matcher: Matcher,
    /// Without the credentials.
    shown: String,
}

/// The proxy of one connection.
pub(super) struct Hop {
    pub address: Uri,
    pub authorization: Option<HeaderValue>,
    /// The proxy's URL without its credentials.
    pub shown: String,
}

impl Proxy {
    /// No proxy.
    pub const fn none() -> Self {
        Self(None)
    }

    /// `HTTPS_PROXY` and `NO_PROXY`, in capitals or not.
    ///
    /// # Errors
    /// If the proxy's URL cannot be used: going around the proxy would be worse.
    pub fn from_environment() -> Result<Self> {
        Self::from_variables(|name| env::var_os(name))
    }

    /// The first variable that is not empty counts: an empty one does not lead around a proxy that the other one names.
    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let first = |names: [&str; 2]| -> Result<String> {
            for name in names {
                let Ok(text) = variable(name).unwrap_or_default().into_string() else {
                    bail!("{name} is not UTF-8");
                };
                if !text.trim().is_empty() {
                    return Ok(text);
                }
            }
            Ok(String::new())
        };
        let url = first(["HTTPS_PROXY", "https_proxy"])?;
        if url.is_empty() {
            return Ok(Self::none());
        }
        Self::new(&url, &first(["NO_PROXY", "no_proxy"])?)
    }

    /// A proxy for all hosts but those of `no_proxy`: names with their subdomains, addresses, networks, or `*`, with commas.
    ///
    /// # Errors
    /// If the URL is not that of an HTTP proxy. The message does not repeat it: it may hold a password.
    pub fn new(url: &str, no_proxy: &str) -> Result<Self> {
        let url = url.trim();
        let url = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let Ok(uri) = url.parse::<Uri>() else {
            bail!("HTTPS_PROXY is not a URL: write http://[user:password@]host[:port]");
        };
        match uri.scheme_str() {
            Some("http") => {}
            Some(other) => bail!("HTTPS_PROXY begins with {other}://, and only http:// proxies are supported"),
            None => bail!("HTTPS_PROXY has no scheme: write http://[user:password@]host[:port]"),
        }
        let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
            bail!("HTTPS_PROXY has no host: write http://[user:password@]host[:port]");
        };
        let after = url.split_once("://").map_or("", |(_, after)| after);
        if after
            .strip_prefix(authority.as_str())
            .is_none_or(|rest| !matches!(rest, "" | "/"))
        {
            bail!(
                "HTTPS_PROXY holds more than an address: in a user name or password, write `#` as %23, `/` as %2F and `?` as %3F"
            );
        }
        // With some proxies, the credential is the user name.
        let shown = authority.as_str().rsplit_once('@').map_or_else(
            || format!("http://{authority}"),
            |(_, place)| format!("http://***:***@{place}"),
        );
        let matcher = Matcher::builder().https(url).no(no_proxy).build();
        Ok(Self(Some(Tunneled { matcher, shown })))
    }

    /// The proxy for a destination, if it has one.
    pub(super) fn hop(&self, destination: &Uri) -> Option<Hop> {
        let Tunneled { matcher, shown } = self.0.as_ref()?;
        if is_loopback(destination.host()?) {
            return None;
        }
        let intercept = matcher.intercept(destination)?;
        Some(Hop {
            address: intercept.uri().clone(),
            authorization: intercept.basic_auth().cloned(),
            shown: shown.clone(),
        })
    }
}

/// Without the credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("none", |tunneled| &tunneled.shown))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(proxy: &Proxy, destination: &'static str) -> Option<String> {
        proxy
            .hop(&Uri::from_static(destination))
            .map(|hop| hop.address.to_string())
    }

    #[test]
    fn tls_goes_through_the_proxy_but_not_to_this_machine_or_an_excepted_host() {
        let proxy = Proxy::new("proxy.example:3128", "internal.example, 10.0.0.0/8").unwrap();
        assert_eq!(
            hop(&proxy, "https://slack.com/api").as_deref(),
            Some("http://proxy.example:3128/")
        );
        for direct in [
            "https://127.0.0.1:1/",
            "https://127.8.9.10/",
            "https://localhost:8443/",
            "https://[::1]:1/",
            "https://[::ffff:127.0.0.1]:1/",
            "https://a.internal.example/",
            "https://10.1.2.3/",
            "http://slack.com/",
        ] {
            assert_eq!(hop(&proxy, direct), None, "{direct}");
        }
    }

    #[test]
    fn an_empty_variable_does_not_lead_around_the_proxy_of_the_other_one() {
        let proxy = |variables: &[(&str, &str)]| {
            let variables: std::collections::HashMap<_, _> = variables.iter().copied().collect();
            Proxy::from_variables(|name| variables.get(name).map(OsString::from)).unwrap()
        };
        let slack = "https://slack.com/api";
        let named = Some(String::from("http://proxy.example:3128/"));
        let (upper, lower) = (("HTTPS_PROXY", ""), ("https_proxy", "http://proxy.example:3128"));
        assert_eq!(hop(&proxy(&[upper, lower]), slack), named);
        assert_eq!(
            hop(&proxy(&[lower, ("NO_PROXY", " "), ("no_proxy", "slack.com")]), slack),
            None
        );
        for none in [&[][..], &[upper], &[upper, ("https_proxy", "")]] {
            assert_eq!(hop(&proxy(none), slack), None);
        }
    }

    #[test]
    fn credentials_are_sent_to_the_proxy_and_shown_to_nobody() {
        // "user:s3cr@t", "s3cret:"
        for (url, sent) in [
            ("http://user:s3cr%40t@proxy.example:3128", "Basic dXNlcjpzM2NyQHQ="),
            ("http://s3cret:@proxy.example:3128", "Basic czNjcmV0Og=="),
            ("http://s3cret@proxy.example:3128", "Basic czNjcmV0Og=="),
        ] {
            let proxy = Proxy::new(url, "").unwrap();
            let hop = proxy.hop(&Uri::from_static("https://slack.com")).unwrap();
            assert_eq!(hop.authorization.unwrap(), sent);
            for shown in [hop.shown, proxy.to_string(), format!("{proxy:?}")] {
                assert!(
                    shown.contains("http://***:***@proxy.example:3128")
                        && !shown.contains("s3cr")
                        && !shown.contains("user"),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_without_its_password() {
        for url in [
            "socks5://user:s3cret@proxy.example",
            "https://user:s3cret@proxy.example",
            "http://user:s3cret@",
            "http://user:s3cret@ proxy",
            // What ends the address ends it within the password: `user` would be the proxy, and the rest its port.
            "http://user:1#s3cret@proxy.example:3128",
            "http://user:1/s3cret@proxy.example:3128",
            "http://user:1?s3cret@proxy.example:3128",
        ] {
            let error = Proxy::new(url, "").unwrap_err().to_string();
            assert!(error.starts_with("HTTPS_PROXY") && !error.contains("s3cret"), "{error}");
        }
    }
}
