//! Where the built components are.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};

/// A component that `make guests` builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// WASI 0.2: the typed export and the HTTP face.
    Wasi,
    /// Spin: the HTTP face.
    Spin,
    /// The small component that calls the typed export.
    Caller,
}

impl Artifact {
    const fn folder(self) -> &'static str {
        match self {
            Self::Wasi => "wasi",
            Self::Spin => "spin",
            Self::Caller => "caller",
        }
    }

    /// The built component's file.
    pub fn path(self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
        target.join(format!("wasm32-wasip2/guest/unassign_role_{}.wasm", self.folder()))
    }

    /// The built component.
    ///
    /// # Errors
    /// If it is missing, or older than its sources: one sentence that names the command.
    pub fn bytes(self) -> Result<Vec<u8>> {
        let path = self.path();
        let Ok(built) = fs::metadata(&path).and_then(|data| data.modified()) else {
            bail!("the component {} is not built: run `make guests`", path.display());
        };
        let root = workspace();
        let component = root.join("components").join(self.folder());
        for source in [root.join("src"), root.join("wit"), component] {
            if newest(&source).with_context(|| format!("reading {}", source.display()))? > built {
                bail!(
                    "the component {} is older than {}: run `make guests`",
                    path.display(),
                    source.display()
                );
            }
        }
        fs::read(&path).with_context(|| format!("reading {}", path.display()))
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// When anything under a folder was changed last.
fn newest(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let changed = if entry.file_type()?.is_dir() {
            self::newest(&entry.path())?
        } else {
            entry.metadata()?.modified()?
        };
        newest = newest.max(changed);
    }
    Ok(newest)
}
