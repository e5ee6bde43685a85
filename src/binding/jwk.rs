//! Ed25519 keys as JWKs (RFC 7517, RFC 8037), named by their thumbprints (RFC 7638).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::contract::json::{objects, unique};

/// The public half: approvals and receipts are checked with it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A key that signs.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PublicKey {
    /// Reads a public JWK.
    ///
    /// # Errors
    /// Says what is wrong with it, without any value.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::of_jwk(value(text)?)
    }

    /// Reads a JWK Set, or a single public JWK.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_set(text: &str) -> Result<Vec<Self>, String> {
        match value(text)? {
            Value::Object(mut set) if set.contains_key("keys") => match (set.shift_remove("keys"), set.len()) {
                (Some(Value::Array(keys)), 0) => keys.into_iter().map(Self::of_jwk).collect(),
                _ => Err(String::from(
                    "the key set has to be {\"keys\": [\u{2026}]} and nothing else",
                )),
            },
            jwk => Ok(vec![Self::of_jwk(jwk)?]),
        }
    }

    /// The key of a JWK in which no member stands twice.
    pub(crate) fn of_jwk(jwk: Value) -> Result<Self, String> {
        let jwk = Jwk::of(jwk)?;
        if jwk.d.is_some() {
            return Err(String::from(
                "this is a private key: give only its public half, without `d`, and replace the key if others have seen it",
            ));
        }
        jwk.public("verify")
    }

    /// The public JWK.
    pub fn to_jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": encode(self.0.as_bytes()),
            "kid": self.kid(),
            "use": "sig",
            "alg": "EdDSA",
        })
    }

    /// The RFC 7638 thumbprint, which names the key.
    pub fn kid(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(self.0.as_bytes()));
        encode(&Sha256::digest(members.as_bytes()))
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl PrivateKey {
    /// The key of 32 random bytes, which are the host's to make.
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads a private JWK.
    ///
    /// # Errors
    /// Says what is wrong with it, without any value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let jwk = Jwk::of(value(text)?)?;
        let public = jwk.public("sign")?;
        let seed = jwk
            .d
            .as_deref()
            .ok_or("this is a public key: signing needs the private one, with `d`")?;
        let key = Self::of_seed(&bytes(seed).ok_or("`d` of the key has to be 32 bytes in base64url without padding")?);
        if key.public() == public {
            Ok(key)
        } else {
            Err(String::from("`x` and `d` are of different keys"))
        }
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The private JWK. It is a secret.
    pub fn to_jwk(&self) -> Value {
        let mut jwk = self.public().to_jwk();
        if let Value::Object(members) = &mut jwk {
            members.insert(String::from("d"), Value::from(encode(self.0.as_bytes())));
        }
        jwk
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.kid()).finish()
    }
}

/// Names the key and hides it.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("kid", &self.public().kid())
            .finish_non_exhaustive()
    }
}

/// The JWK Set of these keys, each once.
pub fn jwks<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> Value {
    let mut listed: Vec<&PublicKey> = Vec::new();
    for key in keys {
        if !listed.contains(&key) {
            listed.push(key);
        }
    }
    let keys: Vec<Value> = listed.into_iter().map(PublicKey::to_jwk).collect();
    json!({ "keys": keys })
}

/// Base64url without padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url without padding, line breaks or bits that nothing stands for.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    decode(text)?.try_into().ok()
}

fn value(text: &str) -> Result<Value, String> {
    unique::parse_configuration::<Map<String, Value>>(text)
        .map(Value::Object)
        .map_err(|why| format!("the key is malformed: {why}"))
}

/// The members of a JWK that can stand in a key of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    d: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    key_ops: Option<Vec<String>>,
    /// Browsers write it into every key that they export.
    #[serde(rename = "ext")]
    _extractable: Option<bool>,
}

impl Jwk {
    fn of(value: Value) -> Result<Self, String> {
        // serde's own message quotes the value.
        objects::from_value(value).map_err(|_| {
            String::from(
                "the key has to be an Ed25519 JWK: kty, crv and x (and d, if it is private), and nothing else but kid, use, alg and key_ops",
            )
        })
    }

    /// The public half of a key that may be used for `operation`.
    fn public(&self, operation: &str) -> Result<PublicKey, String> {
        let is = |member: &Option<String>, expected: &str| member.as_deref().is_none_or(|value| value == expected);
        if self.kty != "OKP" || self.crv != "Ed25519" {
            return Err(String::from("the key has to be of kty `OKP` and crv `Ed25519`"));
        }
        if !is(&self.usage, "sig") || !is(&self.alg, "EdDSA") {
            return Err(String::from(
                "`use` of the key has to be `sig` and `alg` has to be `EdDSA`",
            ));
        }
        if self
            .key_ops
            .as_ref()
            .is_some_and(|operations| !operations.iter().any(|listed| listed == operation))
        {
            return Err(format!("`key_ops` of the key do not list `{operation}`"));
        }
        let x = bytes(&self.x).ok_or("`x` of the key has to be 32 bytes in base64url without padding")?;
        let key = VerifyingKey::from_bytes(&x)
            .ok()
            // Anybody can sign for such a key.
            .filter(|key| !key.is_weak())
            .map(PublicKey)
            .ok_or("`x` of the key is no Ed25519 public key")?;
        if is(&self.kid, &key.kid()) {
            Ok(key)
        } else {
            Err(String::from(
                "`kid` of the key is not its thumbprint (RFC 7638): leave it out",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8037, appendix A.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    fn jwk(more: Value) -> String {
        let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": X});
        jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        jwk.to_string()
    }

    #[test]
    fn keys_thumbprints_and_signatures_are_those_of_the_rfc() {
        let key = PrivateKey::parse(&jwk(json!({"d": D}))).unwrap();
        assert_eq!(key.public(), PublicKey::parse(&jwk(json!({}))).unwrap());
        assert_eq!(key.public().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.sign(input);
        assert_eq!(
            encode(&signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert!(key.public().has_signed(input, &signature));
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_their_optional_members_have_to_fit() {
        let key = PrivateKey::of_seed(&[7; 32]);
        let private = key.to_jwk().to_string();
        assert_eq!(PrivateKey::parse(&private).unwrap().public(), key.public());
        assert_eq!(PublicKey::parse(&key.public().to_jwk().to_string()), Ok(key.public()));
        let exported = json!({"use": "sig", "alg": "EdDSA", "key_ops": ["verify"], "ext": true});
        assert!(PublicKey::parse(&jwk(exported)).is_ok());
        for (more, why) in [
            (json!({"kty": "EC"}), "`OKP`"),
            (json!({"crv": "X25519"}), "`Ed25519`"),
            (json!({"use": "enc"}), "`sig`"),
            (json!({"alg": "RS256"}), "`EdDSA`"),
            (json!({"key_ops": ["sign"]}), "`verify`"),
            (json!({"kid": "mine"}), "thumbprint"),
            (json!({"x5c": []}), "nothing else"),
            (json!({"x": format!("{X}=")}), "without padding"),
            // Its last character has a bit that stands for nothing.
            (json!({"x": X.replace("URo", "URp")}), "without padding"),
            (json!({"x": "AA"}), "32 bytes"),
            (json!({"x": encode(&[0; 32])}), "no Ed25519 public key"),
            (json!({"x": encode(&[2; 32])}), "no Ed25519 public key"),
        ] {
            let message = PublicKey::parse(&jwk(more.clone())).unwrap_err();
            assert!(message.contains(why), "{more}: {message}");
        }
        let twice = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","x":"{X}"}}"#);
        assert!(PublicKey::parse(&twice).unwrap_err().contains("a key twice"));
    }

    #[test]
    fn a_private_key_is_never_shown() {
        let private = jwk(json!({"d": D}));
        let key = PrivateKey::parse(&private).unwrap();
        let other = PrivateKey::of_seed(&[7; 32]).public().to_jwk();
        let messages = [
            format!("{key:?}"),
            PublicKey::parse(&private).unwrap_err(),
            PublicKey::parse_set(&format!(r#"{{"keys": [{private}]}}"#)).unwrap_err(),
            PrivateKey::parse(&jwk(json!({"d": D, "x": other["x"]}))).unwrap_err(),
            PrivateKey::parse(&jwk(json!({"d": format!("{D}=")}))).unwrap_err(),
            PrivateKey::parse(&jwk(json!({"d": D, "kid": D}))).unwrap_err(),
            PrivateKey::parse(&jwk(json!({"d": [D]}))).unwrap_err(),
            PrivateKey::parse(&format!("{private},")).unwrap_err(),
        ];
        for message in &messages {
            assert!(!message.contains(&D[..8]), "{message}");
        }
        assert!(messages[1].contains("private key"), "{}", messages[1]);
        assert!(messages[3].contains("different keys"), "{}", messages[3]);
    }

    #[test]
    fn a_set_has_each_key_once_and_is_read_back() {
        let keys = [1, 2, 1].map(|seed| PrivateKey::of_seed(&[seed; 32]).public());
        let set = jwks(&keys).to_string();
        assert_eq!(PublicKey::parse_set(&set).unwrap(), keys[..2]);
        assert_eq!(PublicKey::parse_set(&jwk(json!({}))).unwrap().len(), 1);
        for bad in [
            r#"{"keys": {}}"#,
            r#"{"keys": [], "more": 1}"#,
            r#"{"keys": [1]}"#,
            &format!(r#"{{"keys": [["OKP", "Ed25519", "{X}", null, null, null, null, null, null]]}}"#),
            "[]",
        ] {
            assert!(PublicKey::parse_set(bad).is_err(), "{bad}");
        }
    }
}
