//! What the tenant can be told to do beyond the ordinary.

use std::time::Duration;

/// How an answer without errors spells that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorsField {
    #[default]
    Empty,
    Null,
    Absent,
}

/// The unit of `X-RateLimit-RetryAfter`: described as milliseconds, parsed by the official clients as seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochUnit {
    Seconds,
    Milliseconds,
}

#[derive(Default)]
pub struct Behaviour {
    pub keeps: Vec<String>,
    pub delays: Vec<(String, Duration)>,
    pub lag: Duration,
    /// Role, reads to let pass, reads to omit it from.
    pub omissions: Vec<(String, usize, usize)>,
    pub success_with_errors: usize,
    pub errors_field: ErrorsField,
    pub bare_rows: bool,
    pub rate_limit: Option<(usize, Duration, EpochUnit)>,
    pub refuse_absent: bool,
}

impl Behaviour {
    /// Whether this read omits the role; counts the read.
    pub fn omits(&mut self, role: &str) -> bool {
        let Some((_, skip, reads)) = self.omissions.iter_mut().find(|(omitted, ..)| omitted == role) else {
            return false;
        };
        if *skip > 0 {
            *skip -= 1;
            return false;
        }
        let omits = *reads > 0;
        *reads = reads.saturating_sub(1);
        omits
    }
}
