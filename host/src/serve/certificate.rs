//! The service's own certificate.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Result, anyhow};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, pem::PemObject},
};

use crate::outbound::trust;

/// Two PEM files.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, followed by those that lead to the root.
    pub chain: PathBuf,
    pub key: PathBuf,
}

impl Certificate {
    /// Reads both files. They have to fit each other.
    pub(super) fn load(&self) -> Result<Arc<ServerConfig>> {
        let chain = trust::certificates(&self.chain)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| anyhow!("{} holds no private key in PEM: {error}", self.key.display()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| anyhow!("TLS cannot be set up: {error}"))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| {
                anyhow!(
                    "{} and {} do not make a certificate: {error}",
                    self.chain.display(),
                    self.key.display()
                )
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        vec![self.chain.clone(), self.key.clone()]
    }
}
