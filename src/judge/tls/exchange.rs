//! tls-renegotiation-safe, tls-compression-off, tls-post-quantum: what a hello settles beside the suite.

use super::{each, how};
use crate::finding::Verdict;
use crate::judge::{fail, pass, skip, unknown};
use crate::observation::{Group, Offer, Offered, Seen, Version};
use crate::spec::Spec;

/// RFC 5746 §3.6: a server that knows it says so in every hello, whether it renegotiates or not.
pub(super) fn renegotiation_safe(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(spec, seen, "renegotiation_info in the ServerHello (RFC 5746)", |answers| {
        let old = || answers.taken().filter(|(_, taken)| taken.version < Version::Tls13);
        let mute = old().find(|(_, taken)| !taken.renegotiation_info);
        let word = match (mute, old().next(), answers.of(Offer::Tls12)) {
            (Some((_, taken)), ..) => fail(format!("{} is spoken without renegotiation_info", taken.version)),
            (None, _, Err(word)) => word,
            (None, Some(_), Ok(_)) => pass("renegotiation_info came back"),
            (None, None, Ok(_)) if answers.is_of_tls13_alone() => skip("only TLS 1.3 is spoken"),
            (None, None, Ok(answer)) => unknown(format!("TLS 1.2 is {}", how(answer))),
        };
        (word, vec![mute.map_or(Offer::Tls12, |(offer, _)| offer)])
    })
}

/// CRIME, CVE-2012-4929.
pub(super) fn compression_off(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(spec, seen, "no compression", |answers| {
        let speaks_old = answers.taken().any(|(_, taken)| taken.version < Version::Tls13);
        let word = match answers.of(Offer::Compression) {
            Err(word) => word,
            Ok(Offered::Taken(taken)) if taken.compressed => fail(format!("{} compresses", taken.version)),
            Ok(Offered::Taken(_)) => pass("deflate is offered and not chosen"),
            Ok(_) if answers.is_of_tls13_alone() => skip("only TLS 1.3 is spoken"),
            Ok(answer) => match answers.refusals(&[Offer::Compression]) {
                Err(word) => word,
                Ok(()) if speaks_old => pass(format!("deflate is {}", how(answer))),
                Ok(()) => unknown(format!("TLS 1.2 with deflate is {}", how(answer))),
            },
        };
        (word, vec![Offer::Compression])
    })
}

pub(super) fn post_quantum(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(spec, seen, "X25519MLKEM768", |answers| {
        let word = match answers.of(Offer::PostQuantum) {
            Err(word) => word,
            Ok(Offered::Taken(taken)) if taken.group == Some(Group::X25519_MLKEM768) => {
                pass("X25519MLKEM768 accepted")
            }
            Ok(answer) => match answers.refusals(&[Offer::PostQuantum]) {
                Err(word) => word,
                Ok(()) => fail(format!("X25519MLKEM768 alone is {}", how(answer))),
            },
        };
        (word, vec![Offer::PostQuantum])
    })
}
