//! The command line: one file a command. Only here is anything printed, and only here are files touched.

mod demo;
mod exit;
mod explain;
mod flags;
mod judge;
mod output;
mod plan;
mod policy;
mod progress;
mod scan;
mod stop;

use clap::error::{ContextKind, ErrorKind};
use clap::{Parser, Subcommand};

pub use exit::Exit;

#[derive(Parser)]
#[command(
    name = "golive",
    version,
    about = "May this deployment go live? One command answers from outside the server.",
    after_help = exit::TABLE,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Ask the site everything, judge the answers, decide
    Scan(scan::Args),
    /// Show what a scan would ask; resolves names and sends nothing else
    Plan(plan::Args),
    /// Judge a recording again, offline
    Judge(judge::Args),
    /// Show the page of a check, or the list of checks
    Explain(explain::Args),
    /// Scan a small deployment inside this process, sound or with a named fault
    Demo(demo::Args),
}

/// What `golive` alone says.
const GREETING: &str = "\
golive answers one question from outside a server: may this deployment go live?

  golive demo                     see it work: no server and no network needed
  golive scan app.example.com     ask your own site
  golive explain                  what is asked, and why

";

/// Parses, runs a command, and says how it ended.
pub fn run() -> Exit {
    // The words of a panic may hold text of the target; its place does not.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        eprintln!("error: golive failed{place}; please report it");
    }));
    match Cli::try_parse() {
        Ok(Cli { command: Some(command) }) => match command {
            Command::Scan(args) => scan::run(args),
            Command::Plan(args) => plan::run(&args),
            Command::Judge(args) => judge::run(args),
            Command::Explain(args) => explain::run(&args),
            Command::Demo(args) => demo::run(args),
        },
        Ok(Cli { command: None }) => {
            eprint!("{GREETING}{}\n", exit::TABLE);
            Exit::Usage
        }
        Err(error) => usage(&error),
    }
}

fn usage(error: &clap::Error) -> Exit {
    if let (ErrorKind::InvalidSubcommand, Some(site)) = (error.kind(), misplaced_site(error)) {
        let site = crate::report::plain(&site);
        eprintln!("error: no command '{site}'; did you mean 'golive scan {site}'?");
        return Exit::Usage;
    }
    // Help goes to stdout and is no error.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Go }
}

/// A site where a command should stand.
fn misplaced_site(error: &clap::Error) -> Option<String> {
    let word = error.get(ContextKind::InvalidSubcommand)?.to_string();
    let is_site = word.contains('.') || word.contains(':') || word == "localhost";
    (is_site && word.parse::<crate::target::Origin>().is_ok()).then_some(word)
}

/// Says what is wrong on stderr, each on its own line.
fn complain(lines: &[String]) -> Exit {
    for line in lines {
        eprintln!("error: {}", crate::report::plain(line));
    }
    Exit::Usage
}
