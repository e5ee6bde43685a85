//! TLS in front of the provider, with a certificate that `openssl` makes for this run and that only the bench's services trust.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow, ensure};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A certificate for 127.0.0.1, and its key.
pub struct Certificate {
    /// What a client has to trust, in PEM.
    pub file: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// Makes one in this folder, valid for a day.
    ///
    /// # Errors
    /// openssl is missing, or too old for its options.
    pub fn make(folder: &Path) -> Result<Self> {
        let certificate = Self {
            file: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        };
        let made = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=bench"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&certificate.key)
            .arg("-out")
            .arg(&certificate.file)
            .stdin(Stdio::null())
            .output()
            .context("openssl is missing: install it")?;
        let why = String::from_utf8_lossy(&made.stderr);
        ensure!(made.status.success(), "openssl makes no certificate: {}", why.trim());
        Ok(certificate)
    }

    fn acceptor(&self) -> Result<TlsAcceptor> {
        let chain = vec![CertificateDer::from_pem_slice(&fs::read(&self.file)?).map_err(|error| anyhow!("{error}"))?];
        let key = PrivateKeyDer::from_pem_slice(&fs::read(&self.key)?).map_err(|error| anyhow!("{error}"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Accepts connections with this certificate.
pub struct Encrypted {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Encrypted {
    pub fn new(listener: TcpListener, certificate: &Certificate) -> Result<Self> {
        Ok(Self {
            listener,
            acceptor: certificate.acceptor()?,
        })
    }
}

impl axum::serve::Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            // A client that breaks off is its own affair.
            if let Ok((stream, address)) = self.listener.accept().await
                && stream.set_nodelay(true).is_ok()
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
