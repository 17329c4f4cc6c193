//! `golive` answers one question from outside a server: may this deployment go live?
//!
//! Data runs one way: names are resolved, a plan asks questions and the network answers, judges say what the answers
//! mean, a gate decides, reports tell. A scan is `observe` and `conclude`; a recording is concluded again at any time.

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

use std::collections::BTreeMap;
use std::time::Duration;

use observation::{Observations, Seen};
use report::{Report, Tool};
use sha2::{Digest, Sha256};
use spec::Spec;

/// What a report says beside the verdicts.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    pub labels: BTreeMap<String, String>,
    pub elapsed: Duration,
    /// Before the start, until the site answered.
    pub waited: Duration,
    /// Someone stopped the run, or its time ran out.
    pub interrupted: bool,
}

/// What came of a run.
pub struct Conclusion {
    pub report: Report,
    /// A judge failed in itself.
    pub panicked: bool,
}

/// Completes, judges and decides. Needs no network: `why` is the reason of what was not asked.
pub fn conclude(spec: &Spec, observations: Observations, why: &str, circumstances: Circumstances) -> Conclusion {
    let seen = Seen::complete(observations, why, |seen| plan::wanted(spec, seen));
    let judge::Judged { mut findings, panicked } = judge::judge(spec, &seen);
    let gate = gate::decide(spec, judge::pages(), seen.observations(), &mut findings);
    let report = Report {
        schema: observation::SCHEMA,
        tool: Tool { name: "golive".into(), version: env!("CARGO_PKG_VERSION").into() },
        site: spec.site.to_string(),
        labels: circumstances.labels,
        started_at: seen.started_at(),
        elapsed_ms: milliseconds(circumstances.elapsed),
        waited_ms: milliseconds(circumstances.waited),
        interrupted: circumstances.interrupted,
        policy: spec.clone(),
        spec_sha256: digest(spec),
        gate,
        findings,
        observations: seen.into_recording(),
    };
    Conclusion { report, panicked }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// SHA-256 of the policy as it stands in the report.
fn digest(spec: &Spec) -> String {
    let text = serde_json::to_vec(spec).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
