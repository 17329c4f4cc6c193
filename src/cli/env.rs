//! `golive env`: the owner's files judged alone. Nothing is sent.

use super::flags::{Patience, Telling, What};
use super::output::Outputs;
use super::scan::{finish, runtime, scan};
use super::{Exit, complain, policy};
use crate::observe::Way;
use crate::report::plain;
use crate::spec::{Flags, is_compose};

/// What the first line says.
const HEADING: &str = "read in files, not seen from outside; nothing was sent";

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive env .env.production
  golive env .env.production docker-compose.yml --candidates .env.example
  golive env .env --junit TEST-golive.xml")]
pub struct Args {
    /// Environment and compose files; the values of examples (.env.example) are candidates
    #[arg(required = true)]
    file: Vec<String>,
    /// The promises of the deployment [default: ./golive.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// A file whose values must not be in use (repeatable)
    #[arg(long, value_name = "FILE")]
    candidates: Vec<String>,
    #[command(flatten)]
    tell: Telling,
}

pub fn run(args: &Args) -> Exit {
    let what = What { config: args.config.clone(), ..What::default() };
    let (spec, private) = match policy::load(&what, &flags(args), None) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let mut outputs = match Outputs::prepare(&args.tell.write) {
        Ok(outputs) => outputs,
        Err(wrong) => return complain(&wrong),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    // No door leads anywhere.
    let way = Way { closed: true, ..Way::default() };
    let run = runtime.block_on(scan(&spec, private, way, &Patience::default(), &args.tell));
    runtime.shutdown_background();
    finish(&run, &mut outputs, &args.tell, Some(HEADING))
}

/// Files are told apart by name and content; one that cannot be read is complained of where all are read.
fn flags(args: &Args) -> Flags {
    let mut flags = Flags {
        only: vec!["env".into()],
        strict: args.tell.decide.strict,
        candidates: args.candidates.clone(),
        files_alone: true,
        ..Flags::default()
    };
    for name in &args.file {
        let list = if is_example(name) {
            eprintln!("note: {} is an example: its values are candidates, and it is not judged", plain(name));
            &mut flags.candidates
        } else if is_compose(name, &policy::read_text(name).unwrap_or_default()) {
            &mut flags.compose
        } else {
            &mut flags.env
        };
        list.push(name.clone());
    }
    flags
}

/// `.env.example`, `example.env`, `.env.sample`, `.env.template`, `.env.dist`.
fn is_example(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.split(['.', '-', '_']).any(|word| ["example", "sample", "template", "dist"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_known_by_its_name() {
        for (name, want) in [
            (".env.example", true),
            ("deploy/.env.sample", true),
            ("env-template", true),
            (".env.production", false),
            ("/srv/example/.env", false),
            ("docker-compose.yml", false),
        ] {
            assert_eq!(is_example(name), want, "{name}");
        }
    }
}
