//! A stop loses no call.

use std::process::{Command, id};

use host::serve::Stop;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::running::{Running, get};

#[tokio::test]
async fn calls_under_way_finish_and_new_ones_are_refused() {
    let mut running = Running::start("stop", |_| {}).await;
    let call = tokio::spawn(get(running.address, "/call"));
    running
        .until(running.metrics, "/metrics", "unassign_role_calls_in_progress 1")
        .await;
    running.stop();
    let not_ready = running.until(running.address, "/readyz", "stopping").await;
    assert!(not_ready.starts_with("HTTP/1.1 503 "), "{not_ready}");
    assert!(get(running.address, "/livez").await.starts_with("HTTP/1.1 200 "));
    let refused = get(running.address, "/call").await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(
        refused.contains("retry-after: 1\r\n") && refused.contains(r#""error_code":"stopping""#),
        "{refused}"
    );
    running.calls.add_permits(1);
    assert!(call.await.unwrap().ends_with("\r\n\r\none"));
    running.ended().await;
    let log = running.log.lock().unwrap();
    assert!(log.last().unwrap().contains(r#""calls_cut_off":false"#), "{log:?}");
}

#[tokio::test]
async fn a_call_whose_client_left_is_waited_for() {
    let mut running = Running::start("left", |_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream
        .write_all(b"GET /call HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    running
        .until(running.metrics, "/metrics", "unassign_role_calls_in_progress 1")
        .await;
    drop(stream);
    running.stop();
    running.until(running.address, "/readyz", "stopping").await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(
        get(running.address, "/livez").await.starts_with("HTTP/1.1 200 "),
        "it still waits"
    );
    running.calls.add_permits(1);
    running.ended().await;
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_a_stop_up() {
    let mut running = Running::start("idle", |_| {}).await;
    let idle = TcpStream::connect(running.address).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let before = std::time::Instant::now();
    running.stop();
    running.ended().await;
    assert!(
        before.elapsed() < std::time::Duration::from_secs(4),
        "{:?}",
        before.elapsed()
    );
    drop(idle);
}

/// Sends a signal to this process.
fn signal(name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn signals_reload_stop_and_end() {
    let stop = Stop::by_signals().unwrap();
    let mut running = Running::start_until(stop, "signals", |_| {}).await;
    signal("HUP");
    let taken = r#"unassign_role_reloads_total{what="configuration",result="taken"} 1"#;
    running.until(running.metrics, "/metrics", taken).await;
    let call = tokio::spawn(get(running.address, "/call"));
    running
        .until(running.metrics, "/metrics", "unassign_role_calls_in_progress 1")
        .await;
    signal("TERM");
    running.until(running.address, "/readyz", "stopping").await;
    signal("INT");
    assert!(!running.ended().await);
    let log = running.log.lock().unwrap();
    assert!(log.last().unwrap().contains(r#""calls_cut_off":true"#), "{log:?}");
    call.abort();
}
