//! What is wrong with a configuration: the place, the value and the remedy, all at once.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: "unknown key `prots`".
    pub message: String,
    /// What to do about it: "did you mean `ports`?".
    pub remedy: String,
    /// Bytes of the file's text; `None` for what came from the command line or the environment.
    pub span: Option<Range<usize>>,
}

/// Everything that is wrong, with the text it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// Name and text of the file, when there is one.
    pub file: Option<(String, String)>,
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for problem in &self.list {
            writeln!(f, "error: {}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
