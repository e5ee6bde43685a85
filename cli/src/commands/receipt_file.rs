//! The file that a receipt is kept in. It is opened before anything is sent: a receipt is made once.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{exit::Exit, private_file};

pub struct ReceiptFile {
    path: PathBuf,
    file: File,
    /// There was none before.
    is_new: bool,
}

impl ReceiptFile {
    /// Opens the file, and leaves in it what is there.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path) -> Result<Self> {
        let is_new = !path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| {
            Exit::Configuration.because(format!(
                "the receipt cannot be written to {}: {error}; nothing was sent",
                path.display()
            ))
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            is_new,
        })
    }

    /// Keeps the receipt.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(mut self, receipt: &str) -> io::Result<()> {
        private_file::empty(&self.file)?;
        self.file.write_all(format!("{receipt}\n").as_bytes())?;
        private_file::synced(self.file.sync_all())
    }

    /// Nothing was sent, or nothing was signed: no empty file stays.
    pub fn leave(self) {
        if self.is_new && self.file.metadata().is_ok_and(|data| data.is_file() && data.len() == 0) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::scratch::Scratch;

    #[test]
    fn what_was_there_stays_until_there_is_a_receipt() {
        let folder = Scratch::new();
        let old = folder.write("old.jwt", "a much longer receipt");
        ReceiptFile::open(&old).unwrap().leave();
        assert_eq!(fs::read_to_string(&old).unwrap(), "a much longer receipt");
        ReceiptFile::open(&old).unwrap().keep("a.b.c").unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "a.b.c\n");
        let new = folder.path().join("new.jwt");
        ReceiptFile::open(&new).unwrap().leave();
        assert!(!new.exists());
        let error = ReceiptFile::open(&folder.path().join("none/r.jwt")).err().unwrap();
        assert_eq!(Exit::of(&error), Exit::Configuration);
        ReceiptFile::open(Path::new("/dev/null"))
            .unwrap()
            .keep("a.b.c")
            .unwrap();
        assert!(
            ReceiptFile::open(Path::new("/dev/full"))
                .unwrap()
                .keep("a.b.c")
                .is_err()
        );
    }
}
