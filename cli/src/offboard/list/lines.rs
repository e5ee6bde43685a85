//! Lists as JSON Lines: one object a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

use super::{Fault, Leaver};

/// A line. A member that is not known is refused, and so is one that stands there twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    person: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default, deserialize_with = "each_once")]
    ids: BTreeMap<String, String>,
    #[serde(default)]
    accounts: Option<Vec<String>>,
}

/// The lines that can be read, and what is wrong with the others.
pub fn parse(text: &str) -> (Vec<Leaver>, Vec<Fault>) {
    let (mut leavers, mut faults) = (Vec::new(), Vec::new());
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        match row(line).and_then(Leaver::checked) {
            Ok(leaver) => leavers.push(Leaver { line: number, ..leaver }),
            Err(what) => faults.push(Fault::at(number, what)),
        }
    }
    (leavers, faults)
}

fn row(line: &str) -> Result<Leaver, String> {
    let row: Row = serde_json::from_str(line).map_err(|error| format!("this is no leaver: {error}"))?;
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if row.accounts.as_ref().is_some_and(Vec::is_empty) {
        // An empty list never means all of them.
        return Err(String::from(
            "`accounts` is an empty list: leave it out for all accounts",
        ));
    }
    Ok(Leaver {
        person: given(row.person).unwrap_or_default(),
        email: given(row.email),
        ids: row.ids,
        accounts: row.accounts.unwrap_or_default(),
        line: 0,
    })
}

fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Ids;
    impl<'de> de::Visitor<'de> for Ids {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object of user ids by account id")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut ids = BTreeMap::new();
            while let Some((account, id)) = access.next_entry::<String, String>()? {
                if ids.contains_key(&account) {
                    return Err(de::Error::custom(format!("`ids` has `{account}` twice")));
                }
                ids.insert(account, id.trim().to_owned());
            }
            Ok(ids)
        }
    }
    deserializer.deserialize_map(Ids)
}
