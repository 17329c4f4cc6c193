//! `golive plan`: what a scan would ask. Names are resolved; nothing else is sent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::flags::{Color, Question, Show};
use super::output::print;
use super::scan::runtime;
use super::{Exit, complain, policy};
use crate::observation::{Observations, Probe, Seen};
use crate::observe::{self, Net};
use crate::plan;
use crate::report::plain;
use crate::spec::Spec;

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive plan app.example.com
  golive plan app.example.com -v      each request as a command")]
pub struct Args {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    show: Show,
}

pub fn run(args: &Args) -> Exit {
    let spec = match policy::load(&args.question.what, &args.question.flags()) {
        Ok(spec) => spec,
        Err(exit) => return exit,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    let net = Net::new(args.question.way(), &spec);
    let begin = observe::begin(&spec, &net);
    let named = runtime.block_on(observe::look_up(&spec, &net, begin));
    match print(&text(&spec, named, args.show.verbose > 0), Color::Never) {
        Ok(()) => Exit::Go,
        Err(e) => complain(&[format!("stdout cannot be written: {e}")]),
    }
}

fn text(spec: &Spec, named: Observations, commands: bool) -> String {
    let planned = Seen::complete(named, "not asked yet", |seen| plan::wanted(spec, seen));
    let file = spec.file.as_ref().map_or_else(|| "the defaults".to_string(), |name| plain(name));
    let mut text = format!("golive {}  {}  policy {file}\n", env!("CARGO_PKG_VERSION"), spec.site);
    for (id, error) in planned.observations().unresolved() {
        text += &format!("  {}  {}\n", plain(&id), plain(&error.to_string()));
    }
    let counts = counts(spec, planned.observations());
    let width = counts.keys().map(|ip| ip.to_string().len()).max().unwrap_or(0);
    for (ip, count) in &counts {
        let Count { knocks, sessions, requests } = count;
        let address = ip.to_string();
        let shaken = if *sessions == 1 { "handshake" } else { "handshakes" };
        text +=
            &format!("  {address:<width$}   {knocks} ports knocked, {sessions} {shaken}, {requests} requests\n");
    }
    if counts.is_empty() {
        text += "  no address of the site may be asked\n";
    }
    let follow_ups = plan::follow_ups(spec, planned.observations());
    let Spec { limits, .. } = spec;
    text += &format!(
        "{} connections at once to one address, at most {} s. up to {follow_ups} follow-ups\n",
        limits.parallel,
        limits.total_ms.div_ceil(1000)
    );
    if commands {
        let repeats = planned.observations().repeats();
        text.extend(repeats.values().flatten().map(|command| format!("{command}\n")));
    }
    text
}

#[derive(Default)]
struct Count {
    knocks: usize,
    sessions: usize,
    requests: usize,
}

fn counts(spec: &Spec, planned: &Observations) -> BTreeMap<IpAddr, Count> {
    let mut counts: BTreeMap<IpAddr, Count> = BTreeMap::new();
    for probe in plan::wanted(spec, planned) {
        match probe {
            Probe::Lookup(_) => {}
            Probe::Knock(q) => counts.entry(q.at.ip()).or_default().knocks += 1,
            Probe::Session(q) => counts.entry(q.at.ip).or_default().sessions += 1,
            Probe::Http(q) => counts.entry(q.at.ip).or_default().requests += 1,
            _ => {}
        }
    }
    counts
}
