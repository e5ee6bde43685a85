//! What a tenant can be told to do beyond what every sandbox can.

use std::{collections::BTreeSet, time::Duration};

use super::state::Grant;

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
pub struct Quirks {
    pub success_with_errors: usize,
    /// Revokes that name one of these roles answer 200 with errors inside, and do nothing.
    pub fails_inside: BTreeSet<String>,
    /// Calls that answer 200 with errors inside.
    pub errors_inside: Vec<ErrorInside>,
    pub errors_field: ErrorsField,
    /// A list without rows is `null`.
    pub null_lists: bool,
    pub bare_rows: bool,
    /// Rows have no `role_name`.
    pub nameless_rows: bool,
    /// Rows of grants that come through no group have `user_group_id` and `user_group_name`, both empty.
    pub empty_groups: bool,
    /// How many rows more than there are a list of grants counts.
    pub rows_miscounted: isize,
    pub rate_limit: Option<(usize, Duration, EpochUnit)>,
    pub refuse_absent: bool,
    /// Calls about these CIDs are refused: CID, status, message.
    pub refused_cids: Vec<(String, u16, String)>,
    /// What others change while grants are read.
    pub changes: Vec<ChangeAfterReads>,
}

/// A call that answers 200 with errors inside, so often.
pub struct ErrorInside {
    /// A part of the path.
    pub path: String,
    pub code: u16,
    pub times: usize,
}

/// A change that somebody else makes right after so many more reads of grants.
pub struct ChangeAfterReads {
    pub reads: usize,
    pub grant: Grant,
    pub adds: bool,
}

impl Quirks {
    /// Whether this call is refused for its rate, and what for; counts the call.
    pub fn limits(&mut self) -> Option<(Duration, EpochUnit)> {
        let (times, wait, unit) = self.rate_limit.as_mut().filter(|(times, ..)| *times > 0)?;
        *times -= 1;
        Some((*wait, *unit))
    }

    /// The code of the error inside this answer; counts the call.
    pub fn error_inside(&mut self, path: &str) -> Option<u16> {
        let mut fitting = self.errors_inside.iter_mut();
        let error = fitting.find(|error| error.times > 0 && path.contains(&error.path))?;
        error.times -= 1;
        Some(error.code)
    }

    /// The changes that follow this read; counts the read.
    pub fn after_read(&mut self) -> Vec<ChangeAfterReads> {
        for change in &mut self.changes {
            change.reads = change.reads.saturating_sub(1);
        }
        self.changes.extract_if(.., |change| change.reads == 0).collect()
    }
}
