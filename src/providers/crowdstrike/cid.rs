//! The customer id.

use std::fmt;

/// A customer id as the API expects it: 32 lower-case hexadecimal digits, without the `-NN` checksum that the console shows.
/// Source: `CrowdStrike/psfalcon` (`Confirm-CidValue`), `CrowdStrike/terraform-provider-crowdstrike` (`internal/user`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid(String);

impl Cid {
    /// # Errors
    /// A sentence that says what the value must look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = match text.split_once('-') {
            Some((bare, checksum)) if checksum.len() == 2 && checksum.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                bare
            }
            _ => text,
        };
        if bare.len() == 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(bare.to_ascii_lowercase()))
        } else {
            Err(String::from(
                "must be a CID: 32 hexadecimal digits, with or without the two-character checksum",
            ))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_checksum_and_the_case() {
        let cid = Cid::parse("ABCDEF1234567890abcdef1234567890-1F").unwrap();
        assert_eq!(cid.as_str(), "abcdef1234567890abcdef1234567890");
        assert_eq!(Cid::parse(cid.as_str()).unwrap(), cid);
    }

    #[test]
    fn takes_nothing_else() {
        for bad in [
            "",
            "abc",
            "abcdef1234567890abcdef123456789g",
            "abcdef1234567890abcdef1234567890-123",
            "-12",
        ] {
            assert!(Cid::parse(bad).is_err(), "{bad}");
        }
    }
}
