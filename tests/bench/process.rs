//! Runs of the program: wall time, CPU time and peak memory of one process each.
//!
//! The kernel tells the memory of children as the most that any of them had, so each run has a parent of its own: this
//! program again, small, which says what the one child took.

#![expect(clippy::disallowed_methods, reason = "a stopwatch reads the clock, and the words are not clap's")]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What one process took.
pub struct Usage {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_kib: u64,
}

/// The first word that tells the parent of one run from the benchmark itself.
const ONE_RUN: &str = "--one-run";

/// Runs golive once, from start to end.
///
/// # Panics
/// It does not run, or does not end with 0: a figure of that would be none.
pub fn measure(words: &[&str]) -> Usage {
    let own = std::env::current_exe().expect("the benchmark knows where it is");
    let output = Command::new(own).arg(ONE_RUN).args(words).stderr(Stdio::inherit()).output();
    let output = output.expect("the benchmark runs itself");
    assert!(output.status.success(), "golive {} fails", words.join(" "));
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [wall, cpu, peak_kib] = numbers[..] else { panic!("three numbers are expected, not {text}") };
    Usage { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), peak_kib }
}

/// In the parent of one run: runs, and prints microseconds of wall and CPU, and KiB.
pub fn measured_here() -> Option<ExitCode> {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() != Some(ONE_RUN) {
        return None;
    }
    let mut golive = Command::new(env!("CARGO_BIN_EXE_golive"));
    golive.args(words).stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let status = golive.status();
    let wall = begin.elapsed();
    let (Ok(status), Ok(usage)) = (status, getrusage(UsageWho::RUSAGE_CHILDREN)) else {
        return Some(ExitCode::FAILURE);
    };
    let cpu = microseconds(usage.user_time()) + microseconds(usage.system_time());
    println!("{} {cpu} {}", wall.as_micros(), usage.max_rss());
    Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn microseconds(time: TimeVal) -> i64 {
    time.tv_sec() * 1_000_000 + time.tv_usec()
}
