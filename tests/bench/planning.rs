//! What planning costs: it is done again whenever answers came in.

#![expect(clippy::disallowed_methods, reason = "a stopwatch reads the clock")]

use std::hint::black_box;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use golive::observation::{Addresses, Nonce, Observation, Observations, Probe, ProbeError, Timestamp, Vantage};
use golive::plan;
use golive::spec::Spec;
use golive::target::Family;

use super::Figure;

const ADDRESSES: [&str; 4] = ["203.0.113.7", "203.0.113.8", "2001:db8::7", "2001:db8::8"];
const PATHS: usize = 20;

pub fn figures() -> Vec<Figure> {
    let spec = spec();
    let (begin, end) = (begin(), answered(&spec, begin()));
    let count = plan::wanted(&spec, &end).len();
    let title = |when: &str| format!("plan::wanted, {PATHS} paths × {} addresses, {when}", ADDRESSES.len());
    [(title("at the start"), begin), (title(&format!("{count} answers")), end)]
        .map(|(title, seen)| Figure::of_times(title, (0..50).map(|_| timed(&spec, &seen)).collect()))
        .into()
}

fn timed(spec: &Spec, seen: &Observations) -> Duration {
    let begin = Instant::now();
    black_box(plan::wanted(black_box(spec), black_box(seen)));
    begin.elapsed()
}

fn spec() -> Spec {
    let mut spec = Spec::of("https://app.example.com".parse().expect("a site"));
    spec.paths = std::iter::once("/".into()).chain((1..PATHS).map(|n| format!("/api/part-{n}"))).collect();
    spec.api = Some(vec!["/api/".into()]);
    spec
}

fn begin() -> Observations {
    let site = "https://app.example.com".parse().expect("a site");
    Observations::begin(site, Timestamp(1_800_000_000), Nonce(1), Vantage::default())
}

/// Everything wanted has an answer, though most say that there is none: the plan goes on all the same.
fn answered(spec: &Spec, mut seen: Observations) -> Observations {
    loop {
        let missing: Vec<Probe> =
            plan::wanted(spec, &seen).into_iter().filter(|probe| !seen.holds(probe)).collect();
        if missing.is_empty() {
            return seen;
        }
        for probe in missing {
            match probe {
                Probe::Lookup(question) => {
                    let of_family = |ip: &IpAddr| Family::of(*ip) == question.family;
                    let all = ADDRESSES.iter().filter_map(|ip| ip.parse().ok());
                    let addresses = all.filter(of_family).collect();
                    let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: false };
                    let (asked_at_ms, elapsed_ms, attempts) = (0, 1, 1);
                    let outcome = Ok(answer);
                    seen.insert(Observation { question, asked_at_ms, elapsed_ms, attempts, outcome }.into());
                }
                probe => seen.refuse(probe, ProbeError::not_sent("a benchmark sends nothing")),
            }
        }
    }
}
