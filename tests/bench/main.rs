//! The figures that the README states: how long golive takes and how much memory it needs, and what its parts cost.
//!
//! Figures of real servers, with and without distance, come from `tests/bench/stack`.

mod planning;
mod process;

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use process::Usage;

fn main() -> ExitCode {
    if let Some(exit) = process::measured_here() {
        return exit;
    }
    let figures = start_up().into_iter().chain(whole_runs()).chain(planning::figures());
    let mut missed = 0;
    for figure in figures {
        println!("{figure}");
        missed += usize::from(figure.is_missed());
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const START: Limit = Limit { median: Duration::from_millis(10), peak_kib: 32 * 1024 };
const DEMO: Limit = Limit { median: Duration::from_secs(2), peak_kib: 32 * 1024 };

fn start_up() -> Vec<Figure> {
    let commands: [&[&str]; 3] = [&["--version"], &["explain"], &["explain", "datastore-port-closed"]];
    commands.into_iter().map(|words| Figure::of_command(words, 20, Some(START))).collect()
}

/// A scan of the deployment inside the process, and its recording judged again. The demo's memory holds its servers.
fn whole_runs() -> Vec<Figure> {
    // Never a device: that is a place too, and these runs write it as one.
    let [recording, json, junit] =
        ["demo.json", "again.json", "again.xml"].map(|name| format!("{}/{name}", env!("CARGO_TARGET_TMPDIR")));
    let demo = ["demo", "--no-progress", "--json", &recording];
    [
        Figure::of_command(&demo, 7, Some(DEMO)),
        Figure::of_command(&["judge", &recording], 7, None),
        Figure::of_command(&["judge", &recording, "--json", &json, "--junit", &junit], 7, None),
    ]
    .into()
}

/// What must not be exceeded.
#[derive(Clone, Copy)]
struct Limit {
    median: Duration,
    peak_kib: u64,
}

/// A line of the table.
struct Figure {
    title: String,
    /// Sorted.
    walls: Vec<Duration>,
    /// CPU seconds and memory, of whole processes.
    process: Option<(Duration, u64)>,
    limit: Option<Limit>,
}

impl Figure {
    fn of_command(words: &[&str], runs: usize, limit: Option<Limit>) -> Self {
        let usages: Vec<Usage> = (0..runs).map(|_| process::measure(words)).collect();
        let shown = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
        let title = std::iter::once("golive").chain(shown).collect::<Vec<_>>().join(" ");
        let mut cpu: Vec<Duration> = usages.iter().map(|usage| usage.cpu).collect();
        cpu.sort();
        let peak = usages.iter().map(|usage| usage.peak_kib).max().unwrap_or(0);
        let walls = usages.iter().map(|usage| usage.wall).collect();
        Self { process: Some((cpu[cpu.len() / 2], peak)), limit, ..Self::of_times(title, walls) }
    }

    fn of_times(title: String, mut walls: Vec<Duration>) -> Self {
        walls.sort();
        Self { title, walls, process: None, limit: None }
    }

    fn median(&self) -> Duration {
        self.walls[self.walls.len() / 2]
    }

    fn is_missed(&self) -> bool {
        let peak = self.process.map_or(0, |(_, peak)| peak);
        self.limit.is_some_and(|limit| self.median() >= limit.median || peak >= limit.peak_kib)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let [least, median, most] =
            [self.walls[0], self.median(), self.walls[self.walls.len() - 1]].map(milliseconds);
        write!(f, "{:<58} {:>3} runs {least:>9.2} {median:>9.2} {most:>9.2} ms", self.title, self.walls.len())?;
        if let Some((cpu, peak)) = self.process {
            write!(f, "   cpu {:>7.1} ms   peak {:>5.1} MiB", milliseconds(cpu), peak as f64 / 1024.0)?;
        }
        if let Some(limit) = self.limit {
            let word = if self.is_missed() { "MISSED" } else { "ok" };
            write!(f, "   {word}: below {} ms, {} MiB", limit.median.as_millis(), limit.peak_kib / 1024)?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
