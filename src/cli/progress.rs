//! One line on a terminal's stderr, rewritten in place, gone at the end.

use std::io::{IsTerminal, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::output::width;
use crate::observe::Progress;
use crate::report::clipped;

/// Nothing is shown before; whoever is faster needs no line.
const PATIENCE: Duration = Duration::from_millis(300);

/// Between two lines.
const PACE: Duration = Duration::from_millis(100);

pub struct Line {
    shown: bool,
    started: Instant,
    last: Mutex<Option<Instant>>,
}

impl Line {
    pub fn new(wanted: bool) -> Self {
        Self { shown: wanted && std::io::stderr().is_terminal(), started: Instant::now(), last: Mutex::default() }
    }

    pub fn show(&self, progress: &Progress) {
        let elapsed = self.started.elapsed();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.shown || elapsed < PATIENCE || last.is_some_and(|last| last.elapsed() < PACE) {
            return;
        }
        *last = Some(Instant::now());
        let Progress { answered, wanted, last: what } = progress;
        let line = format!("  {:.1} s  {answered} of {wanted} answers  {what}", elapsed.as_secs_f64());
        eprint!("\r\x1b[2K{}", clipped(&line, width().saturating_sub(1)));
        let _ = std::io::stderr().flush();
    }
}

/// Nothing is left behind.
impl Drop for Line {
    fn drop(&mut self) {
        if self.last.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            eprint!("\r\x1b[2K");
        }
    }
}
