//! The keys of receipts.

use std::rc::Rc;

use serde_json::Value;

use crate::binding::jwk::{PrivateKey, PublicKey, jwks};

use super::{Host, Refusal, Setting};

/// The key that signs receipts; `None` if there are none.
///
/// # Errors
/// It cannot be read, or is no Ed25519 key.
pub async fn signing_key(host: &dyn Host) -> Result<Option<Rc<PrivateKey>>, Refusal> {
    let refuse = |why: &str| Refusal::setting(host, Setting::ReceiptKey, why);
    match host.setting(Setting::ReceiptKey).await {
        Ok(None) => Ok(None),
        Ok(Some(text)) => {
            let key = host.parsed().receipt_key.get(&text, PrivateKey::parse);
            key.map(Some).map_err(|why| refuse(&why))
        }
        Err(why) => Err(refuse(&why)),
    }
}

/// The public keys of receipts as a JWK set, with those that are no longer signed with.
///
/// # Errors
/// A key cannot be read.
pub async fn public_keys(host: &dyn Host) -> Result<Value, Refusal> {
    let mut keys: Vec<PublicKey> = signing_key(host).await?.iter().map(|key| key.public()).collect();
    let refuse = |why: &str| Refusal::setting(host, Setting::ReceiptKeysRetired, why);
    match host.setting(Setting::ReceiptKeysRetired).await {
        Ok(None) => {}
        Ok(Some(text)) => {
            let retired = PublicKey::parse_set(&text).map_err(|why| refuse(&why))?;
            keys.extend(retired);
        }
        Err(why) => return Err(refuse(&why)),
    }
    Ok(jwks(&keys))
}
