//! What every transport does alike with a request's URL, an answer's headers and its time-outs.

use std::{borrow::Cow, time::Duration};

use super::{Request, TransportError};

/// Where a request goes, in the parts that hosts ask for.
#[derive(Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// `false` for plain `http`, which is only for loopback hosts.
    pub is_https: bool,
    /// `host[:port]`
    pub authority: &'a str,
    /// Begins with `/`.
    pub path_with_query: Cow<'a, str>,
}

/// The most bytes of all headers of a request, names and values. A host that allows 128 KiB may trap on more.
const MOST_HEADER_BYTES: usize = 64 * 1024;

impl Request {
    /// The headers as a host takes them, with the `content-length` if there is one.
    ///
    /// # Errors
    /// They are too long; nothing was sent.
    pub fn header_list(&self, content_length: Option<usize>) -> Result<Vec<(String, Vec<u8>)>, TransportError> {
        let length = content_length.map(|length| ("content-length", length.to_string()));
        let list: Vec<(String, Vec<u8>)> = self
            .headers
            .iter()
            .cloned()
            .chain(length)
            .map(|(name, value)| (name.to_owned(), value.into_bytes()))
            .collect();
        let sizes = list.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        if sizes.fold(0, usize::saturating_add) > MOST_HEADER_BYTES {
            return Err(TransportError::NotSent(String::from("the headers are too long")));
        }
        Ok(list)
    }

    /// The parts of the request's URL.
    ///
    /// # Errors
    /// [`TransportError::NotSent`] if the URL has no scheme.
    pub fn target(&self) -> Result<Target<'_>, TransportError> {
        let (scheme, rest) = self
            .url
            .split_once("://")
            .ok_or_else(|| TransportError::NotSent(String::from("the URL has no scheme")))?;
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        Ok(Target {
            is_https: scheme != "http",
            authority,
            path_with_query: if path.starts_with('?') {
                Cow::Owned(format!("/{path}"))
            } else {
                Cow::Borrowed(path)
            },
        })
    }
}

/// Headers as the crate reads them: lower-case names, and text where a value is not UTF-8.
pub fn headers(received: Vec<(String, Vec<u8>)>) -> Vec<(String, String)> {
    received
        .into_iter()
        .map(|(mut name, value)| {
            name.make_ascii_lowercase();
            let value = String::from_utf8(value);
            (name, value.unwrap_or_else(|error| text(error.as_bytes()).into_owned()))
        })
        .collect()
}

/// Bytes as text; what is no UTF-8 is replaced. Nearly all bytes are ASCII, which is seen faster than it is replaced.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A duration as WASI counts; one that is too long is the longest.
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use crate::transport::{Method, Timeouts};

    use super::*;

    fn request(url: &str) -> Request {
        Request {
            method: Method::Get,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            timeouts: Timeouts {
                connect: Duration::ZERO,
                first_byte: Duration::ZERO,
                between_bytes: Duration::ZERO,
            },
        }
    }

    #[test]
    fn headers_that_a_host_may_trap_on_are_not_sent() {
        let with = |length: usize| Request {
            headers: vec![("authorization", "t".repeat(length)), ("accept", String::from("*/*"))],
            ..request("https://h")
        };
        let list = with(16 << 10).header_list(Some(7)).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list.last(), Some(&(String::from("content-length"), b"7".to_vec())));
        assert!(matches!(
            with(64 << 10).header_list(None),
            Err(TransportError::NotSent(_))
        ));
    }

    #[test]
    fn a_url_is_taken_apart_without_losing_anything() {
        for (url, is_https, authority, path_with_query) in [
            ("https://h", true, "h", "/"),
            ("https://h?a=/b", true, "h", "/?a=/b"),
            (
                "https://h:8443/v1/users?id=u@x://y",
                true,
                "h:8443",
                "/v1/users?id=u@x://y",
            ),
            ("http://127.0.0.1:80/", false, "127.0.0.1:80", "/"),
        ] {
            let expected = Target {
                is_https,
                authority,
                path_with_query: path_with_query.into(),
            };
            assert_eq!(request(url).target(), Ok(expected), "{url}");
        }
        assert!(matches!(request("h/v1").target(), Err(TransportError::NotSent(_))));
    }

    #[test]
    fn headers_are_lower_case_and_survive_what_is_not_text() {
        let received = vec![
            (String::from("Retry-After"), b"3".to_vec()),
            (String::from("X"), vec![0xff]),
        ];
        assert_eq!(
            headers(received),
            [
                (String::from("retry-after"), String::from("3")),
                (String::from("x"), String::from("\u{fffd}"))
            ]
        );
    }
}
