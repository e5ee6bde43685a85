//! Lists: pages by `skip` and `limit`, filters, and rows that are not shown.

use serde_json::{Value, json};

use crate::request::Received;

use super::{
    http::{Reply, ok, refusal},
    state::State,
};

/// A list of V1, with its rows' number beside them. Only those of the page become documents.
pub fn results<T>(state: &State, all: Vec<T>, document: impl Fn(T) -> Value, call: &Received) -> Reply {
    let total = all.len();
    match page(state, all, document, call) {
        Some(page) => ok(json!({"results": page, "totalCount": total})),
        None => refusal(400, "Bad Request"),
    }
}

/// A list of V2; a header says how many rows there are.
pub fn array<T>(state: &State, all: Vec<T>, document: impl Fn(T) -> Value, call: &Received) -> Reply {
    let total = all.len();
    match page(state, all, document, call) {
        Some(page) => Reply {
            total: Some(total),
            ..ok(Value::Array(page))
        },
        None => refusal(400, "Bad Request"),
    }
}

/// The value of a filter such as `email:$eq:` or `name:eq:`, if filters are heeded here. A filter regards case, as that of V2 is
/// documented to.
pub fn wanted<'a>(state: &State, call: &'a Received, comparison: &str) -> Option<&'a str> {
    let filter = call.parameter("filter").filter(|_| !state.ignores_filters)?;
    filter.strip_prefix(comparison)
}

/// The rows from `skip` on, `limit` of them less those that the key may not see: a page can be short and not the last.
fn page<T>(state: &State, all: Vec<T>, document: impl Fn(T) -> Value, call: &Received) -> Option<Vec<Value>> {
    let number = |name: &str, usual: usize| call.parameter(name).map_or(Some(usual), |text| text.parse().ok());
    let (skip, limit) = (number("skip", 0)?, number("limit", 10)?);
    if !(1..=100).contains(&limit) {
        return None;
    }
    let is_in = |ids: &[String], row: &Value| {
        let names = ["id", "_id", "organization", "administrator"];
        let mut texts = names.iter().filter_map(|name| row[*name].as_str());
        texts.any(|id| ids.iter().any(|known| known == id))
    };
    let page = all.into_iter().skip(skip).take(limit).map(document);
    let seen = page.filter(|row| !is_in(&state.skipped_rows, row));
    let shown = seen.map(|row| {
        if is_in(&state.null_rows, &row) {
            Value::Null
        } else {
            row
        }
    });
    Some(shown.collect())
}
