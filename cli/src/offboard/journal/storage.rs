//! Where a journal's lines are kept.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
};

/// Takes whole lines. A line that could not be written leaves nothing behind, where that can be done.
pub trait Storage: Send {
    fn append(&mut self, line: &[u8]) -> io::Result<()>;

    /// What was appended survives a loss of power from here on.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file that this process has locked.
pub struct Locked {
    file: File,
    length: u64,
}

impl Locked {
    /// A file that is locked already; its end is where the next line goes.
    pub fn at_end(mut file: File) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length })
    }
}

impl Storage for Locked {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(line);
        if written.is_err() {
            // A disk that is full may have taken a part of it.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::End(0));
            return written;
        }
        self.length = self.length.saturating_add(line.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}
