//! certificate-not-revoked: by the response that the server staples, and by the issuers' lists where the owner asks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{leaf, one, visits};
use crate::finding::{Status, Verdict};
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Certificate, Crl, Handshake, Revocation, Seen, Signer, Standing, Staple, Timestamp, id};
use crate::spec::Spec;

pub(super) fn not_revoked(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let anchors = spec.certificate.roots.anchors();
    let verdict = |o| {
        let mut evidence = vec![];
        let verdict = one(
            o,
            |_| "a certificate that its issuer has not taken back".into(),
            |handshake| {
                let leaf = match leaf(handshake) {
                    Ok(leaf) => leaf,
                    Err(message) => return fail(message),
                };
                let chain = handshake.chain_der().unwrap_or_default();
                let chain: Vec<_> = chain.iter().filter_map(|der| Certificate::read(der).ok()).collect();
                let signer = Signer::of(&leaf, &chain, &anchors);
                let stapled = stapled(handshake, &leaf, signer.as_ref(), seen.started_at().0);
                if let Some(word) = decided(&stapled, leaf.must_staple) {
                    return word;
                }
                if !spec.certificate.revocation {
                    return without_lists(stapled);
                }
                let lists = Crl::of(handshake, &anchors);
                evidence = lists.iter().map(id).collect();
                with_lists(seen, &leaf, &stapled, &lists)
            },
        );
        verdict.resting_on(evidence)
    };
    visits(spec, seen).map(verdict).collect()
}

/// What the server stapled. Moments are in seconds since 1970.
enum Stapled {
    NotRecorded,
    Absent,
    /// Until then.
    Good(i64),
    Revoked(i64),
    /// Why it says nothing.
    Unusable(String),
}

fn stapled(handshake: &Handshake, leaf: &Certificate, signer: Option<&Signer>, now: i64) -> Stapled {
    let der = match &handshake.staple {
        None => return Stapled::NotRecorded,
        Some(text) if text.is_empty() => return Stapled::Absent,
        Some(text) => STANDARD.decode(text).unwrap_or_default(),
    };
    let staple = match Staple::read(&der, &leaf.serial) {
        Ok(staple) => staple,
        Err(why) => return Stapled::Unusable(why),
    };
    let unusable = |why: String| Stapled::Unusable(why);
    match (staple.standing, staple.next_update) {
        // Whoever signed it: the server itself shows it.
        (Standing::Revoked(at), _) => Stapled::Revoked(at),
        (Standing::Unknown, _) => unusable("says that the responder does not know the certificate".into()),
        (Standing::Good, Some(end)) if end < now => unusable(format!("ended on {}", date(end))),
        (Standing::Good, _) if staple.this_update > now.saturating_add(SKEW) => {
            unusable(format!("begins on {}", date(staple.this_update)))
        }
        (Standing::Good, _) if !signer.is_some_and(|signer| staple.is_signed_by(signer, now)) => {
            unusable("has no signature that fits the issuer".into())
        }
        (Standing::Good, end) => Stapled::Good(end.unwrap_or(now)),
    }
}

/// What holds whatever the lists say.
fn decided(stapled: &Stapled, must_staple: bool) -> Option<Word> {
    const ASKED: &str = "certificate asks for a stapled OCSP response (must-staple)";
    match stapled {
        Stapled::Revoked(at) => Some(fail(format!("revoked on {}, says the stapled OCSP response", date(*at)))),
        // RFC 7633 §4.3.3
        Stapled::Absent if must_staple => Some(fail(format!("{ASKED}, and none is sent"))),
        Stapled::Unusable(why) if must_staple => Some(fail(format!("{ASKED}, and the one that is sent {why}"))),
        Stapled::NotRecorded if must_staple => Some(unknown(format!("{ASKED}, and none was looked for"))),
        _ => None,
    }
}

fn without_lists(stapled: Stapled) -> Word {
    match stapled {
        Stapled::Good(end) => good(end),
        Stapled::Unusable(why) => skip(format!("the stapled OCSP response {why}; {NOT_ASKED}")),
        Stapled::NotRecorded => unknown("whether an OCSP response is stapled was not recorded"),
        _ => skip(format!("no OCSP response is stapled, which is usual; {NOT_ASKED}")),
    }
}

fn good(end: i64) -> Word {
    pass(format!("good until {}, says the stapled OCSP response", date(end)))
}

const NOT_ASKED: &str = "revocation lists are asked with certificate.revocation = true";

fn with_lists(seen: &Seen, leaf: &Certificate, stapled: &Stapled, lists: &[Crl]) -> Word {
    let now = seen.started_at().0;
    let word = |list: &Crl| {
        let whose = if list.authority { "an intermediate" } else { "the certificate" };
        match seen.find(list).map(|o| &o.outcome) {
            Some(Ok(answer)) => listed(answer, whose, now),
            Some(Err(error)) => unknown(error.to_string()),
            None => unknown("revocation list was not asked"),
        }
    };
    let (above, own): (Vec<&Crl>, Vec<&Crl>) = lists.iter().partition(|list| list.authority);
    let own = match (own.first(), stapled) {
        (Some(list), Stapled::Good(end)) if word(list).0 == Status::Unknown => good(*end),
        (Some(list), _) => word(list),
        (None, Stapled::Good(end)) => good(*end),
        (None, _) if !leaf.lists.is_empty() => {
            unknown("issuer of the certificate is not known, so no list of its can be believed")
        }
        // Baseline Requirements §7.1.2.11.2: a certificate of a few days need name no list.
        (None, _) if leaf.not_after.saturating_sub(leaf.not_before) < SHORT => {
            skip("certificate lives so short that it names no revocation list")
        }
        (None, _) => unknown("certificate names no revocation list"),
    };
    let words: Vec<Word> = [own].into_iter().chain(above.into_iter().map(word)).collect();
    // The worst word stands; the leaf's comes first among equals.
    let worst = words.iter().map(|(status, _)| *status).max();
    words.into_iter().find(|(status, _)| Some(*status) == worst).unwrap_or_else(|| unknown("nothing was asked"))
}

fn listed(list: &Revocation, whose: &str, now: i64) -> Word {
    let Revocation { this_update, next_update, revoked, signed, covers } = list;
    match revoked {
        _ if !signed => unknown(format!("revocation list for {whose} is not signed by its issuer")),
        _ if !covers => unknown(format!("revocation list for {whose} is for other certificates")),
        Some(at) => fail(format!("{whose} is revoked since {}", date(*at))),
        None if *next_update < now => {
            unknown(format!("revocation list for {whose} ended on {}", date(*next_update)))
        }
        None if *this_update > now.saturating_add(SKEW) => {
            unknown(format!("revocation list for {whose} begins on {}", date(*this_update)))
        }
        None => pass(format!("{whose} is not in its issuer's list of {}", date(*this_update))),
    }
}

fn date(seconds: i64) -> String {
    Timestamp(seconds).date()
}

/// Clocks differ.
const SKEW: i64 = 300;
const SHORT: i64 = 10 * 86_400;

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{Fail, Pass, Skip, Unknown};
    use crate::observation::{
        ErrorKind, Nonce, Observation, Observations, Probe, ProbeError, Session, Stage, Vantage,
    };

    macro_rules! kept {
        ($name:literal) => {
            &include_bytes!(concat!("../../../tests/observations/revocation/", $name))[..]
        };
    }

    /// 2027-01-01, when all of the files were made.
    const LATER: i64 = 1_798_761_600;

    fn pem(bytes: &[u8]) -> Vec<u8> {
        made(std::str::from_utf8(bytes).unwrap())
    }

    /// A handshake with this leaf and its root, and what was stapled.
    fn shake(leaf: &[u8], staple: Option<&[u8]>) -> Handshake {
        let staple = staple.map(|der| STANDARD.encode(der));
        Handshake { staple, ..handshake(&[&pem(leaf), &pem(kept!("root.pem"))]) }
    }

    fn judge(revocation: bool, handshake: Handshake, list: Option<Result<&[u8], ErrorKind>>) -> (Status, String) {
        let mut spec = trusting_der(&pem(kept!("root.pem")));
        spec.certificate.revocation = revocation;
        let mut seen =
            Observations::begin(site("app.example.com"), Timestamp(LATER), Nonce(1), Vantage::default());
        let lists = Crl::of(&handshake, &spec.certificate.roots.anchors());
        for question in lists {
            let outcome = match &list {
                Some(Ok(der)) => Ok(Revocation::read(der, &question).unwrap()),
                Some(Err(kind)) => Err(ProbeError::new(Stage::Exchange, kind.clone(), "list does not come")),
                None => continue,
            };
            seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
        }
        let question = Session::of(site("app.example.com").at([203, 0, 113, 7].into()));
        let outcome = Ok(handshake);
        seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
        let all: std::collections::BTreeSet<Probe> = seen.questions();
        only(not_revoked(&spec, &Seen::complete(seen, "not sent", |_| all.clone())))
    }

    #[test]
    fn a_stapled_response_speaks_for_the_certificate() {
        let (leaf, strict) = (kept!("leaf.pem"), kept!("strict.pem"));
        for (name, leaf, staple, want, words) in [
            ("good", leaf, Some(kept!("good.ocsp")), Pass, "good until 21"),
            ("delegated", leaf, Some(kept!("delegated.ocsp")), Pass, "good until 21"),
            (
                "forged",
                leaf,
                Some(kept!("forged.ocsp")),
                Skip,
                "the stapled OCSP response has no signature that fits",
            ),
            ("ended", leaf, Some(kept!("ended.ocsp")), Skip, "the stapled OCSP response ended on 20"),
            ("revoked", leaf, Some(kept!("revoked.ocsp")), Fail, "revoked on 20"),
            (
                "others",
                leaf,
                Some(kept!("strict.ocsp")),
                Skip,
                "the stapled OCSP response speaks of other certificates",
            ),
            ("nonsense", leaf, Some(b"no response"), Skip, "the stapled OCSP response is no OCSP response"),
            ("none", leaf, Some(b""), Skip, "no OCSP response is stapled, which is usual"),
            ("not recorded", leaf, None, Unknown, "whether an OCSP response is stapled was not recorded"),
            ("strict", strict, Some(kept!("strict.ocsp")), Pass, "good until 21"),
            (
                "strict, none",
                strict,
                Some(b""),
                Fail,
                "certificate asks for a stapled OCSP response (must-staple), and none",
            ),
            (
                "strict, other",
                strict,
                Some(kept!("good.ocsp")),
                Fail,
                "certificate asks for a stapled OCSP response",
            ),
            ("strict, not recorded", strict, None, Unknown, "certificate asks for a stapled OCSP response"),
        ] {
            let (status, message) = judge(false, shake(leaf, staple), None);
            assert!(status == want && message.starts_with(words), "{name}: {status:?} {message}");
        }
    }

    #[test]
    fn a_list_counts_when_it_is_the_issuers_and_in_date() {
        let error = |kind| Err(kind);
        for (list, want, words) in [
            (Some(Ok(kept!("empty.crl"))), Pass, "the certificate is not in its issuer's list of 2026-01-01"),
            (Some(Ok(kept!("scoped.crl"))), Pass, "the certificate is not in its issuer's list of 2026-01-01"),
            (Some(Ok(kept!("revoked.crl"))), Fail, "the certificate is revoked since 20"),
            (Some(Ok(kept!("ended.crl"))), Unknown, "revocation list for the certificate ended on 2026-01-02"),
            (Some(Ok(kept!("elsewhere.crl"))), Unknown, "revocation list for the certificate is for other"),
            (Some(error(ErrorKind::Timeout)), Unknown, "list does not come"),
            (None, Unknown, "revocation list was not asked"),
        ] {
            let (status, message) = judge(true, shake(kept!("leaf.pem"), Some(b"")), list);
            assert!(status == want && message.starts_with(words), "{status:?} {message}");
        }
        // A good response stands in for a list that does not come, and not for one that says otherwise.
        let stapled = || shake(kept!("leaf.pem"), Some(kept!("good.ocsp")));
        assert_eq!(judge(true, stapled(), Some(Err(ErrorKind::Timeout))).0, Pass);
        assert_eq!(judge(true, stapled(), Some(Ok(kept!("revoked.crl")))).0, Fail);
        // One that nobody named.
        let (status, message) = judge(true, shake(kept!("logged.pem"), Some(b"")), None);
        assert_eq!((status, message.as_str()), (Unknown, "certificate names no revocation list"));
    }

    #[test]
    fn a_list_of_another_issuer_is_not_believed() {
        let leaf = shake(kept!("leaf.pem"), Some(b""));
        let [own] = &Crl::of(&leaf, &[])[..] else { panic!("one list") };
        let read = |question: &Crl| Revocation::read(kept!("empty.crl"), question).unwrap();
        assert_eq!((read(own).signed, read(own).covers), (true, true));
        let strange = Crl::of(&handshake(&[&pem(kept!("leaf.pem"))]), &[]);
        assert!(strange.is_empty());
        let mut forged = own.clone();
        forged.signer.key = STANDARD.encode(Certificate::read(&pem(kept!("leaf.pem"))).unwrap().key_info);
        assert_eq!((read(&forged).signed, read(&forged).covers), (false, true));
        forged.signer.name = STANDARD.encode(b"other");
        assert!(!read(&forged).covers);
        let authority = Crl { authority: true, ..own.clone() };
        assert!(!Revocation::read(kept!("scoped.crl"), &authority).unwrap().covers);
        for bytes in [&b""[..], b"no list", &kept!("empty.crl")[..100]] {
            assert!(Revocation::read(bytes, own).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn a_damaged_response_is_never_good(at in proptest::prelude::any::<proptest::sample::Index>(), flip in 1..=255u8) {
            let mut staple = kept!("good.ocsp").to_vec();
            let at = at.index(staple.len());
            staple[at] ^= flip;
            let damaged = shake(kept!("leaf.pem"), Some(&staple));
            // What follows the signature (the responder's own certificate) is not signed.
            let leaf = Certificate::read(&pem(kept!("leaf.pem"))).unwrap();
            let signer = Signer::of(&leaf, [&Certificate::read(&pem(kept!("root.pem"))).unwrap()], &[]);
            let stapled = stapled(&damaged, &leaf, signer.as_ref(), LATER);
            if let Stapled::Good(end) = stapled {
                let Stapled::Good(whole) = super::stapled(&shake(kept!("leaf.pem"), Some(kept!("good.ocsp"))), &leaf, signer.as_ref(), LATER) else { panic!("good") };
                proptest::prop_assert_eq!(end, whole);
            }
        }

        #[test]
        fn a_damaged_list_is_not_signed(at in proptest::prelude::any::<proptest::sample::Index>(), flip in 1..=255u8) {
            let mut list = kept!("revoked.crl").to_vec();
            let at = at.index(list.len());
            list[at] ^= flip;
            let [own] = &Crl::of(&shake(kept!("leaf.pem"), None), &[])[..] else { panic!("one list") };
            let read = Revocation::read(&list, own);
            proptest::prop_assert!(read.is_err() || read.is_ok_and(|list| !list.signed));
        }
    }
}
