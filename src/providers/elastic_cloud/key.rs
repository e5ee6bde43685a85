//! The id of a grant: the role's own id, and the custom roles that its assignment carries.
//!
//! `elasticsearch-viewer+alpha+beta` is the assignment of the viewer that gives the custom roles alpha and beta.

/// A role and the custom roles with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    pub role: String,
    /// Sorted: their order in the assignment says nothing.
    pub custom: Vec<String>,
}

impl Key {
    pub fn new(role: &str, custom: &[String]) -> Self {
        let mut custom = custom.to_vec();
        custom.sort();
        custom.dedup();
        Self {
            role: role.to_owned(),
            custom,
        }
    }

    /// Two different keys never have the same text.
    pub fn text(&self) -> String {
        let escaped = |part: &str| part.replace('%', "%25").replace('+', "%2B");
        let mut text = escaped(&self.role);
        for custom in &self.custom {
            text.push('+');
            text.push_str(&escaped(custom));
        }
        text
    }

    pub fn parse(text: &str) -> Self {
        let plain = |part: &str| part.replace("%2B", "+").replace("%25", "%");
        let mut parts = text.split('+').map(plain);
        let role = parts.next().unwrap_or_default();
        Self::new(&role, &parts.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_has_one_text_whatever_the_order_and_no_other_key_has_it() {
        let key = |custom: &[&str]| Key::new("v", &custom.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(key(&["b", "a"]).text(), "v+a+b");
        assert_eq!(key(&["a", "b", "a"]), key(&["b", "a"]));
        for custom in [&["a+b"] as &[&str], &["a", "b"], &["a%2Bb"], &["a%b", "+"], &[]] {
            assert_eq!(Key::parse(&key(custom).text()), key(custom));
        }
        assert_ne!(key(&["a+b"]).text(), key(&["a", "b"]).text());
        assert_ne!(key(&["a+b"]).text(), key(&["a%2Bb"]).text());
    }
}
