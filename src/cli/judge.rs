//! `golive judge`: a recording judged again, under its own policy or another one. No network.

use std::time::Duration;

use super::flags::{Telling, What};
use super::output::Outputs;
use super::scan::{Run, finish};
use super::{Exit, complain, policy};
use crate::report::Report;
use crate::spec::{Flags, Spec};
use crate::{Circumstances, Conclusion, conclude};

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive judge golive.json
  golive judge golive.json --config golive.toml --junit TEST-golive.xml")]
pub struct Args {
    /// A report of `golive scan --json`
    file: String,
    /// Judge under these promises instead; what they ask and the recording lacks is unknown
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    #[command(flatten)]
    tell: Telling,
}

pub fn run(args: Args) -> Exit {
    let recorded = match read(&args.file) {
        Ok(report) => report,
        Err(e) => return complain(&[e]),
    };
    let spec = match spec(&args, &recorded) {
        Ok(spec) => spec,
        Err(exit) => return exit,
    };
    let mut outputs = match Outputs::prepare(&args.tell.write) {
        Ok(outputs) => outputs,
        Err(wrong) => return complain(&wrong),
    };
    let mut labels = recorded.labels;
    labels.extend(args.tell.write.label.iter().cloned());
    let circumstances = Circumstances {
        labels,
        elapsed: Duration::from_millis(recorded.elapsed_ms),
        waited: Duration::from_millis(recorded.waited_ms),
        interrupted: recorded.interrupted,
    };
    let concluded = conclude(&spec, recorded.observations, "not in this recording", circumstances);
    let Conclusion { report, panicked } = concluded;
    let heading = report.observations.are_of_files_alone().then_some("read in files, not seen from outside");
    finish(&Run { report, panicked, stopped: None }, &mut outputs, &args.tell, heading)
}

fn read(file: &str) -> Result<Report, String> {
    let text = read_report(file).map_err(|e| format!("{file} cannot be read: {e}"))?;
    Report::from_json(&text).map_err(|e| format!("{file} {e}"))
}

#[expect(clippy::disallowed_methods, reason = "the recording is read here")]
fn read_report(file: &str) -> std::io::Result<String> {
    std::fs::read_to_string(file)
}

fn spec(args: &Args, recorded: &Report) -> Result<Spec, Exit> {
    let mut spec = match &args.config {
        None => recorded.policy.clone(),
        Some(config) => {
            let what = What { config: Some(config.clone()), ..What::default() };
            policy::load(&what, &Flags::default(), None)?.0
        }
    };
    if spec.site != recorded.observations.site {
        let other = &recorded.observations.site;
        return Err(complain(&[format!("{} is a recording of {other}, not of {}", args.file, spec.site)]));
    }
    spec.gate.strict |= args.tell.decide.strict;
    Ok(spec)
}
