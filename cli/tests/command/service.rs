//! `serve` as a process, and how a test speaks to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::program::{Folder, program, text};

/// A service, which ends with the test.
pub struct Service {
    pub child: Child,
    log: BufReader<std::process::ChildStderr>,
    pub address: String,
    pub metrics: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .args(arguments)
            .env("UNASSIGN_ROLE_SECRET_KEY", "demo-key")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut service = Self {
            child,
            log,
            address: String::new(),
            metrics: String::new(),
        };
        let listening = service.event("listening");
        let address = |name: &str| {
            listening[name]
                .as_str()
                .unwrap_or_else(|| panic!("{listening}"))
                .to_owned()
        };
        service.address = address("address");
        service.metrics = address("metrics");
        service
    }

    /// Reads the log up to this event.
    pub fn event(&mut self, event: &str) -> Value {
        loop {
            let mut line = String::new();
            assert!(
                self.log.read_line(&mut line).unwrap() > 0,
                "the service ended before `{event}`"
            );
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if line["event"] == event {
                return line;
            }
        }
    }

    pub fn signal(&self, name: &str) {
        Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
    }
}

/// Sends a request over plain HTTP, and gives the whole answer.
pub fn http(address: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer demo-token\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// SHA-256 of `demo-token`.
const TOKEN_DIGEST: &str = "7c43ef5ae21d43ce2743f770c68e24def1a43ee2f416d2438410c8af7af2ff2c";

pub fn tokens(folder: &Folder, accounts: &[&str]) -> String {
    let tokens =
        json!([{"name": "demo", "sha256": TOKEN_DIGEST, "accounts": accounts, "may": ["read", "plan", "revoke"]}]);
    text(&folder.write("tokens.json", &tokens.to_string())).to_owned()
}
