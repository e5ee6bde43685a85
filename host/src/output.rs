//! Where the output streams of a component go.

use std::{
    fmt,
    io::{self, Write},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    WasiCtxBuilder,
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult, pipe::MemoryOutputPipe},
};

/// Where the output streams of a component go.
#[derive(Clone)]
pub enum Output {
    /// Both into memory.
    Kept(MemoryOutputPipe),
    /// Standard error to this process's own; the other one nowhere.
    Inherited,
    /// Standard error line by line; the other one nowhere.
    Lines(LineSink),
}

/// Takes one line, without its end. The component is told if it fails, or is ended.
#[derive(Clone)]
pub struct LineSink {
    write: Arc<WriteLine>,
    is_vital: bool,
}

type WriteLine = dyn Fn(&[u8]) -> io::Result<()> + Send + Sync;

/// A longer line is passed on in parts.
const LONGEST_LINE: usize = 16 << 20;
/// The most that is taken at once.
const ROOM: usize = 64 << 10;

impl Output {
    /// Takes every line, and keeps none.
    pub fn nowhere() -> Self {
        Self::Lines(LineSink::new(|_| Ok(())))
    }

    /// Sets the streams of an instance.
    pub fn set(&self, builder: &mut WasiCtxBuilder) {
        match self {
            Self::Kept(pipe) => {
                builder.stdout(pipe.clone()).stderr(pipe.clone());
            }
            Self::Inherited => {
                builder.inherit_stderr();
            }
            Self::Lines(sink) => {
                builder.stderr(Lines::new(sink.clone()));
            }
        }
    }
}

/// A line on this process's standard error. If nobody reads it, nothing is lost.
pub fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

impl LineSink {
    /// A sink for the lines of many instances; each line comes whole.
    pub fn new(write: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self {
            write: Arc::new(write),
            is_vital: false,
        }
    }

    /// The same, and an instance of WASI 0.2 ends with a trap if its line cannot be written: what the line announces is not done.
    pub fn vital(write: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self {
            is_vital: true,
            ..Self::new(write)
        }
    }

    /// Writes one line.
    pub fn write(&self, line: &[u8]) -> io::Result<()> {
        (self.write)(line)
    }
}

impl fmt::Debug for LineSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineSink")
    }
}

/// The stream of one instance. Lines of several instances must not run into each other.
#[derive(Clone)]
struct Lines(Arc<Mutex<Pending>>);

/// The line that has no end yet.
struct Pending {
    line: Vec<u8>,
    sink: LineSink,
}

impl Lines {
    fn new(sink: LineSink) -> Self {
        Self(Arc::new(Mutex::new(Pending { line: Vec::new(), sink })))
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            let is_whole = self.line.pop_if(|&mut last| last == b'\n').is_some();
            if is_whole || self.line.len() >= LONGEST_LINE {
                self.end()?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            Ok(())
        } else {
            self.sink.write(&line)
        }
    }
}

/// What an instance wrote before it trapped is not lost.
impl Drop for Pending {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut pending = self.pending();
        let written = pending.push(&bytes);
        written.map_err(|error| {
            if pending.sink.is_vital {
                StreamError::trap(&format!("a line cannot be written: {error}"))
            } else {
                StreamError::Closed
            }
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(ROOM)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Lines {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.pending().push(bytes);
        Poll::Ready(written.map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_two_instances_stay_whole_and_a_last_one_without_an_end_is_kept() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = LineSink::new({
            let written = Arc::clone(&written);
            move |line| {
                written.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
                Ok(())
            }
        });
        let (first, second) = (Lines::new(sink.clone()), Lines::new(sink));
        first.pending().push(b"{\"a\":").unwrap();
        second.pending().push(b"{\"b\":2}\n\n{\"c\"").unwrap();
        first.pending().push(b"1}\n").unwrap();
        drop(second);
        assert_eq!(*written.lock().unwrap(), ["{\"b\":2}", "{\"a\":1}", "{\"c\""]);
    }

    #[test]
    fn a_component_is_told_that_its_log_cannot_be_written() {
        let sink = LineSink::new(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe)));
        let mut lines = Lines::new(sink);
        assert!(matches!(
            lines.write(Bytes::from_static(b"line\n")),
            Err(StreamError::Closed)
        ));
    }

    #[test]
    fn a_vital_line_that_cannot_be_written_ends_the_instance() {
        let sink = LineSink::vital(|_| Err(io::Error::from(io::ErrorKind::StorageFull)));
        let written = Lines::new(sink).write(Bytes::from_static(b"line\n"));
        assert!(matches!(written, Err(StreamError::Trap(_))), "{written:?}");
    }
}
