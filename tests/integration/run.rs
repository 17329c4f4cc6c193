//! The demo scanned in this process, wired as `golive demo` wires it.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use golive::demo::{self, Deployment, FAULTS, Fault};
use golive::finding::{Finding, Status};
use golive::observation::Observations;
use golive::observe::{self, Ending, Net, Observed, Way};
use golive::report::Report;
use golive::spec::{self, Flags, Known, Outside, Private, Roots, Spec, Standing};
use golive::{Circumstances, Conclusion, conclude};
use tokio::sync::{Semaphore, watch};

/// How many deployments are scanned at a time.
const AT_ONCE: usize = 4;

/// The sound demo, scanned once for all tests.
pub fn sound() -> &'static Report {
    static SOUND: LazyLock<Report> = LazyLock::new(|| runtime().block_on(scan(None)));
    &SOUND
}

/// The demo with each fault, scanned once for all tests.
pub fn faulty() -> &'static [(&'static Fault, Report)] {
    static FAULTY: LazyLock<Vec<(&Fault, Report)>> = LazyLock::new(|| {
        runtime().block_on(async {
            let places = Arc::new(Semaphore::new(AT_ONCE));
            let runs: Vec<_> = FAULTS
                .iter()
                .map(|fault| {
                    let places = places.clone();
                    tokio::spawn(async move {
                        let _place = places.acquire_owned().await;
                        scan(Some(fault)).await
                    })
                })
                .collect();
            let mut reports = vec![];
            for (fault, run) in FAULTS.iter().zip(runs) {
                reports.push((fault, run.await.unwrap()));
            }
            reports
        })
    });
    &FAULTY
}

async fn scan(fault: Option<&'static Fault>) -> Report {
    let deployment = demo::start(fault).await.unwrap();
    let spec = promise(&deployment);
    let mut private = Private::default();
    private.variables.clone_from(&deployment.variables);
    observed_knowing(&spec, private, deployment.way()).await
}

/// Everything asked, judged and decided; with the variables of the promise.
pub async fn observed_knowing(spec: &Spec, private: Private, way: Way) -> Report {
    let net = Arc::new(Net::new(way, spec).knowing(private));
    let begin = observe::begin(spec, &net);
    let (_open, stop) = watch::channel(false);
    let Observed { observations, ending, elapsed, panicked } =
        observe::observe(0, Arc::new(spec.clone()), net, begin, stop, &|_| {}).await;
    assert_eq!((ending, panicked), (Ending::Complete, false));
    let circumstances = Circumstances { elapsed, ..Circumstances::default() };
    let concluded = conclude(spec, observations, "was not asked", circumstances);
    assert!(!concluded.panicked);
    concluded.report
}

/// The promise of a demo deployment.
pub fn promise(deployment: &Deployment) -> Spec {
    let mut spec = spec(deployment.config);
    spec.certificate.roots = Roots::Own(deployment.roots.iter().map(|der| STANDARD.encode(der)).collect());
    // A debug build on a busy machine.
    (spec.limits.exchange_ms, spec.limits.total_ms) = (20_000, 300_000);
    spec
}

/// A golive.toml with every check known.
pub fn spec(text: &str) -> Spec {
    loaded(text).unwrap_or_else(|problems| panic!("{problems}"))
}

pub fn loaded(text: &str) -> Result<Spec, spec::Problems> {
    let known: Vec<Known> = golive::judge::pages().iter().map(|page| (page.family, page.id)).collect();
    let read = |name: &str| Err(format!("{name} is not there"));
    let standing = |_: &str| Standing::default();
    let outside = Outside { known: &known, read: &read, standing: &standing, variable: None };
    spec::load(Some(("golive.toml", text)), &Flags::default(), &outside).map(|(spec, _)| spec)
}

/// A recording judged again, as `golive judge` does.
pub fn again(spec: &Spec, observations: Observations) -> Report {
    let Conclusion { report, panicked } =
        conclude(spec, observations, "not in this recording", Circumstances::default());
    assert!(!panicked, "a judge failed in itself");
    report
}

/// The findings of a check with that status.
pub fn of<'a>(report: &'a Report, check: &'a str, status: Status) -> impl Iterator<Item = &'a Finding> {
    report.findings.iter().filter(move |finding| finding.check == check && finding.status == status)
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
