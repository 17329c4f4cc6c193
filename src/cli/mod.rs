//! The command line: one file a command. Only here is anything printed, and only here are files touched.

mod demo;
mod env;
mod exit;
mod explain;
mod flags;
mod judge;
mod listen;
mod output;
mod plan;
mod policy;
mod progress;
mod scan;
mod standing;
mod stop;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

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
    /// Take connections and say nothing: the control of a scan, on a second host of yours
    Listen(listen::Args),
    /// Show the page of a check, or the list of checks
    Explain(explain::Args),
    /// Judge environment and compose files alone; nothing is sent
    Env(env::Args),
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
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", failure(panic.location()))));
    match parse() {
        Ok(Cli { command: Some(command) }) => match command {
            Command::Scan(args) => scan::run(args),
            Command::Plan(args) => plan::run(&args),
            Command::Judge(args) => judge::run(args),
            Command::Listen(args) => listen::run(&args),
            Command::Explain(args) => explain::run(&args),
            Command::Env(args) => env::run(&args),
            Command::Demo(args) => demo::run(args),
        },
        Ok(Cli { command: None }) => {
            eprintln!("{GREETING}{}", exit::TABLE);
            Exit::Usage
        }
        Err(error) => usage(&error),
    }
}

/// What is said of a bug: the place alone, for the words of a panic may hold text of the target.
fn failure(place: Option<&std::panic::Location>) -> String {
    let place = place.map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    format!("golive failed in itself{place}; please report it")
}

/// The help of every command ends with the exit codes.
fn parse() -> Result<Cli, clap::Error> {
    let with_exit_codes = |command: clap::Command| {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        command.after_help(format!("{help}\n\n{}", exit::TABLE))
    };
    Cli::from_arg_matches(&Cli::command().mut_subcommands(with_exit_codes).try_get_matches()?)
}

fn usage(error: &clap::Error) -> Exit {
    if let (ErrorKind::InvalidSubcommand, Some(site)) = (error.kind(), misplaced_site(error)) {
        let site = crate::report::plain(&site);
        eprintln!("error: no command '{site}'; did you mean 'golive scan {site}'?");
        return Exit::Usage;
    }
    let said = error.to_string();
    if error.use_stderr() && said.contains('@') {
        eprint!("{}", without_credentials(&said));
        return Exit::Usage;
    }
    // Help goes to stdout and is no error.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Go }
}

/// What stands before an `@` may be a password: it is not said again.
fn without_credentials(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| match word.rfind('@') {
        Some(at) => {
            let from = word[..at].find("://").map_or(0, |scheme| scheme + 3);
            format!("{}…{}", &word[..from], &word[at..])
        }
        None => word.into(),
    });
    words.collect()
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
