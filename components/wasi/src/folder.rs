//! Reads one file of a folder that the host gives to the component.

use wasip2::filesystem::{
    preopens,
    types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags},
};

use crate::clock;

/// The longest file, in bytes; a longer one is refused.
const LONGEST: u64 = 128 * 1024;

/// The text of a file in the folder, which is one that the host gives, or lies within one. `None` if there is no such file.
///
/// # Errors
/// The folder or the file cannot be read. No content is in the message.
pub fn read(folder: &str, file: &str) -> Result<Option<String>, String> {
    let text = read_blocking(folder, file);
    // A folder may lie on a slow disk, or behind a network.
    clock::has_passed();
    text
}

fn read_blocking(folder: &str, file: &str) -> Result<Option<String>, String> {
    let (given, within) = given_folder(folder)
        .ok_or_else(|| format!("the host gives no folder {folder}: it has to be mapped into the component"))?;
    let path = if within.is_empty() {
        file.to_owned()
    } else {
        format!("{within}/{file}")
    };
    // A mounted secret is a link to the file.
    let opened = given.open_at(
        PathFlags::SYMLINK_FOLLOW,
        &path,
        OpenFlags::empty(),
        DescriptorFlags::READ,
    );
    let opened = match opened {
        Ok(opened) => opened,
        Err(ErrorCode::NoEntry) => return Ok(None),
        Err(code) => return Err(format!("the file {file} cannot be opened: {}", code.name())),
    };
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let read = opened.read(LONGEST.saturating_add(1), bytes.len() as u64);
        let (piece, is_end) = read.map_err(|code| format!("the file {file} cannot be read: {}", code.name()))?;
        let is_over = is_end || piece.is_empty();
        bytes.extend(piece);
        if bytes.len() as u64 > LONGEST {
            return Err(format!("the file {file} is longer than 128 KiB"));
        }
        if is_over {
            break;
        }
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| format!("the file {file} is not UTF-8"))
}

/// The given folder that holds this one, most deeply, and the path from there.
fn given_folder(folder: &str) -> Option<(Descriptor, String)> {
    let folder = folder.trim_end_matches('/');
    preopens::get_directories()
        .into_iter()
        .filter_map(|(descriptor, path)| {
            let within = folder.strip_prefix(path.trim_end_matches('/'))?;
            let is_whole = within.is_empty() || within.starts_with('/');
            is_whole.then(|| (descriptor, within.trim_start_matches('/').to_owned()))
        })
        .min_by_key(|(_, within)| within.len())
}
