//! The HTTP face on a socket: bodies come as they are written, and a service that is dropped leaves nothing behind.

use std::{future::pending, sync::Arc, time::Duration};

use axum::{Router, routing::any};
use host::guests::Artifact;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::{
    fixture::{ACCOUNT, ANN, Post, TOKEN, World},
    on_both,
};

/// What a client reads that sends `request` piece by piece and then waits for the end.
async fn exchange(artifact: Artifact, pieces: &[String]) -> String {
    let world = World::new();
    let service = world.service(artifact);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let shutdown = async { stopped.await.unwrap_or_default() };
        service.serve(listener, shutdown).await
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    for piece in pieces {
        stream.write_all(piece.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    answer
}

async fn a_request_in_pieces_is_answered(artifact: Artifact) {
    let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}]}).to_string();
    let head = format!(
        "POST /unified/user-directory/users/unassign-role?integrated_account_id={ACCOUNT} HTTP/1.1\r\nhost: 127.0.0.1\r\n\
         authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let (first, second) = body.split_at(body.len() / 2);
    let answer = exchange(artifact, &[head, first.to_owned(), second.to_owned()]).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""outcome":"removed""#), "{answer}");
}

#[tokio::test]
async fn wasi_answers_a_request_in_pieces() {
    a_request_in_pieces_is_answered(Artifact::Wasi).await;
}

#[tokio::test]
async fn spin_answers_a_request_in_pieces() {
    a_request_in_pieces_is_answered(Artifact::Spin).await;
}

#[tokio::test]
async fn a_request_without_a_host_is_answered() {
    let head = String::from("GET /nowhere HTTP/1.0\r\n\r\n");
    let answer = exchange(Artifact::Wasi, &[head]).await;
    assert!(answer.starts_with("HTTP/1.0 4"), "{answer}");
}

#[tokio::test]
async fn only_loopback_is_served() {
    let service = World::new().service(Artifact::Wasi);
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error = service.serve(listener, pending()).await.unwrap_err();
    assert!(error.to_string().contains("is not a loopback address"), "{error}");
}

on_both! {
    async fn a_dropped_service_ends_its_instances(artifact) {
        let world = World::new();
        let marker = Arc::new(());
        let held = Arc::downgrade(&marker);
        world.network.route("marker.example", Router::new().fallback(any(move || {
            let _marker = Arc::clone(&marker);
            async {}
        })));
        let service = world.service(artifact);
        let answer = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).to(&service).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        drop(world);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(held.upgrade().is_some(), "a service at work keeps its network");
        drop(service);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(held.upgrade().is_none());
    }
}
