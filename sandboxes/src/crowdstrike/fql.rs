//! The one form of an FQL filter that matters here: `property:'value'`, quotes escaped with a backslash.

/// The property, one of `properties`, and its value; `None` if the filter is malformed or of another form.
pub fn equals<'a>(filter: &str, properties: &[&'a str]) -> Option<(&'a str, String)> {
    let (name, quoted) = filter.split_once(":'")?;
    let property = properties.iter().find(|property| **property == name)?;
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '\\' => value.push(characters.next()?),
            // An unescaped quote ends the value, and nothing may follow.
            '\'' => return characters.next().is_none().then_some((*property, value)),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_quoted_value_and_nothing_behind_it() {
        let uid = |filter| equals(filter, &["uid"]).map(|(_, value)| value);
        assert_eq!(uid("uid:'a@b.c'").as_deref(), Some("a@b.c"));
        assert_eq!(uid(r"uid:'o\'neil@b.c'").as_deref(), Some("o'neil@b.c"));
        assert_eq!(uid(r"uid:'back\\'").as_deref(), Some(r"back\"));
        for bad in [
            "",
            "uid:'o'neil@b.c'",
            "uid:'a'+status:'active'",
            "uid:'a',uid:'b'",
            "uid:a",
            "name:'a'",
            "uid:'a",
            r"uid:'a\'",
            r"uid:'a\",
        ] {
            assert_eq!(uid(bad), None, "{bad}");
        }
    }
}
