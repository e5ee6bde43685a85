//! The success body.

use serde_json::{Map, Value, value::RawValue};

use crate::{
    client::lenient::Fields,
    contract::{json, types::Success},
};

use super::{
    Envelope, Format, LeftOut,
    bounded::{self, UserAt},
    outcome_counts,
};

/// Status, headers and body.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// 200, with no headers of its own.
    pub const fn ok(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
        }
    }
}

/// The answer to an operation that succeeded.
pub fn of_success(success: Success, format: Format, left_out: &LeftOut, envelope: Envelope) -> Answer {
    let Success {
        user,
        outcomes,
        dry_run,
        planned_requests,
        plan,
        plan_digest,
        receipt,
    } = success;
    let headers = vec![("x-role-outcomes", outcome_counts(&outcomes))];
    if !dry_run && matches!(format, Format::Raw | Format::Stream) {
        let document = document(user.remote_data.as_deref().unwrap_or_default());
        return Answer {
            status: 200,
            headers,
            body: document.into_bytes(),
        };
    }
    let mut body = left_out.user(user);
    left_out.take_from(&mut body);
    // Added last: no parameter can drop what was done.
    let outcomes = outcomes.into_iter().map(json::role_outcome).collect();
    body.insert(String::from("role_outcomes"), Value::Array(outcomes));
    if dry_run {
        body.insert(String::from("dry_run"), Value::Bool(true));
        let requests = planned_requests.into_iter().map(json::planned_request).collect();
        body.insert(String::from("planned_requests"), Value::Array(requests));
    }
    add_evidence(&mut body, plan, plan_digest, receipt);
    let body = bounded::to_bytes(body, UserAt::Top);
    Answer {
        status: 200,
        headers,
        body: wrapped(body, envelope),
    }
}

/// What stands beside the outcomes of either answer, as far as there is any.
pub fn add_evidence(
    body: &mut Map<String, Value>,
    plan: Option<String>,
    plan_digest: Option<String>,
    receipt: Option<String>,
) {
    for (name, text) in [("plan", plan), ("plan_digest", plan_digest), ("receipt", receipt)] {
        if let Some(text) = text {
            body.insert(name.to_owned(), Value::from(text));
        }
    }
}

/// A success body in its envelope.
pub fn wrapped(body: Vec<u8>, envelope: Envelope) -> Vec<u8> {
    match envelope {
        Envelope::Bare => body,
        Envelope::Result => [br#"{"result":"#, body.as_slice(), b"}"].concat(),
    }
}

/// The provider's own document of the user, as it came: the one of that name, or the first of those that it was made from.
pub fn document(remote_data: &str) -> String {
    let Ok(documents) = Fields::of(remote_data) else {
        return String::from("{}");
    };
    // The answers to the revoke describe nobody.
    let is_document = |(name, document): &(&str, &RawValue)| *name != "revoke" && document.get() != "null";
    let user = documents.iter().filter(|(name, _)| *name == "user");
    let found = user.chain(documents.iter()).find(is_document);
    found.map_or_else(|| String::from("{}"), |(_, document)| document.get().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_document_is_the_user_or_the_first_that_there_is() {
        for (documents, expected) in [
            (
                json!({"user": {"id": "u"}, "administrator": {"id": "a"}}),
                json!({"id": "u"}),
            ),
            (
                json!({"administrator": {"id": "a"}, "revoke": [{}]}),
                json!({"id": "a"}),
            ),
            (json!({"user": null, "administrator": {"id": "a"}}), json!({"id": "a"})),
            (json!({"revoke": [{"id": "r"}]}), json!({})),
        ] {
            assert_eq!(document(&documents.to_string()), expected.to_string(), "{documents}");
        }
        let long = r#"{"id": 123456789012345678901234567890}"#;
        assert_eq!(document(&format!(r#"{{"user": {long}, "revoke": []}}"#)), long);
    }
}
