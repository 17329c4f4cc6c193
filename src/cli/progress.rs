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
        let Progress { answered, wanted, last } = progress;
        self.write(|elapsed| format!("{:.1} s  {answered} of {wanted} answers  {last}", elapsed.as_secs_f64()));
    }

    /// Before the run: nothing is counted yet.
    pub fn wait(&self, url: &str, time: Duration) {
        self.write(|_| format!("waiting for {url}  {} s", time.as_secs()));
    }

    fn write(&self, said: impl FnOnce(Duration) -> String) {
        let elapsed = self.started.elapsed();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.shown || elapsed < PATIENCE || last.is_some_and(|last| last.elapsed() < PACE) {
            return;
        }
        *last = Some(Instant::now());
        eprint!("\r\x1b[2K  {}", clipped(&said(elapsed), width().saturating_sub(3)));
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
