//! The HTTP face on a loopback socket.

use std::{convert::Infallible, net::Ipv4Addr, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;
use harness::service::Service;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use sandboxes::crowdstrike::DEMO_USERS;
use tokio::{net::TcpListener, task::JoinSet};
use wasmtime_wasi_http::{Error, WasiBody};

use super::sandbox::{CROWDSTRIKE, Component, Sandboxes, TOKEN};

#[derive(Args)]
pub struct Serve {
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// The component that serves
    #[arg(long, value_enum, default_value_t)]
    component: Component,
}

impl Serve {
    pub async fn run(self) -> Result<ExitCode> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .with_context(|| {
                format!(
                    "127.0.0.1:{} cannot be used (is something else listening there? try --port)",
                    self.port
                )
            })?;
        let sandboxes = Sandboxes::start();
        let service = sandboxes.service(self.component).inherit_output().start()?;
        println!("Serving on http://{} (Ctrl-C ends it). Try:\n", listener.local_addr()?);
        println!("{}\n", curl(listener.local_addr()?.port()));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, _) = accepted.context("accepting a connection")?;
                    let service = service.clone();
                    connections.spawn(async move {
                        let answer = service_fn(|request| answer(service.clone(), request));
                        // A connection that breaks is the client's own affair.
                        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                    });
                }
                Some(_) = connections.join_next() => {}
                stopped = tokio::signal::ctrl_c() => {
                    stopped.context("waiting for Ctrl-C")?;
                    println!("Stopped.");
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

/// A call that removes a role.
fn curl(port: u16) -> String {
    let user = DEMO_USERS[0].0;
    format!(
        "curl -i 'http://127.0.0.1:{port}/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}' \\\n  \
         -H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json' \\\n  \
         -d '{{\"id\": \"{user}\", \"roles\": [{{\"id\": \"event_viewer\"}}, {{\"name\": \"Help Desk\"}}]}}'"
    )
}

async fn answer(service: Service, request: http::Request<Incoming>) -> Result<http::Response<WasiBody>, Infallible> {
    let (mut head, body) = request.into_parts();
    // The component is told the whole address, as every host does.
    let authority = head
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .unwrap_or("127.0.0.1")
        .to_owned();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let Ok(uri) = http::Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query(path)
        .build()
    else {
        return Ok(plain(400, "the address is malformed"));
    };
    head.uri = uri;
    let body = body.map_err(Error::Hyper).boxed_unsync();
    Ok(service
        .handle(http::Request::from_parts(head, body))
        .await
        .unwrap_or_else(|error| {
            eprintln!("the component failed: {error:#}");
            plain(500, "the component failed")
        }))
}

fn plain(status: u16, text: &'static str) -> http::Response<WasiBody> {
    let body = Full::new(bytes::Bytes::from_static(text.as_bytes())).map_err(|never| match never {});
    let mut response = http::Response::new(body.boxed_unsync());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response
}
