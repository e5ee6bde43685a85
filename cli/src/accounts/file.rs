//! The files that list accounts: one, or a folder of them.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::document::{self, Format, Parsed};

/// Everything that a file or a folder lists, the broken parts too.
#[derive(Debug, Default)]
pub struct Listing {
    pub entries: Vec<Entry>,
    /// Accounts that are listed, and left out of the entries because nobody asked for them.
    pub others: Vec<String>,
    /// What is wrong with a file as a whole: the file, and why.
    pub faults: Vec<(PathBuf, String)>,
}

/// An account as it stands in a file, checked or not.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: String,
    pub value: Value,
    pub file: PathBuf,
    /// Why commands of this file do not run; `None` if they may.
    pub distrust: Option<&'static str>,
}

/// The longest file that is read, in bytes.
const LONGEST: u64 = 16 << 20;

impl Listing {
    /// Reads a file, or the `.json` and `.toml` files of a folder; `-` is standard input. A file is an object of accounts by their ids,
    /// or one account, whose id is the file's name.
    pub fn read(source: &Path) -> Self {
        let mut listing = Self::default();
        if !source.is_dir() {
            listing.add(source);
            return listing;
        }
        let files = match files_of(source) {
            Ok(files) => files,
            Err(error) => {
                listing.fault(source, format!("it cannot be read: {error}"));
                return listing;
            }
        };
        if files.is_empty() {
            listing.fault(source, String::from("the folder has no .json or .toml file"));
        }
        for file in files {
            listing.add(&file);
        }
        listing
    }

    /// Leaves accounts out. That they are listed stays known.
    pub fn leave_out(&mut self, is_left_out: impl Fn(&str) -> bool) {
        let left_out = self.entries.extract_if(.., |entry| is_left_out(&entry.id));
        self.others.extend(left_out.map(|entry| entry.id));
    }

    fn fault(&mut self, file: &Path, why: String) {
        self.faults.push((file.to_owned(), why));
    }

    fn add(&mut self, file: &Path) {
        let (bytes, distrust) = match contents(file) {
            Ok(contents) => contents,
            Err(why) => return self.fault(file, why),
        };
        let Parsed { value, faults } = document::parse(&bytes, format_of(file, &bytes));
        for why in faults {
            self.fault(file, why);
        }
        let accounts = match value {
            None => return,
            Some(Value::Object(account)) if account.get("provider").is_some_and(Value::is_string) => {
                let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Map::from_iter([(id, Value::Object(account))])
            }
            Some(Value::Object(accounts)) => accounts,
            Some(_) => return self.fault(file, String::from("it has to be an object of accounts by their ids")),
        };
        if accounts.is_empty() {
            self.fault(file, String::from("it lists no account"));
        }
        for (id, value) in accounts {
            if let Some(known) = self.entries.iter().find(|entry| entry.id == id) {
                let why = format!("the account `{id}` is in {} already", known.file.display());
                self.fault(file, why);
                continue;
            }
            self.entries.push(Entry {
                id,
                value,
                file: file.to_owned(),
                distrust,
            });
        }
    }
}

/// Whether a path stands for standard input, which can be read once.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| {
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_document = path
            .extension()
            .is_some_and(|ending| ending == "json" || ending == "toml");
        is_document && !is_hidden && path.is_file()
    });
    files.sort();
    Ok(files)
}

/// The bytes of a file, and why its commands would not run. Owner and mode are those of the file that is read.
fn contents(path: &Path) -> Result<(Vec<u8>, Option<&'static str>), String> {
    if is_standard_input(path) {
        return Ok((whole(io::stdin())?, Some("it comes from standard input")));
    }
    let file = File::open(path).map_err(unreadable)?;
    let data = file.metadata().map_err(unreadable)?;
    let bytes = whole(file)?;
    let distrust = if data.uid() != rustix::process::geteuid().as_raw() {
        Some("it belongs to somebody else")
    } else if data.mode() & 0o022 != 0 {
        Some("others can write to it (chmod go-w)")
    } else {
        None
    };
    Ok((bytes, distrust))
}

/// All of it: what is cut may still read as accounts, and as fewer of them.
fn whole(source: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        return Err(String::from("it is longer than 16 MiB"));
    }
    Ok(bytes)
}

fn unreadable(error: io::Error) -> String {
    format!("it cannot be read: {error}")
}

fn format_of(file: &Path, bytes: &[u8]) -> Format {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => Format::Toml,
        Some("json") => Format::Json,
        // Without an ending: JSON begins with a bracket.
        _ => match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{' | 0xef) | None => Format::Json,
            Some(_) => Format::Toml,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::accounts::scratch::Scratch;

    #[test]
    fn a_folder_is_the_accounts_of_all_of_its_files() {
        let folder = Scratch::new();
        folder.write("acme.json", r#"{"provider": "slack_enterprise"}"#);
        folder.write(
            "more.toml",
            "[globex]\nprovider = 'jumpcloud'\n[initech]\nprovider = 'jumpcloud'",
        );
        folder.write("again.json", r#"{"acme": {}}"#);
        folder.write("notes.txt", "no account");
        folder.write(".hidden.json", "broken");
        let listing = Listing::read(folder.path());
        let ids: Vec<&str> = listing.entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["acme", "globex", "initech"]);
        let faults: Vec<&str> = listing.faults.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("the account `acme` is in "), "{faults:?}");
    }

    #[test]
    fn an_empty_folder_and_a_missing_file_are_faults() {
        let folder = Scratch::new();
        assert!(Listing::read(folder.path()).faults[0].1.contains("no .json"));
        assert!(
            Listing::read(&folder.path().join("none.json")).faults[0]
                .1
                .contains("cannot be read")
        );
        assert!(
            Listing::read(&folder.write("empty.json", "{}")).faults[0]
                .1
                .contains("no account")
        );
    }

    #[test]
    fn what_is_too_long_is_refused_and_not_cut() {
        let long = |bytes: u64| whole(io::repeat(b' ').take(bytes)).map(|bytes| bytes.len() as u64);
        assert_eq!(long(LONGEST), Ok(LONGEST));
        assert_eq!(long(LONGEST + 1).unwrap_err(), "it is longer than 16 MiB");
    }

    #[test]
    fn a_file_that_others_can_write_to_is_not_trusted() {
        let folder = Scratch::new();
        let file = folder.write("accounts.json", r#"{"acme": {}}"#);
        for (mode, is_trusted) in [(0o600, true), (0o644, true), (0o620, false), (0o602, false)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                Listing::read(&file).entries[0].distrust.is_none(),
                is_trusted,
                "{mode:o}"
            );
        }
    }
}
