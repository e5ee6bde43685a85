//! A person who stands in the list twice is one person, and the list has to agree with itself.

use std::collections::HashMap;

use super::{Fault, Leaver, List};

/// One leaver for each person, in the list's order.
pub fn merge(rows: Vec<Leaver>) -> (List, Vec<Fault>) {
    let mut list = List::default();
    let mut faults = Vec::new();
    // Positions of people by what tells them apart.
    let mut known: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let keys = keys(&row);
        let mut found: Vec<usize> = keys.iter().filter_map(|key| known.get(key).copied()).collect();
        found.sort_unstable();
        found.dedup();
        let position = match found.as_slice() {
            [] => {
                list.leavers.push(row);
                list.leavers.len() - 1
            }
            [one] => {
                let Some(leaver) = list.leavers.get_mut(*one) else {
                    continue;
                };
                match join(leaver, &row) {
                    Ok(()) => list.notes.push(format!(
                        "line {}: {} stands in line {} already; both lines are taken as one person",
                        row.line, row.person, leaver.line
                    )),
                    Err(what) => faults.push(Fault::at(row.line, format!("{what} than in line {}", leaver.line))),
                }
                *one
            }
            several => {
                let lines: Vec<String> = several
                    .iter()
                    .filter_map(|&position| list.leavers.get(position))
                    .map(|leaver| leaver.line.to_string())
                    .collect();
                faults.push(Fault::at(
                    row.line,
                    format!(
                        "{} would be one with several people, of the lines {}",
                        row.person,
                        lines.join(" and ")
                    ),
                ));
                continue;
            }
        };
        for key in keys {
            known.entry(key).or_insert(position);
        }
    }
    (list, faults)
}

/// The e-mail address without regard to case, and each id at its account.
fn keys(row: &Leaver) -> Vec<String> {
    let email = row.email.iter().map(|email| format!("e-mail {}", email.to_lowercase()));
    let ids = row.ids.iter().map(|(account, id)| format!("id {account}\n{id}"));
    email.chain(ids).collect()
}

fn join(leaver: &mut Leaver, row: &Leaver) -> Result<(), String> {
    if let (Some(one), Some(other)) = (&leaver.email, &row.email)
        && one.to_lowercase() != other.to_lowercase()
    {
        return Err(format!("{} has another e-mail address", row.person));
    }
    if let Some((account, _)) = row
        .ids
        .iter()
        .find(|(account, id)| leaver.ids.get(*account).is_some_and(|known| known != *id))
    {
        return Err(format!("{} has another id at `{account}`", row.person));
    }
    // What each line means by itself: the e-mail address of one says nothing of the accounts of the other.
    leaver.accounts = match (meant(leaver), meant(row)) {
        (Some(mut accounts), Some(more)) => {
            for account in more {
                if !accounts.contains(&account) {
                    accounts.push(account);
                }
            }
            accounts
        }
        _ => Vec::new(),
    };
    leaver.email = leaver.email.take().or_else(|| row.email.clone());
    leaver.ids.extend(row.ids.clone());
    Ok(())
}

/// The accounts and tags that a line means; `None` for all accounts.
fn meant(leaver: &Leaver) -> Option<Vec<String>> {
    if !leaver.accounts.is_empty() {
        Some(leaver.accounts.clone())
    } else if leaver.email.is_none() {
        Some(leaver.ids.keys().cloned().collect())
    } else {
        None
    }
}
