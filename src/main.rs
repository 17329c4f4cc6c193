//! Parses, calls a command, exits: the only file that exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    golive::cli::run().into()
}
