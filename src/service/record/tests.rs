use serde_json::{Map, Value, json};

use crate::{
    contract::types::{self, Credentials, Endpoint, Provider, Scope},
    fake::{FakeTransport, Reaction},
    provider::{GrantKind, Held, KnownAs},
    service::fake::FakeHost,
    transport::TransportError,
};

use super::*;

/// The line of a call that read these grants of this user.
fn line(user: &str, grants: &[Grant]) -> Value {
    line_of(|record| record.step(AuditEvent::Read { user, grants }))
}

/// The line of a call for `ann@example.com` in which this happens.
fn line_of(happens: impl FnOnce(&mut Record<'_>)) -> Value {
    lines_of(&AccountPlace::Listed, Some("ann@example.com"), |record| {
        happens(record);
        record.read(None);
    })
    .remove(0)
}

/// The lines of a call in which this happens.
fn lines_of(place: &AccountPlace, user: Option<&str>, happens: impl FnOnce(&mut Record<'_>)) -> Vec<Value> {
    let host = FakeHost::new(FakeTransport::new(|_| Reaction::Fail(TransportError::NotAllowed)));
    let account = Account {
        provider: Provider::Teamviewer,
        base_url: Endpoint::ProviderDefault,
        credentials: Credentials::ApiKey(String::new()),
        settings: String::from("{}"),
    };
    let call = Described {
        request_id: "1",
        actor: Actor::Caller(None),
        operation: Operation::ReadUser,
        account_id: "acme",
        account: &account,
        place,
        user,
        traceparent: None,
        receipt_key: None,
        receipt_in_record: false,
    };
    let mut record = host.transport.run(Record::begin(&host, call)).unwrap();
    happens(&mut record);
    let lines = host.record.borrow();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_call_that_asks_for_no_user_names_none() {
    let lines = lines_of(&AccountPlace::Listed, None, |record| record.read(None));
    assert!(lines[0].get("requested_user").is_none(), "{lines:?}");
    let lines = lines_of(&AccountPlace::Listed, Some("u1"), |record| record.read(None));
    assert_eq!(lines[0]["requested_user"], "u1");
}

#[test]
fn an_account_that_cannot_work_is_named_by_its_own_place() {
    let error = crate::error::Error::account("settings.regoin", "settings.regoin is not known");
    let failure = crate::engine::failure_of(&error, false);
    let own = "UNASSIGN_ROLE_ACCOUNT_ACME";
    for (place, variable) in [
        (AccountPlace::Listed, "the setting"),
        (AccountPlace::Own(own.to_owned()), own),
    ] {
        let lines = lines_of(&place, None, |record| record.read(Some(&failure)));
        let line = lines.iter().find(|line| line["event"] == "invalid_configuration");
        assert_eq!(line.unwrap()["variable"], variable, "{lines:?}");
    }
}

fn grant(role_id: &str, held: Held) -> Grant {
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_id: role_id.to_owned(),
        role_name: None,
        scope: Scope {
            group: None,
            organization: None,
            workspace: None,
        },
        held,
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

#[test]
fn a_line_lists_2_000_grants_and_counts_the_rest() {
    let grants: Vec<Grant> = (0..2_003).map(|n| grant(&n.to_string(), Held::Direct)).collect();
    let line = line("u1", &grants);
    assert_eq!(line["grants_before"].as_array().unwrap().len(), 2_000);
    assert_eq!(line["grants_before_left_out"], 3);
    let short = super::tests::line("u1", &grants[..2_000]);
    assert!(short.get("grants_before_left_out").is_none());
}

#[test]
fn a_line_lists_1_000_entries_and_counts_the_rest_however_much_is_asked_for() {
    let role = types::RequestedRole {
        role: types::RoleSelector::Id(String::from("r")),
        group: types::Narrowing::Anywhere,
        organization: types::Narrowing::Anywhere,
        workspace: types::Narrowing::Anywhere,
    };
    let organization = types::OrganizationSelector::Id(String::from("o"));
    let request = Request {
        everything: false,
        id: String::from("u1"),
        roles: vec![role; 95_000],
        organizations: vec![organization; 1_000],
        workspace_id: types::Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    };
    let options = Options {
        allow: vec![types::SideEffect::LeaveGroup; 10_000],
        ..crate::contract::examples::options()
    };
    let line = line_of(|record| record.requested(&request, &options));
    let requested = &line["requested"];
    assert_eq!(requested["roles"].as_array().unwrap().len(), 1_000);
    assert_eq!(requested["roles_left_out"], 94_000);
    assert_eq!(requested["organizations"].as_array().unwrap().len(), 1_000);
    assert!(requested.get("organizations_left_out").is_none());
    assert_eq!(line["allowed"], json!(["leave-group"]));
}

#[test]
fn grants_after_stand_only_where_a_read_followed_a_write() {
    let grants = [grant("a", Held::Direct)];
    for grants_after in [None, Some(grants.as_slice())] {
        let line = line_of(|record| {
            record.step(AuditEvent::Read {
                user: "u1",
                grants: &grants,
            });
            record.step(AuditEvent::Result {
                outcomes: &[],
                keys: &[],
                grants_after,
                traces: Vec::new(),
            });
        });
        assert_eq!(line["grants_before"].as_array().unwrap().len(), 1);
        assert_eq!(line.get("grants_after").is_some(), grants_after.is_some());
    }
}

#[test]
fn how_a_grant_is_held_is_said_only_where_it_was_read() {
    let line = line(
        "u1",
        &[
            grant("a", Held::Direct),
            grant("b", Held::Through(Vec::new())),
            grant("c", Held::NotRead),
        ],
    );
    let direct: Vec<Option<bool>> = line["grants_before"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| grant.get("direct").map(|is_direct| is_direct.as_bool().unwrap()))
        .collect();
    assert_eq!(direct, [Some(true), Some(false), None]);
}

#[test]
fn a_user_id_that_is_an_address_is_left_out_without_a_key() {
    let line = line("ann@example.com", &[grant("kim@example.com", Held::Direct)]);
    assert!(!line.to_string().contains("example.com"), "{line}");
    assert!(
        line.get("user").is_none() && line.get("requested_user").is_none(),
        "{line}"
    );
    assert_eq!(super::tests::line("u1", &[])["user"], "u1");
}

#[test]
fn the_keys_of_what_passes_are_sorted_and_bounded_and_have_no_values() {
    assert_eq!(keys(r#"{"b": "sesame", "a": {"c": "sesame"}}"#), ["a", "b"]);
    assert!(keys("").is_empty() && keys("{}").is_empty());
    let many: Map<String, Value> = (0..100).map(|n| (format!("{n:0100}"), Value::Null)).collect();
    let keys = keys(&Value::Object(many).to_string());
    assert!(keys.len() == 32 && keys.iter().all(|key| key.len() == 64));
}
