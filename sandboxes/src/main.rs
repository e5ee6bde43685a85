//! The sandboxes on ports of their own: `cargo run -p sandboxes` prints where each one is, as one line of JSON, and serves until it is
//! ended.

use std::{
    net::Ipv4Addr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::Router;
use sandboxes::{
    Clock, blackline::BlackLine, crowdstrike::CrowdStrike, elastic_cloud::ElasticCloud, jumpcloud::JumpCloud,
    slack_enterprise::Slack, teamviewer::TeamViewer,
};
use serde_json::{Map, json};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let clock = Clock::starting_at(unix);
    let jumpcloud = JumpCloud::demo(clock);
    let routers: [(&str, Router); 8] = [
        ("blackline", BlackLine::demo(clock).router()),
        ("blackline_saviynt", BlackLine::saviynt_demo(clock).router()),
        ("crowdstrike", CrowdStrike::demo(clock).router()),
        ("elastic_cloud", ElasticCloud::demo(clock).router()),
        ("jumpcloud", jumpcloud.router()),
        ("jumpcloud_token", jumpcloud.token_router()),
        ("slack_enterprise", Slack::demo(clock).router()),
        ("teamviewer", TeamViewer::demo(clock).router()),
    ];
    let mut addresses = Map::new();
    let mut servers = Vec::new();
    for (name, router) in routers {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        addresses.insert(name.to_owned(), json!(address));
        servers.push(tokio::spawn(async move { axum::serve(listener, router).await }));
    }
    println!("{}", json!(addresses));
    for server in servers {
        server.await??;
    }
    Ok(())
}
