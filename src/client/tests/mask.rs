//! Secrets that a provider sends back.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;

use crate::{
    account::secret::{MASK, Secret},
    client::{Answer, mask::Mask},
    error::{ANSWER_LIMIT, FaultKind},
};

fn mask(secret: &str) -> Mask {
    Mask::new([Secret::new(secret)])
}

/// One character as a provider may write it.
fn written(c: char, how: u8) -> String {
    let mut units = [0; 2];
    let mut bytes = [0; 4];
    let unicode = |c: char, units: &mut [u16]| -> String {
        let units: Vec<String> = c
            .encode_utf16(units)
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        units.concat()
    };
    let bytes = c.encode_utf8(&mut bytes).bytes();
    match how % 6 {
        1 => unicode(c, &mut units),
        2 => unicode(c, &mut units).to_uppercase().replace("\\U", "\\u"),
        3 => bytes.map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat(),
        4 => bytes.map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat(),
        5 if c == ' ' => String::from("+"),
        5 if matches!(c, '/' | '"' | '\\') => format!("\\{c}"),
        _ => c.to_string(),
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mask = mask("s3/cr+t \"ü\\");
    for text in [
        "s3/cr+t \"ü\\",
        r#"s3\/cr+t \"ü\\"#,
        r#"s3\/cr\u002Bt \"\u00fc\\"#,
        r"s3\u002fcr\u002bt\u0020\u0022\u00FC\u005C",
        r#"s3\\\/cr+t \\\"ü\\\\"#,
        "s3%2Fcr%2Bt%20%22%C3%BC%5C",
        "s3%2fcr%2bt+%22%c3%bc%5c",
        "s3%252Fcr%252Bt%2520%2522%25C3%25BC%255C",
    ] {
        assert_eq!(mask.apply(&format!("a {text} z")), format!("a {MASK} z"), "{text}");
    }
}

#[test]
fn a_secret_is_found_in_base64() {
    let secret = "hunter2-hunter2?>~";
    for before in ["", "i", "id", "id:", "id::"] {
        for after in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{secret}{after}");
            for encoded in [
                STANDARD.encode(&text),
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
            ] {
                for written in [
                    encoded.clone(),
                    encoded.replace('/', "\\/"),
                    encoded.replace('+', "%2B"),
                ] {
                    let masked = mask(secret).apply(&written);
                    assert!(masked.contains(MASK), "{before}{after}: {written} became {masked}");
                    let left = masked.replace(MASK, "");
                    assert!(left.len() <= before.len() * 2 + after.len() * 2 + 6, "{masked}");
                }
            }
        }
    }
}

#[test]
fn the_longer_secret_goes_first_and_short_ones_stay() {
    let mask = Mask::new([Secret::new("pass"), Secret::new("pass-word"), Secret::new("ab")]);
    assert_eq!(mask.apply("pass-word, pass, ab"), "[REDACTED], [REDACTED], ab");
    assert_eq!(mask.apply("ordinary text: 100 % \\ + ü"), "ordinary text: 100 % \\ + ü");
}

#[test]
fn a_secret_across_the_cut_is_masked_first() {
    let secret = "hunter2-hunter2";
    for start in (190..=200).chain(ANSWER_LIMIT - 20..=ANSWER_LIMIT) {
        let answer = Answer {
            body: format!("{}{secret} and more", " ".repeat(start)).into_bytes(),
            mask: mask(secret),
            ..Answer::of_headers(Vec::new())
        };
        assert!(!answer.excerpt().contains("hun"));
        let body = answer.evidence(None).body;
        assert!(body.len() <= ANSWER_LIMIT && !body.contains("hun"), "{start}");
    }
}

#[test]
fn messages_and_trace_ids_are_masked_too() {
    let answer = Answer {
        status: 400,
        mask: mask("hunter2/"),
        ..Answer::of_headers(vec![(String::from("x-request-id"), String::from("a-hunter2/"))])
    };
    let fault = answer.fault(FaultKind::Refused, r"no: hunter2\/ hunter2%2F");
    assert_eq!(fault.message, format!("no: {MASK} {MASK}"));
    let refusal = fault.into_details().answer.unwrap();
    assert_eq!(refusal.trace_id, Some(format!("a-{MASK}")));
    assert!(refusal.is_refusal);
}

#[test]
fn a_document_is_no_refusal_and_a_refusal_inside_a_success_is() {
    let answer = Answer {
        body: b"{}".to_vec(),
        ..Answer::of_headers(Vec::new())
    };
    assert!(answer.fault(FaultKind::BadAnswer, "").answer.is_none());
    for kind in [FaultKind::Refused, FaultKind::NotFound, FaultKind::Forbidden] {
        assert!(answer.fault(kind, "").answer.as_ref().unwrap().is_refusal, "{kind:?}");
    }
    assert!(!answer.evidence(None).is_refusal);
}

#[test]
fn a_hostile_text_is_masked_in_time() {
    let mask = Mask::new((0..4).map(|n| Secret::new(format!("\\secret%{n}+/ "))));
    let started = std::time::Instant::now();
    for text in ["\\", "%25", "+", "%", "\\u005c", "%255C"] {
        mask.apply_within(&text.repeat(10_000), ANSWER_LIMIT);
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn any_mix_of_escapes_is_found(secret in "[ -~äß😀]{4,12}", how in proptest::collection::vec(any::<u8>(), 12)) {
        let text: String = secret.chars().zip(&how).map(|(c, how)| written(c, *how)).collect();
        prop_assert_eq!(mask(&secret).apply(&format!("<{text}>")), format!("<{MASK}>"), "{}", text);
    }

    #[test]
    fn other_text_stays_as_it_is(text in "[ -~ä]{0,60}") {
        prop_assert_eq!(mask("\u{1}\u{2}\u{3}\u{4}").apply(&text), text);
    }

    #[test]
    fn cutting_shows_nothing_that_masking_hides(text in "[ab%\\\\u0-9]{0,40}", limit in 0_usize..50) {
        let mask = mask("ab0%1");
        let whole = mask.apply(&text);
        prop_assert!(whole.starts_with(&mask.apply_within(&text, limit)));
    }
}
