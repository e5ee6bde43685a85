//! E-mail addresses in the record: only as a keyed digest, which whoever has the key can compute again for an address.

use sha2::{Digest, Sha256};

use crate::{
    digest::hex,
    service::{Host, Refusal, Setting},
};

/// Of the digest, in bytes.
const PREFIX: usize = 8;
/// SHA-256's block, in bytes.
const BLOCK: usize = 64;
/// The most characters of a caller's text in a line about an operation.
const LONGEST: usize = 256;

/// What stands for e-mail addresses.
#[derive(Default)]
pub struct Pseudonyms(Option<Vec<u8>>);

impl Pseudonyms {
    /// # Errors
    /// The key cannot be read, or is too short.
    pub async fn configured(host: &dyn Host) -> Result<Self, Refusal> {
        let refuse = |why: &str| Refusal::setting(host, Setting::RecordKey, why);
        match host.setting(Setting::RecordKey).await {
            Ok(None) => Ok(Self(None)),
            Ok(Some(key)) => {
                Setting::RecordKey.check(&key).map_err(|why| refuse(&why))?;
                Ok(Self(Some(key.trim().as_bytes().to_vec())))
            }
            Err(why) => Err(refuse(&why)),
        }
    }

    /// The first 16 hexadecimal digits of the HMAC-SHA-256 of an address, without its case; `None` without a key.
    pub fn of(&self, address: &str) -> Option<String> {
        let key = self.0.as_deref()?;
        let digest = hmac_sha256(key, address.trim().to_lowercase().as_bytes());
        digest.get(..PREFIX).map(hex)
    }

    /// A text as a line may show it: cut, and no e-mail address.
    pub fn shown(&self, text: &str) -> Option<String> {
        if is_address(text) {
            return self.of(text).map(|digest| format!("hmac:{digest}"));
        }
        if text.len() <= LONGEST && text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
            return Some(text.to_owned());
        }
        Some(text.chars().filter(|c| !c.is_control()).take(LONGEST).collect())
    }

    /// The same of a text that may be absent.
    pub fn shown_of(&self, text: Option<&str>) -> Option<String> {
        self.shown(text?)
    }
}

/// Whether a text may be, or hold, an e-mail address, percent-encoded or in full-width letters as well.
pub fn is_address(text: &str) -> bool {
    text.contains(['@', '\u{ff20}', '\u{fe6b}']) || text.contains("%40")
}

/// RFC 2104.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    let hashed: [u8; 32];
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key).into();
        &hashed
    } else {
        key
    };
    for (byte, of_key) in block.iter_mut().zip(key) {
        *byte = *of_key;
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_rfc_4231() {
        for (key, message, expected) in [
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex(&hmac_sha256(&key, &message)), expected);
        }
    }

    #[test]
    fn an_address_is_a_digest_without_its_case_or_not_there() {
        let keyed = Pseudonyms(Some(b"k".repeat(32)));
        assert_eq!(keyed.of("Ann@Example.com "), keyed.of("ann@example.com"));
        assert_eq!(keyed.shown("ann@example.com").unwrap().len(), "hmac:".len() + 16);
        let unkeyed = Pseudonyms(None);
        assert_eq!(
            (unkeyed.of("ann@example.com"), unkeyed.shown("ann@example.com")),
            (None, None)
        );
        assert_eq!(
            unkeyed
                .shown("ann%40example.com")
                .or(unkeyed.shown("ann\u{ff20}example.com")),
            None
        );
        assert_eq!(unkeyed.shown("event\u{7}_viewer").as_deref(), Some("event_viewer"));
    }
}
