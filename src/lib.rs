//! `golive` answers one question from outside a server: may this deployment go live?

pub mod catalogue;
pub mod cli;
pub mod demo;
pub mod finding;
pub mod gate;
pub mod judge;
pub mod observation;
pub mod observe;
pub mod plan;
pub mod report;
pub mod spec;
pub mod target;
