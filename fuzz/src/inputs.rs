//! What a caller or an operator writes: the query, the body, and the configuration. The provider cannot be reached.

use serde_json::{Value, json};

use crate::{
    face::{Answer, Face, hex_digest},
    paused,
    transport::FarEnd,
};

const GOOD: &str = r#"{"id": "4711", "roles": [{"id": "billing-admin"}]}"#;

/// The query after the account's parameter.
pub fn query(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else {
        return;
    };
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("&{query}")
    };
    send(data, |_| {}, &query, GOOD.as_bytes());
}

/// The body; an empty input is a good one.
pub fn body(data: &[u8]) {
    let body = if data.is_empty() { GOOD.as_bytes() } else { data };
    send(data, |_| {}, "", body);
}

/// The first byte chooses what is written: the account, or the list of tokens. Both stay as they are for an empty input.
pub fn configuration(data: &[u8]) {
    let change = |face: &mut Face<'_>| {
        if let Some((which, text)) = data.split_first() {
            let text = String::from_utf8_lossy(text).into_owned();
            *(if which % 2 == 0 {
                &mut face.account
            } else {
                &mut face.tokens
            }) = text;
        }
    };
    send(data, change, "", GOOD.as_bytes());
    let text = String::from_utf8_lossy(data);
    // Nothing but a fault may come of them.
    let _ = unassign_role::http_api::check_accounts(&text);
    let _ = unassign_role::http_api::check_tokens(&text);
}

/// Sends a request that depends on `data`. The secret is a digest of it, so that no input can contain its own.
fn send(data: &[u8], configure: impl FnOnce(&mut Face<'_>), query: &str, body: &[u8]) {
    paused::run(async {
        let far_end = FarEnd::unreachable();
        let secret = hex_digest(data);
        let account = json!({"provider": "elastic_cloud", "credentials": {"type": "api_key", "api_key": secret}});
        let mut face = Face::new(&far_end, account.to_string());
        configure(&mut face);
        let (answer, report) = face.post(query, body.to_vec()).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains(&secret), "a secret: {report}");
        check(&answer, &report, far_end.calls(), data.is_empty());
    });
}

fn check(answer: &Answer, report: &Value, calls: usize, is_good: bool) {
    if is_good {
        assert_eq!((answer.status, calls > 0), (502, true), "the good request: {report}");
    }
    assert_ne!(answer.status, 200, "nothing can be gone or planned: {report}");
    if calls == 0 {
        assert_ne!(report["sent"], json!(true), "{report}");
    }
    if [400, 401, 403, 405].contains(&answer.status) {
        assert_eq!(calls, 0, "a refused request is not sent: {report}");
    }
}
