//! Pages: the token is the position of the next row.

use serde_json::Value;

use super::{
    http::{Call, Reply, refusal},
    state::State,
};

/// The rows of this page and the token of the next.
pub fn page(state: &State, call: &Call, parameter: &str, rows: Vec<Value>) -> Result<(Vec<Value>, Value), Reply> {
    let start = match call.query.iter().find(|(name, _)| name == parameter) {
        None => 0,
        Some((_, token)) => token
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
