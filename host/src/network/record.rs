//! Every request of a test run as a line of JSON in the file that `RECORD_REQUESTS` names, to be checked against official specs.

use std::{
    env,
    fs::{File, OpenOptions},
    io::Write,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde_json::json;

use super::Call;

static FILE: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = env::var_os("RECORD_REQUESTS")?;
    let file = OpenOptions::new().create(true).append(true).open(path).ok()?;
    Some(Mutex::new(file))
});

pub fn write(call: &Call) {
    let Some(file) = &*FILE else {
        return;
    };
    let header = |name: &str| {
        call.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let line = json!({
        "method": call.method,
        "authority": call.authority,
        "target": call.path_and_query,
        "content_type": header("content-type"),
        "body": String::from_utf8_lossy(&call.body),
    });
    // In one write: other processes append to the same file.
    let line = format!("{line}\n");
    // A check that misses lines counts fewer requests; the tests themselves must not depend on it.
    let _ = file
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .write_all(line.as_bytes());
}
