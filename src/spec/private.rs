//! What the owner lets this process know, and nobody else.

use std::collections::BTreeMap;
use std::fmt;

/// Values beside the promise. They are no part of it: never written, never shown, not even for debugging.
#[derive(Clone, Default, PartialEq)]
pub struct Private {
    /// Of the environment, by the names that the promise has as `${NAME}`.
    pub variables: BTreeMap<String, String>,
    /// Secrets that must not be in use.
    pub candidates: Vec<Candidate>,
    /// Texts of the files of `--env` and `--compose`, by their names as given.
    pub texts: BTreeMap<String, String>,
}

impl Private {
    /// The values of secret variables in the owner's files, by `FILE:LINE NAME`.
    pub fn secrets(&self) -> Vec<(String, String)> {
        vec![]
    }
}

/// A value that must not sign anything, and the name it goes by.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// `.env.example:12 APP_SECRET`
    pub name: String,
    pub value: String,
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Private")
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Candidate({})", self.name)
    }
}
