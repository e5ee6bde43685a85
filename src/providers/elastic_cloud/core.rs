//! Elastic Cloud's requests, and what its refusals say.

use crate::{
    client::{
        Answer, Call, Elements,
        lenient::{FromJson, Row, Rows, Text, cut},
        path_segment,
    },
    error::{FaultKind, ProviderFault},
    provider::Context,
    transport,
};

use super::{
    config::Config,
    documents::{Errors, Organizations},
};

/// A list of the organization.
#[derive(Clone, Copy, Debug)]
pub enum List {
    Members,
    Invitations,
    RoleMappings,
}

impl List {
    /// The path below the organization, and the key of the list in the answer.
    const fn path_and_key(self) -> (&'static str, &'static str) {
        match self {
            Self::Members => ("members", "members"),
            Self::Invitations => ("invitations", "invitations"),
            Self::RoleMappings => ("role_mappings", "mappings"),
        }
    }
}

/// Sends a call with the account's key.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    cx.client
        .send_authorized(call, ("authorization", "ApiKey", &config.api_key))
        .await
}

/// The organizations that the key sees.
pub async fn organizations(config: &Config, cx: &Context<'_>) -> Result<Organizations, ProviderFault> {
    let answer = send(config, cx, &Call::get(config.base.join("/organizations"))).await?;
    if !answer.is_given() {
        let message = "Elastic Cloud refuses to read the organizations";
        return Err(fault(cx, &answer.error_only(), message));
    }
    answer.json("the organizations")
}

/// Folds a list of the organization, element by element, each with its text: it has no pages and can be long.
pub async fn elements<T: Default, M: FromJson>(
    config: &Config,
    cx: &Context<'_>,
    organization: &str,
    list: List,
    mut each: impl FnMut(&mut T, Row<M>, &str) -> Result<(), ProviderFault>,
) -> Result<Elements<T>, ProviderFault> {
    let (path, key) = list.path_and_key();
    let url = config
        .base
        .join(&format!("/organizations/{}/{path}", path_segment(organization)));
    let parse = |folded: &mut T, element: &[u8]| {
        // Broken bytes in one member must not end the list: a text that had them counts as unread.
        let text = transport::text(element);
        let element = match M::from_text(&text) {
            Ok(element) => Row::Read(element),
            Err(error) if error.is_data() => Row::Unread(cut(&text)),
            Err(_) => {
                let message = format!("an element of Elastic Cloud's {path} is not JSON");
                return Err(ProviderFault::new(FaultKind::BadAnswer, message));
            }
        };
        each(folded, element, &text)
    };
    let authorization = ("authorization", "ApiKey", &config.api_key);
    let call = match list {
        List::RoleMappings => Call::get(url).aside(),
        List::Members | List::Invitations => Call::get(url),
    };
    cx.client.fold_elements(&call, authorization, key, parse).await
}

/// What its errors mean, as a status. Source: `elastic/cloud-sdk-go` (`api/apidocs-user.json`: the responses of these calls).
const STATUSES: &[(&str, u16)] = &[
    ("root.invalid_authentication", 401),
    ("root.unauthorized", 401),
    ("root.permission_denied", 403),
    ("role_assignments.unauthorized_role_assignments", 403),
    ("organization.not_found", 404),
    ("user.not_found", 404),
    ("role_assignments.invalid_config", 400),
    ("role_assignments.invalid_target_user_id", 400),
];

/// The status that an answer means: inside a success, that of an error's word or number.
pub fn status_of(answer: &Answer) -> u16 {
    let meaning = answer.meaning();
    if !answer.is_success() || meaning != answer.status {
        return meaning;
    }
    let of_word = |word: String| STATUSES.iter().find(|(known, _)| *known == word);
    codes(answer).find_map(of_word).map_or(meaning, |(_, status)| *status)
}

/// A fault with what Elastic Cloud says; an answer may be HTML.
pub fn fault(cx: &Context<'_>, answer: &Answer, what: &str) -> ProviderFault {
    // Some calls say so with 403. A failure under another status is that, whatever its body says.
    let kind = if matches!(answer.status, 400..=403) && has_code(answer, "root.invalid_authentication") {
        FaultKind::CredentialsRejected
    } else {
        FaultKind::of_status(status_of(answer))
    };
    cx.client.fault(
        answer,
        kind,
        format!("{what} ({}): {}", answer.status, error_message(answer)),
    )
}

/// The codes and messages of an answer's errors.
pub fn error_message(answer: &Answer) -> String {
    let errors: Vec<String> = errors(answer)
        .into_iter()
        .map(|(code, message)| format!("{code} {message}"))
        .collect();
    if errors.is_empty() {
        String::from("no message")
    } else {
        errors.join("; ")
    }
}

/// The codes of an answer's errors.
pub fn codes(answer: &Answer) -> impl Iterator<Item = String> {
    errors(answer).into_iter().map(|(code, _)| code)
}

pub fn has_code(answer: &Answer, wanted: &str) -> bool {
    codes(answer).any(|code| code == wanted)
}

/// Whether an answer is a document of Elastic Cloud, or empty: not the page of a proxy.
pub fn is_document(answer: &Answer) -> bool {
    answer.body.iter().all(u8::is_ascii_whitespace) || document(answer).is_some()
}

/// An error that cannot be read is one all the same.
fn errors(answer: &Answer) -> Vec<(String, String)> {
    let body = document(answer).unwrap_or_default();
    let text = |text: &Text| text.as_str().unwrap_or_default().to_owned();
    let unread = || (String::new(), String::from("an error that cannot be read"));
    match body.errors {
        Rows::Absent | Rows::Null => Vec::new(),
        Rows::Unread(_) => vec![unread()],
        Rows::List(rows) => rows
            .iter()
            .map(|row| match row {
                Row::Read(error) => (text(&error.code), text(&error.message)),
                Row::Unread(_) => unread(),
            })
            .collect(),
    }
}

fn document(answer: &Answer) -> Option<Errors> {
    answer.json("a call").ok()
}
