//! Documents that are passed on as they arrive.

use std::time::Duration;

use serde_json::value::RawValue;

use super::fake::{FakeTransport, Reaction};
use crate::{
    account::secret::Secret,
    client::{Call, Client, Deadline, RateLimitPolicy, body_sink::BodySink},
    contract::types::Success,
    transport::Task,
};

const TOKEN: &str = "hunter2/hunter2";

/// What a caller gets.
#[derive(Default)]
struct Got {
    has_begun: bool,
    bytes: Vec<u8>,
    is_whole: bool,
}

impl BodySink for Got {
    fn begin<'a>(&'a mut self, _success: &'a Success) {}

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, bool> {
        self.bytes.extend_from_slice(piece);
        Box::pin(async { true })
    }

    fn finish(&mut self) -> Task<'_, ()> {
        self.is_whole = true;
        Box::pin(async {})
    }
}

/// Passes on a document that comes in these pieces, if it is short only with `"id": 7` in it.
fn pass_on(headers: &[(&'static str, &str)], pieces: Vec<Vec<u8>>, cut: bool) -> Got {
    let json = [("content-type", "application/json")];
    let headers: Vec<_> = json
        .iter()
        .chain(headers)
        .map(|(name, text)| (*name, (*text).to_owned()))
        .collect();
    let transport = FakeTransport::new(move |_| Reaction::Pieces(headers.clone(), pieces.clone(), cut));
    let deadline = Deadline::starting_now(&transport, Duration::from_secs(25));
    let client = Client::new(&transport, deadline, [], RateLimitPolicy::default());
    let mut has_begun = false;
    let mut got = Got::default();
    let is_wanted = |document: &RawValue| document.get().contains(r#""id": 7"#);
    let call = Call::get("https://api.test/users/7");
    let secret = Secret::new(TOKEN);
    let bearer = ("authorization", "Bearer", &secret);
    let mut begin = |_: &mut dyn BodySink| has_begun = true;
    let _ = transport.run(client.pass_on(&call, bearer, &is_wanted, &mut begin, &mut got));
    assert_eq!(client.calls(), 1);
    Got { has_begun, ..got }
}

fn whole(text: &str) -> Got {
    pass_on(&[], vec![text.as_bytes().to_vec()], false)
}

#[test]
fn a_short_document_is_judged_before_any_of_it_is_passed_on() {
    let user = r#"{"id": 7, "name": "Ann"}"#;
    let got = whole(user);
    assert_eq!(
        (got.has_begun, got.bytes.as_slice(), got.is_whole),
        (true, user.as_bytes(), true)
    );
    let bytes = user.bytes().map(|byte| vec![byte]).collect();
    assert_eq!(pass_on(&[], bytes, false).bytes, user.as_bytes());
    for text in [
        "",
        "{",
        r#"{"id": 8}"#,
        r#"{"id": 7, "error": "rate_limit_reached"}"#,
        r#"{"id": 7, "code": 503}"#,
        r#"{"id": 7, "name": "hunter2/hunter2"}"#,
        r#"{"id": 7, "name": "hunter2\/hunter2"}"#,
    ] {
        let got = whole(text);
        assert!(!got.has_begun && got.bytes.is_empty(), "{text}");
    }
    let encoded = pass_on(&[("content-encoding", "gzip")], vec![user.as_bytes().to_vec()], false);
    assert!(!encoded.has_begun);
}

#[test]
fn a_long_document_passes_and_is_not_ended_with_a_secret_in_it() {
    let begin = br#"{"bio": ""#.to_vec();
    let filler = || vec![b'x'; 100_000];
    let long = vec![begin.clone(), filler(), filler(), br#""}"#.to_vec()];
    let got = pass_on(&[], long.clone(), false);
    assert!(got.has_begun && got.is_whole && got.bytes == long.concat());
    for form in ["hunter2/hunter2", r"hunter2\u002Fhunter2", "hunter2%252Fhunter2"] {
        for split in 1..form.len() {
            let (one, other) = form.split_at(split);
            let with_secret = vec![
                begin.clone(),
                filler(),
                one.into(),
                other.into(),
                filler(),
                br#""}"#.to_vec(),
            ];
            let got = pass_on(&[], with_secret, false);
            let shown = String::from_utf8_lossy(&got.bytes);
            assert!(!got.is_whole && !shown.contains("hunter"), "{form} {split}");
        }
    }
}

#[test]
fn a_document_that_is_cut_off_shows_as_cut_off_or_is_not_begun() {
    for (length, has_begun) in [(10, false), (200_000, true)] {
        let got = pass_on(&[], vec![br#"{"id": 7, ""#.to_vec(), vec![b'x'; length]], true);
        assert_eq!((got.has_begun, got.is_whole), (has_begun, false), "{length}");
    }
    assert!(!pass_on(&[], Vec::new(), true).has_begun);
}
