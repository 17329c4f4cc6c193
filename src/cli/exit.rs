//! The exit codes: this table, and no other.

use std::process::ExitCode;

use crate::gate::Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Go,
    NoGo,
    Usage,
    Unproven,
    Bug,
    Interrupted,
    Terminated,
}

/// As `--help`, the README and the manual say it.
pub const TABLE: &str = "\
exit codes:
  0        GO, or PASS when the question was narrowed
  1        NO-GO
  2        golive could not work: usage, configuration, a report that cannot be written
  3        UNPROVEN
  70       a bug in golive
  130 143  interrupted; the reports are written";

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Go => 0,
            Self::NoGo => 1,
            Self::Usage => 2,
            Self::Unproven => 3,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    pub fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Go | Outcome::Pass | Outcome::Skip => Self::Go,
            Outcome::NoGo => Self::NoGo,
            Outcome::Unproven => Self::Unproven,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
