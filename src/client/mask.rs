//! Keeps credentials out of everything that is handed on.

use std::rc::Rc;

use crate::secret::{MASK, Secret};

/// The secrets of one operation.
#[derive(Clone, Default)]
pub struct Mask(Rc<[Secret]>);

/// Shorter ones would mask ordinary text.
const SHORTEST: usize = 4;

impl Mask {
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut secrets: Vec<Secret> = secrets
            .into_iter()
            .filter(|secret| secret.expose().len() >= SHORTEST)
            .collect();
        // The longest first: a secret that contains another must not be left half shown.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self(secrets.into())
    }

    /// The same text with every secret replaced.
    pub fn apply(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret.expose(), MASK))
    }

    /// This mask and one secret more.
    pub fn and(&self, secret: &Secret) -> Self {
        Self::new(self.0.iter().cloned().chain([secret.clone()]))
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} secrets)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_every_secret_and_the_longer_one_first() {
        let mask = Mask::new([Secret::new("pass"), Secret::new("pass-word"), Secret::new("ab")]);
        assert_eq!(mask.apply("pass-word, pass, ab"), "[REDACTED], [REDACTED], ab");
    }
}
