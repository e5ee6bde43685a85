//! How ids and names compare. Two texts are the same name if they are equal after trimming, Unicode NFC and case folding. They
//! look alike if only white space, hyphens, underscores, invisible characters, full-width forms or similar letters tell them apart:
//! a reader could take one for the other, so nothing may be concluded from either.

use icu_normalizer::ComposingNormalizerBorrowed;

/// A name as it is compared: trimmed, in NFC, case-folded.
pub fn canonical(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let folded: Vec<String> = nfc.normalize(text).split(DOTLESS).map(folded).collect();
    nfc.normalize(&folded.join(DOTLESS)).into_owned()
}

/// The Turkish `i` without its dot. Its capital is that of `i`, and yet case folding keeps the two apart: they are other letters.
const DOTLESS: &str = "ı";

/// Upper case first, as full case folding: `ß` and `SS`, `ſ` and `s`, `ς` and `σ` are the same.
fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

/// Returns true if both texts are the same name.
pub fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.trim().eq_ignore_ascii_case(other.trim());
    }
    canonical(one) == canonical(other)
}

/// What is left of a name without all that a reader may overlook. Equal skeletons look alike.
pub fn skeleton(text: &str) -> String {
    if text.is_ascii() {
        let mut plain = text.to_ascii_lowercase();
        plain.retain(|letter| !is_overlooked(letter));
        return plain;
    }
    let plain: String = canonical(text)
        .chars()
        .filter(|letter| !is_overlooked(*letter))
        .map(|letter| latin(narrow(letter)))
        .collect();
    // A full-width capital is folded only once it is narrow.
    canonical(&plain)
}

/// White space, dashes, underscores, and characters without a shape of their own.
fn is_overlooked(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter,
            '-' | '_' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{202a}'..='\u{202e}'
            | '\u{2043}' | '\u{2060}'..='\u{206f}' | '\u{2212}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe58}' | '\u{fe63}' | '\u{feff}' | '\u{ff0d}' | '\u{ff3f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
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
mod tests {
    use super::*;

    fn look_alike(one: &str, other: &str) -> bool {
        skeleton(one) == skeleton(other)
    }

    #[test]
    fn names_are_the_same_whatever_their_case_their_composition_and_the_blanks_around_them() {
        assert!(same("Caf\u{e9}", " CAFE\u{301} "));
        assert!(same("Straße", "STRASSE"));
        assert!(same("\u{a0}Admin\u{2003}", "admin"));
        assert!(!same("alı@example.com", "ali@example.com") && !same("ADMIN", "Admın") && same("Kalı", "KALı"));
        assert!(!same("Help Desk", "HelpDesk"));
        assert!(!same("Help Desk", "Help\u{a0}Desk"));
    }

    #[test]
    fn names_that_a_reader_may_confuse_look_alike() {
        for other in [
            "HelpDesk",
            "help_desk",
            "Help\u{2011}Desk",
            "Help\u{a0}Desk",
            "H\u{200b}elp Desk",
            "Ηelp Dеsk",
            "Ｈｅｌｐ Desk",
            "\u{feff}Help Desk",
        ] {
            assert!(look_alike("Help Desk", other), "{other}");
        }
        assert!(look_alike("Admin", "Admın") && look_alike("ALI", "alı"));
        for other in ["Help Desks", "Hélp Desk", "Help Desk 2", ""] {
            assert!(!look_alike("Help Desk", other), "{other}");
        }
    }

    #[test]
    fn a_label_has_only_what_a_reader_sees() {
        assert!(is_label("CHG-1042: Jäger, 退職") && is_label(&"ä".repeat(128)));
        for bad in ["", "  ", "a\nb", "a\u{202e}b", "a\u{2028}b", "a\u{a0}b", "\u{feff}a"] {
            assert!(!is_label(bad), "{bad:?}");
        }
        assert!(!is_label(&"ä".repeat(129)));
    }

    #[test]
    fn what_a_reader_could_not_see_is_escaped() {
        assert_eq!(visible("Jäger 1"), "Jäger 1");
        assert_eq!(visible("a\u{202e}b\n\u{1b}[2K"), "a\\u{202e}b\\u{a}\\u{1b}[2K");
        assert_eq!(visible("a\u{2066}\u{200b}\u{a0}"), "a\\u{2066}\\u{200b}\\u{a0}");
        assert_eq!(
            visible(r#"" \u{a}"#),
            r#"\" \\u{a}"#,
            "what is escaped cannot be forged"
        );
    }

    #[test]
    fn plain_text_compares_as_any_other() {
        // With a letter of another script in both, nothing takes the short way.
        for (one, other) in [
            (" Help Desk\t", "help desk"),
            ("a-b", "A_b"),
            ("a\u{b}b", "a b"),
            ("a\u{7f}", "a"),
        ] {
            let (long_one, long_other) = (format!("é{one}"), format!("É{other}"));
            assert_eq!(look_alike(one, other), look_alike(&long_one, &long_other), "{one:?}");
            let (long_one, long_other) = (format!("é{}", one.trim()), format!("É{}", other.trim()));
            assert_eq!(same(one, other), same(&long_one, &long_other), "{one:?}");
        }
    }

    #[test]
    fn the_skeleton_of_a_skeleton_is_itself() {
        for text in ["Ｈｅｌｐ Ｄｅｓｋ", "АDMIN", "Straße", "ı", "Σίσυφος"] {
            assert_eq!(skeleton(&skeleton(text)), skeleton(text), "{text}");
        }
    }
}
