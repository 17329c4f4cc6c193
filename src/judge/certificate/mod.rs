//! Is the certificate one that browsers accept today, and will it be next week? The chain was recorded unverified;
//! it is verified here, so that every reason has its name.

mod caa;
mod dates;
mod discreet;
#[cfg(test)]
pub(super) mod issued;
mod lifetime;
mod names;
mod path;
mod reason;
mod revocation;
mod strength;
mod transparency;
mod trust;

use super::{Check, Word, check, given};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{
    Certificate, ErrorKind, Handshake, Hello, Observation, Offer, Offered, ProbeError, Seen, Session, Sni, id,
};
use crate::spec::Spec;
use crate::target::Endpoint;

pub(super) const CHECKS: &[Check] = &[
    check!("certificate/certificate-trusted", trust::trusted),
    check!("certificate/certificate-names-site", names::names_site),
    check!("certificate/certificate-in-date", dates::in_date),
    check!("certificate/certificate-renewed", dates::renewed),
    check!("certificate/certificate-key-strong", strength::key_strong),
    check!("certificate/certificate-signature-strong", strength::signature_strong),
    check!("certificate/certificate-lifetime-allowed", lifetime::allowed),
    check!("certificate/certificate-transparent", transparency::transparent),
    check!("certificate/certificate-not-revoked", revocation::not_revoked),
    check!("certificate/default-certificate-discreet", discreet::discreet),
    check!("certificate/caa-restricts-issuance", caa::restricts),
];

/// One verdict a handshake as visitors have it, with what was expected where it fails.
fn each(
    spec: &Spec,
    seen: &Seen,
    expected: impl Fn(&Endpoint) -> String,
    word: impl Fn(&Endpoint, &Handshake) -> Word,
) -> Vec<Verdict> {
    let verdict = |o: &Observation<Session>| {
        let at = &o.question.at;
        let Some((hello, handshake)) = by_hello(seen, o) else {
            return one(o, &expected, |handshake| word(at, handshake));
        };
        let (status, message) = word(at, &handshake);
        let verdict = Verdict::new(subject(at), status, message).resting_on([o.id(), id(&hello)]);
        if status == Status::Fail { verdict.expected(expected(at)) } else { verdict }
    };
    visits(spec, seen).map(verdict).collect()
}

/// Handshakes with a name of the site.
pub(super) fn visits<'a>(spec: &'a Spec, seen: &'a Seen) -> impl Iterator<Item = &'a Observation<Session>> {
    seen.asked::<Session>().filter(|o| o.question.sni == Sni::Own && spec.is_own(&o.question.at.host))
}

fn one(
    o: &Observation<Session>,
    expected: impl Fn(&Endpoint) -> String,
    word: impl FnOnce(&Handshake) -> Word,
) -> Verdict {
    let at = &o.question.at;
    let verdict = given(o, subject(at), word);
    if verdict.status == Status::Fail { verdict.expected(expected(at)) } else { verdict }
}

fn subject(at: &Endpoint) -> Subject {
    Subject::Url { method: "GET".into(), url: at.origin().to_string(), at: at.ip }
}

/// Why the certificate shown at a place is not valid for the name that was asked there.
pub(super) fn flaw(spec: &Spec, seen: &Seen, at: &Endpoint) -> Option<String> {
    let o = seen.find(&Session::of(at.clone()))?;
    let by_hello = by_hello(seen, o).map(|(_, handshake)| handshake);
    let handshake = by_hello.as_ref().or(o.outcome.as_ref().ok())?;
    [trust::led_to_root, names::named, dates::dated].iter().find_map(|judge| {
        let (status, why) = judge(spec, seen, at, handshake);
        (status == Status::Fail).then_some(why)
    })
}

/// What a server that our library cannot speak to shows to a hello, up to TLS 1.2. Nothing proves its key.
fn by_hello(seen: &Seen, o: &Observation<Session>) -> Option<(Hello, Handshake)> {
    let is_refused = matches!(o.outcome, Err(ProbeError { kind: ErrorKind::Alert(_) | ErrorKind::Malformed, .. }));
    let offers = [Offer::Tls12, Offer::Tls11, Offer::Tls10, Offer::Ssl3].into_iter().filter(|_| is_refused);
    offers.map(|offer| Hello { at: o.question.at.clone(), offer }).find_map(|hello| {
        let Some(Offered::Taken(taken)) = seen.answer(&hello) else { return None };
        let handshake = Handshake {
            chain: taken.chain.clone(),
            chain_cut: taken.chain_cut,
            version: taken.version.to_string(),
            suite: taken.suite.to_string(),
            group: taken.group.map(|group| group.to_string()),
            alpn: None,
            key_proven: false,
            staple: Some(taken.ocsp.clone().unwrap_or_default()),
            local_issuer: None,
        };
        (!taken.chain.is_empty()).then_some((hello, handshake))
    })
}

/// Whether a chain leads to the roots that the owner trusts.
pub(super) fn leads_to_roots(spec: &Spec, seen: &Seen, handshake: &Handshake) -> bool {
    path::verify(spec, seen, handshake).is_ok_and(|sent| sent.verified.is_ok())
}

/// The server's own certificate.
///
/// # Errors
/// Why it is not there, as a message.
fn leaf(handshake: &Handshake) -> Result<Certificate, String> {
    let chain = handshake.chain_der().map_err(|e| unreadable(&e.to_string()))?;
    let first = chain.first().ok_or("no certificate was sent")?;
    Certificate::read(first).map_err(|e| unreadable(&e))
}

fn unreadable(why: &str) -> String {
    format!("certificate could not be read: {why}")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::issued::{Authority, handshake, root, shown, silent, trusting};
    use super::*;
    use crate::observation::{Observations, Stage, Suite, Taken, Version};
    use crate::spec::Spec;

    const APP: &str = "app.example.com";

    /// Checks that a certificate of the owner's own roots passes.
    const OWN: usize = 6;

    static ROOT: LazyLock<Authority> = LazyLock::new(|| root("Root"));
    static LEAF: LazyLock<Vec<u8>> = LazyLock::new(|| ROOT.leaf(&[APP], |_| {}));

    fn all(spec: &Spec, seen: &Seen) -> Vec<Status> {
        CHECKS[..OWN].iter().flat_map(|check| (check.judge)(spec, seen)).map(|verdict| verdict.status).collect()
    }

    #[test]
    fn a_sound_certificate_passes_all_and_silence_none() {
        let spec = trusting(&ROOT);
        assert_eq!(all(&spec, &shown(APP, &[&LEAF])), [Status::Pass; OWN]);
        assert_eq!(all(&spec, &silent(APP)), [Status::Unknown; OWN]);
        assert_eq!(all(&spec, &shown(APP, &[])), [Status::Fail; OWN]);
    }

    #[test]
    fn a_server_that_refuses_our_session_is_judged_by_its_hello() {
        let mut run = silent(APP).into_recording();
        let at = run.sessions[0].question.at.clone();
        run.sessions[0].outcome =
            Err(ProbeError::new(Stage::Handshake, ErrorKind::Alert("handshake_failure".into()), "refused"));
        let chain = handshake(&[&LEAF]).chain;
        let taken = Taken {
            version: Version::Tls10,
            suite: Suite(0x002f),
            group: None,
            dh_bits: None,
            compressed: false,
            renegotiation_info: true,
            chain,
            chain_cut: false,
            scts: vec![],
            ocsp: None,
        };
        let question = Hello { at, offer: Offer::Tls10 };
        let outcome = Ok(Offered::Taken(taken));
        run.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
        let seen = Seen::complete(run, "", Observations::questions);
        let mut want = [Status::Pass; 6];
        // Nothing proved that it holds the key.
        want[0] = Status::Unknown;
        assert_eq!(all(&trusting(&ROOT), &seen), want);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_pass(chain in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4)) {
            let chain: Vec<&[u8]> = chain.iter().map(|der| &der[..]).collect();
            prop_assert_eq!(all(&trusting(&ROOT), &shown(APP, &chain)), [Status::Fail; OWN]);
        }

        #[test]
        fn a_damaged_certificate_is_never_trusted(at in any::<prop::sample::Index>(), flip in 1..=255u8, end in any::<prop::sample::Index>()) {
            let mut damaged = LEAF.clone();
            let at = at.index(damaged.len());
            damaged[at] ^= flip;
            let spec = trusting(&ROOT);
            prop_assert_ne!(all(&spec, &shown(APP, &[&damaged]))[0], Status::Pass);
            prop_assert_eq!(all(&spec, &shown(APP, &[&LEAF[..end.index(LEAF.len())]])), [Status::Fail; OWN]);
            // Beside the path it does no harm.
            prop_assert_eq!(all(&spec, &shown(APP, &[&LEAF, &damaged])), [Status::Pass; OWN]);
        }
    }
}
