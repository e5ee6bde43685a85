//! Compact JWS (RFC 7515) with EdDSA and nothing else.
