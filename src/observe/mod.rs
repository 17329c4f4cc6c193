//! The only code that opens sockets and reads clocks. It knows protocols, not checks.

mod again;
mod content;
mod debug;
mod descriptors;
mod dial;
mod dialogue;
mod document;
mod files;
mod hello;
mod http;
mod http2;
mod jar;
mod listen;
mod listing;
mod markup;
mod net;
mod own_files;
mod page;
mod path;
#[cfg(test)]
mod peers;
mod places;
mod port;
mod published;
mod quic;
mod record;
mod redact;
mod resolve;
mod revocation;
mod search;
mod secrets;
mod smoke;
mod software;
mod startup;
mod store;
mod sweep;
mod tap;
mod tls;
mod tokens;
mod wait;
mod websocket;
mod zone;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::observation::{
    ErrorKind, Fact, Handshake, Nonce, Observation, Observations, Probe, ProbeError, Question, Session, Sni,
    Stage, Sweep, Timestamp,
};
use crate::plan;
use crate::spec::Spec;
use crate::target::Host;

use dialogue::{Dialogue, Places};
use record::Recorder;
use resolve::Names;

/// An answer as it is recorded.
#[cfg(test)]
pub fn recorded(status: u16, fields: Vec<(String, Vec<u8>)>, body: &[u8]) -> crate::observation::Response {
    let nonce = Nonce(1);
    let request = crate::observation::Request {
        method: crate::observation::Method::Get,
        origin: "https://app.example.com".into(),
        target: "/".into(),
        sni: None,
        fields: vec![],
    };
    let raw = http::Raw { status, fields, body: body.into(), cut: false };
    Recorder::new(nonce).hop(&request, false, &raw).response
}

pub use again::observe;
pub use listen::Listening;
pub use net::{Door, Narrowed, Net, Way, public_addresses};
pub use wait::{Waited, wait};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was asked.
    Complete,
    /// `limits.total` ran out.
    OutOfTime,
    /// Someone stopped it.
    Stopped,
}

/// What a run brought home.
pub struct Observed {
    pub observations: Observations,
    pub ending: Ending,
    pub elapsed: Duration,
    /// An observer failed in itself; its question has no answer.
    pub panicked: bool,
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub answered: usize,
    pub wanted: usize,
    /// What was answered last.
    pub last: String,
}

/// A run that has asked nothing yet: now, here, with a nonce of its own.
pub fn begin(spec: &Spec, net: &Net) -> Observations {
    let mut nonce = [0; 4];
    // Any number will do; it only has to differ from run to run.
    let _ = getrandom::fill(&mut nonce);
    Observations::begin(spec.site.clone(), now(), Nonce(u32::from_le_bytes(nonce).into()), net.vantage())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the calendar")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Asks what is wanted and not held yet, until everything is answered, the time is out, or `stop` turns true.
async fn round(
    run: &Arc<Run>,
    begin: Observations,
    mut stop: watch::Receiver<bool>,
    progress: &(dyn Fn(&Progress) + Sync),
) -> Observed {
    let Run { spec, net, .. } = &**run;
    let deadline = net.started() + spec.limits.total();
    let before = begin.questions().len();
    let mut observations = begin;
    let mut asked = BTreeSet::new();
    let mut running = JoinSet::new();
    let mut titles = HashMap::new();
    let mut panicked = false;
    let mut title = String::new();
    let mut sweeps = vec![];
    let ending = 'run: loop {
        let begun = Instant::now();
        let wanted = plan::wanted(spec, &observations);
        let places = Arc::new(known_places(spec, &observations));
        if *stop.borrow() {
            break Ending::Stopped;
        }
        for probe in &wanted {
            if !observations.holds(probe) && asked.insert(probe.clone()) {
                let task = running.spawn(run.clone().ask(probe.clone(), places.clone()));
                titles.insert(task.id(), probe.clone());
                if let Probe::Sweep(sweep) = probe {
                    sweeps.push(sweep.clone());
                }
            }
        }
        let planning = begun.elapsed();
        let told = |observations: &Observations, answered: usize, last: &str| {
            let last = sweeping(&sweeps, observations).unwrap_or_else(|| last.into());
            progress(&Progress { answered: before + answered, wanted: wanted.len(), last });
        };
        let fact = loop {
            tokio::select! {
                biased;
                // When nobody is left who could stop it, the run goes on.
                Ok(_) = stop.wait_for(|stop| *stop) => break 'run Ending::Stopped,
                () = sleep_until(deadline) => break 'run Ending::OutOfTime,
                fact = running.join_next_with_id() => break fact,
                () = sleep(TICK) => told(&observations, asked.len() - running.len(), &title),
            }
        };
        let Some(fact) = fact else { break Ending::Complete };
        // The plan is made anew for a handful of answers at a time: planning takes a fifth of a run at most.
        let until = deadline.min(Instant::now() + planning * 4);
        let mut next = Some(fact);
        while let Some(fact) = next {
            title = settle(&mut observations, &titles, fact, &mut panicked);
            told(&observations, asked.len() - running.len(), &title);
            next = tokio::select! {
                biased;
                Ok(_) = stop.wait_for(|stop| *stop) => None,
                next = timeout_at(until, running.join_next_with_id()) => next.ok().flatten(),
            };
        }
    };
    while let Some(fact) = running.try_join_next_with_id() {
        settle(&mut observations, &titles, fact, &mut panicked);
    }
    (observations.vantage.from, observations.vantage.families) = net.sources();
    observations.vantage.slowed = net.slowed();
    Observed { observations, ending, elapsed: net.started().elapsed(), panicked }
}

/// While nothing is answered the progress is told at this pace: a sweep is one question, and a long one.
const TICK: Duration = Duration::from_millis(100);

/// The sweep that is under way.
fn sweeping(sweeps: &[Sweep], observations: &Observations) -> Option<String> {
    let running = sweeps.iter().find(|sweep| observations.find(*sweep).is_none())?;
    Some(format!("sweeping {}", running.at))
}

/// Looks names up and asks nothing else: what `plan` prints is built on it.
pub async fn look_up(spec: &Spec, net: &Net, mut begin: Observations) -> Observations {
    let names = Names::new(&net.way);
    for probe in plan::wanted(spec, &begin) {
        if let Probe::Lookup(question) = probe {
            let outcome = names.lookup(&net.way, &question).await;
            begin.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome }.into());
        }
    }
    begin
}

fn known_places(spec: &Spec, observations: &Observations) -> Places {
    let place =
        |origin: &crate::target::Origin| (origin.host.clone(), plan::addresses(spec, observations, &origin.host));
    spec.origins().map(place).collect::<BTreeMap<_, _>>()
}

type Joined = Result<(Id, Fact), JoinError>;

/// Records a fact. A panic costs its own question, never the run.
fn settle(seen: &mut Observations, titles: &HashMap<Id, Probe>, joined: Joined, panicked: &mut bool) -> String {
    let (id, fact) = match joined {
        Ok((id, fact)) => (id, Some(fact)),
        Err(error) => (error.id(), None),
    };
    let probe = &titles[&id];
    match fact {
        Some(fact) => seen.insert(fact),
        None => {
            *panicked = true;
            let detail = "golive failed in this question; please report it";
            seen.refuse(probe.clone(), ProbeError::new(Stage::Plan, ErrorKind::Local, detail));
        }
    }
    probe.to_string()
}

/// What every question of a run shares.
struct Run {
    spec: Arc<Spec>,
    net: Arc<Net>,
    names: Names,
    recorder: Recorder,
    nonce: Nonce,
}

impl Run {
    fn new(spec: Arc<Spec>, net: Arc<Net>, nonce: Nonce) -> Self {
        let recorder = Recorder::new(nonce).trying(&net.private.candidates);
        Self { names: Names::new(&net.way), recorder, spec, net, nonce }
    }

    async fn ask(self: Arc<Self>, probe: Probe, places: Arc<Places>) -> Fact {
        match probe {
            Probe::Lookup(q) => {
                self.timed(q.clone(), async { (1, self.names.lookup(&self.net.way, &q).await) }).await.into()
            }
            Probe::Knock(q) => {
                let host = self.host_at(q.at.ip(), &places);
                let knocker = port::Knocker { net: &self.net, recorder: &self.recorder, host };
                self.timed(q.clone(), knocker.knock(&q)).await.into()
            }
            Probe::Session(q) => {
                let _place = self.net.place(q.at.ip).await;
                self.timed(q.clone(), async { (1, self.session(&q).await) }).await.into()
            }
            Probe::Http(q) => {
                let dialogue = Dialogue {
                    net: &self.net,
                    spec: &self.spec,
                    recorder: &self.recorder,
                    places: &places,
                    nonce: self.nonce,
                };
                // The time counts from when there is a place: a queue of ours is no slowness of the site.
                let place = self.net.place(q.at.ip).await;
                self.timed(q.clone(), dialogue.hold(&q, place)).await.into()
            }
            Probe::Smoke(q) => {
                let walker = smoke::Walker {
                    net: &self.net,
                    spec: &self.spec,
                    recorder: &self.recorder,
                    places: &places,
                    nonce: self.nonce,
                };
                self.timed(q.clone(), async { (1, walker.walk(&q).await) }).await.into()
            }
            Probe::Search(q) => {
                let dialogue = Dialogue {
                    net: &self.net,
                    spec: &self.spec,
                    recorder: &self.recorder,
                    places: &places,
                    nonce: self.nonce,
                };
                let values = secrets::Values::new(self.net.private.secrets());
                self.timed(q.clone(), async { (1, Ok(search::search(&dialogue, &values, &q).await)) }).await.into()
            }
            Probe::OwnFile(q) => self
                .timed(q.clone(), async { (1, own_files::facts(&self.net.private, &self.spec, &q)) })
                .await
                .into(),
            Probe::Hello(q) => {
                let _place = self.net.place(q.at.ip).await;
                self.timed(q.clone(), hello::offer(&self.net, &q)).await.into()
            }
            Probe::Quic(q) => {
                self.timed(q.clone(), async { (1, quic::shake_hands(&self.net, &q).await) }).await.into()
            }
            Probe::Route(q) => {
                let host = self.host_at(q.to.ip(), &places);
                self.timed(q.clone(), path::route(&self.net, host, &q)).await.into()
            }
            Probe::Passage(q) => {
                let host = self.host_at(q.to, &places);
                self.timed(q.clone(), path::passage(&self.net, host, &q)).await.into()
            }
            Probe::Sweep(q) => {
                let host = self.host_at(q.at, &places);
                self.timed(q.clone(), sweep::sweep(&self.net, host, &q)).await.into()
            }
            Probe::Caa(q) => self
                .timed(q.clone(), async { (1, self.names.authorisations(&self.net.way, &q).await) })
                .await
                .into(),
            Probe::Authority(q) => {
                let private = self.spec.vantage.allow_private;
                let asked = async { (1, self.names.authorities(&self.net.way, &q, private).await) };
                self.timed(q.clone(), asked).await.into()
            }
            Probe::Crl(q) => {
                let fetcher = revocation::Fetcher {
                    net: &self.net,
                    names: &self.names,
                    allow_private: self.spec.vantage.allow_private,
                };
                self.timed(q.clone(), async { (1, fetcher.fetch(&q).await) }).await.into()
            }
        }
    }

    /// The first host of the site that leads to an address.
    fn host_at(&self, ip: IpAddr, places: &Places) -> Option<&Host> {
        let is_at = |host: &&Host| places.get(*host).is_some_and(|ips| ips.contains(&ip));
        self.spec.origins().map(|origin| &origin.host).find(is_at)
    }

    async fn timed<Q: Question>(
        &self,
        question: Q,
        work: impl Future<Output = (u8, Result<Q::Answer, ProbeError>)>,
    ) -> Observation<Q> {
        let asked_at_ms = self.net.elapsed_ms();
        let (attempts, outcome) = work.await;
        let elapsed_ms = self.net.elapsed_ms() - asked_at_ms;
        Observation { question, asked_at_ms, elapsed_ms, attempts, outcome }
    }

    async fn session(&self, question: &Session) -> Result<Handshake, ProbeError> {
        let Session { at, sni } = question;
        let name = at.host.name().filter(|_| *sni == Sni::Own);
        let shown = tls::connect(&self.net, at, name, &[b"h2", b"http/1.1"]).await?.handshake;
        let local_issuer = store::local_issuer(&shown);
        Ok(Handshake { local_issuer, ..shown })
    }
}
