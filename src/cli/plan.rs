//! `golive plan`: what a scan would ask. Names are resolved; nothing else is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
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
    let (spec, _) = match policy::load(&args.question.what, &args.question.flags(), None) {
        Ok(loaded) => loaded,
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
    let file = spec.file.as_ref().map_or_else(|| "the defaults".to_string(), |name| plain(name));
    let mut text = format!("golive {}  {}  policy {file}\n", env!("CARGO_PKG_VERSION"), spec.site);
    for (id, error) in named.unresolved() {
        text += &format!("  {}  {}\n", plain(&id), plain(&error.to_string()));
    }
    let planned = Seen::complete(named, "not asked yet", |seen| plan::wanted(spec, seen));
    let counts = counts(&plan::wanted(spec, planned.observations()));
    let width = counts.keys().map(|to| to.to_string().len()).max().unwrap_or(0);
    for (to, kinds) in &counts {
        let kinds: Vec<String> = kinds.iter().map(|(kind, number)| said(*kind, *number)).collect();
        text += &format!("  {:<width$}   {}\n", to.to_string(), kinds.join(", "));
    }
    if !counts.keys().any(|to| matches!(to, To::Address(_))) {
        text += "  no address of the site may be asked\n";
    }
    let follow_ups = plan::follow_ups(spec, planned.observations());
    let Spec { limits, .. } = spec;
    text += &format!(
        "{} connections at once to one address{}, at most {} s. up to {follow_ups} follow-ups\n",
        limits.parallel,
        if spec.swept_ports().is_empty() { String::new() } else { format!(", swept at {}/s", limits.sweep_rate) },
        limits.total_ms.div_ceil(1000)
    );
    if commands {
        let repeats = planned.observations().repeats();
        text.extend(repeats.values().flatten().map(|command| format!("{command}\n")));
    }
    text
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Address(IpAddr),
    Dns,
    Issuer,
}

/// What is counted, in the order in which it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Knock,
    Swept,
    Route,
    Passage,
    Session,
    Hello,
    Quic,
    Http,
    Caa,
    Authority,
    Crl,
    Smoke,
    Search,
}

type Counts = BTreeMap<To, BTreeMap<Kind, usize>>;

/// Every question but the look-ups of names: those of the site are answered by now, those beside it are follow-ups.
fn counts(wanted: &BTreeSet<Probe>) -> Counts {
    let mut counts = Counts::new();
    for probe in wanted {
        let Some((to, kind, number)) = counted(probe) else { continue };
        *counts.entry(to).or_default().entry(kind).or_default() += number;
    }
    counts
}

fn counted(probe: &Probe) -> Option<(To, Kind, usize)> {
    Some(match probe {
        Probe::Lookup(_) => return None,
        Probe::Knock(q) => (To::Address(q.at.ip()), Kind::Knock, 1),
        Probe::Sweep(q) => (To::Address(q.at), Kind::Swept, q.ports.len()),
        Probe::Route(q) => (To::Address(q.to.ip()), Kind::Route, 1),
        Probe::Passage(q) => (To::Address(q.to), Kind::Passage, q.ports.len()),
        Probe::Session(q) => (To::Address(q.at.ip), Kind::Session, 1),
        Probe::Hello(q) => (To::Address(q.at.ip), Kind::Hello, 1),
        Probe::Quic(q) => (To::Address(q.at.ip), Kind::Quic, 1),
        Probe::Http(q) => (To::Address(q.at.ip), Kind::Http, 1),
        Probe::Caa(_) => (To::Dns, Kind::Caa, 1),
        Probe::Authority(_) => (To::Dns, Kind::Authority, 1),
        Probe::Crl(_) => (To::Issuer, Kind::Crl, 1),
        Probe::Smoke(q) => (To::Address(q.at.ip), Kind::Smoke, 1),
        Probe::Search(q) => (To::Address(q.at.ip), Kind::Search, 1),
        // It stays on this machine.
        Probe::OwnFile(_) => return None,
    })
}

fn said(kind: Kind, number: usize) -> String {
    let (one, several) = match kind {
        Kind::Knock => ("port knocked", "ports knocked"),
        Kind::Swept => ("swept", "swept"),
        Kind::Route => ("path traced", "paths traced"),
        Kind::Passage => ("port followed on its path", "ports followed on their path"),
        Kind::Session => ("handshake", "handshakes"),
        Kind::Hello => ("hello", "hellos"),
        Kind::Quic => ("QUIC handshake", "QUIC handshakes"),
        Kind::Http => ("request", "requests"),
        Kind::Caa => ("CAA record asked", "CAA records asked"),
        Kind::Authority => ("name asked at its own servers", "names asked at their own servers"),
        Kind::Crl => ("revocation list", "revocation lists"),
        Kind::Smoke => ("walk of your steps", "walks of your steps"),
        Kind::Search => ("search of pages and scripts", "searches of pages and scripts"),
    };
    format!("{number} {}", if number == 1 { one } else { several })
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Address(ip) => ip.fmt(f),
            Self::Dns => f.write_str("DNS"),
            Self::Issuer => f.write_str("issuer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Addresses, Lookup, Nonce, Observation, Timestamp, Vantage};
    use crate::target::Family;

    fn named(spec: &Spec) -> Observations {
        let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
        for (family, ip) in [(Family::V4, "203.0.113.7"), (Family::V6, "2001:db8::7")] {
            let addresses = vec![ip.parse().unwrap()];
            let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: true };
            let question = Lookup { name: "app.example.com".into(), family };
            let o = Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome: Ok(answer) };
            seen.insert(o.into());
        }
        seen
    }

    /// What is printed, read back, is every question of the plan.
    #[test]
    fn the_counts_are_the_questions() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let seen = named(&spec);
        let planned = Seen::complete(seen.clone(), "not asked yet", |seen| plan::wanted(&spec, seen));
        let wanted = plan::wanted(&spec, planned.observations());
        let ports = |probe: &Probe| match probe {
            Probe::Lookup(_) | Probe::OwnFile(_) => 0,
            Probe::Sweep(q) => q.ports.len(),
            Probe::Passage(q) => q.ports.len(),
            _ => 1,
        };
        let lines = text(&spec, seen, false);
        let counts = lines.lines().filter(|line| line.starts_with("  ")).flat_map(|line| {
            let (_, counts) = line.trim().split_once("   ").unwrap();
            counts.trim_start().split(", ").map(|count| count.split(' ').next().unwrap().parse::<usize>().unwrap())
        });
        assert_eq!(counts.sum::<usize>(), wanted.iter().map(ports).sum::<usize>(), "{lines}");
        for kind in [
            "203.0.113.7   9 ports knocked, 200 swept",
            "2001:db8::7   9 ports knocked, 200 swept",
            "requests, 1 search of pages and scripts\n",
            "follow-ups\n",
        ] {
            assert!(lines.contains(kind), "{lines}");
        }
        let last = lines.lines().last().unwrap();
        assert!(
            last.starts_with("32 connections at once to one address, swept at 5000/s, at most 60 s. up to "),
            "{last}"
        );
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!((said(Kind::Hello, 1), said(Kind::Hello, 22)), ("1 hello".into(), "22 hellos".into()));
        assert_eq!(said(Kind::Swept, 200), "200 swept");
    }
}
