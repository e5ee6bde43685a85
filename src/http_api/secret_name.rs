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
    use super::*;

    #[test]
    fn a_secret_has_a_name_that_its_place_can_hold() {
        assert_eq!(environment_variable("acme-Prod.1"), "UNASSIGN_ROLE_SECRET_ACME_PROD_1");
        assert_eq!(spin_variable("acme-Prod.1"), "secret_acme_prod_1");
    }
}
