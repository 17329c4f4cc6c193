//! tls-legacy-refused, tls-modern-offered, tls-newest-offered: which versions are spoken.

use std::collections::BTreeSet;

use super::{Answers, each, how, listed};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Offer, Offered, Seen, Version};
use crate::spec::{Spec, TlsVersion};

/// RFC 7568 for SSLv3, RFC 8996 for TLS 1.0 and 1.1.
pub(super) fn legacy_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let (least, offers) = match spec.tls.minimum {
        TlsVersion::V1_2 => (Version::Tls12, &LEGACY[..3]),
        TlsVersion::V1_3 => (Version::Tls13, &LEGACY[..]),
    };
    let expected = match least {
        Version::Tls13 => "TLS 1.3 only",
        _ => "TLS 1.2 and newer only",
    };
    each(spec, seen, &spec.promised(expected, "tls.minimum"), |answers| legacy(answers, least, offers))
}

const LEGACY: [Offer; 4] = [Offer::Ssl3, Offer::Tls10, Offer::Tls11, Offer::Tls12];

fn legacy(answers: &Answers, least: Version, offers: &[Offer]) -> (Word, Vec<Offer>) {
    let below = || answers.taken().filter(|(_, taken)| taken.version < least);
    let spoken: BTreeSet<Version> = below().map(|(_, taken)| taken.version).collect();
    if !spoken.is_empty() {
        return (fail(format!("{} accepted", versions(spoken))), below().map(|(offer, _)| offer).collect());
    }
    let modern = answers.taken().find(|(_, taken)| taken.version >= least).map(|(offer, _)| offer);
    let rests = offers.iter().copied().chain(modern).collect();
    let word = match (answers.refusals(offers), modern) {
        (Err(word), _) => word,
        (Ok(()), None) => unknown(format!("no hello is taken by {least}, so a refusal proves nothing")),
        (Ok(()), Some(_)) => pass(format!("{} refused", versions(offers.iter().map(|offer| offer.version())))),
    };
    (word, rests)
}

pub(super) fn modern_offered(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(spec, seen, "TLS 1.2 or TLS 1.3", |answers| {
        let offers = [Offer::Tls12, Offer::Tls13];
        let spoken = spoken(answers).filter(|version| *version >= Version::Tls12).collect::<BTreeSet<_>>();
        let word = match (answers.of(Offer::Tls12), answers.of(Offer::Tls13)) {
            _ if !spoken.is_empty() => pass(format!("{} accepted", versions(spoken))),
            (Err(word), _) | (_, Err(word)) => word,
            // Nobody is let in at all: that says nothing of versions.
            (Ok(old), Ok(new)) if is_mute(old) && is_mute(new) && answers.taken().next().is_none() => {
                unknown("the connection ends without an answer at every hello")
            }
            (Ok(old), Ok(new)) => fail(format!("TLS 1.2 is {}, TLS 1.3 is {}", how(old), how(new))),
        };
        (word, offers.to_vec())
    })
}

fn is_mute(answer: &Offered) -> bool {
    matches!(answer, Offered::Closed | Offered::Reset)
}

pub(super) fn newest_offered(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(spec, seen, "TLS 1.3", |answers| {
        let word = match answers.of(Offer::Tls13) {
            _ if spoken(answers).any(|version| version == Version::Tls13) => pass("TLS 1.3 accepted"),
            Err(word) => word,
            Ok(answer) => match answers.refusals(&[Offer::Tls13]) {
                Err(word) => word,
                Ok(()) => fail(format!("TLS 1.3 is {}", how(answer))),
            },
        };
        (word, vec![Offer::Tls13])
    })
}

/// By hellos, and by the handshake that was completed.
fn spoken(answers: &Answers) -> impl Iterator<Item = Version> {
    let session = answers.session.and_then(|o| o.outcome.as_ref().ok());
    let completed = [Version::Tls12, Version::Tls13];
    let completed =
        completed.into_iter().filter(move |v| session.is_some_and(|shake| shake.version == v.to_string()));
    answers.taken().map(|(_, taken)| taken.version).chain(completed)
}

fn versions(list: impl IntoIterator<Item = Version>) -> String {
    listed(&list.into_iter().map(|version| version.to_string()).collect::<Vec<_>>())
}
