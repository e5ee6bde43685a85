//! The command, end to end: the built program, its output and its exit codes.

#[path = "command/bad_input.rs"]
mod bad_input;
#[path = "command/balanced.rs"]
mod balanced;
#[path = "command/configuration.rs"]
mod configuration;
#[path = "command/offboarding.rs"]
mod offboarding;
#[path = "command/program.rs"]
mod program;
#[path = "command/sandboxed.rs"]
mod sandboxed;
#[path = "command/served.rs"]
mod served;
#[path = "command/service.rs"]
mod service;
#[path = "command/signals.rs"]
mod signals;
#[path = "command/tenant.rs"]
mod tenant;
#[path = "command/terminal.rs"]
mod terminal;
