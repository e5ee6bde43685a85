//! Texts that come from outside, as a terminal may show them.

/// The text with everything escaped that a reader could not see, or would see elsewhere than it stands: control characters move the
/// cursor, bidirectional ones turn what follows around.
pub fn visible(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut shown, letter| {
            if is_shown(letter) {
                shown.push(letter);
            } else {
                shown.extend(letter.escape_unicode());
            }
            shown
        })
}

/// A name with its id, each once.
pub fn named(id: Option<&str>, name: Option<&str>) -> String {
    match (id, name) {
        (Some(id), Some(name)) if id != name => format!("{} ({})", visible(name), visible(id)),
        (Some(text), _) | (None, Some(text)) => visible(text),
        (None, None) => String::from("-"),
    }
}

/// The text in lines of at most so many characters, each after so many spaces. A word is never broken.
pub fn wrapped(text: &str, indent: usize, columns: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{margin}{word}")),
        }
    }
    lines.join("\n")
}

/// The text cut to so many characters.
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{kept}…")
}

fn is_shown(letter: char) -> bool {
    let is_invisible = matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    !letter.is_control() && !is_invisible && (letter == ' ' || !letter.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_turns_text_around_is_escaped() {
        for (text, shown) in [
            ("Ann Lee", "Ann Lee"),
            ("Zoë 李", "Zoë 李"),
            ("a\u{1b}[2J", "a\\u{1b}[2J"),
            ("a\nb\tc", "a\\u{a}b\\u{9}c"),
            ("nimda\u{202e}", "nimda\\u{202e}"),
            ("ad\u{200b}min", "ad\\u{200b}min"),
            ("a\u{2028}b\u{9b}c", "a\\u{2028}b\\u{9b}c"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn long_texts_are_wrapped_and_long_cells_cut() {
        assert_eq!(wrapped("one two three", 2, 9), "  one two\n  three");
        assert_eq!(
            (cut("remote_responder", 8), cut("short", 8)),
            (String::from("remote_…"), String::from("short"))
        );
    }

    #[test]
    fn a_name_stands_beside_its_id() {
        assert_eq!(
            named(Some("event_viewer"), Some("Event Viewer")),
            "Event Viewer (event_viewer)"
        );
        assert_eq!(named(Some("admin"), Some("admin")), "admin");
        assert_eq!(named(None, Some("Night Shift")), "Night Shift");
        assert_eq!(named(None, None), "-");
    }
}
