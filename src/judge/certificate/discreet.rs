//! default-certificate-discreet: whoever asks for no name learns no internal one.

use super::{leaf, subject};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{Word, fail, given, pass, skip, unknown};
use crate::observation::{Certificate, ErrorKind, Observation, Seen, Session, Sni, Stage, registrable};
use crate::spec::Spec;
use crate::target::{Host, reserved};

pub(super) fn discreet(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if spec.origins().all(|origin| origin.host.name().is_none()) {
        let (status, message) = skip("the site is an address, and its certificate is the default one");
        return vec![Verdict::new(Subject::Site, status, message)];
    }
    let nameless = seen.asked::<Session>().filter(|o| o.question.sni == Sni::Absent);
    nameless.map(|o| verdict(spec, seen, o)).collect()
}

fn verdict(spec: &Spec, seen: &Seen, o: &Observation<Session>) -> Verdict {
    let at = &o.question.at;
    let by_name = seen.answer(&Session::of(at.clone())).is_some();
    match &o.outcome {
        // TLS with a name works: it is the nameless hello that is turned away.
        Err(error) if by_name && error.stage == Stage::Handshake && is_refusal(&error.kind) => {
            let (status, message) = pass(format!("no certificate without a name: {error}"));
            Verdict::new(subject(at), status, message).resting_on([o.id()])
        }
        _ => {
            let verdict = given(o, subject(at), |handshake| match leaf(handshake) {
                Ok(certificate) => word(spec, &certificate),
                Err(why) if handshake.chain.is_empty() => pass(format!("no name is shown without a name: {why}")),
                Err(why) => unknown(why),
            });
            let expected = "a certificate without internal names, or an alert";
            if verdict.status == Status::Fail { verdict.expected(expected) } else { verdict }
        }
    }
}

fn is_refusal(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Alert(_) | ErrorKind::Closed | ErrorKind::Reset)
}

fn word(spec: &Spec, certificate: &Certificate) -> Word {
    // A common name counts where it can be a host's.
    let common = certificate.subject.common.iter().filter(|name| name.contains('.') && !name.contains(' '));
    let mut names: Vec<&String> = certificate.dns_names.iter().chain(common).collect();
    names.sort();
    names.dedup();
    let inside = names.iter().filter(|name| is_internal(spec, name)).map(|name| short(name));
    let private = certificate.addresses.iter().filter(|ip| !ip.is_loopback() && reserved(**ip).is_some());
    let shown: Vec<String> = inside.chain(private.map(ToString::to_string)).collect();
    match &shown[..] {
        [] => pass(match names.first() {
            Some(first) => format!("default certificate shows no internal name (it is for {})", short(first)),
            None => "default certificate shows no name".into(),
        }),
        [one] => fail(format!("default certificate shows {one}")),
        [one, rest @ ..] => {
            fail(format!("default certificate shows {one} and {} more internal names", rest.len()))
        }
    }
}

/// A name that is of use only to who is inside. What proxies make up for themselves is nobody's.
fn is_internal(spec: &Spec, name: &str) -> bool {
    let name = name.trim_start_matches("*.").trim_end_matches('.').to_ascii_lowercase();
    let is_own = name.parse().is_ok_and(|host: Host| spec.is_own(&host));
    if is_own || MADE_UP.iter().any(|own| name == *own || name.ends_with(&format!(".{own}"))) {
        return false;
    }
    let is_public = psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    if !is_public || !name.contains('.') {
        return true;
    }
    let is_of_site =
        spec.origins().filter_map(|origin| origin.host.name()).any(|own| registrable(own) == registrable(&name));
    !is_of_site && name.split('.').any(|label| INSIDE.contains(&label))
}

/// Default certificates of Traefik, of ingress-nginx, of distributions, and of Google's front ends.
const MADE_UP: &[&str] = &["traefik.default", "ingress.local", "localhost", "localhost.localdomain", "invalid"];

/// Labels that hosts of the outside do not have.
const INSIDE: &[&str] = &["internal", "intern", "intranet", "corp", "lan", "local", "private"];

fn short(name: &str) -> String {
    name.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{Fail, Pass, Skip, Unknown};
    use crate::observation::{Handshake, Nonce, Observations, ProbeError, Timestamp, Vantage};

    const APP: &str = "app.example.com";

    fn judge(named: bool, nameless: Result<Handshake, ProbeError>) -> (Status, String) {
        let mut seen = Observations::begin(site(APP), Timestamp(NOW), Nonce(1), Vantage::default());
        let at = site(APP).at([203, 0, 113, 7].into());
        let own = if named { Ok(handshake(&[&self_signed(&[APP])])) } else { Err(ProbeError::not_sent("late")) };
        for (sni, outcome) in [(Sni::Own, own), (Sni::Absent, nameless)] {
            let question = Session { at: at.clone(), sni };
            seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
        }
        let all = seen.questions();
        only(discreet(&Spec::of(site(APP)), &Seen::complete(seen, "not sent", |_| all.clone())))
    }

    #[test]
    fn internal_names_are_told_from_others() {
        for (names, want) in [
            (&[APP][..], Pass),
            (&["*.example.com", "example.com"], Pass),
            (&["sni.cloudflaressl.com", "*.example.net"], Pass),
            (&["8a1f.0b2c.traefik.default"], Pass),
            (&["ingress.local"], Pass),
            (&["localhost", "127.0.0.1", "::1"], Pass),
            (&["internal.example.com"], Pass),
            (&["web01"], Fail),
            (&["db.local"], Fail),
            (&["grafana.internal"], Fail),
            (&["nas.lan", APP], Fail),
            (&["git.corp.example.net"], Fail),
            (&["ip-10-0-0-5.ec2.internal"], Fail),
            (&["10.0.0.5"], Fail),
        ] {
            assert_eq!(judge(true, Ok(handshake(&[&self_signed(names)]))).0, want, "{names:?}");
        }
        let two = judge(true, Ok(handshake(&[&self_signed(&["db.local", "nas.lan"])])));
        assert_eq!(two, (Fail, "default certificate shows db.local and 1 more internal names".into()));
    }

    #[test]
    fn a_refusal_is_discreet_where_names_are_served() {
        let error = |kind| Err(ProbeError::new(Stage::Handshake, kind, "why"));
        for (named, kind, want) in [
            (true, ErrorKind::Alert("unrecognized_name".into()), Pass),
            (true, ErrorKind::Closed, Pass),
            (true, ErrorKind::Timeout, Unknown),
            (false, ErrorKind::Closed, Unknown),
        ] {
            assert_eq!(judge(named, error(kind.clone())).0, want, "{kind:?}");
        }
        assert_eq!(judge(true, Ok(handshake(&[]))).0, Pass);
    }

    #[test]
    fn an_address_has_no_other_certificate() {
        let spec = Spec::of(site("203.0.113.7"));
        assert_eq!(only(discreet(&spec, &silent("203.0.113.7"))).0, Skip);
    }
}
