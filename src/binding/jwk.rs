//! Ed25519 keys as JWKs (RFC 7517, RFC 8037), named by their thumbprints (RFC 7638).

/// The public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);
