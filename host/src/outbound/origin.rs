//! Origins, and the list of those that a component may reach.

use std::{collections::BTreeMap, fmt, net::IpAddr, str::FromStr};

use http::{Uri, uri::Scheme};

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

/// The allowed origins, each with the name of its provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<Origin, String>);

impl Origin {
    /// The origin of an absolute URL. `None` for a relative one, another scheme, and one with a user in it.
    pub fn of(uri: &Uri) -> Option<Self> {
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let port = match authority.port_u16() {
            Some(port) => port,
            // A port that does not parse is not the default one.
            None if authority.as_str().len() > authority.host().len() => return None,
            None if is_https => 443,
            None => 80,
        };
        Some(Self {
            is_https,
            host: authority.host().to_ascii_lowercase(),
            port,
        })
    }

    /// Whether the host is this machine, by its address or by the name that is reserved for it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// Whether a host, in brackets if it is an IPv6 address, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.to_ascii_lowercase();
    host.parse::<IpAddr>()
        .map_or(host == "localhost" || host.ends_with(".localhost"), |address| {
            address.to_canonical().is_loopback()
        })
}

impl FromStr for Origin {
    type Err = String;

    /// Parses `https://host[:port]`. Plain HTTP is for loopback addresses only.
    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text
            .parse()
            .map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        let origin = Self::of(&uri)
            .ok_or_else(|| format!("`{text}` is not an origin: write https://host or https://host:port"))?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(format!("`{text}` has a path: an origin is scheme, host and port only"));
        }
        if !origin.is_https && !origin.is_loopback() {
            return Err(format!(
                "`{text}` is not encrypted: http is for loopback addresses only, use https"
            ));
        }
        Ok(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default) = if self.is_https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

impl Origins {
    /// Allows an origin too. The provider's name labels its requests in metrics and logs.
    pub fn allow(&mut self, origin: Origin, provider: impl Into<String>) {
        self.0.insert(origin, provider.into());
    }

    /// The provider of an allowed origin.
    pub fn provider(&self, origin: &Origin) -> Option<&str> {
        self.0.get(origin).map(String::as_str)
    }

    /// The allowed origins, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Origin, &str)> {
        self.0.iter().map(|(origin, provider)| (origin, provider.as_str()))
    }
}

impl<P: Into<String>> FromIterator<(Origin, P)> for Origins {
    fn from_iter<I: IntoIterator<Item = (Origin, P)>>(origins: I) -> Self {
        Self(
            origins
                .into_iter()
                .map(|(origin, provider)| (origin, provider.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<String> {
        Origin::of(&text.parse().unwrap()).map(|origin| origin.to_string())
    }

    #[test]
    fn the_default_port_and_the_case_of_the_host_make_no_difference() {
        for text in ["https://api.example.com", "https://API.example.com:443/path?query"] {
            assert_eq!(origin(text).as_deref(), Some("https://api.example.com"), "{text}");
        }
        assert_eq!(origin("http://[::1]:8080/").as_deref(), Some("http://[::1]:8080"));
    }

    #[test]
    fn a_user_another_scheme_and_a_relative_url_have_no_origin() {
        for text in [
            "https://api.example.com@evil.example/",
            "ftp://api.example.com/",
            "/path",
            "https://h:99999/",
        ] {
            assert!(
                text.parse::<Uri>().map_or(None, |uri| Origin::of(&uri)).is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn only_the_very_origin_is_allowed() {
        let allowed: Origin = "https://api.example.com".parse().unwrap();
        let origins: Origins = [(allowed, "example")].into_iter().collect();
        let provider = |text: &str| {
            let origin = Origin::of(&text.parse().unwrap())?;
            origins.provider(&origin)
        };
        assert_eq!(provider("https://api.example.com/users"), Some("example"));
        for other in [
            "http://api.example.com/users",
            "https://api.example.com:8443/users",
            "https://api.example.com./users",
            "https://sub.api.example.com/users",
            "https://api.example.com.evil.example/",
        ] {
            assert_eq!(provider(other), None, "{other}");
        }
    }

    #[test]
    fn a_configured_origin_is_encrypted_or_loopback_and_has_no_path() {
        for good in [
            "https://api.example.com",
            "https://h:8443/",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:1",
        ] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com",
            "https://h/v1",
            "https://h?x",
            "h",
            "https://u:p@h",
            "http://127.0.0.1.example.com",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
