//! BlackLine: not supported by this version.

use crate::{
    contract::types::Credentials,
    error::Error,
    settings::{General, Settings},
};

use super::Opened;

/// Opens a BlackLine account.
///
/// # Errors
/// [`Error::Account`] always.
pub fn open(
    _base_url: Option<&str>,
    _credentials: Credentials,
    _settings: Settings,
    _general: General,
) -> Result<Opened, Error> {
    Err(Error::account("provider", "BlackLine is not supported by this version"))
}
