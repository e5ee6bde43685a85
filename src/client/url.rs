//! Addresses of provider calls: the account's own origin, encoded paths and queries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Error;

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Scheme, authority and base path of an account's API, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin: usize,
}

impl BaseUrl {
    /// `https://host[:port][/path]`; `http` only for a loopback host.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_end_matches('/');
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| String::from("must be an absolute https URL"))?;
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if host.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(String::from("must name a host, and a port only as a number"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['@', '?', '#', '\\', '%']) {
            return Err(String::from("must be plain ASCII without user, query or fragment"));
        }
        let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        match scheme {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(String::from("must be https: plain http is only for loopback addresses"));
            }
            _ => return Err(String::from("must be an https URL")),
        }
        if rest.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
            return Err(String::from("must have a plain path"));
        }
        Ok(Self {
            origin: scheme.len().saturating_add(3).saturating_add(authority.len()),
            text: text.to_owned(),
        })
    }

    /// An address of an account; `field` is what it is named by.
    ///
    /// # Errors
    /// [`Error::Account`] if it is none.
    pub fn of_account(field: &str, text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|why| Error::account(field, format!("{field} {why}")))
    }

    /// The base with a path (and query) behind it, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `https://host[:port]`.
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin).unwrap_or_default()
    }

    /// An address that the provider gave: only under the account's own origin, absolute or as a path.
    pub fn follow(&self, link: &str) -> Option<String> {
        if link.starts_with('/') && !link.starts_with("//") {
            return Some(format!("{}{link}", self.origin()));
        }
        let rest = link.strip_prefix(self.origin())?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| link.to_owned())
    }
}

/// One path segment, encoded: no character of it can end the segment.
pub fn path_segment(text: &str) -> String {
    match text {
        // Dot segments are removed by URL parsers, encoded or not.
        "." | ".." => text.replace('.', "%2E"),
        _ => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

/// Builds a query, every name and value encoded.
#[derive(Default)]
pub struct QueryBuilder(String);

impl QueryBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn pair(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.extend(utf8_percent_encode(name, SEGMENT));
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, SEGMENT));
        self
    }

    /// The pair, if there is a value.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.pair(name, value),
            None => self,
        }
    }

    /// `path?query`, or only the path.
    pub fn on(self, path: &str) -> String {
        if self.0.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", self.0)
        }
    }

    /// Only the query: also the body of an `application/x-www-form-urlencoded` request.
    pub fn build(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_and_http_only_for_loopback() {
        for good in [
            "https://api.example.com",
            "https://h:8443/api/v1/",
            "http://127.0.0.1:9",
            "http://[::1]:80",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com",
            "ftp://h",
            "api.example.com",
            "https://",
            "https://u@h",
            "https://h?x",
            "https://h/..",
            "https://h:port",
            "http://127.0.0.1.evil.com",
            "https://h\\evil",
            "https://h/a//b",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn follows_links_only_under_the_own_origin() {
        let base = BaseUrl::parse("https://h.example/api").unwrap();
        assert_eq!(base.follow("/next?p=2").as_deref(), Some("https://h.example/next?p=2"));
        assert_eq!(
            base.follow("https://h.example/x").as_deref(),
            Some("https://h.example/x")
        );
        for foreign in [
            "https://h.example.evil/x",
            "//evil/x",
            "http://h.example/x",
            "https://h.example@evil/x",
            "next",
        ] {
            assert_eq!(base.follow(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn encodes_whatever_could_end_a_segment_or_a_value() {
        assert_eq!(path_segment("a/b?c#d e"), "a%2Fb%3Fc%23d%20e");
        assert_eq!(path_segment(".."), "%2E%2E");
        let path = QueryBuilder::new()
            .pair("filter", "uid:'a&b'")
            .maybe("cid", None)
            .on("/q");
        assert_eq!(path, "/q?filter=uid%3A%27a%26b%27");
    }
}
