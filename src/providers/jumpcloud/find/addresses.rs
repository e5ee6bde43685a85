//! People by their e-mail addresses.

use crate::{client::QueryBuilder, error::ProviderFault, naming::same_address, provider::Context, sorted::Set};

use super::super::{
    config::Config,
    core::{self, Count, List},
    documents::{Administrator, SystemUser},
};

/// The administrators of the organization.
pub async fn administrators(config: &Config, cx: &Context<'_>) -> Result<List<Administrator>, ProviderFault> {
    core::list(config, cx, "/api/users?sort=_id", Count::Always, "administrators").await
}

/// Why an administrator of any e-mail address may be missing.
pub fn gap_of_addresses(all: &List<Administrator>) -> Option<String> {
    all.gap("administrators").or_else(|| {
        let hidden = all.rows.iter().find(|known| known.email.is_none())?;
        Some(format!(
            "JumpCloud does not show the e-mail address of the administrator {}",
            hidden.id
        ))
    })
}

/// System users with one e-mail address.
pub struct WithEmail {
    pub ids: Vec<String>,
    /// Why there may be another one.
    pub gap: Option<String>,
}

/// The system users with this e-mail address. The filter may regard case: what it lets through is compared here, and a lower-case
/// spelling is asked for besides.
pub async fn with_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<WithEmail, ProviderFault> {
    let lower = email.to_lowercase();
    let mut ids = Vec::new();
    let mut gap = None;
    for spelling in [email, &lower].into_iter().take(if lower == email { 1 } else { 2 }) {
        let path = QueryBuilder::new()
            .pair("filter", &format!("email:$eq:{spelling}"))
            .on("/api/systemusers");
        let list: List<SystemUser> =
            core::list(config, cx, &path, Count::Always, "users with this e-mail address").await?;
        gap = gap.or_else(|| list.gap("users with this e-mail address"));
        for user in list.rows {
            match &user.email {
                Some(known) if same_address(known, email) => {
                    ids.push(user.id);
                }
                Some(_) => {}
                None => {
                    gap.get_or_insert_with(|| {
                        format!("JumpCloud does not show the e-mail address of the user {}", user.id)
                    });
                }
            }
        }
    }
    Ok(WithEmail {
        ids: Set::from_iter(ids).into_iter().collect(),
        gap,
    })
}

pub fn has_email(administrator: &Administrator, email: &str) -> bool {
    is_one_address(administrator.email.as_deref(), Some(email))
}

/// Whether two records show the same address. One that shows none may have any.
pub fn is_one_address(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_some_and(|(one, other)| same_address(one, other))
}
