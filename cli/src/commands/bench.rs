//! Size and speed, as ratios side by side in one run.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use clap::Args;
use host::{
    guests::Artifact,
    service::Service,
    typed::{self, types},
};
use sandboxes::crowdstrike::{DEMO_HOME_CID as HOME, DEMO_USERS};
use serde_json::json;

use crate::{
    exit::Exit,
    terminal::{line, table},
};

use super::sandbox::{CROWDSTRIKE, Component, Sandboxes, TOKEN};

#[derive(Args)]
pub struct Bench {
    /// Calls of each kind
    #[arg(long, default_value_t = 300)]
    calls: u32,
}

impl Bench {
    pub async fn run(self) -> Result<Exit> {
        let typed = self.typed().await?;
        let mut rows = table(["one removal, verified", "µs each", "ratio"]);
        let mut row = |name: &str, time: Duration| {
            let ratio = time.as_secs_f64() / typed.as_secs_f64();
            rows.push([name.to_owned(), time.as_micros().to_string(), format!("{ratio:.2}")]);
        };
        row("typed call, WASI 0.2, a fresh instance each", typed);
        row(
            "HTTP face, WASI 0.2, instances reused",
            self.http(Component::Wasi).await?,
        );
        row("HTTP face, Spin, instances reused", self.http(Component::Spin).await?);
        line(&rows)?;
        let wasi = Artifact::Wasi.bytes()?.len();
        let mut rows = table(["component", "bytes", "ratio"]);
        for (name, size) in [("wasi", wasi), ("spin", Artifact::Spin.bytes()?.len())] {
            #[allow(clippy::cast_precision_loss)]
            let ratio = size as f64 / wasi as f64;
            rows.push([name.to_owned(), size.to_string(), format!("{ratio:.2}")]);
        }
        Exit::Done.after(line(&rows))
    }

    async fn typed(&self) -> Result<Duration> {
        let sandboxes = Sandboxes::start();
        let account = Sandboxes::typed_account();
        let role = types::Role {
            id: Some(String::from("help_desk")),
            name: None,
            group: None,
            organization: None,
            workspace: None,
        };
        let request = typed::request(DEMO_USERS[1].0, &[role]);
        let options = typed::options();
        let mut total = Duration::ZERO;
        for call in 0..=self.calls {
            sandboxes.crowdstrike.grant(DEMO_USERS[1].0, HOME, "help_desk");
            let started = Instant::now();
            let answer = typed::call(&sandboxes.network, sandboxes.clock, &account, &request, &options).await?;
            // The first call compiles.
            total += if call == 0 { Duration::ZERO } else { started.elapsed() };
            ensure!(answer.is_ok(), "a call failed: {answer:?}");
        }
        Ok(total / self.calls)
    }

    async fn http(&self, component: Component) -> Result<Duration> {
        let sandboxes = Sandboxes::start();
        let service = sandboxes.service(component, false)?;
        let mut total = Duration::ZERO;
        for call in 0..=self.calls {
            sandboxes.crowdstrike.grant(DEMO_USERS[1].0, HOME, "help_desk");
            let started = Instant::now();
            let status = post(&service).await?;
            total += if call == 0 { Duration::ZERO } else { started.elapsed() };
            ensure!(status == 200, "a call ended with {status}");
        }
        Ok(total / self.calls)
    }
}

async fn post(service: &Service) -> Result<u16> {
    let body = json!({"id": DEMO_USERS[1].0, "roles": [{"id": "help_desk"}]});
    let request = http::Request::post(format!(
        "http://127.0.0.1:3000/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}"
    ))
    .header("host", "127.0.0.1:3000")
    .header("authorization", format!("Bearer {TOKEN}"))
    .header("content-type", "application/json")
    .body(Bytes::from(body.to_string()))?;
    Ok(service.send(request).await?.status().as_u16())
}
