//! What is read from files and read again when they change: the old value stays in force until a new one is whole and good.

use std::{
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
};

use super::files::Look;

/// A value with the files that it was read from.
pub struct Read<T> {
    pub value: T,
    pub files: Vec<PathBuf>,
}

/// A value that follows its files.
pub struct Reloaded<T> {
    load: Box<dyn Fn() -> Result<Read<T>, String> + Send + Sync>,
    current: RwLock<T>,
    state: Mutex<State>,
}

struct State {
    files: Vec<PathBuf>,
    /// What the files looked like when they were read.
    look: Look,
    problem: Option<String>,
}

/// What a look at the files led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Reload {
    Unchanged,
    Taken,
    /// The old value stays. The reason is one that was not given before.
    Refused(String),
    /// As refused as it was.
    StillRefused,
}

/// How often files are read again that change while they are read.
const ATTEMPTS: usize = 4;

impl<T: Clone> Reloaded<T> {
    /// Reads it for the first time.
    pub fn new(load: impl Fn() -> Result<Read<T>, String> + Send + Sync + 'static) -> Result<Self, String> {
        let (read, look) = settled(&load, Vec::new())?;
        Ok(Self {
            load: Box::new(load),
            current: RwLock::new(read.value),
            state: Mutex::new(State {
                files: read.files,
                look,
                problem: None,
            }),
        })
    }

    /// The value in force.
    pub fn current(&self) -> T {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the files are not in force, if they are not.
    pub fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// Reads the files again if they have changed, if the last reading was refused, or if `is_forced`. Blocks.
    pub fn refresh(&self, is_forced: bool) -> Reload {
        let (files, look, problem) = {
            let state = self.state();
            (state.files.clone(), state.look.clone(), state.problem.clone())
        };
        if !is_forced && problem.is_none() && Look::at(&files) == look {
            return Reload::Unchanged;
        }
        match without_panic(|| settled(&self.load, files)) {
            Ok((read, look)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = read.value;
                *self.state() = State {
                    files: read.files,
                    look,
                    problem: None,
                };
                Reload::Taken
            }
            Err(why) => {
                let is_known = !is_forced && problem.as_ref() == Some(&why);
                self.state().problem = Some(why.clone());
                if is_known {
                    Reload::StillRefused
                } else {
                    Reload::Refused(why)
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reading that panics is refused like any other: the old value stays in force, and the service is not ready.
fn without_panic<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // What is read is new, and nothing that it changes is used after a panic.
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(String::from(
            "reading the files failed by a fault of this program (a panic)",
        ))
    })
}

/// One generation: nobody wrote to any of the files while they were read. So accounts of before never meet tokens of after.
fn settled<T>(load: &dyn Fn() -> Result<Read<T>, String>, mut files: Vec<PathBuf>) -> Result<(Read<T>, Look), String> {
    let mut refused = None;
    for _ in 0..ATTEMPTS {
        let before = Look::at(&files);
        match load() {
            Ok(read) if read.files == files && Look::at(&files) == before => return Ok((read, before)),
            // The files are known now: once more, with a look at them from before.
            Ok(read) => files = read.files,
            Err(why) if Look::at(&files) == before => return Err(why),
            Err(why) => refused = Some(why),
        }
    }
    Err(refused.unwrap_or_else(|| String::from("the files change faster than they can be read")))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// A file that holds a number.
    struct Numbered(PathBuf);

    impl Numbered {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("unassign-role-reload-{name}-{}", std::process::id()));
            let numbered = Self(path);
            numbered.write("1");
            numbered
        }

        fn write(&self, text: &str) {
            // Replaced in one step, as editors and mounted secrets do.
            let new = self.0.with_extension("new");
            fs::write(&new, text).unwrap();
            fs::rename(new, &self.0).unwrap();
        }

        fn load(&self) -> impl Fn() -> Result<Read<u32>, String> + use<> {
            let path = self.0.clone();
            move || {
                let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
                let value = text.parse().map_err(|_| format!("`{text}` is no number"))?;
                Ok(Read {
                    value,
                    files: vec![path.clone()],
                })
            }
        }
    }

    impl Drop for Numbered {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_change_is_taken_and_nothing_is_read_without_one() {
        let file = Numbered::new("change");
        let reloaded = Reloaded::new(file.load()).unwrap();
        assert_eq!(reloaded.refresh(false), Reload::Unchanged);
        file.write("22");
        assert_eq!(reloaded.refresh(false), Reload::Taken);
        assert_eq!(reloaded.current(), 22);
        assert_eq!(reloaded.refresh(true), Reload::Taken, "a signal reads without a change");
    }

    #[test]
    fn a_broken_file_leaves_the_old_value_in_force_until_it_is_mended() {
        let file = Numbered::new("broken");
        let reloaded = Reloaded::new(file.load()).unwrap();
        file.write("x");
        let why = String::from("`x` is no number");
        assert_eq!(reloaded.refresh(false), Reload::Refused(why.clone()));
        assert_eq!(reloaded.refresh(false), Reload::StillRefused, "a reason is told once");
        assert_eq!((reloaded.current(), reloaded.problem()), (1, Some(why)));
        file.write("3");
        assert_eq!(reloaded.refresh(false), Reload::Taken);
        assert_eq!((reloaded.current(), reloaded.problem()), (3, None));
    }

    #[test]
    fn a_broken_file_is_an_error_at_the_start() {
        let file = Numbered::new("start");
        file.write("x");
        assert_eq!(Reloaded::new(file.load()).err().unwrap(), "`x` is no number");
    }

    #[test]
    fn a_reading_that_panics_is_a_problem_until_one_does_not() {
        let file = Numbered::new("panic");
        let load = file.load();
        let reloaded = Reloaded::new(move || {
            let read = load()?;
            assert!(read.value != 13, "unlucky");
            Ok(read)
        })
        .unwrap();
        file.write("13");
        assert!(matches!(reloaded.refresh(false), Reload::Refused(_)));
        assert!(reloaded.problem().is_some(), "the service is not ready");
        assert_eq!(reloaded.current(), 1);
        file.write("14");
        assert_eq!(reloaded.refresh(false), Reload::Taken);
        assert_eq!((reloaded.current(), reloaded.problem()), (14, None));
    }

    #[test]
    fn files_that_change_while_they_are_read_are_read_again() {
        let file = Numbered::new("torn");
        let load = file.load();
        let path = file.0.clone();
        let reads = AtomicUsize::new(0);
        let reloaded = Reloaded::new(move || {
            let read = load();
            // The second reading is the first with a look from before; somebody writes during it.
            if reads.fetch_add(1, Ordering::SeqCst) == 1 {
                fs::write(&path, "100").unwrap();
            }
            read
        })
        .unwrap();
        assert_eq!(reloaded.current(), 100);
    }
}
