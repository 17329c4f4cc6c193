//! certificate-transparent: the certificate stands in public logs, so that nobody issues one in secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{each, leaf};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Certificate, Handshake, Hello, Offer, Offered, Seen, Staple};
use crate::spec::{Roots, Spec};
use crate::target::Endpoint;

/// RFC 6962 §3.3: three ways that a timestamp of a log reaches the client.
pub(super) fn transparent(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = |_: &_| format!("signed timestamps of {ENOUGH} logs");
    each(spec, seen, expected, |at, handshake| match (&spec.certificate.roots, leaf(handshake)) {
        (Roots::Own(_), _) => skip("the roots are the owner's own, which log nothing"),
        (Roots::Mozilla, Err(message)) => fail(message),
        (Roots::Mozilla, Ok(leaf)) => word(leaf.logs, in_tls(seen, at, handshake), stapled(handshake, &leaf)),
    })
}

/// What a hello of TLS 1.2 was told beside the same certificate: TLS 1.3 tells it in secret (RFC 8446 §4.4.2.1).
fn in_tls(seen: &Seen, at: &Endpoint, handshake: &Handshake) -> Option<usize> {
    match seen.answer(&Hello { at: at.clone(), offer: Offer::Tls12 })? {
        Offered::Taken(taken) if taken.chain.first() == handshake.chain.first() => Some(taken.scts.len()),
        _ => None,
    }
}

/// `in_tls` is `None` when the extension could not be asked for.
fn word(embedded: usize, in_tls: Option<usize>, stapled: usize) -> Word {
    let places = [(embedded, "embedded"), (in_tls.unwrap_or(0), "in TLS"), (stapled, "stapled")];
    let all: usize = places.iter().map(|(count, _)| count).sum();
    let said: Vec<String> =
        places.iter().filter(|(count, _)| *count > 0).map(|(count, place)| format!("{count} {place}")).collect();
    match (all, in_tls) {
        (ENOUGH.., _) => pass(format!("timestamps of logs: {}", said.join(", "))),
        // An authority that embeds one timestamp embeds all of them.
        (1.., _) => fail(format!("only one timestamp of a log: {}", said.join(", "))),
        (0, Some(_)) => fail("no timestamp of a log is embedded, in TLS or stapled"),
        (0, None) => unknown("no timestamp of a log is embedded or stapled, and TLS was not asked for one"),
    }
}

fn stapled(handshake: &Handshake, leaf: &Certificate) -> usize {
    let der = handshake.staple.as_ref().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    Staple::read(&der, &leaf.serial).map_or(0, |staple| staple.logs)
}

/// What browsers ask of a certificate of 180 days and less.
const ENOUGH: usize = 2;

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{Fail, Pass, Skip, Unknown};

    #[test]
    fn timestamps_count_wherever_they_come() {
        for (embedded, in_tls, stapled, want) in [
            (2, None, 0, (Pass, "timestamps of logs: 2 embedded")),
            (0, Some(2), 0, (Pass, "timestamps of logs: 2 in TLS")),
            (0, None, 3, (Pass, "timestamps of logs: 3 stapled")),
            (1, Some(0), 1, (Pass, "timestamps of logs: 1 embedded, 1 stapled")),
            (1, None, 0, (Fail, "only one timestamp of a log: 1 embedded")),
            (0, Some(1), 0, (Fail, "only one timestamp of a log: 1 in TLS")),
            (0, Some(0), 0, (Fail, "no timestamp of a log is embedded, in TLS or stapled")),
            (0, None, 0, (Unknown, "no timestamp of a log is embedded or stapled, and TLS was not asked for one")),
        ] {
            let (status, message) = word(embedded, in_tls, stapled);
            assert_eq!((status, message.as_str()), want);
        }
    }

    #[test]
    fn embedded_timestamps_are_of_different_logs() {
        let app = "app.example.com";
        let public = Spec::of(site(app));
        for (leaf, want) in [(LEAF_LOGGED, Pass), (LEAF_LOGGED_ONCE, Fail), (LEAF_1024, Unknown)] {
            assert_eq!(only(transparent(&public, &shown(app, &[&made(leaf)]))).0, want);
        }
        assert_eq!(only(transparent(&trusting(&root("Root")), &shown(app, &[&made(LEAF_LOGGED)]))).0, Skip);
        assert_eq!(only(transparent(&public, &silent(app))).0, Unknown);
    }
}
