//! Which versions, suites and keys does the server take? Hellos written by hand, one offer each.

mod exchange;
mod suites;
mod versions;

use super::{Check, Word, check, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Hello, Observation, Offer, Offered, Seen, Session, Taken, Version, id};
use crate::spec::Spec;

pub(super) const CHECKS: &[Check] = &[
    check!("tls/tls-legacy-refused", versions::legacy_refused),
    check!("tls/tls-modern-offered", versions::modern_offered),
    check!("tls/tls-weak-ciphers-refused", suites::weak_refused),
    check!("tls/tls-forward-secret", suites::forward_secret),
    check!("tls/tls-newest-offered", versions::newest_offered),
    check!("tls/tls-old-suites-refused", suites::old_refused),
    check!("tls/tls-renegotiation-safe", exchange::renegotiation_safe),
    check!("tls/tls-compression-off", exchange::compression_off),
    check!("tls/tls-post-quantum", exchange::post_quantum),
];

/// One verdict a place, with the offers that it rests on, and with what was expected where it fails.
fn each(spec: &Spec, seen: &Seen, expected: &str, word: impl Fn(&Answers) -> (Word, Vec<Offer>)) -> Vec<Verdict> {
    let all: Vec<&Observation<Hello>> =
        seen.asked::<Hello>().filter(|o| spec.is_own(&o.question.at.host)).collect();
    let places = all.chunk_by(|a, b| a.question.at == b.question.at);
    let verdict = |hellos: &[&Observation<Hello>]| {
        let at = &hellos[0].question.at;
        let session = seen.find(&Session::of(at.clone()));
        let ((status, message), offers) = word(&Answers { hellos: hellos.to_vec(), session });
        let subject = Subject::Url { method: "GET".into(), url: at.origin().to_string(), at: at.ip };
        let ids = offers.into_iter().map(|offer| id(&Hello { at: at.clone(), offer }));
        let verdict = Verdict::new(subject, status, message).resting_on(ids);
        if status == Status::Fail { verdict.expected(expected) } else { verdict }
    };
    places.map(verdict).collect()
}

/// What one place answers to each offer.
struct Answers<'a> {
    hellos: Vec<&'a Observation<Hello>>,
    session: Option<&'a Observation<Session>>,
}

impl<'a> Answers<'a> {
    /// What came back to an offer.
    ///
    /// # Errors
    /// The word to say where nothing did.
    fn of(&self, offer: Offer) -> Result<&'a Offered, Word> {
        match self.hellos.iter().find(|o| o.question.offer == offer).map(|o| &o.outcome) {
            Some(Ok(offered)) => Ok(offered),
            Some(Err(error)) => Err(unknown(error.to_string())),
            None => Err(unknown("was not asked")),
        }
    }

    /// The offers that were taken, whatever they got.
    fn taken(&self) -> impl Iterator<Item = (Offer, &'a Taken)> {
        self.hellos.iter().filter_map(|o| match &o.outcome {
            Ok(Offered::Taken(taken)) => Some((o.question.offer, taken)),
            _ => None,
        })
    }

    /// Whether these offers were refused by a server that takes another. An alert says so itself; a connection that is
    /// closed may be a limit's, and then browsers meet it too.
    ///
    /// # Errors
    /// Why the refusal of one of them is not believed.
    fn refusals(&self, offers: &[Offer]) -> Result<(), Word> {
        let is_cut = |answer: &Offered| matches!(answer, Offered::Closed | Offered::Reset);
        let shut_out = BROWSERS.into_iter().find(|browser| self.of(*browser).is_ok_and(is_cut));
        for offer in offers {
            let answer = self.of(*offer)?;
            if let (true, Some(browser)) = (is_cut(answer), shut_out) {
                let browser = name(browser);
                return Err(unknown(format!("the connection ends without an answer, for {browser} as well")));
            }
        }
        match self.taken().next() {
            Some(_) => Ok(()),
            None => Err(unknown("no hello is taken, so a refusal proves nothing")),
        }
    }

    /// TLS 1.3 is spoken and nothing before it.
    fn is_of_tls13_alone(&self) -> bool {
        let speaks = |version| self.taken().any(|(_, taken)| taken.version == version);
        speaks(Version::Tls13) && !speaks(Version::Tls12) && self.refusals(&[Offer::Tls12]).is_ok()
    }
}

const BROWSERS: [Offer; 3] = [Offer::Chrome, Offer::Firefox, Offer::Safari];

fn name(browser: Offer) -> &'static str {
    match browser {
        Offer::Chrome => "Chrome",
        Offer::Firefox => "Firefox",
        _ => "Safari",
    }
}

/// How an offer was answered that was not taken as meant.
fn how(answer: &Offered) -> String {
    match answer {
        Offered::Taken(taken) => format!("answered by {} with {}", taken.version, taken.suite),
        Offered::Alert(alert) => format!("answered by the alert {alert}"),
        Offered::Closed => "answered by closing the connection".into(),
        Offered::Reset => "answered by a reset".into(),
    }
}

/// `a, b and c`
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests;
