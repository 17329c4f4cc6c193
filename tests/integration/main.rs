//! What holds between the rooms, and what a user sees: one binary, a file per concern.
#![expect(clippy::disallowed_methods, reason = "tests read files and clocks")]

mod catalogue;
mod command;
mod env;
mod judge;
mod layering;
mod place;
mod plan;
mod run;
mod secrets;
