//! Accounts of real tenants, as a file or a folder lists them.

use serde_json::{Map, Value};

/// One integrated account, ready for the component: the command's own fields are taken out, and secrets that the command reads
/// (from a file, from a command) are not in the document but in the environment.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    /// Its JSON name, such as `slack_enterprise`.
    pub provider: String,
    /// The operator's own words for groups of accounts, such as `production`.
    pub tags: Vec<String>,
    /// A revoke needs an approval.
    pub approval_required: bool,
    /// The account as the service's schema has it.
    pub document: Map<String, Value>,
    /// The secrets that it refers to, by name.
    pub secrets: Vec<(String, String)>,
}

/// Names the account, and nothing that could be a credential.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
