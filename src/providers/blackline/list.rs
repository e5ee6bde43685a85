//! Reading a list: every page of it, and whether more may be missing behind the last one.

use serde_json::Value;

use crate::{
    client::{Answer, Call, QueryBuilder},
    error::{FaultKind, ProviderFault},
    provider::Context,
};

use super::{
    config::Config,
    core,
    session::{self, Effort},
};

/// The page lengths that servers have where nobody asks for one. No source tells BlackLine's.
const USUAL_PAGES: [usize; 12] = [10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000];

/// Which list.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// For messages.
    pub what: &'static str,
    pub path: &'a str,
    pub filter: Option<&'a str>,
    /// The rows of a page, where they are asked for.
    pub page_size: Option<usize>,
    /// A page of this list that named no next one had so many rows before: a shorter one is not the server's longest.
    pub longest: usize,
    pub effort: Effort,
}

/// What a list shows.
pub struct Rows {
    pub rows: Vec<Value>,
    /// Why there may be more of them.
    pub doubt: Option<String>,
}

impl<'a> List<'a> {
    pub const fn new(config: &Config, what: &'static str, path: &'a str) -> Self {
        Self {
            what,
            path,
            filter: None,
            page_size: config.page_size,
            longest: 0,
            effort: Effort::Full,
        }
    }
}

/// Every row; the next page only on the account's own host.
pub async fn rows(config: &Config, cx: &Context<'_>, list: List<'_>) -> Result<Rows, ProviderFault> {
    let mut url = config.base.join(
        &QueryBuilder::new()
            .maybe("pageSize", list.page_size.map(|size| size.to_string()).as_deref())
            .maybe("filter", list.filter)
            .on(list.path),
    );
    let mut rows: Vec<Value> = Vec::new();
    loop {
        cx.client.budget().page(list.what)?;
        let answer = session::send(config, cx, &Call::get(url), list.effort).await?;
        let document = document(config, cx, &answer, list.what)?;
        let Some(Value::Array(page)) = document.pointer(&config.fields.list) else {
            return Err(answer.fault(
                FaultKind::BadAnswer,
                format!("BlackLine's answer has no list when reading {}", list.what),
            ));
        };
        let is_first = rows.is_empty();
        rows.extend(page.iter().cloned());
        let Some(next) = next(config, &answer, &document)? else {
            let total = total(config, &document);
            if total.is_some_and(|total| total > rows.len() as u64) {
                return Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!(
                        "BlackLine's list has fewer rows than it says when reading {}",
                        list.what
                    ),
                ));
            }
            // Where next pages are named, the page that names none is the last.
            let may_be_cut_off = is_first && total.is_none() && is_page(list, rows.len());
            let doubt = may_be_cut_off.then(|| {
                format!(
                    "BlackLine's list of {} names no next page and is as long as one page, so that it may be cut off (settings.page_size)",
                    list.what
                )
            });
            return Ok(Rows { rows, doubt });
        };
        url = next;
    }
}

/// What an answer of 2xx holds, unless it is an error.
pub fn document(
    config: &Config,
    cx: &Context<'_>,
    answer: &Answer,
    what: &'static str,
) -> Result<Value, ProviderFault> {
    let kind = if !answer.is_success() {
        answer.fault_kind()
    } else if core::says_error(config, answer) {
        // An error may come with an empty list beside it.
        FaultKind::BadAnswer
    } else {
        return answer.json(what);
    };
    let message = format!("BlackLine refuses to read {what}");
    Err(core::fault(config, cx, answer, kind, &message))
}

fn next(config: &Config, answer: &Answer, document: &Value) -> Result<Option<String>, ProviderFault> {
    let pointers = config.fields.next.iter();
    let Some(next) = pointers
        .filter_map(|pointer| document.pointer(pointer))
        .find(|next| !next.is_null() && next.as_str() != Some(""))
    else {
        return Ok(None);
    };
    let next = next
        .as_str()
        .ok_or_else(|| answer.fault(FaultKind::BadAnswer, "BlackLine's link to the next page is not a text"))?;
    config
        .base
        .follow(next)
        .map(Some)
        .ok_or_else(|| answer.fault(FaultKind::BadAnswer, "BlackLine's next page is on another host"))
}

/// How many rows the list says that it has.
fn total(config: &Config, document: &Value) -> Option<u64> {
    let mut totals = config.fields.total.iter();
    totals.find_map(|pointer| document.pointer(pointer)?.as_u64())
}

/// Whether so many rows are what one page holds.
fn is_page(list: List<'_>, rows: usize) -> bool {
    match list.page_size {
        Some(size) => rows == size,
        None => USUAL_PAGES.contains(&rows) && rows >= list.longest,
    }
}
