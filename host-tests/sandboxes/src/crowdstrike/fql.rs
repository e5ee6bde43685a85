//! The one filter of `queries/users/v1` that matters here: `uid:'value'`, quotes escaped with a backslash.

/// The value; `None` if the filter is malformed or another one.
pub fn uid(filter: &str) -> Option<String> {
    let quoted = filter.strip_prefix("uid:'")?;
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '\\' => value.push(characters.next()?),
            // An unescaped quote ends the value, and nothing may follow.
            '\'' => return characters.next().is_none().then_some(value),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_quoted_value_and_nothing_behind_it() {
        assert_eq!(uid("uid:'a@b.c'").as_deref(), Some("a@b.c"));
        assert_eq!(uid(r"uid:'o\'neil@b.c'").as_deref(), Some("o'neil@b.c"));
        for bad in [
            "uid:'o'neil@b.c'",
            "uid:'a'+status:'active'",
            "uid:a",
            "name:'a'",
            "uid:'a",
        ] {
            assert_eq!(uid(bad), None, "{bad}");
        }
    }
}
