//! What one client, or all of them, may take up.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::running::{Running, get};

#[tokio::test]
async fn one_call_more_than_the_limit_is_refused_and_probes_are_not() {
    let running = Running::start("busy", |configuration| configuration.limits.calls = 1).await;
    let first = tokio::spawn(get(running.address, "/call"));
    running
        .until(running.metrics, "/metrics", "unassign_role_calls_in_progress 1")
        .await;
    let refused = get(running.address, "/call").await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(
        refused.contains("retry-after: 1\r\n")
            && refused.contains(r#""error":"Service Unavailable""#)
            && refused.contains(r#""error_code":"busy","retryable":true,"sent":false"#)
            && refused.contains("x-request-id: ")
            && refused.contains("x-content-type-options: nosniff\r\n"),
        "{refused}"
    );
    assert!(get(running.address, "/livez").await.starts_with("HTTP/1.1 200 "));
    assert!(get(running.address, "/readyz").await.starts_with("HTTP/1.1 200 "));
    running.calls.add_permits(1);
    assert!(first.await.unwrap().ends_with("\r\n\r\none"));
    running.calls.add_permits(1);
    assert!(
        get(running.address, "/call").await.ends_with("\r\n\r\none"),
        "its place is free again"
    );
    let metrics = get(running.metrics, "/metrics").await;
    assert!(
        metrics.contains(r#"unassign_role_refused_requests_total{reason="busy"} 1"#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"unassign_role_requests_total{status="503"} 1"#),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_connection_more_than_the_limit_waits_for_another_ones_end() {
    let running = Running::start("connections", |configuration| configuration.limits.connections = 1).await;
    let first = TcpStream::connect(running.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let second = tokio::spawn(get(running.address, "/livez"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished());
    drop(first);
    assert!(second.await.unwrap().starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_has_said_all_that_it_says_gets_its_answer() {
    let running = Running::start("half-closed", |_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let request = b"GET /call HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    running
        .until(running.metrics, "/metrics", "unassign_role_calls_in_progress 1")
        .await;
    running.calls.add_permits(1);
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await;
    read.unwrap().unwrap();
    assert!(answer.ends_with("\r\n\r\none"), "{answer}");
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_cut_off() {
    let running = Running::start("slow", |configuration| {
        configuration.limits.head = Duration::from_millis(100);
    })
    .await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: loc").await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
        .await
        .expect("the service ends the connection")
        .unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn every_request_is_one_json_line_without_what_the_caller_put_into_its_address() {
    let running = Running::start("log", |_| {}).await;
    running.calls.add_permits(2);
    get(running.address, "/call?id=ann@example.com").await;
    get(running.address, "/unified/user-directory/users/ann@example.com").await;
    let log = running.log.lock().unwrap();
    for line in log.iter() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["event"].is_string() && line["time"].is_string(), "{line}");
    }
    let requests: Vec<&String> = log
        .iter()
        .filter(|line| line.contains(r#""event":"request""#))
        .collect();
    let routes = ["other", "/unified/user-directory/users/{id}"];
    assert_eq!(requests.len(), routes.len());
    for (line, route) in requests.into_iter().zip(routes) {
        assert!(
            line.contains(&format!(r#""route":"{route}","status":200"#)) && !line.contains("ann@"),
            "{line}"
        );
    }
}
