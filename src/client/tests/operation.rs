//! Faults of the account and bounds, as a caller sees them.

use super::fake::{FakeTransport, Reaction, Seen};
use crate::{
    client::Caches,
    contract::{
        examples::options,
        types::{self, Failure, FailureKind},
    },
    transport::TransportError,
};

/// The failure of a removal at CrowdStrike, and how many requests were sent.
fn failure(script: impl FnMut(&Seen) -> Reaction + 'static) -> (Failure, usize) {
    let account = types::Account {
        provider: types::Provider::Crowdstrike,
        base_url: types::Endpoint::ProviderDefault,
        credentials: types::Credentials::ClientCredentials(types::ClientCredentials {
            client_id: String::from("client"),
            client_secret: String::from("hunter2/hunter2"),
            member_cid: types::Narrowing::Anywhere,
        }),
        settings: String::from(r#"{"region": "us-1"}"#),
    };
    let role = types::RequestedRole {
        role: types::RoleSelector::Id(String::from("help_desk")),
        group: types::Narrowing::Anywhere,
        organization: types::Narrowing::Anywhere,
        workspace: types::Narrowing::Anywhere,
    };
    let request = types::Request {
        everything: false,
        id: String::from("6f1e2a30-0000-4000-8000-00000000a001"),
        roles: vec![role],
        organizations: Vec::new(),
        workspace_id: types::Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    };
    let options = options();
    let (transport, caches) = (FakeTransport::new(script), Caches::default());
    let result = transport.run(crate::unassign_role(&transport, &caches, account, request, options));
    let sent = transport.seen.borrow().len();
    (result.unwrap_err(), sent)
}

fn token() -> Reaction {
    Reaction::Answer(
        201,
        Vec::new(),
        String::from(r#"{"access_token": "token/1", "expires_in": 1799}"#),
    )
}

#[test]
fn another_region_is_a_fault_of_the_account() {
    let location = || vec![("location", String::from("https://api.eu-1.crowdstrike.com/"))];
    let (failure, sent) = failure(move |_| Reaction::Answer(308, location(), String::new()));
    assert_eq!((failure.kind, failure.status), (FailureKind::InvalidAccount, 500));
    assert_eq!(
        (failure.retryable, failure.retry_after, failure.sent, sent),
        (false, None, false, 1)
    );
    assert!(
        failure.message.contains("https://api.eu-1.crowdstrike.com"),
        "{}",
        failure.message
    );
}

#[test]
fn a_host_that_the_runtime_does_not_allow_is_a_fault_of_the_deployment() {
    let (failure, sent) = failure(|_| Reaction::Fail(TransportError::NotAllowed));
    assert_eq!((failure.kind, failure.status), (FailureKind::HostNotAllowed, 500));
    assert_eq!((failure.retryable, failure.sent, sent), (false, false, 1));
    assert!(failure.message.contains("api.crowdstrike.com"), "{}", failure.message);
}

#[test]
fn a_list_without_end_is_refused_before_anything_is_written() {
    let row = r#"{"role_id": "help_desk", "uuid": "6f1e2a30-0000-4000-8000-00000000a001"}"#;
    let (failure, sent) = failure(move |seen| {
        let resources = if seen.url.contains("/oauth2/token") {
            return token();
        } else if seen.url.contains("/entities/users/") {
            String::from(r#"{"uuid": "6f1e2a30-0000-4000-8000-00000000a001"}"#)
        } else {
            row.to_owned()
        };
        let total = 999_999_999;
        let body = format!(r#"{{"meta": {{"pagination": {{"total": {total}}}}}, "resources": [{resources}]}}"#);
        Reaction::Answer(200, Vec::new(), body)
    });
    assert_eq!(
        (failure.kind, failure.status),
        (FailureKind::NotRemoved, 422),
        "{}",
        failure.message
    );
    assert_eq!((failure.retryable, failure.sent), (false, false));
    assert!(failure.message.contains("1000 pages"), "{}", failure.message);
    assert!(sent <= 1_010, "{sent}");
}

#[test]
fn a_secret_in_a_providers_error_text_is_masked_everywhere() {
    let text = r#"{"errors": [{"code": 400, "message": "no: hunter2\/hunter2 token\u002F1 hunter2%2Fhunter2"}]}"#;
    let (failure, _) = failure(move |seen| {
        if seen.url.contains("/oauth2/token") {
            token()
        } else {
            Reaction::Answer(400, Vec::new(), text.to_owned())
        }
    });
    let shown = format!("{failure:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("token/1"), "{shown}");
    assert!(!shown.to_lowercase().contains("u002f"), "{shown}");
    assert!(
        failure.message.contains("[REDACTED] [REDACTED] [REDACTED]"),
        "{}",
        failure.message
    );
}
