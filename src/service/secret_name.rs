//! The host's name for a secret that an account refers to.

/// The environment variable of a secret: `UNASSIGN_ROLE_SECRET_NAME`.
pub fn environment_variable(secret: &str) -> String {
    format!("UNASSIGN_ROLE_SECRET_{}", suffix(secret, char::to_ascii_uppercase))
}

/// The Spin variable of a secret: `secret_name`.
pub fn spin_variable(secret: &str) -> String {
    format!("secret_{}", suffix(secret, char::to_ascii_lowercase))
}

/// Both kinds of names allow only letters, digits and underscores.
fn suffix(secret: &str, case: fn(&char) -> char) -> String {
    secret
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { case(&c) } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::service::Setting;

    #[test]
    fn a_secret_has_a_name_that_its_place_can_hold() {
        assert_eq!(environment_variable("acme-Prod.1"), "UNASSIGN_ROLE_SECRET_ACME_PROD_1");
        assert_eq!(spin_variable("acme-Prod.1"), "secret_acme_prod_1");
    }

    proptest! {
        #[test]
        fn no_account_can_refer_to_what_configures_the_service(
            invented in "[ -~]{0,24}|(\\.\\./)?(UNASSIGN_ROLE_)?(RECEIPT_KEY|RECORD_KEY|API_TOKENS|CALLER)",
        ) {
            for setting in Setting::ALL {
                prop_assert_ne!(environment_variable(&invented), setting.environment_variable());
                prop_assert_ne!(spin_variable(&invented), setting.spin_variable());
            }
        }
    }
}
