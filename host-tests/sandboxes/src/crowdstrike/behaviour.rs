//! What the tenant can be told to do beyond the ordinary.

use std::{collections::BTreeSet, time::Duration};

/// How an answer without errors spells that; clients have to take all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorsField {
    /// `"errors": []`
    #[default]
    Empty,
    /// `"errors": null`
    Null,
    /// No such key.
    Absent,
}

/// The unit of `X-RateLimit-RetryAfter`: described as milliseconds, parsed by the official clients as seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochUnit {
    /// What gofalcon and PSFalcon parse.
    Seconds,
    /// What the API description says.
    Millis,
}

impl EpochUnit {
    /// Another name of [`EpochUnit::Millis`].
    #[allow(non_upper_case_globals)]
    pub const Milliseconds: Self = Self::Millis;
}

#[derive(Default)]
pub struct Behaviour {
    pub keeps: BTreeSet<String>,
    pub delays: Vec<(String, Duration)>,
    pub lag: Duration,
    /// Role, reads to let pass, reads to omit it from.
    pub omissions: Vec<(String, usize, usize)>,
    pub success_with_errors: usize,
    /// Revokes that name one of these roles answer 200 with errors inside, and do nothing.
    pub fails_inside: BTreeSet<String>,
    pub errors_field: ErrorsField,
    pub bare_rows: bool,
    pub rate_limit: Option<(usize, Duration, EpochUnit)>,
    pub refuse_absent: bool,
}

impl Behaviour {
    /// Sets the delay of a role's removals, whatever it was.
    pub fn delay(&mut self, role: &str, delay: Duration) {
        self.delays.retain(|(delayed, _)| delayed != role);
        self.delays.push((role.to_owned(), delay));
    }

    /// Sets the reads that omit a role, whatever they were.
    pub fn omit(&mut self, role: &str, skip: usize, reads: usize) {
        self.omissions.retain(|(omitted, ..)| omitted != role);
        self.omissions.push((role.to_owned(), skip, reads));
    }

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

    /// Whether this call is refused for its rate, and what for; counts the call.
    pub fn limits(&mut self) -> Option<(Duration, EpochUnit)> {
        let (times, wait, unit) = self.rate_limit.as_mut().filter(|(times, ..)| *times > 0)?;
        *times -= 1;
        Some((*wait, *unit))
    }
}
