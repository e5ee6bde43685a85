//! What may outlive one operation: access tokens, and a count. Tokens are keyed by everything that makes an account, never by its name.

use std::{cell::RefCell, time::Duration};

use sha2::{Digest, Sha256};

use crate::{account::secret::Secret, transport::Transport};

use super::Throttle;

/// The caches of one instance. Losing them costs a token request and nothing else.
#[derive(Default)]
pub struct Caches {
    /// Few enough to be looked through.
    tokens: RefCell<Vec<(AccountKey, CachedToken)>>,
    /// Accounts whose token is being got.
    renewing: RefCell<Vec<AccountKey>>,
    /// Lines of the record about refused calls.
    pub denials: Throttle,
}

/// The turn to get an account's token. It ends when it is dropped.
pub struct Turn<'a> {
    caches: &'a Caches,
    key: AccountKey,
}

/// SHA-256 over provider, URLs, all credentials, scope and tenant headers of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountKey([u8; 32]);

/// An access token and when it ends.
#[derive(Clone, Debug)]
pub struct CachedToken {
    pub token: Secret,
    /// On the transport's monotonic clock.
    pub expires: Duration,
}

/// Many accounts on one instance must not grow it for ever.
const MOST_TOKENS: usize = 256;

/// A token that ends sooner than this is not used for another call.
const LEAST_LIFETIME: Duration = Duration::from_mins(1);

/// How long another call's token request is waited for: it may hang.
const LONGEST_TURN: Duration = Duration::from_secs(5);

/// How often a call that waits looks again.
const POLL: Duration = Duration::from_millis(20);

impl AccountKey {
    /// The parts are length-prefixed, so that no two lists of parts collide.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }
}

impl Caches {
    /// A token that is good for some time yet.
    pub fn token(&self, key: AccountKey, now: Duration) -> Option<Secret> {
        self.tokens
            .borrow()
            .iter()
            .find(|(of, _)| *of == key)
            .filter(|(_, cached)| cached.expires >= now.saturating_add(LEAST_LIFETIME))
            .map(|(_, cached)| cached.token.clone())
    }

    /// Waits for the turn to get an account's token: calls that start together must not all ask for one. `None`: there is a token
    /// now, or the call that has the turn takes longer than five seconds, or than this call has until `end`.
    ///
    /// Each call looks again on its own clock. Nothing wakes another call's task: some hosts trap then, and a call that is dropped
    /// while others wait for it would leave them waiting.
    pub async fn turn(&self, transport: &dyn Transport, end: Duration, key: AccountKey) -> Option<Turn<'_>> {
        let end = end.min(transport.monotonic().saturating_add(LONGEST_TURN));
        loop {
            if let Some(turn) = self.free_turn(key) {
                return Some(turn);
            }
            let now = transport.monotonic();
            let left = end.saturating_sub(now);
            if left.is_zero() || self.token(key, now).is_some() {
                return None;
            }
            transport.sleep(left.min(POLL)).await;
        }
    }

    pub fn keep_token(&self, key: AccountKey, token: CachedToken) {
        let mut tokens = self.tokens.borrow_mut();
        tokens.retain(|(of, _)| *of != key);
        if tokens.len() >= MOST_TOKENS {
            let soonest = tokens
                .iter()
                .min_by_key(|(_, token)| token.expires)
                .map(|(key, _)| *key);
            tokens.retain(|(of, _)| Some(*of) != soonest);
        }
        tokens.push((key, token));
    }

    /// Forgets a token that the provider refused, unless another call has replaced it meanwhile.
    pub fn forget_token(&self, key: AccountKey, refused: &Secret) {
        let is_refused = |(of, cached): &(AccountKey, CachedToken)| *of == key && cached.token == *refused;
        self.tokens.borrow_mut().retain(|token| !is_refused(token));
    }

    fn free_turn(&self, key: AccountKey) -> Option<Turn<'_>> {
        let mut renewing = self.renewing.borrow_mut();
        if renewing.contains(&key) {
            return None;
        }
        renewing.push(key);
        Some(Turn { caches: self, key })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.caches.renewing.borrow_mut().retain(|key| *key != self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, expires: u64) -> CachedToken {
        CachedToken {
            token: Secret::new(text),
            expires: Duration::from_secs(expires),
        }
    }

    #[test]
    fn a_token_near_its_end_is_not_given_out() {
        let caches = Caches::default();
        let key = AccountKey::of(["crowdstrike", "id"]);
        caches.keep_token(key, token("t", 100));
        assert!(caches.token(key, Duration::from_secs(40)).is_some());
        assert!(caches.token(key, Duration::from_secs(41)).is_none());
    }

    #[test]
    fn forgetting_an_old_token_keeps_the_one_that_replaced_it() {
        let caches = Caches::default();
        let key = AccountKey::of(["crowdstrike", "id"]);
        caches.keep_token(key, token("new", 1000));
        caches.forget_token(key, &Secret::new("old"));
        assert_eq!(caches.token(key, Duration::ZERO), Some(Secret::new("new")));
        caches.forget_token(key, &Secret::new("new"));
        assert_eq!(caches.token(key, Duration::ZERO), None);
    }

    #[test]
    fn keys_differ_where_only_the_split_of_the_parts_differs() {
        assert_ne!(AccountKey::of(["ab", "c"]), AccountKey::of(["a", "bc"]));
    }

    #[test]
    fn the_number_of_tokens_is_bounded() {
        let caches = Caches::default();
        for n in 0..=MOST_TOKENS {
            caches.keep_token(AccountKey::of([n.to_string().as_str()]), token("t", 1000 + n as u64));
        }
        assert_eq!(caches.tokens.borrow().len(), MOST_TOKENS);
        assert!(caches.token(AccountKey::of(["0"]), Duration::ZERO).is_none());
    }
}
