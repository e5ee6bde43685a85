//! Whom outbound TLS trusts.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The variables that name the roots in place of the system's.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// TLS 1.2 and 1.3, with HTTP/1.1 inside. Trusts the system's roots, or the bundled ones if the system has none, and the
/// certificates of a PEM file too.
///
/// # Errors
/// A file without certificates, or variables that name roots of which none can be read.
pub fn client_config(extra_ca: Option<&Path>) -> Result<ClientConfig> {
    let named = VARIABLES.into_iter().find(|name| std::env::var_os(name).is_some());
    let mut roots = trusted(rustls_native_certs::load_native_certs().certs, named)?;
    if let Some(path) = extra_ca {
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .with_context(|| format!("{} holds a certificate that cannot be trusted", path.display()))?;
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| anyhow!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The roots that were found. A root that does not parse is passed over, as every client does.
fn trusted(found: Vec<CertificateDer<'static>>, named: Option<&str>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found);
    match named {
        _ if !roots.is_empty() => Ok(roots),
        // Whoever names the roots trusts no others.
        Some(variable) => bail!("{variable} is set, and there is no certificate that can be read"),
        None => {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            Ok(roots)
        }
    }
}

/// The certificates of a PEM file, at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| anyhow!("{} is not a PEM file: {error}", path.display()))?;
    if certificates.is_empty() {
        bail!("{} holds no certificate in PEM", path.display());
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_roots_stand_in_for_none_but_not_for_those_that_were_named() {
        assert!(!trusted(Vec::new(), None).unwrap().is_empty());
        let why = trusted(Vec::new(), Some("SSL_CERT_FILE")).unwrap_err().to_string();
        assert!(why.contains("SSL_CERT_FILE"), "{why}");
    }
}
