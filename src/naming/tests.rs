use super::*;

#[test]
fn what_is_overlooked_is_the_same_in_ascii_and_elsewhere() {
    for letter in (0..=127_u8).map(char::from) {
        let text = letter.to_string();
        assert_eq!(
            plain_letters(&text).next().is_none(),
            is_overlooked(letter),
            "{letter:?}"
        );
        // The same with a letter that takes the other way.
        let (plain, other) = (format!("a{letter}b"), format!("a{letter}b\u{e4}"));
        let shown = Skeleton::of(&other).0;
        assert_eq!(shown, [format!("{}\u{e4}", Skeleton::of(&plain).0[0])], "{letter:?}");
        assert!(look_alike(&plain, &plain) && Skeleton::of(&plain).is_like(&plain));
    }
}

#[test]
fn names_are_the_same_whatever_their_case_their_composition_and_the_blanks_around_them() {
    assert!(same("Caf\u{e9}", " CAFE\u{301} "));
    assert!(same("Straße", "STRASSE") && same("GROẞ", "groß"));
    assert!(same("ΡΟΛΟΣ", "ρολος") && same("ρολοσ", "ΡΟΛΟΣ"));
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

/// Each letter in small and as a capital, and what each looks like.
const LOOKS: &[(&str, &str, &str, &str)] = &[
    ("а", "А", "a", "A"),
    ("в", "В", "b", "B"),
    ("с", "С", "c", "C"),
    ("ԁ", "Ԁ", "d", "d"),
    ("е", "Е", "e", "E"),
    ("ғ", "Ғ", "f", "F"),
    ("ԍ", "Ԍ", "g", "G"),
    ("н", "Н", "h", "H"),
    ("һ", "Һ", "h", "h"),
    ("і", "І", "i", "I"),
    ("ӏ", "Ӏ", "l", "I"),
    ("ј", "Ј", "j", "J"),
    ("к", "К", "k", "K"),
    ("м", "М", "m", "M"),
    ("п", "П", "n", "n"),
    ("о", "О", "o", "O"),
    ("р", "Р", "p", "P"),
    ("ԛ", "Ԛ", "q", "Q"),
    ("г", "Г", "r", "r"),
    ("ѕ", "Ѕ", "s", "S"),
    ("т", "Т", "t", "T"),
    ("ѵ", "Ѵ", "v", "V"),
    ("ԝ", "Ԝ", "w", "W"),
    ("х", "Х", "x", "X"),
    ("у", "У", "y", "Y"),
    ("ү", "Ү", "y", "Y"),
    ("α", "Α", "a", "A"),
    ("β", "Β", "b", "B"),
    ("ϲ", "Ϲ", "c", "C"),
    ("ε", "Ε", "e", "E"),
    ("ϝ", "Ϝ", "f", "F"),
    ("η", "Η", "n", "H"),
    ("ι", "Ι", "i", "I"),
    ("ϳ", "Ϳ", "j", "J"),
    ("κ", "Κ", "k", "K"),
    ("μ", "Μ", "u", "M"),
    ("µ", "Μ", "u", "M"),
    ("ν", "Ν", "v", "N"),
    ("ο", "Ο", "o", "O"),
    ("σ", "Σ", "o", "o"),
    ("ς", "Σ", "o", "o"),
    ("ρ", "Ρ", "p", "P"),
    ("τ", "Τ", "t", "T"),
    ("υ", "Υ", "u", "Y"),
    ("ω", "Ω", "w", "w"),
    ("χ", "Χ", "x", "X"),
    ("γ", "Γ", "y", "y"),
    ("ζ", "Ζ", "z", "Z"),
];

#[test]
fn each_letter_looks_like_the_latin_one_in_either_case() {
    for (small, capital, like_small, like_capital) in LOOKS {
        for like in [like_small, like_capital] {
            for own in [small, capital] {
                let (own, like) = (format!("A{own}b"), format!("A{like}b"));
                assert!(look_alike(&own, &like), "{own} {like}");
                assert!(look_alike(&own.to_uppercase(), &like.to_lowercase()), "{own} {like}");
            }
        }
        let text = |letter: &str| format!("x{letter} {letter}{letter}x {letter}");
        assert!(
            same(&text(small), &text(capital)) && look_alike(&text(small), &text(capital)),
            "{small}"
        );
    }
}

#[test]
fn a_letter_of_two_shapes_is_read_by_its_own_among_others() {
    for (one, other) in [
        ("Νetwork υser", "Network user"),
        ("ADMIΝ", "admin"),
        ("ΜΑΝΑGΕR", "Manager"),
        ("admiν", "ADMIN"),
    ] {
        assert!(look_alike(one, other), "{one}");
    }
    // Latin letters stay what they are.
    for (one, other) in [("Rl0H", "Rl0N"), ("van", "nan"), ("U0YM", "U0UU")] {
        assert!(!look_alike(one, other), "{one} {other}");
    }
}

#[test]
fn where_a_word_ends_does_not_change_its_last_letter() {
    for (one, other) in [
        ("ΔΙΑΧΕΙΡΙΣΤΗΣ ΡΟΛΩΝ", "ΔΙΑΧΕΙΡΙΣΤΗΣΡΟΛΩΝ"),
        ("Ρόλος Α", "ΡόλοςΑ"),
        ("ΡΟΛΟΣ-Α", "ρολοσ α"),
    ] {
        assert!(look_alike(one, other) && !same(one, other), "{one}");
    }
}

#[test]
fn what_nobody_sees_hides_nothing() {
    for hidden in ['\u{1bca0}', '\u{1d173}', '\u{fff9}', '\u{2800}', '\u{200b}'] {
        assert!(look_alike(&format!("Ad{hidden}min"), "Admin"), "{hidden:?}");
        // Between a letter and its accent, too.
        assert!(look_alike(&format!("Cafe{hidden}\u{301}"), "Café"), "{hidden:?}");
        assert!(is_invisible(hidden), "{hidden:?}");
    }
}

#[test]
fn addresses_of_two_people_are_not_one() {
    assert!(same_address("Jäger@Example.com ", "JA\u{308}GER@example.com"));
    assert!(
        same_address("ΓΙΩΡΓΟΣ@example.com", "γιωργος@example.com")
            && same_address("GROẞ@example.com", "groß@example.com")
    );
    assert!(
        !same_address("groß@example.com", "gross@example.com")
            && !same_address("GROẞ@example.com", "GROSS@example.com")
    );
    assert!(!same_address("ﬁn@example.com", "fin@example.com") && !same_address("alı@example.com", "ali@example.com"));
    assert!(
        look_alike("groß@example.com", "gross@example.com"),
        "a guard still takes one for the other"
    );
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
fn the_skeleton_of_a_reading_is_that_reading() {
    for text in ["Ｈｅｌｐ Ｄｅｓｋ", "АDMIN", "Straße", "ı", "Σίσυφος", "Νηυμ"] {
        for reading in Skeleton::of(text) {
            assert_eq!(Skeleton::of(&reading).0, [reading.as_str()], "{text}");
        }
    }
}
