//! The service for operators, over real sockets.

mod authority;
#[path = "serve/component.rs"]
mod component;
#[path = "serve/limits.rs"]
mod limits;
#[path = "serve/reload.rs"]
mod reload;
#[path = "serve/running.rs"]
mod running;
#[path = "serve/stop.rs"]
mod stop;
#[path = "serve/unwritten.rs"]
mod unwritten;
