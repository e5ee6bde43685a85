//! Planned requests: what is sent, and what a dry run shows of it.

use crate::{
    client::{Call, QueryBuilder},
    contract::types::PlannedRequest,
    provider::{Context, Planned, Provider, Write, reading::Reading},
    request::ValidatedRequest,
};

use super::{Target, Work};

/// The writes for these targets; the indices of a write's targets are those of `work`.
pub fn writes(cx: &Context<'_>, reading: &Reading<'_>, user: &str, targets: &[Target], chosen: &[usize]) -> Vec<Write> {
    let (chosen, planned): (Vec<usize>, Vec<Planned<'_>>) = chosen
        .iter()
        .filter_map(|&index| {
            let target = targets.get(index)?;
            let planned = Planned {
                grant: &target.grant,
                probe: target.probe,
                alone: target.alone,
            };
            Some((index, planned))
        })
        .unzip();
    let mut writes = reading.plan(cx.request, user, &planned);
    for write in &mut writes {
        write.targets = write
            .targets
            .iter()
            .filter_map(|&position| chosen.get(position).copied())
            .collect();
        add_remote_query(&mut write.call, cx.request);
    }
    writes
}

/// Adds the request's `remote_query` to the URL of a call.
fn add_remote_query(call: &mut Call, ask: &ValidatedRequest) {
    for (key, value) in &ask.remote_query {
        let pair = QueryBuilder::new().pair(key, value).build();
        call.url.push(if call.url.contains('?') { '&' } else { '?' });
        call.url.push_str(&pair);
    }
}

/// What would be sent, secrets masked.
pub fn dry_run(provider: &dyn Provider, cx: &Context<'_>, work: &Work<'_>) -> Vec<PlannedRequest> {
    writes(cx, &work.before, &work.user, &work.targets, &work.pending())
        .into_iter()
        .map(|write| PlannedRequest {
            method: write.call.method.as_str().to_owned(),
            url: cx.client.masked(&write.call.url),
            headers: write
                .call
                .headers
                .iter()
                .chain(&provider.call_headers())
                .map(|(name, value)| ((*name).to_owned(), cx.client.masked(value)))
                .collect(),
            body: write
                .call
                .body
                .map(|body| cx.client.masked(&String::from_utf8_lossy(&body))),
        })
        .collect()
}
