//! Notices that files have changed, without a subscription that some file systems do not have.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What files looked like at one moment. Equal looks mean that nobody wrote to them in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look(Vec<(PathBuf, Option<File>)>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    /// A file that is replaced, as by a mounted secret, is another one.
    identity: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
}

impl Look {
    /// Looks at files, and at the files in folders.
    pub fn at(paths: &[PathBuf]) -> Self {
        let mut files = Vec::new();
        for path in paths {
            files.push((path.clone(), file(path)));
            let mut entries: Vec<PathBuf> = fs::read_dir(path)
                .into_iter()
                .flatten()
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect();
            entries.sort();
            files.extend(entries.into_iter().map(|path| {
                let file = file(&path);
                (path, file)
            }));
        }
        Self(files)
    }
}

fn file(path: &Path) -> Option<File> {
    let data = fs::metadata(path).ok()?;
    Some(File {
        identity: (data.dev(), data.ino()),
        length: data.len(),
        modified: data.modified().ok(),
    })
}
