//! Compact JWS (RFC 7515) with EdDSA and nothing else.

use serde::{Deserialize, Serialize};

use crate::contract::json::unique;

use super::jwk::{PrivateKey, PublicKey, decode, encode};

/// What a token is. One kind is never taken for the other.
pub struct Kind {
    /// The `typ` of its header.
    pub typ: &'static str,
    /// For messages.
    pub name: &'static str,
    /// In bytes.
    pub longest: usize,
}

/// A token whose signature is right.
pub struct Signed<'k, K> {
    /// Whose key it was.
    pub signer: &'k K,
    pub kid: String,
    pub payload: String,
}

/// These fields and no others: `crit`, `jwk`, `jku` or `x5u` would let the token say how to check it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Signs a payload.
pub fn sign(kind: &Kind, key: &PrivateKey, payload: &str) -> String {
    let header = Header {
        alg: String::from("EdDSA"),
        kid: key.public().kid(),
        typ: kind.typ.to_owned(),
    };
    // Three texts: it cannot fail.
    let header = serde_json::to_string(&header).unwrap_or_default();
    let input = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    let signature = encode(&key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// Checks a token. `signers` are those who may have signed it, each with a key.
///
/// # Errors
/// One sentence that says why it is refused.
pub fn verify<'k, K>(
    kind: &Kind,
    token: &str,
    signers: impl IntoIterator<Item = &'k K>,
    key: impl Fn(&K) -> &PublicKey,
) -> Result<Signed<'k, K>, String> {
    let name = kind.name;
    if token.len() > kind.longest {
        return Err(format!("the {name} is longer than {} bytes", kind.longest));
    }
    let malformed = || format!("the {name} is no compact JWS: three parts in base64url without padding");
    let (input, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (header, payload) = input.split_once('.').ok_or_else(malformed)?;
    let header = text(header).ok_or_else(malformed)?;
    let payload = text(payload).ok_or_else(malformed)?;
    let signature = decode(signature).ok_or_else(malformed)?;
    let header: Header = unique::parse_configuration(&header)
        .map_err(|why| format!("the header of the {name} has to be exactly alg, kid and typ: {why}"))?;
    if header.alg != "EdDSA" {
        return Err(format!("the {name} has to be signed with alg `EdDSA`"));
    }
    if header.typ != kind.typ {
        return Err(format!("the {name} has to be of typ `{}`", kind.typ));
    }
    let signer = signers
        .into_iter()
        .find(|signer| key(signer).kid() == header.kid)
        .ok_or_else(|| format!("the {name} names a key that is not among the known ones"))?;
    let is_signed = <&[u8; 64]>::try_from(signature.as_slice())
        .is_ok_and(|signature| key(signer).has_signed(input.as_bytes(), signature));
    if !is_signed {
        return Err(format!(
            "the signature of the {name} does not fit: it was changed, or signed with another key than it names"
        ));
    }
    Ok(Signed {
        signer,
        kid: header.kid,
        payload,
    })
}

fn text(part: &str) -> Option<String> {
    String::from_utf8(decode(part)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const KIND: Kind = Kind {
        typ: "test+jwt",
        name: "token",
        longest: 1_024,
    };

    fn key() -> PrivateKey {
        PrivateKey::of_seed(&[1; 32])
    }

    fn check(token: &str) -> Result<String, String> {
        let keys = [PrivateKey::of_seed(&[2; 32]).public(), key().public()];
        verify(&KIND, token, &keys, |key| key).map(|signed| signed.payload)
    }

    /// A token with this header, whose signature is right.
    fn with_header(header: &str) -> String {
        let input = format!("{}.{}", encode(header.as_bytes()), encode(b"{}"));
        let signature = key().sign(input.as_bytes());
        format!("{input}.{}", encode(&signature))
    }

    #[test]
    fn what_was_signed_comes_back() {
        assert_eq!(check(&sign(&KIND, &key(), "{\"a\":1}")).unwrap(), "{\"a\":1}");
    }

    #[test]
    fn a_header_has_its_three_fields_and_nothing_else() {
        let kid = key().public().kid();
        let header = |more: Value| {
            let mut header = json!({"alg": "EdDSA", "kid": kid, "typ": "test+jwt"});
            header
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            header.to_string()
        };
        assert!(check(&with_header(&header(json!({})))).is_ok());
        for (more, why) in [
            (json!({"alg": "none"}), "`EdDSA`"),
            (json!({"alg": "RS256"}), "`EdDSA`"),
            (json!({"alg": "HS256"}), "`EdDSA`"),
            (json!({"alg": "eddsa"}), "`EdDSA`"),
            (json!({"typ": "JWT"}), "typ `test+jwt`"),
            (json!({"crit": ["x"], "x": 1}), "exactly"),
            (json!({"jwk": key().public().to_jwk()}), "exactly"),
            (json!({"b64": true}), "exactly"),
            (json!({"kid": 1}), "exactly"),
            (
                json!({"kid": PrivateKey::of_seed(&[3; 32]).public().kid()}),
                "not among",
            ),
            (
                json!({"kid": PrivateKey::of_seed(&[2; 32]).public().kid()}),
                "another key",
            ),
        ] {
            let message = check(&with_header(&header(more.clone()))).unwrap_err();
            assert!(message.contains(why), "{more}: {message}");
        }
        let twice = format!(r#"{{"alg":"none","alg":"EdDSA","kid":"{kid}","typ":"test+jwt"}}"#);
        assert!(check(&with_header(&twice)).unwrap_err().contains("a key twice"));
        // A derived struct takes its fields from a list, too, in the order in which they are declared.
        let list = json!(["EdDSA", kid, "test+jwt"]).to_string();
        assert!(check(&with_header(&list)).unwrap_err().contains("exactly"));
    }

    #[test]
    fn an_hmac_with_the_public_key_and_no_signature_at_all_are_refused() {
        let header = json!({"alg": "HS256", "kid": key().public().kid(), "typ": "test+jwt"}).to_string();
        let input = format!("{}.{}", encode(header.as_bytes()), encode(b"{}"));
        assert!(check(&format!("{input}.{}", encode(&[0; 32]))).is_err());
        let header = header.replace("HS256", "none");
        let input = format!("{}.{}", encode(header.as_bytes()), encode(b"{}"));
        assert!(check(&format!("{input}.")).is_err());
        let good = sign(&KIND, &key(), "{}");
        let (input, _) = good.rsplit_once('.').unwrap();
        assert!(check(&format!("{input}.")).unwrap_err().contains("does not fit"));
        assert!(check(input).is_err());
    }

    #[test]
    fn padding_other_alphabets_parts_and_lengths_are_refused() {
        let good = sign(&KIND, &key(), "{}");
        for bad in [
            format!("{good}="),
            format!("{good}\n"),
            format!(" {good}"),
            format!("{good}.{good}"),
            good.replace('.', ".."),
            String::new(),
            String::from(".."),
            "a".repeat(2_000),
        ] {
            assert!(check(&bad).is_err(), "{bad}");
        }
        assert!(
            check(&sign(&KIND, &key(), &"a".repeat(1_000)))
                .unwrap_err()
                .contains("longer")
        );
    }

    proptest! {
        #[test]
        fn any_changed_character_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.=+/ -]") {
            let good = sign(&KIND, &key(), r#"{"some":"payload"}"#);
            let at = at.index(good.len());
            let changed = format!("{}{to}{}", &good[..at], &good[at + 1..]);
            prop_assert_eq!(check(&changed).is_ok(), changed == good);
        }

        #[test]
        fn no_token_is_too_strange(token in "\\PC{0,200}", parts in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,90}){0,3}") {
            prop_assert!(check(&token).is_err());
            prop_assert!(check(&parts).is_err());
        }
    }
}
