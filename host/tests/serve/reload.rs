//! Configuration and certificate follow their files, and a broken file changes nothing.

use std::{fs, sync::Arc};

use host::serve::Certificate;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{
    authority::Authority,
    running::{Running, get, get_over},
};

#[tokio::test]
async fn a_change_is_served_and_a_broken_one_is_not() {
    let running = Running::start("reload", |_| {}).await;
    running.calls.add_permits(100_000);
    assert!(get(running.address, "/call").await.ends_with("one"));
    running.write("two");
    running.until(running.address, "/call", "two").await;
    running.write("broken");
    let detailed = running
        .until(running.metrics, "/readyz", "account acme: no credentials")
        .await;
    assert!(detailed.starts_with("HTTP/1.1 503 "), "{detailed}");
    let public = get(running.address, "/readyz").await;
    assert!(
        public.starts_with("HTTP/1.1 503 ") && public.contains(r#"["configuration"]"#),
        "{public}"
    );
    assert!(!public.contains("acme"), "callers need not know the accounts: {public}");
    assert!(
        get(running.address, "/call").await.ends_with("two"),
        "the old one stays in force"
    );
    let metrics = get(running.metrics, "/metrics").await;
    for line in [
        r#"unassign_role_reloads_total{what="configuration",result="taken"} 1"#,
        r#"unassign_role_reloads_total{what="configuration",result="refused"} 1"#,
        "unassign_role_ready 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    running.write("three");
    running.until(running.address, "/call", "three").await;
    running.until(running.address, "/readyz", "HTTP/1.1 200 ").await;
}

#[tokio::test]
async fn a_call_under_way_keeps_the_configuration_that_it_began_with() {
    let running = Running::start("generation", |_| {}).await;
    let call = tokio::spawn(get(running.address, "/call"));
    running
        .until(running.metrics, "/metrics", "unassign_role_calls_in_progress 1")
        .await;
    running.write("two");
    running.until(running.metrics, "/metrics", r#"result="taken"} 1"#).await;
    running.calls.add_permits(1);
    assert!(call.await.unwrap().ends_with("one"));
}

/// The answer over TLS, if the service's certificate is for this name.
async fn get_as(running: &Running, authority: &Authority, name: &'static str) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority.file()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = ServerName::try_from(name).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    Some(get_over(stream, "/livez").await)
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let authority = Authority::new();
    let (chain, key) = (authority.folder().join("chain.pem"), authority.folder().join("key.pem"));
    let write = |name: &str| {
        let (certificate, private) = authority.issue(&[name]);
        fs::write(&chain, certificate).unwrap();
        fs::write(&key, private).unwrap();
    };
    write("old.example");
    let certificate = Certificate {
        chain: chain.clone(),
        key: key.clone(),
    };
    let running = Running::start("certificate", |configuration| {
        configuration.certificate = Some(certificate);
    })
    .await;
    let answer = get_as(&running, &authority, "old.example").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(get_as(&running, &authority, "new.example").await, None);
    write("new.example");
    running
        .until(running.metrics, "/metrics", r#"{what="certificate",result="taken"}"#)
        .await;
    while get_as(&running, &authority, "new.example").await.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    fs::write(&key, "no key").unwrap();
    let detailed = running
        .until(running.metrics, "/readyz", "holds no private key in PEM")
        .await;
    assert!(detailed.contains(r#""reasons":["certificate"]"#), "{detailed}");
    assert!(
        get_as(&running, &authority, "new.example").await.is_some(),
        "the old one stays in force"
    );
}
