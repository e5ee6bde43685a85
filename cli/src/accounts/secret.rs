//! The forms in which a file refers to a secret, and how the command resolves them. The component sees only `{"secret": name}`.

use std::{
    collections::HashMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Map, Value};
use unassign_role::http_api::{environment_variable, token_digest};

use super::{
    file::Entry,
    pasted::{looks_like_secret, shown},
};

/// A reference to a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `{"secret": name}`: from the variable of that name.
    Variable(String),
    /// `{"file": path}`: relative to the file that says so.
    File(PathBuf),
    /// `{"command": [program, argument…]}`.
    Command(Vec<String>),
}

/// Secrets that are read once, however many accounts refer to them.
#[derive(Debug, Default)]
pub struct Resolver {
    /// What commands said, for the whole process: they may ask a person. One that failed is asked again.
    said: Mutex<HashMap<Vec<String>, String>>,
}

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest secret, in bytes.
const LONGEST: u64 = 64 << 10;

impl Reference {
    /// The reference that an object is; `None` for a text and anything else that is none.
    ///
    /// # Errors
    /// Says what is wrong with it, without a value.
    pub fn of(value: &Value, file: &Path) -> Result<Option<Self>, String> {
        let Value::Object(fields) = value else {
            return Ok(None);
        };
        let mut fields = fields.iter();
        let (Some((form, value)), None) = (fields.next(), fields.next()) else {
            return Err(String::from(
                "a reference has exactly one of `secret`, `file` and `command`",
            ));
        };
        let is_form = ["secret", "file", "command"].contains(&form.as_str());
        let names = value.as_str().or_else(|| value.get(0)?.as_str());
        if is_form && names.is_some_and(looks_like_secret) {
            return Err(format!(
                "`{form}` says where the secret is, and holds what looks like the secret itself: move it to a variable or a file of its own"
            ));
        }
        match (form.as_str(), value) {
            ("secret", Value::String(name)) if !name.trim().is_empty() => Ok(Some(Self::Variable(name.clone()))),
            ("secret", _) => Err(String::from("`secret` has to be the name of a secret, a text")),
            ("file", Value::String(path)) if !path.trim().is_empty() => {
                Ok(Some(Self::File(file.parent().unwrap_or(Path::new("")).join(path))))
            }
            ("file", _) => Err(String::from("`file` has to be the path of a file, a text")),
            ("command", Value::Array(words)) => {
                let words: Option<Vec<String>> = words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                words
                    .filter(|words| words.first().is_some_and(|program| !program.trim().is_empty()))
                    .map(|words| Some(Self::Command(words)))
                    .ok_or_else(|| String::from("`command` has to be a list of texts: the program and its arguments"))
            }
            ("command", Value::String(_)) => Err(String::from(
                "`command` has to be a list, such as [\"pass\", \"show\", \"acme/slack\"]: no shell takes it apart",
            )),
            ("command", _) => Err(String::from(
                "`command` has to be a list of texts: the program and its arguments",
            )),
            (other, _) => Err(format!(
                "there is no reference `{}`; there are `secret`, `file` and `command`",
                shown(other)
            )),
        }
    }
}

impl Resolver {
    /// The credentials of an account as the component takes them, and the secrets that they refer to by name.
    ///
    /// # Errors
    /// Names the field and what to do. Never contains a value.
    pub fn resolve(
        &self,
        entry: &Entry,
        credentials: &Map<String, Value>,
    ) -> Result<(Map<String, Value>, Vec<(String, String)>), String> {
        let mut resolved = Map::new();
        let mut secrets = Vec::new();
        for (field, value) in credentials {
            let at = |why: String| format!("account {}: credentials.{field}: {why}", entry.id);
            let Some(reference) = Reference::of(value, &entry.file).map_err(at)? else {
                resolved.insert(field.clone(), value.clone());
                continue;
            };
            let secret = self.look_up(&reference, entry).map_err(at)?;
            let name = match reference {
                Reference::Variable(name) => name,
                // Long enough that no name of a person's own is the same.
                _ => format!("resolved_{}", token_digest(&format!("{}\0{field}", entry.id))),
            };
            resolved.insert(field.clone(), serde_json::json!({"secret": name}));
            secrets.push((name, secret));
        }
        Ok((resolved, secrets))
    }

    fn look_up(&self, reference: &Reference, entry: &Entry) -> Result<String, String> {
        match reference {
            Reference::Variable(name) => {
                let variable = environment_variable(name);
                std::env::var(&variable).map_err(|_| {
                    format!(
                        "the variable {variable} is not set; set it, or refer to a {{\"file\"}} or a {{\"command\"}}"
                    )
                })
            }
            Reference::File(path) => of_file(path),
            Reference::Command(words) => {
                if let Some(why) = entry.distrust {
                    return Err(format!("commands of {} do not run: {why}", entry.file.display()));
                }
                let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(secret) = said.get(words) {
                    return Ok(secret.clone());
                }
                let secret = of_command(words, PATIENCE)?;
                said.insert(words.clone(), secret.clone());
                Ok(secret)
            }
        }
    }
}

/// The secret in a file, without the line break that editors end a file with.
pub fn of_file(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut text = String::new();
    let file = fs::File::open(path).map_err(cannot)?;
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(cannot)?;
    if text.len() as u64 > LONGEST {
        return Err(format!("{} is longer than any secret", path.display()));
    }
    secret(&text).ok_or_else(|| format!("{} is empty", path.display()))
}

fn secret(text: &str) -> Option<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// What a program says. It asks on the terminal if it has to, and no shell stands in between.
fn of_command(words: &[String], patience: Duration) -> Result<String, String> {
    let [program, arguments @ ..] = words else {
        return Err(String::from("the command is empty"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the command `{program}` cannot be run: {error}"))?;
    let (send, said) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            let mut text = String::new();
            let read = output.take(LONGEST + 1).read_to_string(&mut text);
            let _ = send.send(read.map(|_| text));
        });
    }
    let ends_at = Instant::now() + patience;
    let text = said.recv_timeout(patience);
    let status = ended(&mut child, ends_at)?.ok_or_else(|| {
        let _ = child.kill();
        let _ = child.wait();
        format!(
            "the command `{program}` took longer than {} s, and was ended",
            patience.as_secs()
        )
    })?;
    if !status.success() {
        return Err(format!("the command `{program}` failed ({status})"));
    }
    match text {
        Ok(Ok(text)) if text.len() as u64 <= LONGEST => {
            secret(&text).ok_or_else(|| format!("the command `{program}` printed nothing"))
        }
        Ok(Ok(_)) => Err(format!("the command `{program}` printed more than any secret has")),
        _ => Err(format!("the command `{program}` printed no text")),
    }
}

fn ended(child: &mut Child, by: Instant) -> Result<Option<std::process::ExitStatus>, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if Instant::now() < by => thread::sleep(Duration::from_millis(10)),
            Ok(None) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::accounts::{file::Listing, scratch::Scratch};

    fn resolve(folder: &Scratch, credentials: &Value) -> Result<(Map<String, Value>, Vec<(String, String)>), String> {
        let file = folder.write(
            "accounts.json",
            &json!({"acme": {"credentials": credentials}}).to_string(),
        );
        let listing = Listing::read(&file);
        let entry = &listing.entries[0];
        Resolver::default().resolve(entry, entry.value["credentials"].as_object().unwrap())
    }

    #[test]
    fn the_component_sees_names_and_the_secrets_stand_beside_them() {
        let folder = Scratch::new();
        folder.write("key", "from a file\n");
        let (credentials, secrets) = resolve(
            &folder,
            &json!({"type": "x", "a": {"file": "key"}, "b": {"command": ["echo", "from a $COMMAND; date"]}, "c": "inline"}),
        )
        .unwrap();
        let values: Vec<&str> = secrets.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["from a file", "from a $COMMAND; date"], "no shell");
        assert_eq!(credentials["c"], "inline");
        for (field, (name, _)) in ["a", "b"].iter().zip(&secrets) {
            assert_eq!(credentials[*field], json!({"secret": name}));
        }
        assert_ne!(secrets[0].0, secrets[1].0);
    }

    #[test]
    fn a_command_runs_once_a_process() {
        let folder = Scratch::new();
        let count = folder.path().join("count");
        let script = format!("echo run >> {}; echo sesame", count.display());
        let value = json!({"a": {"command": ["sh", "-c", script]}, "b": {"command": ["sh", "-c", script]}});
        resolve(&folder, &value).unwrap();
        assert_eq!(fs::read_to_string(count).unwrap(), "run\n");
    }

    #[test]
    fn a_command_that_failed_is_asked_again() {
        let folder = Scratch::new();
        let unlocked = folder.path().join("unlocked");
        let script = format!("test -e {} && echo sesame", unlocked.display());
        let credentials = json!({"a": {"command": ["sh", "-c", script]}});
        let file = folder.write(
            "accounts.json",
            &json!({"acme": {"credentials": credentials}}).to_string(),
        );
        let listing = Listing::read(&file);
        let (entry, resolver) = (&listing.entries[0], Resolver::default());
        let resolve = || resolver.resolve(entry, credentials.as_object().unwrap());
        assert!(resolve().unwrap_err().contains("`sh` failed"));
        fs::write(unlocked, "").unwrap();
        assert_eq!(resolve().unwrap().1[0].1, "sesame");
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let words = ["sleep", "60"].map(str::to_owned);
        let started = Instant::now();
        let why = of_command(&words, Duration::from_millis(200)).unwrap_err();
        assert!(why.contains("`sleep` took longer than"), "{why}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_secret_in_the_place_of_its_name_is_not_shown() {
        let folder = Scratch::new();
        let secret = "1f8c0f3e5d6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c";
        for reference in [
            json!({"secret": secret}),
            json!({"file": secret}),
            json!({"command": [secret]}),
            json!({"command": secret}),
            json!({secret: "x"}),
        ] {
            let message = resolve(&folder, &json!({"key": reference})).unwrap_err();
            assert!(message.starts_with("account acme: credentials.key: "), "{message}");
            assert!(!message.to_lowercase().contains(secret), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_nothing_of_it_is_shown() {
        let folder = Scratch::new();
        folder.write("empty", "\n");
        for (reference, why) in [
            (
                json!({"secret": "of_nobody"}),
                "UNASSIGN_ROLE_SECRET_OF_NOBODY is not set",
            ),
            (json!({"file": "none"}), "none cannot be read"),
            (json!({"file": "empty"}), "empty is empty"),
            (
                json!({"command": ["no-such-program-here"]}),
                "`no-such-program-here` cannot be run",
            ),
            (
                json!({"command": ["sh", "-c", "echo sesame; exit 3"]}),
                "`sh` failed (exit status: 3)",
            ),
            (json!({"command": ["true"]}), "`true` printed nothing"),
            (json!({"command": "pass show x"}), "has to be a list"),
            (json!({"command": []}), "list of texts"),
            (json!({"secret": "a", "file": "b"}), "exactly one"),
            (json!({"vault": "sesame"}), "no reference `vault`"),
        ] {
            let message = resolve(&folder, &json!({"key": reference})).unwrap_err();
            assert!(message.contains(why), "{message}");
            assert!(message.starts_with("account acme: credentials.key: "), "{message}");
            assert!(!message.contains("sesame"), "{message}");
        }
    }
}
