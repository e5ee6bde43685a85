//! The list of leavers: CSV as spreadsheets write it, or JSON Lines.

mod csv;
mod lines;
mod merge;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::terminal::cut;

/// Somebody who leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaver {
    /// For people; the e-mail address or an id if the list names nobody.
    pub person: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The user's id at single accounts, by account id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// Account ids and tags; all accounts if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Where it stands in the list.
    #[serde(default)]
    pub line: u64,
}

/// A list that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct List {
    pub leavers: Vec<Leaver>,
    /// What was made of the list and should be known, a sentence each: people who stand in it twice.
    pub notes: Vec<String>,
}

/// What is wrong with a list, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first is 1.
    pub line: u64,
    pub what: String,
}

/// Everything that is wrong with a list. Nothing runs then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl List {
    /// Reads a list.
    ///
    /// # Errors
    /// All faults with their lines; an empty list is one, too.
    pub fn parse(bytes: &[u8]) -> Result<Self, Faults> {
        let text = text(bytes).map_err(|fault| Faults(vec![fault]))?;
        let read = if text.trim_start().starts_with('{') {
            lines::parse(text)
        } else {
            csv::parse(text)
        };
        let (leavers, mut faults) = read;
        let (list, contradictions) = merge::merge(leavers);
        faults.extend(contradictions);
        if list.leavers.is_empty() && faults.is_empty() {
            faults.push(Fault::at(1, "the list is empty: it needs one line for each person"));
        }
        if faults.is_empty() {
            Ok(list)
        } else {
            faults.sort_by_key(|fault| fault.line);
            Err(Faults(faults))
        }
    }
}

/// In characters.
const LONGEST_FAULT: usize = 400;

impl Fault {
    pub fn at(line: u64, what: impl Into<String>) -> Self {
        Self {
            line,
            // A cell may be as long as the file.
            what: cut(&what.into(), LONGEST_FAULT),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join("\n"))
    }
}

impl std::error::Error for Faults {}

impl Leaver {
    /// Checks one row.
    ///
    /// # Errors
    /// A sentence that says what is missing or malformed.
    fn checked(self) -> Result<Self, String> {
        // A quotation mark that is not closed takes the following lines, and their people, into one cell.
        if self.person.chars().any(char::is_control) {
            return Err(String::from(
                "the name goes over several lines or holds a control character: is a quotation mark not closed?",
            ));
        }
        if let Some(email) = &self.email
            && !is_email(email)
        {
            return Err(format!("`{email}` is no e-mail address"));
        }
        if self.email.is_none() && self.ids.is_empty() {
            return Err(String::from(
                "nobody is named: give an e-mail address, or an id for an account",
            ));
        }
        if let Some((account, id)) = self.ids.iter().find(|(account, id)| account.is_empty() || is_no_id(id)) {
            return Err(format!("`{id}` is no user id for the account `{account}`"));
        }
        let named = self.person.trim();
        let person = if named.is_empty() {
            let first = self.ids.iter().next().map(|(account, id)| format!("{id} at {account}"));
            self.email.clone().or(first).unwrap_or_default()
        } else {
            named.to_owned()
        };
        Ok(Self { person, ..self })
    }
}

fn is_email(text: &str) -> bool {
    let parts: Vec<&str> = text.split('@').collect();
    let [local, domain] = parts.as_slice() else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c))
}

/// Ids that a spreadsheet or a program made of nothing, and those that no provider has.
fn is_no_id(id: &str) -> bool {
    let nothing = ["null", "undefined", "none", "nan", "#n/a", "[object object]"];
    id.is_empty() || nothing.contains(&id.to_lowercase().as_str()) || id.chars().any(char::is_control)
}

/// The text of a list, without the mark that some programs put in front.
fn text(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Fault::at(1, "the list is in UTF-16: save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        // The rest after the last line end is the line that is meant.
        let line = before.split(|&byte| byte == b'\n').count();
        Fault::at(line as u64, "this is not UTF-8: save the list as UTF-8")
    })
}

#[cfg(test)]
mod tests;
