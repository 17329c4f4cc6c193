//! Beyond the ports that are named: nothing else may be open.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::{believed, datastore_words, direct};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::vantage::{Silence, answers_everywhere, answers_for_all, is_doubtful, refusal, silence};
use crate::judge::{Word, fail, given, unknown};
use crate::observation::{Greet, Knock, Observation, PortState, Seen, Sweep, Swept, is_often_blocked};
use crate::spec::{self, Spec};
use crate::target::{Family, PortSet};

/// Open ports of one address that get a verdict of their own.
const MOST_SHOWN: usize = 32;

pub(super) fn only_expected_ports_open(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let site = |status, why: &str| vec![Verdict::new(Subject::Site, status, why)];
    if spec.ports.sweep == spec::Sweep::Off {
        return site(Status::Skip, "ports.sweep is off");
    }
    if spec.swept_ports().is_empty() {
        return site(Status::Skip, "each port of ports.sweep is judged by its name");
    }
    seen.asked::<Sweep>().flat_map(|o| at_address(spec, seen, o)).collect()
}

fn at_address(spec: &Spec, seen: &Seen, o: &Observation<Sweep>) -> Vec<Verdict> {
    let at = o.question.at;
    let Ok(swept) = &o.outcome else {
        return vec![given(o, Subject::Address(at), |_| unknown("no answer"))];
    };
    let open = unexpected(spec, swept);
    let mut verdicts: Vec<Verdict> =
        open.iter().take(MOST_SHOWN).map(|port| open_port(spec, seen, swept, (at, port).into())).collect();
    if open.len() > MOST_SHOWN {
        let more: PortSet = open.iter().skip(MOST_SHOWN).collect();
        let words = format!("{} more ports are open: {more}", more.len());
        let (status, words) = is_open(spec, seen, at, swept, words, false);
        verdicts.push(Verdict::new(Subject::Address(at), status, words));
    }
    verdicts.push(the_rest(spec, seen, at, o.question.ports.len(), swept));
    verdicts.extend(blocked(at, swept));
    let expected = spec.promised("closed", "ports.open");
    verdicts.into_iter().map(|verdict| verdict.expected(expected.clone()).resting_on([o.id()])).collect()
}

fn unexpected(spec: &Spec, swept: &Swept) -> PortSet {
    swept.open.without(&spec.ports.open.iter().copied().collect())
}

/// An open port, and what answers there.
fn open_port(spec: &Spec, seen: &Seen, swept: &Swept, at: SocketAddr) -> Verdict {
    let knock = greeted(seen, at);
    let visits = knock.map(|o| direct(spec, seen, o)).unwrap_or_default();
    let said = knock.and_then(|o| match &o.outcome {
        Ok(PortState::Open { greeting: Some(greeting), .. }) => Some(words(o.question.greet, greeting)),
        _ => None,
    });
    let said = said.or_else(|| visits.first().map(|(_, words)| words.clone()));
    let speaks = said.is_some();
    let said = said.unwrap_or_else(|| "is open and says nothing".into());
    let (status, message) = is_open(spec, seen, at.ip(), swept, said, speaks);
    let ids = knock.map(Observation::id).into_iter().chain(visits.into_iter().map(|(id, _)| id));
    Verdict::new(Subject::Port(at.port(), at.ip()), status, message).resting_on(ids)
}

/// The knock that asks an open port what it is.
fn greeted(seen: &Seen, at: SocketAddr) -> Option<&Observation<Knock>> {
    let asked = |o: &&Observation<Knock>| {
        o.question.at == at && o.question.beside.is_some() && o.question.greet != Greet::Decoy
    };
    seen.asked::<Knock>().find(asked)
}

fn words(greet: Greet, greeting: &str) -> String {
    match greet {
        Greet::Postgresql | Greet::Redis => datastore_words("the", Some(greeting)),
        Greet::Nothing | Greet::Listen | Greet::Decoy | Greet::PostgresqlStartup | Greet::PostgresqlStartupTls => {
            format!("is open and says {greeting}")
        }
    }
}

/// Where something answers for the host, an open port must say something to be believed.
fn is_open(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept, words: String, speaks: bool) -> Word {
    let somebody = || {
        let stopped = swept.stopped.clone().filter(|_| swept.answers_everywhere());
        somebody_else(spec, seen, at).or_else(|| answers_everywhere(seen, at)).or(stopped)
    };
    match Some(()).filter(|()| !speaks).and_then(|()| somebody()) {
        Some(why) => unknown(format!("{words}, and {why}")),
        None => fail(words),
    }
}

/// Why no port is the host's own word.
fn somebody_else(spec: &Spec, seen: &Seen, at: IpAddr) -> Option<String> {
    answers_for_all(spec, seen, Family::of(at)).map(|(why, _)| why)
}

/// Why the refusals of a sweep may not be the host's: those of its sample stand for all.
fn doubtful_refusal(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept) -> Option<String> {
    let mut words =
        swept.sampled_refused(at).into_iter().map(|port| (port, refusal(spec, seen, (at, port).into()).0));
    words.find_map(|(port, (status, why))| (status != Status::Pass).then(|| format!("{port} {why}")))
}

/// All that is not open there.
fn the_rest(spec: &Spec, seen: &Seen, at: IpAddr, asked: usize, swept: &Swept) -> Verdict {
    let counts = format!("{asked} ports swept: {}", counts(spec, swept));
    let (word, proof, declared) =
        if let Some(why) = somebody_else(spec, seen, at).or_else(|| doubtful_refusal(spec, seen, at, swept)) {
            (unknown(format!("{counts}: {why}")), vec![], None)
        } else if !swept.unknown.is_empty() {
            let why = swept.stopped.as_deref().unwrap_or("no answer tells");
            (unknown(format!("{counts}: {why}")), vec![], None)
        } else if let Some(word) = doubtful(spec, seen, at, swept) {
            (word, vec![], None)
        } else {
            match silence(spec, seen, at, swept) {
                Silence::None => (believed(spec, seen, at, counts), vec![], None),
                Silence::Proven(by, ids) => (believed(spec, seen, at, format!("{counts}; {by}")), ids, None),
                Silence::Declared => {
                    let words = format!("{counts}, and egress is assumed");
                    (believed(spec, seen, at, words), vec![], Some("egress assumed"))
                }
                Silence::Unproven(why) => (unknown(format!("{counts}; {why}")), vec![], None),
            }
        };
    let verdict = Verdict::new(Subject::Address(at), word.0, word.1).resting_on(proof);
    match declared {
        Some(word) if verdict.status == Status::Pass => verdict.declared(word),
        _ => verdict,
    }
}

fn counts(spec: &Spec, swept: &Swept) -> String {
    let expected = swept.open.len() - unexpected(spec, swept).len();
    let rejected: usize = swept.rejected.iter().map(|rejections| rejections.ports.len()).sum();
    let counted = [
        (swept.open.len() - expected, "open"),
        (expected, "open as expected"),
        (swept.refused.len(), "refused"),
        (rejected, "rejected"),
        (swept.silent.len(), "silent"),
        (swept.unknown.len(), "unknown"),
    ];
    let counted: Vec<String> =
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    counted.join(", ")
}

/// A rejection that may come from our own side.
fn doubtful(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept) -> Option<Word> {
    let rejections = swept.rejected.iter().find(|rejections| is_doubtful(spec, seen, rejections.offender, at))?;
    Some(unknown(format!(
        "{} ports are rejected by {}, which is no address of the internet: perhaps our own side",
        rejections.ports.len(),
        rejections.offender
    )))
}

/// Silent ports that stand for nothing and that nothing stands for.
fn blocked(at: IpAddr, swept: &Swept) -> Option<Verdict> {
    let alone = !swept.silent.is_empty() && swept.silent.iter().all(is_often_blocked);
    let message = format!("{} (silent, as providers often block them)", swept.silent);
    alone.then(|| Verdict::new(Subject::Address(at), Status::Skip, message).unseen())
}

/// What is known of each port that is open somewhere and should not be, at each address that was swept.
pub(super) fn by_port(spec: &Spec, seen: &Seen) -> BTreeMap<u16, Vec<Verdict>> {
    let sweeps = || seen.asked::<Sweep>().filter_map(|o| Some((o, o.outcome.as_ref().ok()?)));
    let open: PortSet =
        sweeps().flat_map(|(_, swept)| unexpected(spec, swept).iter().collect::<Vec<_>>()).collect();
    let known: Vec<_> =
        sweeps().map(|(o, swept)| (o, swept, Known::of(spec, seen, o.question.at, swept))).collect();
    let each = |port: u16| {
        let here = known.iter().filter(|(o, ..)| o.question.ports.contains(port));
        let verdicts = here.map(|(o, swept, known)| {
            let at = o.question.at;
            let (status, message) = state(spec, seen, at, swept, known, port);
            let knock = greeted(seen, (at, port).into()).map(Observation::id);
            Verdict::new(Subject::Port(port, at), status, message).resting_on(knock).resting_on([o.id()])
        });
        (port, verdicts.collect())
    };
    open.iter().take(MOST_SHOWN).map(each).collect()
}

/// What is the same for all ports of a sweep.
struct Known {
    somebody_else: Option<String>,
    refusal: Option<String>,
    silence: Silence,
}

impl Known {
    fn of(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept) -> Self {
        Self {
            somebody_else: somebody_else(spec, seen, at),
            refusal: doubtful_refusal(spec, seen, at, swept),
            silence: silence(spec, seen, at, swept),
        }
    }
}

fn state(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept, known: &Known, port: u16) -> Word {
    if swept.open.contains(port) {
        return is_open(spec, seen, at, swept, "port is open".into(), false);
    }
    if let Some(why) = &known.somebody_else {
        return unknown(why.clone());
    }
    if swept.refused.contains(port) {
        return match &known.refusal {
            Some(why) => unknown(why.clone()),
            None => believed(spec, seen, at, "refuses connections".into()),
        };
    }
    if swept.silent.contains(port) {
        return match &known.silence {
            Silence::Unproven(why) => unknown(why.clone()),
            Silence::None => unknown("is silent, as providers often make it"),
            Silence::Proven(..) | Silence::Declared => believed(spec, seen, at, "is silent".into()),
        };
    }
    match swept.rejected.iter().find(|rejections| rejections.ports.contains(port)) {
        Some(rejections) if !is_doubtful(spec, seen, rejections.offender, at) => {
            believed(spec, seen, at, format!("is rejected by {}", rejections.offender))
        }
        Some(_) => doubtful(spec, seen, at, swept).unwrap_or_else(|| unknown("is rejected by our own side")),
        None => unknown(swept.stopped.clone().unwrap_or_else(|| "no answer tells".into())),
    }
}

#[cfg(test)]
mod tests;
