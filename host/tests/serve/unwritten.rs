//! A log that cannot be written does not go unnoticed.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use host::serve::Log;

use crate::running::Running;

#[tokio::test]
async fn a_service_whose_log_cannot_be_written_is_not_ready_until_it_can_be() {
    let is_full = Arc::new(AtomicBool::new(true));
    let running = Running::start("unwritten", |configuration| {
        let is_full = Arc::clone(&is_full);
        configuration.log = Log::new(move |_| {
            if is_full.load(Ordering::SeqCst) {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            Ok(())
        });
    })
    .await;
    // Already `listening` could not be written.
    let not_ready = running
        .until(running.address, "/readyz", r#""reasons":["record"]"#)
        .await;
    assert!(not_ready.starts_with("HTTP/1.1 503 "), "{not_ready}");
    running
        .until(running.metrics, "/readyz", "removals leave no record")
        .await;
    running
        .until(running.metrics, "/metrics", "unassign_role_ready 0")
        .await;
    running.calls.add_permits(1);
    let answer = running.until(running.address, "/call", "one").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "a call keeps its answer: {answer}");
    running
        .until(running.metrics, "/metrics", "unassign_role_unwritten_lines_total 2")
        .await;
    is_full.store(false, Ordering::SeqCst);
    running.until(running.address, "/readyz", r#""ready":true"#).await;
    running
        .until(running.metrics, "/metrics", "unassign_role_ready 1")
        .await;
    running
        .until(running.metrics, "/metrics", "unassign_role_unwritten_lines_total 2")
        .await;
}
