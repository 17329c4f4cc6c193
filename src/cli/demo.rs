//! `golive demo`: the whole pipeline against a deployment inside this process.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::flags::{Color, Patience, Telling};
use super::output::{Outputs, print};
use super::scan::{finish, runtime, scan};
use super::{Exit, complain, policy};
use crate::demo::{self, FAULTS, Fault};
use crate::spec::{Flags, Roots, did_you_mean, nearest};

/// What the first line says.
const HEADING: &str = "demo deployment in this process; nothing left this machine";

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive demo
  golive demo --fault redis-open
  golive demo --list")]
pub struct Args {
    /// With this fault
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    fault: Option<String>,
    /// The faults, one a line with its check
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    tell: Telling,
}

pub fn run(args: Args) -> Exit {
    if args.list {
        return list();
    }
    let fault = match args.fault.as_deref().map(find).transpose() {
        Ok(fault) => fault,
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
    let run = runtime.block_on(async {
        let deployment = demo::start(fault).await;
        let deployment = deployment.map_err(|e| complain(&[format!("loopback cannot be used: {e}")]))?;
        let variable = |name: &str| deployment.variables.get(name).cloned();
        let (mut spec, private) =
            policy::read(Some(("golive.toml", deployment.config)), &Flags::default(), Some(&variable))?;
        spec.certificate.roots = Roots::Own(deployment.roots.iter().map(|der| STANDARD.encode(der)).collect());
        spec.gate.strict |= args.tell.decide.strict;
        Ok(scan(&spec, private, deployment.way(), &Patience::default(), &args.tell).await)
    });
    runtime.shutdown_background();
    match run {
        Ok(run) => finish(&run, &mut outputs, &args.tell, Some(HEADING)),
        Err(exit) => exit,
    }
}

fn find(name: &str) -> Result<&'static Fault, Exit> {
    demo::fault(name).ok_or_else(|| {
        let near = nearest(name, FAULTS.iter().map(|fault| fault.name));
        complain(&[format!("no fault `{name}`; {}", did_you_mean(&near, "`golive demo --list` names all"))])
    })
}

fn list() -> Exit {
    let lines: Vec<String> =
        FAULTS.iter().map(|fault| format!("{:<34}{:<34}{}\n", fault.name, fault.check, fault.says)).collect();
    match print(&lines.concat(), Color::Never) {
        Ok(()) => Exit::Go,
        Err(e) => complain(&[format!("stdout cannot be written: {e}")]),
    }
}
