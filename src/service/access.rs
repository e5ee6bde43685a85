//! What a caller may do, and with which accounts.

use crate::{
    account::{self, Integrated, Status},
    contract::types::{Account, Mode},
    transport::brief,
};

use super::{AccountPlace, AccountText, Host, Refusal, RefusalKind, Setting, token::Entitlement};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    ReadUser,
    ListRoles,
    Plan,
    Verify,
    Revoke,
    /// A revoke of everything that the user holds.
    RevokeEverything,
}

impl Operation {
    /// The operation of a request.
    pub const fn of(mode: Mode, everything: bool) -> Self {
        match (mode, everything) {
            (Mode::Plan, _) => Self::Plan,
            (Mode::Verify, _) => Self::Verify,
            (Mode::Revoke, false) => Self::Revoke,
            (Mode::Revoke, true) => Self::RevokeEverything,
        }
    }

    /// Its name in the record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadUser => "read_user",
            Self::ListRoles => "list_roles",
            Self::Plan => "plan",
            Self::Verify => "verify",
            Self::Revoke | Self::RevokeEverything => "revoke",
        }
    }

    const fn writes(self) -> bool {
        matches!(self, Self::Revoke | Self::RevokeEverything)
    }

    /// A receipt is given for it.
    pub const fn has_receipt(self) -> bool {
        matches!(self, Self::Verify | Self::Revoke | Self::RevokeEverything)
    }
}

impl Entitlement {
    /// Refuses what its `may` does not cover.
    ///
    /// # Errors
    /// Names what is missing.
    pub fn permit(&self, operation: Operation, raw: bool) -> Result<(), Refusal> {
        let may = self.may;
        let needs: &[(bool, &str)] = match operation {
            Operation::ReadUser | Operation::ListRoles | Operation::Verify => &[(may.read, "read")],
            Operation::Plan => &[(may.plan, "plan")],
            Operation::Revoke => &[(may.revoke, "revoke")],
            Operation::RevokeEverything => &[(may.revoke, "revoke"), (may.revoke_everything, "revoke_everything")],
        };
        let raw = (!raw || may.raw, "raw");
        match needs.iter().chain([&raw]).find(|(is_permitted, _)| !is_permitted) {
            None => Ok(()),
            Some((_, missing)) => Err(Refusal::new(
                RefusalKind::NotPermitted,
                format!("the caller may not do this: its `may` lacks `{missing}`"),
            )),
        }
    }
}

/// The account, ready to be used for an operation, and where it stands. One that does not exist and one that the caller may not use are refused alike,
/// and who may not use an account learns nothing about it.
///
/// # Errors
/// Says why it cannot be used.
pub async fn open(
    host: &dyn Host,
    entitlement: &Entitlement,
    id: &str,
    operation: Operation,
) -> Result<(Account, AccountPlace), Refusal> {
    let unknown = || {
        Refusal::new(
            RefusalKind::UnknownAccount,
            "there is no such integrated account for this caller",
        )
    };
    if !entitlement.accounts.iter().any(|account| account == id) {
        return Err(unknown());
    }
    let (account, place) = known(host, id).await?.ok_or_else(unknown)?;
    usable(account.status, operation)?;
    let secrets = place.secrets(host, id).await?;
    match account.account(&secrets).await {
        Ok(account) => Ok((account, place)),
        Err(error) => Err(Refusal::of_account(&error, place.name(host))),
    }
}

/// The account of this id as it is configured, and where it stands; `None` if there is none.
///
/// # Errors
/// The accounts, or this one, are malformed, or it stands in two places.
pub async fn known(host: &dyn Host, id: &str) -> Result<Option<(Integrated, AccountPlace)>, Refusal> {
    let AccountText { text, place } = match host.account(id).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(None),
        Err(why) => {
            return Err(Refusal {
                message: format!("the integrated accounts cannot be read: {}", brief(&why)),
                ..Refusal::setting(host, Setting::Accounts, &why)
            });
        }
    };
    let account = account::parse(&text).and_then(|account| place.check(&account, id).map(|()| account));
    account
        .map(|account| Some((account, place.clone())))
        .map_err(|error| Refusal::of_account(&error, place.name(host)))
}

/// Refuses an account that is not active, with the status that the original uses.
fn usable(status: Status, operation: Operation) -> Result<(), Refusal> {
    let (code, why) = match status {
        Status::Active => return Ok(()),
        Status::Sandbox if !operation.writes() => return Ok(()),
        Status::NeedsReauth => (401, status.name()),
        Status::Connecting | Status::ValidationError | Status::PostInstallError => (422, status.name()),
        Status::Blocked => (503, "it is blocked"),
        Status::Sandbox => (
            405,
            "it is a sandbox account, with which nothing is removed: it can be read, planned and verified",
        ),
    };
    Err(Refusal::new(
        RefusalKind::AccountNotActive(code),
        format!("the integrated account cannot be used: {why}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::token::May;

    fn entitlement(may: May) -> Entitlement {
        Entitlement {
            may,
            ..Entitlement::default()
        }
    }

    #[test]
    fn each_operation_needs_its_own_word() {
        let all = May {
            read: true,
            plan: true,
            revoke: true,
            revoke_everything: true,
            raw: false,
        };
        for (operation, without, missing) in [
            (Operation::ReadUser, May { read: false, ..all }, "`read`"),
            (Operation::ListRoles, May { read: false, ..all }, "`read`"),
            (Operation::Verify, May { read: false, ..all }, "`read`"),
            (Operation::Plan, May { plan: false, ..all }, "`plan`"),
            (Operation::Revoke, May { revoke: false, ..all }, "`revoke`"),
            (Operation::RevokeEverything, May { revoke: false, ..all }, "`revoke`"),
            (
                Operation::RevokeEverything,
                May {
                    revoke_everything: false,
                    ..all
                },
                "`revoke_everything`",
            ),
        ] {
            assert!(entitlement(all).permit(operation, false).is_ok(), "{operation:?}");
            let refusal = entitlement(without).permit(operation, false).unwrap_err();
            assert_eq!(refusal.kind, RefusalKind::NotPermitted);
            assert!(refusal.message.contains(missing), "{operation:?}: {}", refusal.message);
            assert!(entitlement(all).permit(operation, true).is_err(), "{operation:?}");
        }
    }

    #[test]
    fn a_sandbox_account_is_read_and_never_written() {
        for (operation, is_usable) in [
            (Operation::ReadUser, true),
            (Operation::ListRoles, true),
            (Operation::Plan, true),
            (Operation::Verify, true),
            (Operation::Revoke, false),
            (Operation::RevokeEverything, false),
        ] {
            assert_eq!(usable(Status::Sandbox, operation).is_ok(), is_usable, "{operation:?}");
            assert!(usable(Status::Blocked, operation).is_err(), "{operation:?}");
        }
    }
}
