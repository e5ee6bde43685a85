//! Keeps credentials out of everything that is handed on.

use std::{fmt, rc::Rc};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use crate::{
    account::secret::{MASK, Secret},
    sorted,
};

/// The secrets of one operation, in every form in which a provider may send them back: plain, JSON-escaped, percent-encoded or
/// form-encoded, and base64, also within a longer text (basic authentication).
#[derive(Clone)]
pub struct Mask {
    secrets: Rc<[Secret]>,
    /// The secrets themselves and their base64 forms, in order.
    texts: Rc<[String]>,
    /// For each byte, at which of the first places of a secret it can stand: a bit for each.
    places: Rc<[u8; 256]>,
}

/// Whatever stands there.
const ANYWHERE: u8 = u8::MAX;

/// With these an escaped or encoded character begins.
const ESCAPES: [u8; 3] = [b'\\', b'%', b'+'];

/// Shorter ones would mask ordinary text.
const SHORTEST: usize = 4;

/// How often something is escaped or encoded once more.
const DEEPEST: usize = 8;

impl Mask {
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let secrets: Rc<[Secret]> = secrets
            .into_iter()
            .filter(|secret| secret.expose().len() >= SHORTEST)
            .collect();
        let texts = secrets.iter().flat_map(|secret| forms(secret.expose())).collect();
        Self::of(secrets, texts)
    }

    fn of(secrets: Rc<[Secret]>, mut texts: Vec<String>) -> Self {
        sorted::sort(&mut texts);
        texts.dedup();
        let mut places = [0; 256];
        for text in &texts {
            for (place, byte) in text.bytes().take(SHORTEST).enumerate() {
                if let Some(of_byte) = places.get_mut(usize::from(byte)) {
                    *of_byte |= 1 << place;
                }
            }
        }
        // How many bytes an escaped character takes is not known: what follows it may be at any place.
        for byte in ESCAPES {
            if let Some(of_byte) = places.get_mut(usize::from(byte)) {
                *of_byte = ANYWHERE;
            }
        }
        Self {
            secrets,
            texts: texts.into(),
            places: Rc::new(places),
        }
    }

    /// The most bytes that a secret takes in a text, however it is written: each of its bytes as `%`, with `25` for each further
    /// time that it is encoded, and two digits.
    pub fn longest(&self) -> usize {
        let longest = self.texts.iter().map(String::len).max().unwrap_or_default();
        longest.saturating_mul(DEEPEST.saturating_mul(2).saturating_add(3))
    }

    /// Whether a secret stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.find(text, text.len()).is_some()
    }

    /// The text with every secret replaced.
    pub fn apply(&self, text: &str) -> String {
        self.apply_within(text, usize::MAX)
    }

    /// The text with every secret replaced, cut after `limit` bytes. Masked first: half a secret would not be found.
    pub fn apply_within(&self, text: &str, limit: usize) -> String {
        let mut masked = String::with_capacity(text.len().min(limit));
        let mut rest = text;
        loop {
            // What follows in the text cannot be shown any more.
            let room = limit.saturating_sub(masked.len());
            let Some((before, behind)) = self.find(rest, room) else {
                masked.push_str(rest.get(..rest.floor_char_boundary(room)).unwrap_or_default());
                break;
            };
            masked.push_str(before);
            masked.push_str(MASK);
            rest = behind;
        }
        masked.truncate(masked.floor_char_boundary(limit));
        masked
    }

    /// What stands before and behind the first secret that begins within so many bytes of a text.
    fn find<'a>(&self, text: &'a str, within: usize) -> Option<(&'a str, &'a str)> {
        if self.texts.is_empty() {
            return None;
        }
        for (at, byte) in text.bytes().enumerate().take(within) {
            // Most places are ruled out by their own byte.
            let may_begin = self.places.get(usize::from(byte)).is_some_and(|places| places & 1 == 1);
            if !may_begin || !self.can_begin(text.as_bytes(), at) {
                continue;
            }
            let Some((before, rest)) = text.split_at_checked(at) else {
                continue;
            };
            if let Some(behind) = self.behind_secret(rest) {
                return Some((before, behind));
            }
        }
        None
    }

    /// Whether a secret can begin there, by the first bytes. Nearly everywhere that says no, and costs less than looking.
    fn can_begin(&self, text: &[u8], at: usize) -> bool {
        let mut bytes = text.get(at..).unwrap_or_default().iter();
        for place in 0..SHORTEST {
            let places = bytes.next().and_then(|byte| self.places.get(usize::from(*byte)));
            match places {
                Some(&ANYWHERE) => return true,
                Some(places) if places >> place & 1 == 1 => {}
                _ => return false,
            }
        }
        true
    }

    /// This mask and one secret more.
    pub fn and(&self, secret: &Secret) -> Self {
        if self.secrets.contains(secret) {
            return self.clone();
        }
        if secret.expose().len() < SHORTEST {
            return self.clone();
        }
        let secrets = self.secrets.iter().cloned().chain([secret.clone()]).collect();
        let texts = self.texts.iter().cloned().chain(forms(secret.expose())).collect();
        Self::of(secrets, texts)
    }

    /// What follows the longest secret at the start of a text.
    fn behind_secret<'a>(&self, text: &'a str) -> Option<&'a str> {
        // Two bytes rule out most places, and cost less than following every form of a character.
        let can_begin = |secret: &&String| {
            let pairs = text.bytes().zip(secret.bytes()).take(2);
            pairs
                .map_while(|(byte, own)| Some(byte == own).filter(|_| !ESCAPES.contains(&byte)))
                .all(|is_same| is_same)
        };
        self.texts
            .iter()
            .filter(can_begin)
            .filter_map(|secret| behind(text, secret))
            .min_by_key(|rest| rest.len())
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} secrets)", self.secrets.len())
    }
}

/// The secret and its base64 forms. Within a longer text it begins at any of three bits of a base64 character: what its
/// neighbors change is left out.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for shift in 0..3_usize {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(secret.as_bytes());
        let is_shared_end = bytes.len().checked_rem(3) != Some(0);
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let start = match shift {
                0 => 0,
                1 => 2,
                _ => 3,
            };
            let end = encoded.len().saturating_sub(usize::from(is_shared_end));
            forms.extend(
                encoded
                    .get(start..end)
                    .filter(|form| form.len() >= SHORTEST)
                    .map(str::to_owned),
            );
        }
    }
    forms
}

/// What follows a secret at the start of a text, whatever way each of its characters is written in.
fn behind<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    let mut rests = vec![text];
    for c in secret.chars() {
        let mut next: Vec<&str> = Vec::new();
        for rest in rests {
            for behind in behind_char(rest, c) {
                if !next.iter().any(|known| known.len() == behind.len()) {
                    next.push(behind);
                }
            }
        }
        if next.is_empty() {
            return None;
        }
        rests = next;
    }
    rests.into_iter().min_by_key(|rest| rest.len())
}

/// What follows a character at the start of a text, for each way to write it.
fn behind_char(text: &str, c: char) -> impl Iterator<Item = &str> {
    let plain = text.strip_prefix(c);
    let form = (c == ' ').then(|| text.strip_prefix('+')).flatten();
    let escaped = text.starts_with('\\').then(|| behind_escape(text, c)).flatten();
    let encoded = text.starts_with('%').then(|| behind_percent(text, c)).flatten();
    // A backslash is written as two, or four within a text that is escaped again.
    let backslashes = (c == '\\').then(|| {
        (2..=DEEPEST).map_while(move |count| {
            let run = text.get(..count)?;
            run.bytes().all(|byte| byte == b'\\').then(|| text.get(count..))?
        })
    });
    [plain, form, escaped, encoded]
        .into_iter()
        .flatten()
        .chain(backslashes.into_iter().flatten())
}

/// `\/`, `\"`, `\u002B` and, for what lies beyond 16 bits, two of those; behind one or more backslashes.
fn behind_escape(text: &str, c: char) -> Option<&str> {
    let mut rest = text;
    let mut units = [0; 2];
    let mut is_unicode = true;
    for unit in c.encode_utf16(&mut units) {
        rest = behind_backslashes(rest)?;
        let digits = rest.strip_prefix('u').and_then(|rest| rest.split_at_checked(4));
        match digits {
            Some((digits, behind)) if u16::from_str_radix(digits, 16) == Ok(*unit) => rest = behind,
            _ => {
                is_unicode = false;
                break;
            }
        }
    }
    if is_unicode {
        return Some(rest);
    }
    let rest = behind_backslashes(text)?;
    matches!(c, '/' | '"' | '\'').then(|| rest.strip_prefix(c)).flatten()
}

/// What follows one to eight backslashes. More are not counted: the work stays linear.
fn behind_backslashes(text: &str) -> Option<&str> {
    let count = text.bytes().take(DEEPEST).take_while(|byte| *byte == b'\\').count();
    (count > 0).then(|| text.get(count..)).flatten()
}

/// `%2B` for each byte, in any case; `%252B` where it is encoded again.
fn behind_percent(text: &str, c: char) -> Option<&str> {
    let mut rest = text;
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        rest = rest.strip_prefix('%')?;
        for _ in 0..DEEPEST {
            // A percent sign that is meant ends here.
            match rest.strip_prefix("25") {
                Some(again) if byte != b'%' || starts_with_hex(again, byte) => rest = again,
                _ => break,
            }
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        if u8::from_str_radix(digits, 16) != Ok(byte) {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

fn starts_with_hex(text: &str, byte: u8) -> bool {
    text.get(..2)
        .is_some_and(|digits| u8::from_str_radix(digits, 16) == Ok(byte))
}
