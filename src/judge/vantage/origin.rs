//! Whether what answers at the site's addresses is the host itself.

use std::net::IpAddr;

use super::published;
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{given, pass, unknown};
use crate::observation::{Ask, Http, Observation, Seen};
use crate::spec::Spec;

/// A content delivery network shows its own ports and not the host's: the owner must say where the host is.
pub(super) fn known(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    published(spec, seen).into_iter().filter_map(|ip| at(spec, seen, ip)).collect()
}

/// `None` for an address that was not visited: it may not be dialled, and other checks say so.
fn at(spec: &Spec, seen: &Seen, ip: IpAddr) -> Option<Verdict> {
    let subject = Subject::Address(ip);
    if let Some((network, id)) = seen.observations().cdn_at(ip) {
        let (status, message) = match spec.origin.len() {
            0 => unknown(format!(
                "{network} answers here, and the host behind it was not seen: write origin = [\"ADDRESS\"], its own \
                 address, into golive.toml"
            )),
            _ => pass(format!("{network} answers here, and origin names the host behind it")),
        };
        let verdict = Verdict::new(subject, status, message).resting_on([id]);
        return Some(verdict.expected("the address of the host in origin"));
    }
    let visits: Vec<&Observation<Http>> =
        seen.asked::<Http>().filter(|o| o.question.ask == Ask::Visit && o.question.at.ip == ip).collect();
    let best = visits.iter().find(|o| o.outcome.is_ok()).or(visits.first())?;
    let verdict = given(best, subject, |_| pass("no content delivery network answers here"));
    Some(if verdict.status == Status::Unknown { verdict.expected("an answer to a visit") } else { verdict })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question};
    use crate::judge::tests::{lookup, seen_from, spec, timeout};
    use crate::observation::Vantage;
    use crate::target::Family;

    #[test]
    fn a_host_behind_a_network_must_be_named() {
        let page = |fields: &[(&str, &str)]| Ok(exchange(vec![response(200, fields, "welcome")]));
        let ray = &[("CF-Ray", "‹redacted:0011aabb›")][..];
        let known_host = "Cloudflare answers here, and origin names the host behind it";
        let missing = "Cloudflare answers here, and the host behind it was not seen: write origin = [\"ADDRESS\"], its \
                       own address, into golive.toml";
        for (outcome, origin, want) in [
            (page(&[]), None, (Status::Pass, "no content delivery network answers here")),
            (page(ray), None, (Status::Unknown, missing)),
            (page(ray), Some("198.51.100.7"), (Status::Pass, known_host)),
            (Err(timeout()), None, (Status::Unknown, "no answer in 5 s")),
        ] {
            let mut spec = spec();
            spec.origin = origin.iter().map(|ip| ip.parse().unwrap()).collect();
            let facts = [
                lookup("app.example.com", Family::V4, &["203.0.113.7"]),
                fact(question(Ask::Visit, "/"), outcome),
            ];
            let verdicts = known(&spec, &seen_from(Vantage::default(), facts));
            let said: Vec<_> = verdicts.iter().map(|v| (v.status, v.message.as_str())).collect();
            assert_eq!(said, [want]);
        }
    }
}
