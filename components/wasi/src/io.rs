//! Reading and writing `wasi:io` streams without blocking the instance.

use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::executor::ready;

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
        let room = stream.check_write().map_err(|error| describe(&error))?;
        if room == 0 {
            ready(stream.subscribe()).await;
            continue;
        }
        let length = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let (now, later) = bytes.split_at(length);
        stream.write(now).map_err(|error| describe(&error))?;
        bytes = later;
    }
    Ok(())
}

fn describe(error: &StreamError) -> String {
    match error {
        StreamError::Closed => String::from("closed by the other end"),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    }
}
