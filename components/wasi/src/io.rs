//! Reading and writing `wasi:io` streams without blocking the instance.

use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::{clock, executor::ready};

/// The most that is read at once.
const PIECE: u64 = 64 * 1024;

/// The next piece; `None` at the end.
pub async fn read(stream: &InputStream) -> Result<Option<Vec<u8>>, String> {
    loop {
        match stream.read(PIECE) {
            Ok(piece) if piece.is_empty() => ready(stream.subscribe()).await,
            Ok(piece) => return Ok(Some(piece)),
            Err(StreamError::Closed) => return Ok(None),
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
}

/// Hands everything to the host, waiting while it takes no more. What was handed over leaves without a flush.
pub async fn write(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), String> {
    while !bytes.is_empty() {
        let left = hand_over(stream, bytes).map_err(|error| describe(&error))?;
        if left.len() == bytes.len() {
            ready(stream.subscribe()).await;
        }
        bytes = left;
    }
    Ok(())
}

/// Writes everything before it returns, and all at once where the host takes it. That can take long: a log may be slow.
pub fn write_now(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    let written = write_blocking(stream, bytes);
    clock::has_passed();
    written
}

/// What a host takes in one call that waits, in bytes.
const AT_ONCE: usize = 4096;

fn write_blocking(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    if bytes.len() <= AT_ONCE {
        return stream.blocking_write_and_flush(bytes);
    }
    while !bytes.is_empty() {
        let left = hand_over(stream, bytes)?;
        if left.len() == bytes.len() {
            stream.subscribe().block();
        }
        bytes = left;
    }
    stream.blocking_flush()
}

/// Hands over as much as the host takes now, and returns the rest.
fn hand_over<'a>(stream: &OutputStream, bytes: &'a [u8]) -> Result<&'a [u8], StreamError> {
    let room = stream.check_write()?;
    let length = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
    let (now, later) = bytes.split_at(length);
    if !now.is_empty() {
        stream.write(now)?;
    }
    Ok(later)
}

fn describe(error: &StreamError) -> String {
    match error {
        StreamError::Closed => String::from("closed by the other end"),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    }
}
