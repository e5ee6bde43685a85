//! Compiled components, kept in a folder: compiling takes seconds, and a command should not.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use anyhow::Result;
use wasmtime::component::Component;

use crate::engine::{Prepared, engine, linker};

/// Compiles a component, or takes what the folder keeps of it. `digest` is the SHA-256 of the component, and `user` the user id of this
/// process. A folder that cannot be used costs time and nothing else.
///
/// # Errors
/// The component cannot be compiled or linked.
pub fn prepare(component: &[u8], digest: &str, folder: &Path, user: u32) -> Result<Prepared> {
    let engine = engine()?;
    // Another version or another setting of the engine makes other code.
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let path = folder.join(format!("{digest}-{:016x}.cwasm", hasher.finish()));
    if let Some(compiled) = read(folder, &path, user)
        && let Ok(component) = deserialize(&compiled)
    {
        return Ok(linker()?.instantiate_pre(&component)?);
    }
    let component = Component::new(engine, component)?;
    if let Ok(compiled) = component.serialize() {
        let _ = write(folder, &path, &compiled);
    }
    Ok(linker()?.instantiate_pre(&component)?)
}

/// Machine code that [`prepare`] wrote.
#[allow(unsafe_code)]
fn deserialize(compiled: &[u8]) -> Result<Component> {
    // SAFETY: it has to be what `serialize` gave. Only this user can write to the folder and to the file, whose owner and mode are
    // checked on what is read; who can write as this user does not need this file. wasmtime checks version and settings.
    Ok(unsafe { Component::deserialize(engine()?, compiled) }?)
}

/// What is kept, if it and its folder are this user's own.
fn read(folder: &Path, path: &Path, user: u32) -> Option<Vec<u8>> {
    let is_own = |data: &fs::Metadata| data.uid() == user && data.mode() & 0o022 == 0;
    if !is_own(&fs::symlink_metadata(folder).ok()?) {
        return None;
    }
    let mut file = File::open(path).ok()?;
    if !is_own(&file.metadata().ok()?) {
        return None;
    }
    let mut compiled = Vec::new();
    file.read_to_end(&mut compiled).ok()?;
    Some(compiled)
}

/// Replaces the file in one step: another process may read it.
fn write(folder: &Path, path: &Path, compiled: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(compiled))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The smallest component that links.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn what_was_compiled_is_kept_and_only_ones_own_is_taken() {
        let folder = std::env::temp_dir().join(format!("unassign-role-compiled-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        prepare(EMPTY, "digest", &folder, 0).unwrap();
        let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let user = fs::metadata(&file).unwrap().uid();
        assert!(read(&folder, &file, user).is_some());
        assert!(read(&folder, &file, user + 1).is_none(), "somebody else's");
        prepare(b"is not read any more", "digest", &folder, user).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read(&folder, &file, user).is_none(), "others can write to it");
        // A broken file is compiled anew.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, b"broken").unwrap();
        prepare(EMPTY, "digest", &folder, user).unwrap();
        assert_ne!(fs::read(&file).unwrap(), b"broken");
        fs::remove_dir_all(folder).unwrap();
    }
}
