//! Beyond the ports that are named: nothing else may be open.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::{believed, datastore_words, direct, is_bare};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::vantage::{Silence, is_doubtful, silence};
use crate::judge::{Word, fail, given, unknown};
use crate::observation::{Greet, Knock, Observation, PortState, Seen, Sweep, Swept, is_often_blocked};
use crate::spec::{self, Spec};
use crate::target::PortSet;

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
    let swept = seen.asked::<Sweep>().flat_map(|o| at_address(spec, seen, o));
    swept.chain(unswept(spec, seen)).collect()
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
        let (status, words) = is_open(swept, format!("{} more ports are open: {more}", more.len()), false);
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
    let (status, message) = is_open(swept, said.unwrap_or_else(|| "is open and says nothing".into()), speaks);
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
        Greet::Nothing | Greet::Listen | Greet::Decoy => format!("is open and says {greeting}"),
    }
}

/// Where something answers for the host on every port, an open one must say something to be believed.
fn is_open(swept: &Swept, words: String, speaks: bool) -> Word {
    match &swept.stopped {
        Some(why) if swept.answers_everywhere() && !speaks => unknown(format!("{words}, and {why}")),
        _ => fail(words),
    }
}

/// All that is not open there.
fn the_rest(spec: &Spec, seen: &Seen, at: IpAddr, asked: usize, swept: &Swept) -> Verdict {
    let counts = format!("{asked} ports swept: {}", counts(spec, swept));
    let (word, proof, declared) = if !swept.unknown.is_empty() {
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

/// Addresses whose web port takes no connections are not swept.
fn unswept(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let is_web = |o: &&Observation<Knock>| {
        let at = o.question.at;
        is_bare(o)
            && spec.origins().any(|origin| origin.port == at.port())
            && !spec.vantage.control.contains(&at.ip())
            && !seen.asked::<Sweep>().any(|sweep| sweep.question.at == at.ip())
            && !matches!(o.outcome, Ok(PortState::Open { reset: false, .. }))
    };
    let verdict = |o: &Observation<Knock>| {
        let at = o.question.at;
        given(o, Subject::Address(at.ip()), |_| {
            unknown(format!("was not swept: port {} takes no connections", at.port()))
        })
    };
    seen.asked::<Knock>().filter(is_web).map(verdict).collect()
}

/// What is known of each port that is open somewhere and should not be, at each address that was swept.
pub(super) fn by_port(spec: &Spec, seen: &Seen) -> BTreeMap<u16, Vec<Verdict>> {
    let sweeps = || seen.asked::<Sweep>().filter_map(|o| Some((o, o.outcome.as_ref().ok()?)));
    let open: PortSet =
        sweeps().flat_map(|(_, swept)| unexpected(spec, swept).iter().collect::<Vec<_>>()).collect();
    let each = |port: u16| {
        let verdicts = sweeps().filter(|(o, _)| o.question.ports.contains(port)).map(|(o, swept)| {
            let at = o.question.at;
            let (status, message) = state(spec, seen, at, swept, port);
            let knock = greeted(seen, (at, port).into()).map(Observation::id);
            Verdict::new(Subject::Port(port, at), status, message).resting_on(knock).resting_on([o.id()])
        });
        (port, verdicts.collect())
    };
    open.iter().take(MOST_SHOWN).map(each).collect()
}

fn state(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept, port: u16) -> Word {
    if swept.open.contains(port) {
        return is_open(swept, "port is open".into(), false);
    }
    if swept.refused.contains(port) {
        return believed(spec, seen, at, "refuses connections".into());
    }
    if swept.silent.contains(port) {
        return match silence(spec, seen, at, swept) {
            Silence::Unproven(why) => unknown(why),
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
