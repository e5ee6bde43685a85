//! How ids and names compare. Two texts are the same name if they are equal after trimming, Unicode NFC and case folding. They
//! look alike if only white space, hyphens, underscores, invisible characters, full-width forms or similar letters tell them apart:
//! a reader could take one for the other, so nothing may be concluded from either.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Whether bytes that were no UTF-8 stood in a text. Nearly all texts are ASCII, which is seen at once.
pub fn is_broken(text: &str) -> bool {
    !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER)
}

/// A name as it is compared: trimmed, in NFC, case-folded.
pub fn canonical(text: &str) -> String {
    folded(text, Folding::Full)
}

/// Returns true if both texts are the same name.
pub fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.trim().eq_ignore_ascii_case(other.trim());
    }
    canonical(one) == canonical(other)
}

/// Returns true if both texts are the same e-mail address or login. `ß` and `ss` are one name, but the addresses of two people.
pub fn same_address(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.trim().eq_ignore_ascii_case(other.trim());
    }
    folded(one, Folding::Simple) == folded(other, Folding::Simple)
}

/// What is left of a name without all that a reader may overlook. There are several readings of it where a letter looks like one
/// Latin letter when it is small and like another one when it is a capital.
#[derive(Clone, Debug)]
pub struct Skeleton(Vec<String>);

impl Skeleton {
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            let mut plain = String::with_capacity(text.len());
            plain.extend(plain_letters(text));
            return Self(vec![plain]);
        }
        // A character that nobody sees must not keep a letter from its accent.
        let seen: String = text
            .chars()
            .filter(|letter| !is_overlooked(*letter))
            .map(narrow)
            .collect();
        let seen = composed(&seen);
        let has_two_shapes = seen.chars().any(|letter| Shape::Small.read(letter) != letter);
        let mut readings: Vec<String> = Vec::new();
        for shape in Shape::ALL
            .into_iter()
            .take(if has_two_shapes { Shape::ALL.len() } else { 1 })
        {
            let letters: String = seen.chars().map(|letter| shape.read(letter)).collect();
            let latin: String = canonical(&letters).chars().map(latin).collect();
            let reading = canonical(&latin);
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
        Self(readings)
    }

    /// Returns true if a reader may take one for the other: they share a reading.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().any(|reading| other.0.contains(reading))
    }

    /// Returns true if it meets one of them.
    pub fn meets_any(&self, others: &[Self]) -> bool {
        others.iter().any(|other| self.meets(other))
    }

    /// Returns true if a reader may take a text for it.
    pub fn is_like(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self.0.iter().any(|reading| reading.chars().eq(plain_letters(text)));
        }
        self.meets(&Self::of(text))
    }

    /// Returns true if it may begin so.
    pub fn starts_with(&self, start: &str) -> bool {
        self.0.iter().any(|reading| reading.starts_with(start))
    }
}

/// Its readings, by which it is found in an index: what has one of them looks like it.
impl IntoIterator for Skeleton {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Returns true if a reader may take one text for the other.
pub fn look_alike(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return plain_letters(one).eq(plain_letters(other));
    }
    Skeleton::of(one).is_like(other)
}

/// What a reader sees of an ASCII text, in small letters. Nearly all names and ids are of this kind, and every one that a provider lists is
/// compared so.
fn plain_letters(text: &str) -> impl Iterator<Item = char> {
    let seen = text
        .bytes()
        .filter(|byte| byte.is_ascii_graphic() && !b"-_".contains(byte));
    seen.map(|byte| char::from(byte.to_ascii_lowercase()))
}

/// How far case folding goes.
#[derive(Clone, Copy)]
enum Folding {
    /// `ß`, `ẞ` and `SS` are the same.
    Full,
    /// Letter by letter: `ẞ` is `ß`.
    Simple,
}

/// The Turkish `i` without its dot. Its capital is that of `i`, and yet case folding keeps the two apart: they are other letters.
const DOTLESS: char = 'ı';

fn folded(text: &str, folding: Folding) -> String {
    let text = text.trim();
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in composed(text).chars() {
        if letter == DOTLESS {
            folded.push(letter);
            continue;
        }
        // By way of the capital: `ſ` and `s`, `ς` and `σ` are the same, wherever in a word they stand.
        for small in letter.to_lowercase() {
            let capital = small.to_uppercase();
            match folding {
                Folding::Simple if capital.len() > 1 => folded.push(small),
                _ => folded.extend(capital.flat_map(char::to_lowercase)),
            }
        }
    }
    composed(&folded)
}

fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// The form by which a letter is read.
#[derive(Clone, Copy)]
enum Shape {
    /// Always the same one, whatever its case: names that are the same share this reading.
    Either,
    Small,
    Capital,
    /// The one that it has.
    Shown,
}

/// Letters whose small and capital form look like different Latin letters.
const TWO_SHAPES: [(char, char, char, char); 6] = [
    ('η', 'Η', 'n', 'h'),
    ('μ', 'Μ', 'u', 'm'),
    ('µ', 'Μ', 'u', 'm'),
    ('ν', 'Ν', 'v', 'n'),
    ('υ', 'Υ', 'u', 'y'),
    ('ӏ', 'Ӏ', 'l', 'i'),
];

impl Shape {
    const ALL: [Self; 4] = [Self::Either, Self::Small, Self::Capital, Self::Shown];

    fn read(self, letter: char) -> char {
        let found = TWO_SHAPES
            .iter()
            .find(|(small, capital, ..)| letter == *small || letter == *capital);
        let Some(&(small, _, like_small, like_capital)) = found else {
            return letter;
        };
        match self {
            Self::Either => letter,
            Self::Small => like_small,
            Self::Shown if letter == small => like_small,
            Self::Capital | Self::Shown => like_capital,
        }
    }
}

/// White space, dashes, underscores, and characters without a shape of their own.
fn is_overlooked(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter,
            '-' | '_' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{202a}'..='\u{202e}'
            | '\u{2043}' | '\u{2060}'..='\u{206f}' | '\u{2212}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe58}' | '\u{fe63}' | '\u{feff}' | '\u{ff0d}' | '\u{ff3f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A character without a shape of its own: it can hide, or turn round, what a person reads.
pub fn is_invisible(letter: char) -> bool {
    !matches!(letter, '-' | '_') && !letter.is_whitespace() && is_overlooked(letter)
}

/// The longest reference, or name of an actor or approver, in characters.
pub const LONGEST_LABEL: usize = 128;

/// Whether a text can label something in the record: 1 to [`LONGEST_LABEL`] printable characters.
pub fn is_label(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_LABEL && text.chars().all(is_printable)
}

/// For people: what they could not see, or would see elsewhere than it stands, is escaped.
pub fn visible(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut shown, letter| {
            match letter {
                '\\' | '"' => shown.extend(['\\', letter]),
                _ if is_printable(letter) => shown.push(letter),
                _ => shown.extend(letter.escape_unicode()),
            }
            shown
        })
}

/// It has a shape, or is a plain space.
fn is_printable(letter: char) -> bool {
    !letter.is_control() && !is_invisible(letter) && (letter == ' ' || !letter.is_whitespace())
}

/// A full-width form as its ASCII character.
fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => u32::from(letter)
            .checked_sub(0xfee0)
            .and_then(char::from_u32)
            .unwrap_or(letter),
        _ => letter,
    }
}

/// A Greek or Cyrillic small letter as the Latin one that it looks like, in small or capital form. Our own selection: the whole of
/// UTS #39 would cost more than the rest of the component.
fn latin(letter: char) -> char {
    match letter {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'ғ' | 'ϝ' => 'f',
        'ԍ' => 'g',
        'н' | 'η' | 'һ' => 'h',
        'і' | 'ι' | 'ӏ' | 'ı' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'п' => 'n',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ѵ' | 'ν' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ү' => 'y',
        'ζ' => 'z',
        _ => letter,
    }
}

#[cfg(test)]
mod tests;
