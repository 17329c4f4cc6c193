//! Is the certificate one that browsers accept today, and will it be next week? The chain was recorded unverified;
//! it is verified here, so that every reason has its name.

mod dates;
#[cfg(test)]
pub(super) mod issued;
mod names;
mod path;
mod reason;
mod strength;
mod trust;

use super::{Check, Word, check, given};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Certificate, Handshake, Observation, Seen, Session, Sni};
use crate::spec::Spec;
use crate::target::Endpoint;

pub(super) const CHECKS: &[Check] = &[
    check!("certificate/certificate-trusted", trust::trusted),
    check!("certificate/certificate-names-site", names::names_site),
    check!("certificate/certificate-in-date", dates::in_date),
    check!("certificate/certificate-renewed", dates::renewed),
    check!("certificate/certificate-key-strong", strength::key_strong),
    check!("certificate/certificate-signature-strong", strength::signature_strong),
];

/// One verdict a handshake as visitors have it, with what was expected where it fails.
fn each(
    spec: &Spec,
    seen: &Seen,
    expected: impl Fn(&Endpoint) -> String,
    word: impl Fn(&Endpoint, &Handshake) -> Word,
) -> Vec<Verdict> {
    let verdict = |o: &Observation<Session>| {
        let Session { at, .. } = &o.question;
        let subject = Subject::Url { method: "GET".into(), url: at.origin().to_string(), at: at.ip };
        let verdict = given(o, subject, |handshake| word(at, handshake));
        if verdict.status == Status::Fail { verdict.expected(expected(at)) } else { verdict }
    };
    let is_visit = |o: &&Observation<Session>| o.question.sni == Sni::Own && spec.is_own(&o.question.at.host);
    seen.asked::<Session>().filter(is_visit).map(verdict).collect()
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

    use super::issued::{Authority, root, shown, silent, trusting};
    use super::*;
    use crate::spec::Spec;

    const APP: &str = "app.example.com";

    static ROOT: LazyLock<Authority> = LazyLock::new(|| root("Root"));
    static LEAF: LazyLock<Vec<u8>> = LazyLock::new(|| ROOT.leaf(&[APP], |_| {}));

    fn all(spec: &Spec, seen: &Seen) -> Vec<Status> {
        CHECKS.iter().flat_map(|check| (check.judge)(spec, seen)).map(|verdict| verdict.status).collect()
    }

    #[test]
    fn a_sound_certificate_passes_all_and_silence_none() {
        let spec = trusting(&ROOT);
        assert_eq!(all(&spec, &shown(APP, &[&LEAF])), [Status::Pass; 6]);
        assert_eq!(all(&spec, &silent(APP)), [Status::Unknown; 6]);
        assert_eq!(all(&spec, &shown(APP, &[])), [Status::Fail; 6]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_pass(chain in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4)) {
            let chain: Vec<&[u8]> = chain.iter().map(|der| &der[..]).collect();
            prop_assert_eq!(all(&trusting(&ROOT), &shown(APP, &chain)), [Status::Fail; 6]);
        }

        #[test]
        fn a_damaged_certificate_is_never_trusted(at in any::<prop::sample::Index>(), flip in 1..=255u8, end in any::<prop::sample::Index>()) {
            let mut damaged = LEAF.clone();
            let at = at.index(damaged.len());
            damaged[at] ^= flip;
            let spec = trusting(&ROOT);
            prop_assert_ne!(all(&spec, &shown(APP, &[&damaged]))[0], Status::Pass);
            prop_assert_eq!(all(&spec, &shown(APP, &[&LEAF[..end.index(LEAF.len())]])), [Status::Fail; 6]);
            // Beside the path it does no harm.
            prop_assert_eq!(all(&spec, &shown(APP, &[&LEAF, &damaged])), [Status::Pass; 6]);
        }
    }
}
