//! What was asked and what the network said. Data only: no clock, no socket, no opinion.

mod announced;
mod answer;
mod cdn;
mod certificate;
mod clock;
mod der;
mod extension;
mod forged;
mod guarded;
mod hello;
mod ocsp;
mod own_file;
mod path;
mod question;
mod quic;
mod repeat;
mod revocation;
mod search;
mod set_cookie;
mod smoke;
mod swept;
mod token;
mod zone;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::target::{Family, Origin};

pub use answer::*;
pub use certificate::{Certificate, Hash, Key, Leaf, Name, Signature};
pub use clock::Timestamp;
pub use forged::registrable;
pub use guarded::*;
pub use hello::*;
pub use ocsp::{Standing, Staple};
pub use own_file::*;
pub use path::*;
pub use question::*;
pub use quic::*;
pub use repeat::Repeat;
pub use revocation::*;
pub use search::*;
pub use set_cookie::{SameSite, SetCookie};
pub use smoke::*;
pub use swept::*;
pub use token::*;
pub use zone::*;

/// A question to one protocol. It is the key of its answer: equal questions are one question, sent once.
pub trait Question: Clone + Ord + Into<Probe> + 'static {
    type Answer: 'static;
    fn list(seen: &Observations) -> &Vec<Observation<Self>>;
    fn list_mut(seen: &mut Observations) -> &mut Vec<Observation<Self>>;
}

/// A question, when it was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(bound(
    serialize = "Q: Serialize, Q::Answer: Serialize",
    deserialize = "Q: Deserialize<'de>, Q::Answer: Deserialize<'de>"
))]
#[cfg_attr(test, schemars(bound = "Q: schemars::JsonSchema, Q::Answer: schemars::JsonSchema"))]
pub struct Observation<Q: Question> {
    pub question: Q,
    /// Milliseconds after the start of the run.
    pub asked_at_ms: u64,
    pub elapsed_ms: u64,
    /// How often it was sent.
    pub attempts: u8,
    pub outcome: Result<Q::Answer, ProbeError>,
}

/// Why there is no answer: how far it came, what happened, and the words for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProbeError {
    pub stage: Stage,
    pub kind: ErrorKind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Plan,
    Resolve,
    Connect,
    Handshake,
    Exchange,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    Refused,
    Reset,
    Timeout,
    /// A TLS alert, by its name in RFC 8446 §6.
    Alert(String),
    Closed,
    Malformed,
    /// 429 and its kin: asked to slow down.
    Limited,
    /// Said by a router of others.
    Unreachable,
    /// This machine's own matter: no route, no descriptor, or a fault of golive.
    Local,
    NotSent,
}

/// Told to the target in names and paths of our own making, and different in every run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(pub u64);

/// The place a run was made from. Public facts only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Vantage {
    /// Global addresses of this machine's own interfaces.
    pub own: Vec<IpAddr>,
    /// Global addresses that connections were made from.
    pub from: Vec<IpAddr>,
    /// Families that connections were made from, private source addresses included.
    pub families: Vec<Family>,
    /// Connections led elsewhere by hand (`--connect-to`), as they were written.
    pub doors: Vec<String>,
    /// Where those lead.
    pub behind_doors: Vec<IpAddr>,
    /// Addresses that asked us to slow down: 429, or 503 with Retry-After (RFC 9110 §15.6.4).
    #[serde(default)]
    pub slowed: Vec<IpAddr>,
}

macro_rules! questions {
    ($($kind:ident => $answer:ty, $list:ident;)*) => {
        /// Any question.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum Probe { $($kind($kind)),* }

        /// Any question with its outcome.
        #[derive(Clone, Debug)]
        pub enum Fact { $($kind(Observation<$kind>)),* }

        /// A recorded run: one list a kind of question, each sorted by question.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct Observations {
            pub schema: u32,
            pub site: Origin,
            pub started_at: Timestamp,
            pub nonce: Nonce,
            pub vantage: Vantage,
            $(#[serde(default)] pub $list: Vec<Observation<$kind>>),*
        }

        $(impl Question for $kind {
            type Answer = $answer;
            fn list(seen: &Observations) -> &Vec<Observation<Self>> { &seen.$list }
            fn list_mut(seen: &mut Observations) -> &mut Vec<Observation<Self>> { &mut seen.$list }
        }
        impl From<$kind> for Probe { fn from(question: $kind) -> Self { Self::$kind(question) } }
        impl From<Observation<$kind>> for Fact { fn from(o: Observation<$kind>) -> Self { Self::$kind(o) } })*

        impl Observations {
            /// A run in which nothing was asked yet.
            pub fn begin(site: Origin, started_at: Timestamp, nonce: Nonce, vantage: Vantage) -> Self {
                Self { schema: SCHEMA, site, started_at, nonce, vantage, $($list: vec![]),* }
            }

            pub fn holds(&self, probe: &Probe) -> bool {
                match probe { $(Probe::$kind(q) => self.find(q).is_some()),* }
            }

            pub fn insert(&mut self, fact: Fact) {
                match fact { $(Fact::$kind(o) => put(self, o)),* }
            }

            /// Records that a question has no answer.
            pub fn refuse(&mut self, probe: Probe, why: ProbeError) {
                match probe { $(Probe::$kind(question) => put(self, Observation {
                    question, asked_at_ms: 0, elapsed_ms: 0, attempts: 0, outcome: Err(why),
                })),* }
            }

            /// Questions are found by bisection, so a file that was edited by hand must not lose any.
            pub fn sorted(self) -> Self {
                let mut all = Self::begin(self.site, self.started_at, self.nonce, self.vantage);
                $(self.$list.into_iter().for_each(|o| put(&mut all, o));)*
                all
            }

            /// Every question that was asked.
            pub fn questions(&self) -> BTreeSet<Probe> {
                let mut all = BTreeSet::new();
                $(all.extend(self.$list.iter().map(|o| Probe::from(o.question.clone())));)*
                all
            }

            /// How many questions have an answer, and how many there are.
            pub fn answered(&self) -> (usize, usize) {
                let mut counts = (0, 0);
                $(counts.0 += self.$list.iter().filter(|o| o.outcome.is_ok()).count(); counts.1 += self.$list.len();)*
                counts
            }

            /// The earliest question without an answer, with its reason.
            pub fn first_unanswered(&self) -> Option<(String, &ProbeError)> {
                let mut first: Option<(u64, String, &ProbeError)> = None;
                $(for o in &self.$list {
                    if let Err(e) = &o.outcome && first.as_ref().is_none_or(|(at, ..)| o.asked_at_ms < *at) {
                        first = Some((o.asked_at_ms, o.id(), e));
                    }
                })*
                first.map(|(_, id, e)| (id, e))
            }

            /// Every observation with how to repeat it, by id.
            pub fn repeats(&self) -> std::collections::BTreeMap<String, Vec<String>> {
                let mut all = std::collections::BTreeMap::new();
                $(all.extend(self.$list.iter().map(|o| (o.id(), o.repeat())));)*
                all
            }

            /// Takes out what was not answered for such a reason, to be asked again.
            pub fn forget(&mut self, reason: impl Fn(&ProbeError) -> bool) -> Vec<Fact> {
                let mut facts = vec![];
                $(facts.extend(
                    self.$list.extract_if(.., |o| o.outcome.as_ref().is_err_and(&reason)).map(Fact::$kind),
                );)*
                facts
            }

            /// What was forgotten and asked again has all the attempts; what was not asked again stands as it was.
            pub fn recall(&mut self, forgotten: Fact) {
                match forgotten { $(Fact::$kind(o) => {
                    match self.$list.binary_search_by(|held| held.question.cmp(&o.question)) {
                        Ok(at) => self.$list[at].attempts = self.$list[at].attempts.saturating_add(o.attempts),
                        Err(at) => self.$list.insert(at, o),
                    }
                }),* }
            }

            fn keep(&mut self, wanted: &BTreeSet<Probe>) {
                $(self.$list.retain(|o| wanted.contains(&o.question.clone().into()));)*
            }
        }
    };
}

questions! {
    Lookup => Addresses, lookups;
    Knock => PortState, ports;
    Session => Handshake, sessions;
    Http => Exchange, http;
    Hello => Offered, hellos;
    Quic => QuicHandshake, quic;
    Route => Steps, routes;
    Passage => Crossings, passages;
    Sweep => Swept, sweeps;
    Caa => Authorisations, caa;
    Authority => Authorities, authorities;
    Crl => Revocation, revocations;
    Smoke => Walked, smoke;
    Search => Searched, searches;
    OwnFile => FileFacts, files;
}

/// The layout of a recording. Fields are added under the same number, never renamed.
pub const SCHEMA: u32 = 1;

fn put<Q: Question>(seen: &mut Observations, o: Observation<Q>) {
    let list = Q::list_mut(seen);
    match list.binary_search_by(|held| held.question.cmp(&o.question)) {
        Ok(at) => list[at] = o,
        Err(at) => list.insert(at, o),
    }
}

impl Observations {
    pub fn find<Q: Question>(&self, question: &Q) -> Option<&Observation<Q>> {
        let list = Q::list(self);
        list.binary_search_by(|o| o.question.cmp(question)).ok().map(|at| &list[at])
    }

    /// The answer, if it was given. For the planner: nothing follows from what was not answered.
    pub fn answer<Q: Question>(&self, question: &Q) -> Option<&Q::Answer> {
        self.find(question)?.outcome.as_ref().ok()
    }

    /// Lookups that were sent and have no answer.
    pub fn unresolved(&self) -> impl Iterator<Item = (String, &ProbeError)> {
        let failed = self.lookups.iter().filter_map(|o| Some((o.id(), o.outcome.as_ref().err()?)));
        failed.filter(|(_, error)| error.kind != ErrorKind::NotSent)
    }

    /// The folder of each visited path that answers JSON: where programs are answered.
    pub fn json_folders(&self) -> BTreeSet<String> {
        let visits = self.http.iter().filter(|o| o.question.ask == Ask::Visit);
        let json = visits.filter(|o| o.outcome.as_ref().is_ok_and(|x| x.last().response.is_json()));
        json.filter_map(|o| Some(format!("{}/", folder(&o.question.path)?))).collect()
    }
}

/// The folder of a path, without the slash at its end; a slash of the query is none of the path's.
pub fn folder(path: &str) -> Option<&str> {
    path.split('?').next()?.rsplit_once('/').map(|(folder, _)| folder)
}

impl<Q: Question> Observation<Q> {
    /// The question, readable; unique in a run and the same from run to run.
    pub fn id(&self) -> String {
        id(&self.question)
    }
}

/// The id of a question's observation.
pub fn id<Q: Question>(question: &Q) -> String {
    let probe: Probe = question.clone().into();
    probe.to_string()
}

/// Observations that answer exactly a plan: every wanted question is here, answered or with the reason why not,
/// and nothing else. Only this type reaches a judge, so a judge cannot overlook what is missing.
#[derive(Debug)]
pub struct Seen {
    plan: Observations,
    whole: Observations,
}

impl Seen {
    /// Gives each wanted question that has no record the reason `why`, to the fixpoint of `wanted`.
    pub fn complete(
        mut observations: Observations,
        why: &str,
        wanted: impl Fn(&Observations) -> BTreeSet<Probe>,
    ) -> Self {
        loop {
            let all = wanted(&observations);
            let missing: Vec<_> = all.iter().filter(|probe| !observations.holds(probe)).cloned().collect();
            if missing.is_empty() {
                let mut plan = observations.clone();
                plan.keep(&all);
                return Self { plan, whole: observations };
            }
            for probe in missing {
                observations.refuse(probe, ProbeError::not_sent(why));
            }
        }
    }

    /// Everything that was recorded, wanted now or not: what a report keeps.
    pub fn into_recording(self) -> Observations {
        self.whole
    }

    /// All of a kind, in the order of their questions.
    pub fn asked<Q: Question>(&self) -> impl Iterator<Item = &Observation<Q>> {
        Q::list(&self.plan).iter()
    }

    pub fn find<Q: Question>(&self, question: &Q) -> Option<&Observation<Q>> {
        self.plan.find(question)
    }

    pub fn answer<Q: Question>(&self, question: &Q) -> Option<&Q::Answer> {
        self.plan.answer(question)
    }

    pub fn observations(&self) -> &Observations {
        &self.plan
    }

    pub fn started_at(&self) -> Timestamp {
        self.plan.started_at
    }

    pub fn vantage(&self) -> &Vantage {
        &self.plan.vantage
    }
}

impl ProbeError {
    pub fn new(stage: Stage, kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { stage, kind, detail: detail.into() }
    }

    pub fn not_sent(why: &str) -> Self {
        Self::new(Stage::Plan, ErrorKind::NotSent, why)
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.to_string()
    }
}

impl TryFrom<String> for Nonce {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self).map_err(|_| "is no hexadecimal number of 64 bits".into())
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
