use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{fact, question};
use crate::judge::ports::families_agree;
use crate::judge::tests::{knock, open, said, seen_from, spec, timeout};
use crate::observation::{Ask, Fact, Http, Mark, ProbeError, Rejections, Vantage};
use crate::target::{Endpoint, Scheme};

use Status::{Fail, Pass, Skip, Unknown};

const V4: &str = "203.0.113.7";
const V6: &str = "2001:db8::7";

fn ports(text: &str) -> PortSet {
    text.to_string().try_into().unwrap()
}

/// Ports 8001 to 8010, in the sets of that text.
fn found(open: &str, refused: &str, silent: &str, unknown: &str) -> Swept {
    let stopped = (!unknown.is_empty()).then(|| "port 443 stopped answering".into());
    let [open, refused, silent, unknown] = [open, refused, silent, unknown].map(ports);
    Swept { open, refused, silent, unknown, stopped, ..Swept::default() }
}

fn rejected(by: &str) -> Swept {
    let rejected = vec![Rejections { offender: by.parse().unwrap(), ports: ports("8010") }];
    Swept { rejected, ..found("", "8001-8009", "", "") }
}

fn swept(at: &str, outcome: Result<Swept, ProbeError>) -> Fact {
    fact(Sweep { at: at.parse().unwrap(), ports: ports("8001-8010"), beside: 443 }, outcome)
}

/// The web port of an address, open, and the site answering there to the end.
fn alive(at: &str) -> Vec<Fact> {
    let ip: IpAddr = at.parse().unwrap();
    let again = question(Ask::Again, "/");
    let again = Http { at: Endpoint { ip, ..again.at.clone() }, ..again };
    let web = Knock { at: (ip, 443).into(), greet: Greet::Nothing, beside: None };
    vec![fact(web, Ok(open())), fact(again, Ok(exchange(vec![response(200, &[], "welcome")])))]
}

fn judged(spec: &Spec, facts: Vec<Fact>) -> Vec<Verdict> {
    only_expected_ports_open(spec, &seen_from(Vantage::default(), facts))
}

fn with(facts: impl IntoIterator<Item = Fact>) -> Vec<Fact> {
    alive(V4).into_iter().chain(facts).collect()
}

#[test]
fn what_is_not_open_is_one_verdict_an_address() {
    let doubt = "1 ports are rejected by 10.0.0.1, which is no address of the internet: perhaps our own side";
    for (answer, want) in [
        (Ok(found("", "8001-8010", "", "")), (Pass, "10 ports swept: 10 refused")),
        (Ok(rejected(V4)), (Pass, "10 ports swept: 9 refused, 1 rejected")),
        (Ok(rejected("10.0.0.1")), (Unknown, doubt)),
        (
            Ok(found("", "8001-8009", "8010", "")),
            (
                Unknown,
                "10 ports swept: 9 refused, 1 silent; 8010 is silent, and nothing proves that our packets leave",
            ),
        ),
        (
            Ok(found("", "8001-8009", "", "8010")),
            (Unknown, "10 ports swept: 9 refused, 1 unknown: port 443 stopped answering"),
        ),
        (Err(timeout()), (Unknown, "no answer in 5 s")),
    ] {
        assert_eq!(said(&judged(&spec(), with([swept(V4, answer)]))), [want]);
    }
    // Without the site's answer at the end, refusals may be a ban.
    let facts = vec![swept(V4, Ok(found("", "8001-8010", "", "")))];
    assert_eq!(judged(&spec(), facts)[0].status, Unknown);
}

#[test]
fn silence_is_proven_by_all_of_the_sampled_ports_or_by_the_owners_word() {
    let control =
        |port| Knock { at: format!("198.51.100.9:{port}").parse().unwrap(), greet: Greet::Nothing, beside: None };
    let silent = found("", "", "8001-8010", "");
    let sampled = silent.sampled(V4.parse().unwrap());
    let mut spec = spec();
    spec.vantage.control = vec!["198.51.100.9".parse().unwrap()];
    for (answering, want) in [(8, Pass), (7, Unknown), (0, Unknown)] {
        let controls = sampled.iter().take(answering).map(|port| fact(control(*port), Ok(open())));
        let facts = with([swept(V4, Ok(silent.clone()))].into_iter().chain(controls));
        let verdicts = judged(&spec, facts);
        assert_eq!(verdicts[0].status, want, "{}", verdicts[0].message);
        assert_eq!(verdicts[0].declared, None);
    }
    let proven = format!("8 of the silent ones sampled: control 198.51.100.9 answers on port {}", sampled[0]);
    let controls = sampled.iter().map(|port| fact(control(*port), Ok(open())));
    let facts = with([swept(V4, Ok(silent.clone()))].into_iter().chain(controls));
    assert_eq!(judged(&spec, facts)[0].message, format!("10 ports swept: 10 silent; {proven}"));
    spec.vantage.assume_egress = true;
    let verdicts = judged(&spec, with([swept(V4, Ok(silent))]));
    assert_eq!(said(&verdicts), [(Pass, "10 ports swept: 10 silent, and egress is assumed")]);
    assert_eq!(verdicts[0].declared.as_deref(), Some("egress assumed"));
}

#[test]
fn what_providers_block_stands_for_nothing() {
    let verdicts = judged(&spec(), with([swept(V4, Ok(found("", "8001-8008", "25,445", "")))]));
    assert_eq!(
        said(&verdicts),
        [(Pass, "10 ports swept: 8 refused, 2 silent"), (Skip, "25,445 (silent, as providers often block them)"),]
    );
    assert!(verdicts[1].unseen);
}

#[test]
fn each_open_port_fails_and_says_what_answers() {
    let direct = |port, status, software: Option<&str>| {
        let plain = question(Ask::Direct, "/");
        let at = Endpoint { scheme: Scheme::Http, port, ..plain.at.clone() };
        let mut answer = response(status, &[], "other");
        let mark = software.map(|name| Mark::Software { name: name.into() });
        answer.content.marks.extend(mark);
        fact(Http { at, ..plain }, Ok(exchange(vec![answer])))
    };
    let greeted = |text: &str| PortState::Open { greeting: Some(text.into()), reset: false };
    let at = |port: u16, greet| knock(&format!("{V4}:{port}"), greet);
    let facts = with([
        swept(V4, Ok(found("22,8001-8006", "8007-8010", "", ""))),
        fact(at(8001, Greet::Listen), Ok(greeted("SSH-2.0-x"))),
        fact(at(8002, Greet::Postgresql), Ok(greeted("N"))),
        fact(at(8003, Greet::Listen), Ok(open())),
        direct(8003, 200, Some("Portainer")),
        fact(at(8004, Greet::Listen), Ok(open())),
        direct(8004, 404, None),
        fact(at(8005, Greet::Listen), Ok(PortState::Filtered)),
    ]);
    let verdicts = judged(&spec(), facts);
    assert_eq!(
        said(&verdicts),
        [
            (Fail, "is open and says SSH-2.0-x"),
            (Fail, "PostgreSQL answers an SSLRequest with N: it speaks without TLS"),
            (Fail, "Portainer answers 200 to GET http://app.example.com:8003/"),
            (Fail, "an HTTP server answers 404 to GET http://app.example.com:8004/"),
            (Fail, "is open and says nothing"),
            (Fail, "is open and says nothing"),
            (Pass, "10 ports swept: 6 open, 1 open as expected, 4 refused"),
        ]
    );
    assert_eq!(verdicts[2].subject.to_string(), "8003/tcp 203.0.113.7");
    assert_eq!(verdicts[2].evidence.len(), 3);
}

#[test]
fn where_something_answers_for_the_host_open_must_speak() {
    let open_everywhere = Swept {
        open: (8001..=8100).collect(),
        stopped: Some("something answers for the host".into()),
        ..Swept::default()
    };
    let greeted = PortState::Open { greeting: Some("SSH-2.0-x".into()), reset: false };
    let speaking = fact(knock(&format!("{V4}:8002"), Greet::Listen), Ok(greeted));
    let verdicts = judged(&spec(), with([swept(V4, Ok(open_everywhere)), speaking]));
    assert_eq!(verdicts.len(), MOST_SHOWN + 2);
    let mute = "is open and says nothing, and something answers for the host";
    assert_eq!(said(&verdicts)[..2], [(Unknown, mute), (Fail, "is open and says SSH-2.0-x")]);
    let more = "68 more ports are open: 8033-8100, and something answers for the host";
    assert_eq!(said(&verdicts)[MOST_SHOWN], (Unknown, more));
}

#[test]
fn what_was_not_swept_is_said() {
    let mut spec = spec();
    spec.ports.sweep = spec::Sweep::Listed(ports("5432"));
    assert_eq!(said(&judged(&spec, with([]))), [(Skip, "each port of ports.sweep is judged by its name")]);
    spec.ports.sweep = spec::Sweep::Off;
    let verdicts = judged(&spec, with([]));
    assert_eq!(said(&verdicts), [(Skip, "ports.sweep is off")]);
    assert!(!verdicts[0].unseen);
}

#[test]
fn a_swept_port_that_is_open_on_one_family_is_a_gap() {
    let gap = "is closed on IPv4, open on IPv6: the firewall covers IPv4 alone";
    for (v4, v6, want) in [
        (found("", "8001-8010", "", ""), found("8001", "8002-8010", "", ""), vec![(Fail, gap)]),
        (
            found("8001", "8002-8010", "", ""),
            found("8001", "8002-8010", "", ""),
            vec![(Pass, "is open on both families")],
        ),
        (
            found("", "8002-8010", "8001", ""),
            found("8001", "8002-8010", "", ""),
            vec![(Unknown, "8001 is silent, and nothing proves that our packets leave")],
        ),
        (
            found("", "8002-8010", "", "8001"),
            found("8001", "8002-8010", "", ""),
            vec![(Unknown, "port 443 stopped answering")],
        ),
        (rejected(V4), Swept { open: ports("8010"), ..found("", "8001-8009", "", "") }, vec![(Fail, gap)]),
        (
            rejected("10.0.0.1"),
            Swept { open: ports("8010"), ..found("", "8001-8009", "", "") },
            vec![(
                Unknown,
                "1 ports are rejected by 10.0.0.1, which is no address of the internet: perhaps our own side",
            )],
        ),
    ] {
        let facts = with(alive(V6)).into_iter().chain([swept(V4, Ok(v4)), swept(V6, Ok(v6))]);
        let mut spec = spec();
        spec.ports.closed.clear();
        let verdicts = families_agree(&spec, &seen_from(Vantage::default(), facts));
        assert_eq!(said(&verdicts), want);
    }
}

/// What is asked of named ports is asked of swept ones: does somebody else answer?
#[test]
fn swept_ports_are_the_hosts_only_where_nobody_answers_for_it() {
    use crate::judge::vantage::tests::{crossing, passage, route};
    use crate::observation::{Crossing, Reply, Seek};
    let at = format!("{V4}:443");
    let path = || route(&at, "10.0.0.1 198.51.100.1 198.51.100.2 open");
    let decoys = || {
        let reset = || Ok(PortState::Open { greeting: None, reset: true });
        [20_001, 20_002].map(|port| fact(knock(&format!("{V4}:{port}"), Greet::Decoy), reset())).to_vec()
    };
    let sample: Vec<u16> = found("", "8001-8010", "", "").sampled_refused(V4.parse().unwrap());
    let asked = |reply| {
        let port = |port: &u16| Crossing { replies: vec![reply], ..crossing(*port, "-", "", None) };
        let told = passage(V4, 3, Seek::Refusal, sample.iter().map(port).collect());
        [path(), vec![told]].concat()
    };
    let expired = Reply::Expired { by: "198.51.100.2".parse().unwrap(), own: false };
    for (facts, open, want) in [
        (vec![], "8001", vec![Fail, Pass]),
        (decoys(), "8001", vec![Unknown, Pass]),
        (route(&at, "open"), "8001", vec![Unknown, Unknown]),
        (asked(expired), "", vec![Pass]),
        (asked(Reply::Refused), "", vec![Unknown]),
    ] {
        let refused = if open.is_empty() { "8001-8010" } else { "8002-8010" };
        let facts = with([vec![swept(V4, Ok(found(open, refused, "", "")))], facts].concat());
        let verdicts = judged(&spec(), facts);
        let statuses: Vec<Status> = verdicts.iter().map(|verdict| verdict.status).collect();
        assert_eq!(statuses, want, "{verdicts:#?}");
    }
}
