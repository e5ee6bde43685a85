//! An account on its way to its provider.

use crate::{
    account::settings::{General, Settings},
    client::BaseUrl,
    contract::types::Credentials,
    error::Error,
};

/// The parts of an account that a provider opens it with. What every account can have is taken out of the settings already.
pub struct Opening<'a> {
    /// `None`: the provider's own address.
    pub base_url: Option<&'a str>,
    pub credentials: Credentials,
    pub settings: Settings,
    pub general: &'a General,
}

/// An address of an account; `field` is what it is named by.
///
/// # Errors
/// [`Error::Account`] if it is none.
pub fn address(field: &str, url: &str) -> Result<BaseUrl, Error> {
    BaseUrl::parse(url).map_err(|why| Error::account(field, format!("{field} {why}")))
}
