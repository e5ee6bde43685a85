//! An account on its way to its provider.

use crate::{
    account::settings::{General, Settings},
    contract::types::Credentials,
};

/// The parts of an account that a provider opens it with. What every account can have is taken out of the settings already.
pub struct Opening<'a> {
    /// `None`: the provider's own address.
    pub base_url: Option<&'a str>,
    pub credentials: Credentials,
    pub settings: Settings,
    pub general: &'a General,
}

/// One account during one operation: what it was opened with, and what its steps remember for later ones.
pub struct OpenAccount<C, M> {
    pub config: C,
    pub memory: M,
}

impl<C, M: Default> OpenAccount<C, M> {
    /// Nothing is remembered yet.
    pub fn new(config: C) -> Self {
        Self {
            config,
            memory: M::default(),
        }
    }
}
