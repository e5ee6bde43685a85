//! Pages: the token is the position of the next row.

use serde_json::Value;

use crate::request::Received;

use super::{
    http::{Reply, refusal},
    state::State,
};

/// The rows of this page and the token of the next.
pub fn page(state: &State, call: &Received, parameter: &str, rows: Vec<Value>) -> Result<(Vec<Value>, Value), Reply> {
    let start = match call.parameter(parameter) {
        None => 0,
        Some(token) => token
            .strip_prefix("at+")
            .and_then(|at| at.parse::<usize>().ok())
            .ok_or_else(|| refusal(400, "invalid_request", "unknown token"))?,
    };
    let end = start + state.page;
    let next = if state.repeats_pages {
        Value::from("at+0")
    } else if end < rows.len() {
        // The plus must be encoded by whoever sends it back.
        Value::from(format!("at+{end}"))
    } else {
        Value::Null
    };
    Ok((rows.into_iter().skip(start).take(state.page).collect(), next))
}
