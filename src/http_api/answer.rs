//! The success body.

use serde_json::value::RawValue;

use crate::{
    client::lenient::Fields,
    contract::{
        json::{
            self,
            text::{Fields as Text, object},
        },
        types::Success,
    },
};

use super::{
    Envelope, Format, LeftOut,
    bounded::{self, Cut},
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
    let body = bounded::body(dry_run, |cut| {
        object(|fields| {
            left_out.user(&user, cut, fields);
            // Added last: no parameter can drop what was done.
            fields.array("role_outcomes", &outcomes, json::role_outcome);
            if dry_run {
                fields.flag("dry_run", Some(true));
                if cut < Cut::Plan {
                    fields.array(bounded::PLAN, &planned_requests, json::planned_request);
                }
            }
            evidence([&plan, &plan_digest, &receipt], fields);
        })
    });
    Answer {
        status: 200,
        headers,
        body: wrapped(body, envelope),
    }
}

/// What stands beside the outcomes of either answer, as far as there is any: plan, its digest, receipt.
pub fn evidence([plan, plan_digest, receipt]: [&Option<String>; 3], fields: &mut Text<'_>) {
    fields.text("plan", plan.as_deref());
    fields.text("plan_digest", plan_digest.as_deref());
    fields.text("receipt", receipt.as_deref());
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
