//! `golive scan`: the gate.

use std::sync::Arc;
use std::time::Duration;

use super::flags::{FailOn, Patience, Question, Telling};
use super::output::Outputs;
use super::progress::Line;
use super::stop::Stop;
use super::{Exit, complain, policy};
use crate::gate::Outcome;
use crate::observe::{self, Ending, Narrowed, Net, Observed, Progress, Waited, Way};
use crate::report::{Report, plain};
use crate::spec::{Flags, Private, Spec};
use crate::{Circumstances, Conclusion, conclude};

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive scan app.example.com
  golive scan app.example.com --wait 120s --retry 2
  golive scan app.example.com -4 --control 198.51.100.9
  golive scan --config golive.toml -o reports --label release=v1.4.2
  golive scan app.example.com --only certificate,headers -v")]
pub struct Args {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    tell: Telling,
}

pub fn run(args: Args) -> Exit {
    let flags = Flags { strict: args.tell.decide.strict, ..args.question.flags() };
    let (spec, private) = match policy::load(&args.question.what, &flags, Some(&policy::variable)) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let mut outputs = match Outputs::prepare(&args.tell.write) {
        Ok(outputs) => outputs,
        Err(wrong) => return complain(&wrong),
    };
    say_proxies();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    let run = runtime.block_on(scan(&spec, private, args.question.way(), &args.patience, &args.tell));
    // Whatever still waits for an answer is not waited for.
    runtime.shutdown_background();
    finish(&run, &mut outputs, &args.tell, None)
}

/// What a run left: the report, and how it ended.
pub struct Run {
    pub report: Report,
    pub panicked: bool,
    pub stopped: Option<Exit>,
}

/// Waits, observes and concludes.
pub async fn scan(spec: &Spec, private: Private, way: Way, patience: &Patience, tell: &Telling) -> Run {
    let stop = Stop::listen();
    let progress = !tell.show.no_progress;
    let spec = Arc::new(spec.clone());
    let waited = match patience.wait {
        Some(limit) => waited(&spec, &way, limit, &stop, progress).await,
        None => Duration::ZERO,
    };
    let net = Arc::new(Net::new(way, &spec).knowing(private));
    if let Some(Narrowed { files, connections }) = net.narrowed() {
        eprintln!("note: this machine allows {files} open files: {connections} connections at once");
    }
    let begin = observe::begin(&spec, &net);
    let line = Line::new(progress);
    let show = |progress: &Progress| line.show(progress);
    let watch = stop.watch.clone();
    let observed = observe::observe(patience.retry, spec.clone(), net, begin, watch, &show).await;
    drop(line);
    let Observed { observations, ending, elapsed, panicked } = observed;
    let why = match ending {
        Ending::Complete => "was not asked",
        Ending::OutOfTime => "not asked before the time ran out",
        Ending::Stopped => "not asked before the run was stopped",
    };
    let labels = tell.write.label.iter().cloned().collect();
    let circumstances = Circumstances { labels, elapsed, waited, interrupted: ending != Ending::Complete };
    let Conclusion { report, panicked: judge_panicked } = conclude(&spec, observations, why, circumstances);
    Run { report, panicked: panicked || judge_panicked, stopped: stop.exit() }
}

/// How long the site was waited for. That it did not answer is said, and the scan goes on: it tells why.
async fn waited(spec: &Arc<Spec>, way: &Way, limit: Duration, stop: &Stop, progress: bool) -> Duration {
    let url = format!("{}{}", spec.site, spec.paths[0]);
    let line = Line::new(progress);
    let show = |time| line.wait(&url, time);
    let Waited { time, answered } = observe::wait(spec, way, limit, stop.watch.clone(), &show).await;
    drop(line);
    if !answered && stop.exit().is_none() {
        let url = plain(&url);
        eprintln!("note: {url} did not answer below 400 within {} s; the scan goes on", limit.as_secs());
    }
    time
}

/// Writes everything and says how it ended. Where several endings hold: a bug, an interruption, a report that could
/// not be written, the verdict.
pub fn finish(run: &Run, outputs: &mut Outputs, tell: &Telling, heading: Option<&str>) -> Exit {
    let written = outputs.write(&run.report, &tell.show, heading);
    if let Err(wrong) = &written {
        complain(wrong);
    }
    match (run.panicked, run.stopped, written) {
        (true, ..) => Exit::Bug,
        (_, Some(exit), _) => exit,
        (_, _, Err(_)) => Exit::Usage,
        (_, _, Ok(())) => verdict(run.report.gate.result, tell.decide.fail_on),
    }
}

fn verdict(result: Outcome, fail_on: FailOn) -> Exit {
    match (result, fail_on) {
        (_, FailOn::Never) | (Outcome::Unproven, FailOn::NoGo) => Exit::Go,
        (result, _) => Exit::of(result),
    }
}

/// Two threads keep up with any site's patience, and small memory.
pub fn runtime() -> Result<tokio::runtime::Runtime, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|e| complain(&[format!("this machine starts no runtime: {e}")]))
}

#[expect(clippy::disallowed_methods, reason = "the environment is read here")]
fn say_proxies() {
    let set = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
    if let Some(name) = set.into_iter().find(|name| std::env::var(name).is_ok_and(|value| !value.is_empty())) {
        eprintln!("note: {name} is not used: a proxy would be what is scanned");
    }
}
