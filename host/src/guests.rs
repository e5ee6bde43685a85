//! Where the built components are, and whether they are those of the sources at hand.
//!
//! `UNASSIGN_ROLE_COMPONENTS` names a folder with other ones, like that of `make dist`; whoever sets it answers for their age.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::SystemTime,
};

use anyhow::{Context, Result, bail};

/// The component inside this program, if there is one.
static EMBEDDED: OnceLock<&'static [u8]> = OnceLock::new();

/// Makes [`Artifact::Wasi`] the component that this program carries with it, unless somebody names a folder with others. For a program that
/// is run without the sources.
pub fn embed(component: &'static [u8]) {
    EMBEDDED.get_or_init(|| component);
}

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
    const fn name(self) -> &'static str {
        match self {
            Self::Wasi => "wasi",
            Self::Spin => "spin",
            Self::Caller => "caller",
        }
    }

    /// The built component's file.
    pub fn path(self) -> PathBuf {
        self.path_in(&target(&workspace()), chosen().as_deref())
    }

    /// The built component.
    ///
    /// # Errors
    /// If it is missing, or older than its sources: one sentence that names the command.
    pub fn bytes(self) -> Result<Vec<u8>> {
        let (workspace, chosen) = (workspace(), chosen());
        match EMBEDDED.get() {
            Some(embedded) if self == Self::Wasi && chosen.is_none() => Ok(embedded.to_vec()),
            _ => self.fresh_bytes(&workspace, &target(&workspace), chosen.as_deref()),
        }
    }

    /// The caller is a part of no release: it is always the one that `make guests` builds.
    fn path_in(self, target: &Path, chosen: Option<&Path>) -> PathBuf {
        let file = format!("unassign_role_{}.wasm", self.name());
        match chosen {
            Some(folder) if self != Self::Caller => folder.join(file),
            _ => target.join("wasm32-wasip2/guest").join(file),
        }
    }

    fn fresh_bytes(self, workspace: &Path, target: &Path, chosen: Option<&Path>) -> Result<Vec<u8>> {
        let path = self.path_in(target, chosen);
        if let Some(folder) = chosen
            && self != Self::Caller
        {
            return fs::read(&path).with_context(|| {
                let (file, folder) = (path.display(), folder.display());
                format!("UNASSIGN_ROLE_COMPONENTS names {folder}, and {file} cannot be read: run `make dist`")
            });
        }
        let Ok(built) = fs::metadata(&path).and_then(|data| data.modified()) else {
            bail!("the component {} is not built: run `make guests`", path.display());
        };
        let component = workspace.join("components").join(self.name());
        // `Cargo.lock` is left out: what it says of the host's crates changes no component.
        let mut sources = vec![workspace.join("wit"), component, workspace.join("Cargo.toml")];
        if self != Self::Caller {
            sources.extend(["src", "build.rs", "components/allocator"].map(|source| workspace.join(source)));
        }
        for source in sources {
            let newest = newest(&source).with_context(|| format!("reading {}", source.display()))?;
            if let Some((changed, file)) = newest
                && changed > built
            {
                bail!(
                    "the component {} is older than {}: run `make guests`",
                    path.display(),
                    file.display()
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

fn target(workspace: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), |target| workspace.join(target))
}

/// A relative folder that is not here is one of the workspace: tests run in the folders of their crates.
fn chosen() -> Option<PathBuf> {
    std::env::var_os("UNASSIGN_ROLE_COMPONENTS")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .map(|folder| {
            if folder.exists() {
                folder
            } else {
                workspace().join(folder)
            }
        })
}

/// The file that was changed last, of those that a component is built from: a changed page of documentation makes none stale.
fn newest(path: &Path) -> io::Result<Option<(SystemTime, PathBuf)>> {
    if !path.is_dir() {
        let is_source = ["rs", "toml", "wit", "json"]
            .iter()
            .any(|&kind| path.extension().is_some_and(|it| it == kind));
        return Ok(if is_source {
            Some((fs::metadata(path)?.modified()?, path.to_owned()))
        } else {
            None
        });
    }
    let mut newest = None;
    for entry in fs::read_dir(path)? {
        newest = newest.max(self::newest(&entry?.path())?);
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use super::*;

    /// A workspace of one file per place, all of the same age, with a younger component.
    struct Tree(PathBuf);

    const BUILT: u64 = 1_000_000;

    /// What the component [`Artifact::Wasi`] is built from.
    const SOURCES: [&str; 7] = [
        "Cargo.toml",
        "build.rs",
        "wit/user-directory.wit",
        "src/lib.rs",
        "src/http_api/openapi.json",
        "components/wasi/src/lib.rs",
        "components/allocator/src/lib.rs",
    ];

    impl Tree {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("unassign-role-guests-{name}-{}", std::process::id()));
            let tree = Self(root);
            let others = ["src/providers/docs.md", "components/caller/src/lib.rs"];
            for file in SOURCES.into_iter().chain(others) {
                tree.change(file, BUILT - 1);
            }
            tree
        }

        fn built(self) -> Self {
            self.change("target/wasm32-wasip2/guest/unassign_role_wasi.wasm", BUILT);
            self.change("target/wasm32-wasip2/guest/unassign_role_caller.wasm", BUILT);
            self
        }

        fn change(&self, file: &str, at: u64) {
            let path = self.0.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = File::create(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at))
                .unwrap();
        }

        /// What is wrong with a component, without the path of this tree.
        fn complaint(&self, artifact: Artifact) -> Option<String> {
            let bytes = artifact.fresh_bytes(&self.0, &self.0.join("target"), None);
            bytes
                .err()
                .map(|error| error.to_string().replace(&format!("{}/", self.0.display()), ""))
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_missing_component_is_one_sentence_with_the_command() {
        let complaint = Tree::new("missing").complaint(Artifact::Wasi);
        assert_eq!(
            complaint.as_deref(),
            Some("the component target/wasm32-wasip2/guest/unassign_role_wasi.wasm is not built: run `make guests`")
        );
    }

    #[test]
    fn a_component_that_is_older_than_a_source_is_refused_by_that_file() {
        for file in SOURCES {
            let tree = Tree::new("stale").built();
            assert_eq!(tree.complaint(Artifact::Wasi), None);
            tree.change(file, BUILT + 1);
            assert_eq!(
                tree.complaint(Artifact::Wasi),
                Some(format!(
                    "the component target/wasm32-wasip2/guest/unassign_role_wasi.wasm is older than {file}: run `make guests`"
                ))
            );
        }
    }

    #[test]
    fn a_chosen_folder_has_every_component_but_the_caller() {
        let tree = Tree::new("chosen").built();
        let (target, folder) = (tree.0.join("target"), tree.0.join("dist"));
        let read = |artifact: Artifact| artifact.fresh_bytes(&tree.0, &target, Some(&folder));
        let error = read(Artifact::Wasi).unwrap_err().to_string();
        assert!(
            error.contains("dist/unassign_role_wasi.wasm") && error.contains("make dist"),
            "{error}"
        );
        assert!(read(Artifact::Caller).is_ok());
        tree.change("dist/unassign_role_wasi.wasm", BUILT - 2);
        assert!(read(Artifact::Wasi).is_ok(), "its age is its chooser's concern");
    }

    #[test]
    fn what_a_component_is_not_built_from_does_not_make_it_stale() {
        let tree = Tree::new("fresh").built();
        tree.change("src/providers/docs.md", BUILT + 1);
        tree.change("components/caller/src/lib.rs", BUILT + 1);
        assert_eq!(tree.complaint(Artifact::Wasi), None);
        let tree = Tree::new("caller").built();
        tree.change("src/lib.rs", BUILT + 1);
        tree.change("build.rs", BUILT + 1);
        assert_eq!(tree.complaint(Artifact::Caller), None);
    }
}
