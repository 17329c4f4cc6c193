//! The newer versions of HTTP: whether they are offered, work, and say the same.

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{shut_out, subject};
use crate::judge::{Word, fail, given, pass, skip, unknown};
use crate::observation::{
    Ask, ErrorKind, Handshake, Http, Observation, Quic, QuicHandshake, Response, Seen, Session, Sni,
};
use crate::spec::Spec;
use crate::target::Endpoint;

/// ALPN (RFC 7301) chose HTTP/2 where both were offered.
pub(super) fn http2_offered(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let is_visit = |o: &&Observation<Session>| o.question.sni == Sni::Own && spec.is_own(&o.question.at.host);
    let word = |handshake: &Handshake| match handshake.alpn.as_deref() {
        _ if handshake.speaks_h2() => pass("HTTP/2 is offered"),
        Some(other) => fail(format!("{other} is chosen where h2 is offered")),
        None => fail("no protocol is chosen where h2 is offered: HTTP/1.1 it is"),
    };
    seen.asked::<Session>().filter(is_visit).map(|o| given(o, place(&o.question.at), word)).collect()
}

/// What `Alt-Svc` announces answers a QUIC handshake.
pub(super) fn http3_works(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let visits = visits(spec, seen);
    let verdict = |visit: &Observation<Http>| {
        let at = &visit.question.at;
        let announced = given(visit, place(at), |exchange| match exchange.first().h3_port() {
            None => skip("HTTP/3 is not announced"),
            Some(_) if !seen.vantage().doors.is_empty() => {
                skip("connections are led elsewhere by hand, and QUIC is not")
            }
            Some(port) => unknown(format!("HTTP/3 is announced at UDP port {port}, and was not asked")),
        });
        let port = visit.outcome.as_ref().ok().and_then(|exchange| exchange.first().h3_port());
        let asked = port.and_then(|port| seen.find(&Quic { at: Endpoint { port, ..at.clone() } }));
        match asked {
            None => announced,
            Some(o) => {
                let (status, message) = spoken(o);
                Verdict::new(place(at), status, message).resting_on([visit.id(), o.id()])
            }
        }
    };
    visits.map(verdict).collect()
}

fn spoken(o: &Observation<Quic>) -> Word {
    let port = o.question.at.port;
    match &o.outcome {
        Ok(QuicHandshake { alpn: Some(alpn) }) if alpn == "h3" => pass(format!("UDP port {port} speaks HTTP/3")),
        Ok(QuicHandshake { alpn }) => {
            fail(format!("UDP port {port} speaks QUIC and chooses {}", alpn.as_deref().unwrap_or("no protocol")))
        }
        Err(error) => match error.kind {
            ErrorKind::Alert(_) => fail(error.to_string()),
            ErrorKind::Timeout => unknown(format!(
                "HTTP/3 is announced and UDP port {port} is silent from here: clients fall back to TCP"
            )),
            _ => unknown(error.to_string()),
        },
    }
}

/// The same page over HTTP/2 and HTTP/1.1: one status, one policy.
pub(super) fn agree(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let visits = visits(spec, seen);
    let verdict = |visit: &Observation<Http>| {
        let Http { at, .. } = &visit.question;
        match seen.find(&Http { ask: Ask::Http2, ..visit.question.clone() }) {
            Some(o) => given(o, subject(&o.question), |over_2| match &visit.outcome {
                Err(error) => unknown(error.to_string()),
                Ok(over_1) => same(over_1.first(), over_2.first()),
            })
            .resting_on([visit.id()]),
            None => match seen.find(&Session::of(at.clone())) {
                Some(o) => given(o, subject(&visit.question), |_| skip("HTTP/2 is not offered")),
                None => Verdict::new(subject(&visit.question), Status::Unknown, "was not asked"),
            },
        }
    };
    visits.map(verdict).collect()
}

fn same(one: &Response, two: &Response) -> Word {
    if let Some(why) = shut_out(one).or(shut_out(two)) {
        return unknown(why);
    }
    if one.status != two.status {
        let words = differ("the status", &one.status, &two.status);
        // An overload may have come between the two.
        return if [one.status, two.status].contains(&503) { unknown(words) } else { fail(words) };
    }
    for name in POLICY {
        let (first, second) = (policy(one, name), policy(two, name));
        if first != second {
            return fail(differ(name, &first, &second));
        }
    }
    pass(format!("{} and the same policy over both", two.status))
}

fn place(at: &Endpoint) -> Subject {
    Subject::Url { method: "GET".into(), url: at.origin().to_string(), at: at.ip }
}

fn differ(what: &str, one: &impl std::fmt::Display, two: &impl std::fmt::Display) -> String {
    format!("{what} is {one} over HTTP/1.1 and {two} over HTTP/2")
}

/// The values of a field, without what is new in each answer.
fn policy(response: &Response, name: &str) -> String {
    let words = response.values(name).join(", ");
    let kept = words.split_whitespace().filter(|word| !word.starts_with("'nonce-"));
    match kept.collect::<Vec<_>>().join(" ") {
        none if none.is_empty() => "absent".into(),
        some => some,
    }
}

const POLICY: [&str; 9] = [
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cross-origin-embedder-policy",
];

/// The visits to the first path, by the first name that the site has at an address and port: the version of HTTP
/// does not depend on the name.
fn visits<'a>(spec: &'a Spec, seen: &'a Seen) -> impl Iterator<Item = &'a Observation<Http>> {
    let all = || seen.asked::<Http>().filter(|o| o.question.ask == Ask::Visit && o.question.path == spec.paths[0]);
    let rank = |o: &Observation<Http>| spec.origins().position(|origin| *origin == o.question.at.origin());
    all().filter(move |o| {
        let socket = o.question.at.socket();
        !all().any(|other| other.question.at.socket() == socket && rank(other) < rank(o))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::certificate::issued::handshake;
    use crate::judge::headers::tests::{fact, question};
    use crate::judge::tests::{said, seen_from, spec, timeout};
    use crate::observation::{Fact, ProbeError, Stage, Vantage};

    fn session(alpn: Option<&str>) -> Fact {
        let handshake = Handshake { alpn: alpn.map(Into::into), ..handshake(&[]) };
        fact(Session::of(question(Ask::Visit, "/").at), Ok(handshake))
    }

    fn run(facts: impl IntoIterator<Item = Fact>) -> Seen {
        seen_from(Vantage::default(), facts)
    }

    #[test]
    fn http_2_is_what_alpn_chooses() {
        for (alpn, want) in [
            (Some("h2"), (Status::Pass, "HTTP/2 is offered")),
            (Some("http/1.1"), (Status::Fail, "http/1.1 is chosen where h2 is offered")),
            (None, (Status::Fail, "no protocol is chosen where h2 is offered: HTTP/1.1 it is")),
        ] {
            assert_eq!(said(&http2_offered(&spec(), &run([session(alpn)]))), [want]);
        }
        let bare = Session { sni: Sni::Absent, ..Session::of(question(Ask::Visit, "/").at) };
        let failed = [fact(bare, Err(timeout())), fact(Session::of(question(Ask::Visit, "/").at), Err(timeout()))];
        assert_eq!(said(&http2_offered(&spec(), &run(failed))), [(Status::Unknown, "no answer in 5 s")]);
    }

    #[test]
    fn announced_http_3_must_answer() {
        let error = |kind, words: &str| Err(ProbeError::new(Stage::Handshake, kind, words));
        let alpn = |alpn: &str| Ok(QuicHandshake { alpn: Some(alpn.into()) });
        let silent = "HTTP/3 is announced and UDP port 443 is silent from here: clients fall back to TCP";
        let unasked = "HTTP/3 is announced at UDP port 443, and was not asked";
        for (announced, outcome, want) in [
            ("", None, (Status::Skip, "HTTP/3 is not announced")),
            ("h3=\":443\"", None, (Status::Unknown, unasked)),
            ("h3=\":443\"", Some(alpn("h3")), (Status::Pass, "UDP port 443 speaks HTTP/3")),
            ("h3=\":443\"", Some(alpn("hq")), (Status::Fail, "UDP port 443 speaks QUIC and chooses hq")),
            ("h3=\":443\"", Some(error(ErrorKind::Alert("x".into()), "alert x")), (Status::Fail, "alert x")),
            ("h3=\":443\"", Some(error(ErrorKind::Timeout, "silence")), (Status::Unknown, silent)),
            ("h3=\":443\"", Some(error(ErrorKind::Local, "no route")), (Status::Unknown, "no route")),
        ] {
            let page = exchange(vec![response(200, &[("Alt-Svc", announced)], "x")]);
            let mut facts = vec![fact(question(Ask::Visit, "/"), Ok(page))];
            facts.extend(outcome.map(|outcome| fact(Quic { at: question(Ask::Visit, "/").at }, outcome)));
            assert_eq!(said(&http3_works(&spec(), &run(facts))), [want]);
        }
        let led = Vantage { doors: vec![":443 at 127.0.0.1:8443".into()], ..Vantage::default() };
        let page = exchange(vec![response(200, &[("Alt-Svc", "h3=\":443\"")], "x")]);
        let seen = seen_from(led, [fact(question(Ask::Visit, "/"), Ok(page))]);
        assert_eq!(http3_works(&spec(), &seen)[0].status, Status::Skip);
    }

    #[test]
    fn both_versions_have_one_status_and_one_policy() {
        let csp = |text| response(200, &[("Content-Security-Policy", text)], "x");
        for (one, two, want) in [
            (
                response(200, &[], "x"),
                response(200, &[], "y"),
                (Status::Pass, "200 and the same policy over both"),
            ),
            (
                csp("script-src 'nonce-a' 'self'"),
                csp("script-src 'nonce-b' 'self'"),
                (Status::Pass, "200 and the same policy over both"),
            ),
            (
                response(200, &[("X-Frame-Options", "DENY")], "x"),
                response(200, &[], "x"),
                (Status::Fail, "x-frame-options is DENY over HTTP/1.1 and absent over HTTP/2"),
            ),
            (
                response(200, &[], "x"),
                response(421, &[], "x"),
                (Status::Fail, "the status is 200 over HTTP/1.1 and 421 over HTTP/2"),
            ),
            (
                response(200, &[], "x"),
                response(503, &[], "x"),
                (Status::Unknown, "the status is 200 over HTTP/1.1 and 503 over HTTP/2"),
            ),
            (
                response(429, &[], "x"),
                response(200, &[], "x"),
                (Status::Unknown, "429: the site limits how often we may ask"),
            ),
        ] {
            let facts = [
                session(Some("h2")),
                fact(question(Ask::Visit, "/"), Ok(exchange(vec![one]))),
                fact(question(Ask::Http2, "/"), Ok(exchange(vec![two]))),
            ];
            assert_eq!(said(&agree(&spec(), &run(facts))), [want]);
        }
        let page = || fact(question(Ask::Visit, "/"), Ok(exchange(vec![response(200, &[], "x")])));
        let only_1 = run([session(Some("http/1.1")), page()]);
        assert_eq!(said(&agree(&spec(), &only_1)), [(Status::Skip, "HTTP/2 is not offered")]);
        let failed = run([session(Some("h2")), page(), fact(question(Ask::Http2, "/"), Err(timeout()))]);
        assert_eq!(said(&agree(&spec(), &failed)), [(Status::Unknown, "no answer in 5 s")]);
        let unasked = run([page(), fact(Session::of(question(Ask::Visit, "/").at), Err(timeout()))]);
        assert_eq!(said(&agree(&spec(), &unasked)), [(Status::Unknown, "no answer in 5 s")]);
    }
}
