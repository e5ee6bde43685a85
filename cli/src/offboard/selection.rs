//! Which person is to go from which account.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::accounts::Account;

use super::list::{Fault, Faults, Leaver};

/// One person at one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Position in the list of people.
    pub person: usize,
    /// The account's id.
    pub account: String,
    /// The user as the provider is asked for it: an id, or the e-mail address.
    pub user: String,
}

/// Resolves accounts and tags, in the order of the list, and keeps those that `means` accepts.
///
/// # Errors
/// An unknown account or tag, an id for an account that is left out, and an account where nothing says who the person is. Nothing
/// runs then.
pub fn targets(leavers: &[Leaver], accounts: &[&Account], means: &dyn Fn(&str) -> bool) -> Result<Vec<Target>, Faults> {
    let (mut targets, mut faults) = (Vec::new(), Vec::new());
    for (leaver, person) in leavers.iter().zip(0..) {
        match of_leaver(leaver, accounts, means) {
            Ok(chosen) => targets.extend(
                chosen
                    .into_iter()
                    .map(|(account, user)| Target { person, account, user }),
            ),
            Err(what) => faults.push(Fault::at(leaver.line, what)),
        }
    }
    if faults.is_empty() {
        Ok(targets)
    } else {
        Err(Faults(faults))
    }
}

fn of_leaver(
    leaver: &Leaver,
    accounts: &[&Account],
    means: &dyn Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, String> {
    let mut chosen = BTreeSet::new();
    for word in &leaver.accounts {
        let by_id = accounts.iter().filter(|account| account.id == *word);
        let by_tag = accounts.iter().filter(|account| account.tags.contains(word));
        let (by_id, by_tag): (Vec<_>, Vec<_>) = (by_id.collect(), by_tag.collect());
        match (by_id.as_slice(), by_tag.as_slice()) {
            ([], []) => return Err(format!("there is no account and no tag `{word}`{}", known(accounts))),
            ([account], tagged) if tagged.iter().all(|tagged| tagged.id == account.id) => {
                chosen.insert(account.id.as_str());
            }
            ([], tagged) => chosen.extend(tagged.iter().map(|account| account.id.as_str())),
            _ => {
                return Err(format!(
                    "`{word}` is an account and a tag of others: rename the tag, or list the accounts"
                ));
            }
        }
    }
    if let Some(account) = leaver
        .ids
        .keys()
        .find(|id| !accounts.iter().any(|account| account.id == **id))
    {
        return Err(format!(
            "there is no account `{account}`, for which there is an id{}",
            known(accounts)
        ));
    }
    if chosen.is_empty() {
        // Without an e-mail address, only the accounts with an id can be meant.
        let is_meant = |account: &&&Account| leaver.email.is_some() || leaver.ids.contains_key(&account.id);
        chosen.extend(accounts.iter().filter(is_meant).map(|account| account.id.as_str()));
    } else if let Some(account) = leaver.ids.keys().find(|id| !chosen.contains(id.as_str())) {
        return Err(format!("there is an id for `{account}`, which `accounts` leaves out"));
    }
    // In the order of the accounts, so that two lists of the same people give the same plans.
    let is_meant = |id: &str| chosen.contains(id) && means(id);
    let in_order = accounts.iter().filter(|account| is_meant(&account.id));
    in_order
        .map(|account| {
            let user = leaver.ids.get(&account.id).or(leaver.email.as_ref());
            let user = user.ok_or_else(|| {
                format!(
                    "nothing says who {} is at `{}`: give an e-mail address, or an id for it",
                    leaver.person, account.id
                )
            })?;
            Ok((account.id.clone(), user.clone()))
        })
        .collect()
}

fn known(accounts: &[&Account]) -> String {
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let tags: BTreeSet<&str> = accounts
        .iter()
        .flat_map(|account| &account.tags)
        .map(String::as_str)
        .collect();
    let tags: Vec<&str> = tags.into_iter().collect();
    if tags.is_empty() {
        format!("; the accounts are {}", ids.join(", "))
    } else {
        format!("; the accounts are {}, the tags {}", ids.join(", "), tags.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn account(id: &str, tags: &[&str]) -> Account {
        Account {
            id: id.to_owned(),
            provider: String::from("teamviewer"),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            approval_required: false,
            document: Map::new(),
            secrets: Vec::new(),
        }
    }

    fn leaver(email: Option<&str>, ids: &[(&str, &str)], accounts: &[&str]) -> Leaver {
        Leaver {
            person: String::from("Ann"),
            email: email.map(str::to_owned),
            ids: ids
                .iter()
                .map(|&(account, id)| (account.to_owned(), id.to_owned()))
                .collect(),
            accounts: accounts.iter().map(|&account| account.to_owned()).collect(),
            line: 2,
        }
    }

    fn chosen(leaver: Leaver) -> Result<Vec<String>, String> {
        let accounts = [
            account("a", &["production", "b"]),
            account("b", &[]),
            account("c", &["production"]),
            account("d", &["d"]),
        ];
        let accounts: Vec<&Account> = accounts.iter().collect();
        let targets = targets(&[leaver], &accounts, &|_| true).map_err(|faults| faults.to_string())?;
        Ok(targets
            .into_iter()
            .map(|target| format!("{}:{}", target.account, target.user))
            .collect())
    }

    #[test]
    fn accounts_are_chosen_by_id_by_tag_and_all_of_them_by_nothing() {
        let mail = Some("a@b");
        assert_eq!(
            chosen(leaver(mail, &[], &[])).unwrap(),
            ["a:a@b", "b:a@b", "c:a@b", "d:a@b"]
        );
        assert_eq!(
            chosen(leaver(mail, &[("c", "7")], &["production", "d"])).unwrap(),
            ["a:a@b", "c:7", "d:a@b"]
        );
        assert_eq!(chosen(leaver(None, &[("c", "7")], &[])).unwrap(), ["c:7"]);
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        let mail = Some("a@b");
        for (leaver, said) in [
            (
                leaver(mail, &[], &["nowhere"]),
                "line 2: there is no account and no tag `nowhere`; the accounts are a, b, c, d, the tags b, d, production",
            ),
            (leaver(mail, &[("x", "7")], &[]), "line 2: there is no account `x`"),
            (
                leaver(mail, &[("a", "7")], &["c"]),
                "line 2: there is an id for `a`, which `accounts` leaves out",
            ),
            (
                leaver(None, &[("a", "7")], &["production"]),
                "line 2: nothing says who Ann is at `c`",
            ),
            (
                leaver(mail, &[], &["b"]),
                "line 2: `b` is an account and a tag of others",
            ),
        ] {
            let why = chosen(leaver).unwrap_err();
            assert!(why.starts_with(said), "{why}");
        }
    }
}
