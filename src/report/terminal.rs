//! The screen. Samples in the design are its specification.

use super::Report;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-qq`
    Nothing,
    /// `-q`: the last line only.
    Verdict,
    #[default]
    Normal,
    /// `-v`: passes and notes.
    Passes,
    /// `-vv`: every exchange, redacted.
    Exchanges,
}

/// What the screen can show.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns to wrap at.
    pub width: usize,
    pub verbosity: Verbosity,
}

/// The report as text with ANSI styles; who writes it to something without colours strips them.
pub fn render(report: &Report, screen: Screen) -> String {
    let _ = (report, screen);
    todo!()
}
