//! tls-weak-ciphers-refused, tls-forward-secret, tls-old-suites-refused: what is spoken once a version is.

use std::collections::BTreeSet;

use super::{Answers, BROWSERS, each, how, listed, name};
use crate::finding::{Status, Verdict};
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Offer, Offered, Seen, Suite, Taken, Version};
use crate::spec::Spec;

pub(super) fn weak_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = "none of NULL, anonymous, EXPORT, RC4, DES, 3DES, IDEA, SEED and MD5";
    let weak = Offer::ALL.into_iter().filter(|o| o.weakness().is_some() || *o == Offer::WeakTls10);
    let weak: Vec<Offer> = weak.collect();
    // Whoever gets one, and be it a browser.
    let is_bad = |_, suite: Suite| suite.is_weak();
    each(spec, seen, expected, |answers| refused(answers, &weak, is_bad, "weak cipher suites refused"))
}

/// nginx and others accept them by default, so this is advice: no forward secrecy, or padding that implementations
/// have got wrong again and again.
pub(super) fn old_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let old = [Offer::StaticRsa, Offer::Cbc];
    let is_bad = |offer, suite: Suite| old.contains(&offer) && (suite.has("TLS_RSA_") || suite.has("_CBC_"));
    let expected = "suites with forward secrecy and authenticated encryption only";
    each(spec, seen, expected, |answers| refused(answers, &old, is_bad, "static RSA and CBC refused"))
}

fn refused(
    answers: &Answers,
    offers: &[Offer],
    is_bad: impl Fn(Offer, Suite) -> bool,
    otherwise: &str,
) -> (Word, Vec<Offer>) {
    let bad: Vec<(Offer, &Taken)> = answers.taken().filter(|(offer, taken)| is_bad(*offer, taken.suite)).collect();
    let suites: BTreeSet<Suite> = bad.iter().map(|(_, taken)| taken.suite).collect();
    match answers.refusals(offers) {
        _ if !bad.is_empty() => {
            (fail(format!("{} accepted", counted(&suites))), bad.into_iter().map(|(offer, _)| offer).collect())
        }
        Err(word) => (word, offers.to_vec()),
        Ok(()) => (pass(otherwise), offers.to_vec()),
    }
}

/// The first three names.
fn counted(suites: &BTreeSet<Suite>) -> String {
    const MOST: usize = 3;
    let mut names: Vec<String> = suites.iter().take(MOST).map(ToString::to_string).collect();
    if suites.len() > MOST {
        names.push(format!("{} more", suites.len() - MOST));
    }
    listed(&names)
}

pub(super) fn forward_secret(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = format!("ECDHE, or DHE with {LEAST_BITS} bits or more");
    each(spec, seen, &expected, |answers| {
        let browsers = BROWSERS.map(|browser| (browser, secrecy(answers, browser)));
        let by_prime = prime(answers);
        let all = || browsers.iter().map(|(offer, word)| (*offer, word)).chain([(Offer::Dhe, &by_prime)]);
        for status in [Status::Fail, Status::Unknown] {
            let such: Vec<_> = all().filter(|(_, word)| word.0 == status).collect();
            if !such.is_empty() {
                let mut words: Vec<String> = such.iter().map(|(_, word)| word.1.clone()).collect();
                words.dedup();
                return ((status, words.join("; ")), such.iter().map(|(offer, _)| *offer).collect());
            }
        }
        let mut words: Vec<&str> = all().map(|(_, word)| &word.1[..]).filter(|word| !word.is_empty()).collect();
        words.dedup();
        (pass(words.join("; ")), all().map(|(offer, _)| offer).collect())
    })
}

/// NIST SP 800-57 part 1, table 2: 112 bits of security.
const LEAST_BITS: u16 = 2048;

/// What a browser gets.
fn secrecy(answers: &Answers, browser: Offer) -> Word {
    let name = name(browser);
    match answers.of(browser) {
        Err(word) => word,
        Ok(Offered::Taken(taken)) if !taken.suite.is_forward_secret() => {
            fail(format!("{name} gets {}", taken.suite))
        }
        Ok(Offered::Taken(taken)) => match size(taken) {
            Some((status, words)) if status > Status::Pass => (status, format!("{name} gets {words}")),
            _ if taken.version == Version::Tls13 => pass("browsers get TLS 1.3"),
            _ => pass(format!("browsers get {}", taken.suite)),
        },
        Ok(answer @ Offered::Alert(_)) => fail(format!("{name} is {}", how(answer))),
        Ok(answer @ (Offered::Closed | Offered::Reset)) => unknown(format!("{name} is {}", how(answer))),
    }
}

/// The prime that a client without curves gets. Nobody has to offer one.
fn prime(answers: &Answers) -> Word {
    match answers.of(Offer::Dhe) {
        Err(word) => word,
        Ok(Offered::Taken(taken)) => size(taken).unwrap_or_else(|| pass("")),
        Ok(_) => pass(""),
    }
}

/// How large the prime of a Diffie-Hellman exchange is, where it is one.
fn size(taken: &Taken) -> Option<Word> {
    match (taken.suite.has("_DHE_"), taken.dh_bits) {
        (false, _) => None,
        (true, None) => Some(unknown("DHE with a prime that was not shown")),
        (true, Some(bits)) if bits < LEAST_BITS => Some(fail(format!("DHE with {bits} bits"))),
        (true, Some(bits)) => Some(pass(format!("DHE with {bits} bits"))),
    }
}
