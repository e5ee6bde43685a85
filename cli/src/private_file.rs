//! Files that only their owner can read, whoever could before, and what of them goes for pipes and devices.

use std::{
    fs::{File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

const OWNER_ONLY: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// An empty file, new or emptied.
///
/// # Errors
/// It cannot be opened, or others would go on reading it.
pub fn create(path: &Path) -> io::Result<File> {
    let file = open(path, OpenOptions::new().write(true))?;
    empty(&file)?;
    Ok(file)
}

/// Takes away what is in a file. A pipe or a device has nothing to take away.
///
/// # Errors
/// It cannot be shortened.
pub fn empty(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(())
}

/// What a call of [`File::sync_data`] or [`File::sync_all`] gave. A pipe or a device has no disk to wait for.
///
/// # Errors
/// That of the call.
pub fn synced(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// A file that is opened so, and made if there is none.
///
/// # Errors
/// It cannot be opened, or others would go on reading it.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options.create(true).mode(OWNER_ONLY).open(path)?;
    // The mode is that of a new file only.
    let data = file.metadata()?;
    if data.is_file() && data.permissions().mode() & OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;
    use crate::accounts::scratch::Scratch;

    #[test]
    fn a_file_that_others_could_read_is_its_owners_from_now_on() {
        let folder = Scratch::new();
        let old = folder.write("old", "text that was there");
        fs::set_permissions(&old, Permissions::from_mode(0o644)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        drop(open(&old, OpenOptions::new().append(true)).unwrap());
        assert_eq!((mode(&old), fs::read_to_string(&old).unwrap().len()), (0o600, 19));
        fs::set_permissions(&old, Permissions::from_mode(0o644)).unwrap();
        create(&old).unwrap().write_all(b"new").unwrap();
        assert_eq!((mode(&old), fs::read_to_string(&old).unwrap().as_str()), (0o600, "new"));
        let new = folder.path().join("new");
        drop(create(&new).unwrap());
        assert_eq!(mode(&new), 0o600);
        drop(create(Path::new("/dev/null")).unwrap());
    }
}
