//! What an outcome does not show by itself. `docs/outcomes.md` says when each is given.

/// A warning; some are about something, which follows a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    AdministratorFoundByEmail,
    CidNotVisible,
    CustomRoleNotChecked,
    ExpiresAt,
    HeldAt,
    HeldAtSinglePlaces,
    IdpInheritanceNotVisible,
    ListMayBeCutOff,
    MayReturnAtSsoLogin,
    MayReturnByDynamicGroup,
    MayReturnByScim,
    NotProbed,
    NotShownInCid,
    OwnAccessNotChecked,
    ProductNotChecked,
    RoleDirectoryNotReadable,
    RolesNotWhole,
    SsoNotChecked,
    UnknownRole,
    WorkspaceNotChecked,
    WorkspaceNotVisible,
    WorkspacesNotVisible,
}

impl Warning {
    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdministratorFoundByEmail => "administrator_found_by_email",
            Self::CidNotVisible => "cid_not_visible",
            Self::CustomRoleNotChecked => "custom_role_not_checked",
            Self::ExpiresAt => "expires_at",
            Self::HeldAt => "held_at",
            Self::HeldAtSinglePlaces => "held_at_single_places",
            Self::IdpInheritanceNotVisible => "idp_inheritance_not_visible",
            Self::ListMayBeCutOff => "list_may_be_cut_off",
            Self::MayReturnAtSsoLogin => "may_return_at_sso_login",
            Self::MayReturnByDynamicGroup => "may_return_by_dynamic_group",
            Self::MayReturnByScim => "may_return_by_scim",
            Self::NotProbed => "not_probed",
            Self::NotShownInCid => "not_shown_in_cid",
            Self::OwnAccessNotChecked => "own_access_not_checked",
            Self::ProductNotChecked => "product_not_checked",
            Self::RoleDirectoryNotReadable => "role_directory_not_readable",
            Self::RolesNotWhole => "roles_not_whole",
            Self::SsoNotChecked => "sso_not_checked",
            Self::UnknownRole => "unknown_role",
            Self::WorkspaceNotChecked => "workspace_not_checked",
            Self::WorkspaceNotVisible => "workspace_not_visible",
            Self::WorkspacesNotVisible => "workspaces_not_visible",
        }
    }

    /// As an answer carries it.
    pub fn text(self) -> String {
        self.as_str().to_owned()
    }

    /// About something, e.g. `"held_at:T0NORTH"`.
    pub fn about(self, what: impl std::fmt::Display) -> String {
        format!("{}:{what}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_warning_is_documented_and_nothing_else_gives_one() {
        let page = include_str!("../../docs/outcomes.md");
        let table = page.split_once("## Warnings").unwrap().1;
        let own = include_str!("warning.rs").split("mod tests").next().unwrap();
        let names = own.lines().filter_map(|line| line.trim().split_once(" => \""));
        let names: Vec<&str> = names.map(|(_, name)| name.trim_end_matches("\",")).collect();
        for name in &names {
            let row = format!("| `{name}");
            assert!(table.contains(&row), "{name} is not in docs/outcomes.md");
        }
        assert_eq!(table.matches("\n| `").count(), names.len());
    }
}
