use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{fact, question};
use crate::judge::tests::{knock, lookup, open, said, seen_from, spec, timeout};
use crate::observation::{Exchange, Fact, Lookup, Method, ProbeError, Stage, Vantage};
use crate::target::{Endpoint, Scheme};

const V4: &str = "203.0.113.7";
const V6: &str = "[2001:db8::7]";

fn seen(facts: Vec<Fact>) -> Seen {
    seen_from(Vantage::default(), facts)
}

fn greeted(text: &str) -> PortState {
    PortState::Open { greeting: Some(text.into()), reset: false }
}

fn reset() -> PortState {
    PortState::Open { greeting: None, reset: true }
}

fn rejected(by: &str) -> PortState {
    PortState::Rejected { offender: by.parse().unwrap() }
}

fn failed(kind: ErrorKind, words: &str) -> Result<PortState, ProbeError> {
    Err(ProbeError::new(Stage::Connect, kind, words))
}

/// The web port of an address, open and answering to the end.
fn alive(host: &str) -> Vec<Fact> {
    vec![
        fact(knock(&format!("{host}:443"), Greet::Nothing), Ok(open())),
        again(host, Ok(exchange(vec![response(200, &[], "welcome")]))),
    ]
}

fn again(host: &str, outcome: Result<Exchange, ProbeError>) -> Fact {
    let ip = host.trim_matches(['[', ']']).parse().unwrap();
    let plain = question(Ask::Again, "/");
    fact(Http { at: Endpoint { ip, ..plain.at.clone() }, ..plain }, outcome)
}

/// The only verdict on a port of the site.
fn one(verdicts: Vec<Verdict>) -> (Status, String) {
    let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
    (verdict.status, verdict.message.clone())
}

#[test]
fn an_open_datastore_says_what_it_is() {
    for (port, greet, state, want) in [
        (5432, Greet::Postgresql, greeted("S"), "PostgreSQL answers an SSLRequest with S: it speaks TLS"),
        (5432, Greet::Postgresql, greeted("N"), "PostgreSQL answers an SSLRequest with N: it speaks without TLS"),
        (5432, Greet::Postgresql, open(), "postgresql port is open"),
        (6379, Greet::Redis, greeted("+PONG"), "redis answers PING with +PONG: it asks no password"),
        (
            6379,
            Greet::Redis,
            greeted("-NOAUTH Authentication"),
            "redis answers PING with -NOAUTH: it asks a password",
        ),
        (
            6379,
            Greet::Redis,
            greeted("-DENIED Redis is running"),
            "redis answers PING with -DENIED: protected mode, and the port is open",
        ),
        (6379, Greet::Redis, greeted("SSH-2.0"), "redis port is open and says SSH-2.0"),
        (6379, Greet::Redis, reset(), "the connection is accepted, then reset: something listens"),
    ] {
        // Open fails also where nothing else of the address answers.
        let facts = vec![fact(knock(&format!("{V4}:{port}"), greet), Ok(state))];
        assert_eq!(one(datastore_port_closed(&spec(), &seen(facts))), (Status::Fail, want.into()));
    }
}

#[test]
fn closed_is_what_answers_so_or_is_proven() {
    use Status::{Pass, Unknown};
    for (state, control, assumed, want) in [
        (Ok(PortState::Refused), None, false, (Pass, "refuses connections")),
        (Ok(rejected(V4)), None, false, (Pass, "is rejected by 203.0.113.7")),
        (Ok(rejected("198.51.100.1")), None, false, (Pass, "is rejected by 198.51.100.1")),
        (
            Ok(rejected("192.168.1.1")),
            None,
            false,
            (Unknown, "is rejected by 192.168.1.1, which may be of our own network"),
        ),
        (Ok(PortState::Filtered), None, false, (Unknown, "is silent, and nothing proves that our packets leave")),
        (
            Ok(PortState::Filtered),
            Some(Ok(open())),
            false,
            (Pass, "is silent, and control 198.51.100.9 answers on port 5432"),
        ),
        (
            Ok(PortState::Filtered),
            Some(Ok(PortState::Filtered)),
            false,
            (Unknown, "is silent, and so is control 198.51.100.9: it proves nothing"),
        ),
        (
            Ok(PortState::Filtered),
            Some(Ok(PortState::Refused)),
            false,
            (Unknown, "is silent, and nothing listens there at control 198.51.100.9: it proves nothing"),
        ),
        (
            Ok(PortState::Filtered),
            Some(failed(ErrorKind::Local, "no route")),
            false,
            (Unknown, "is silent, and control 198.51.100.9 has no answer: no route"),
        ),
        (Ok(PortState::Filtered), None, true, (Pass, "is silent, and egress is assumed")),
        (failed(ErrorKind::Unreachable, "a router says so"), None, true, (Unknown, "a router says so")),
        (failed(ErrorKind::Local, "no descriptor left"), None, true, (Unknown, "no descriptor left")),
        (failed(ErrorKind::Timeout, "443 is silent too"), None, true, (Unknown, "443 is silent too")),
    ] {
        let mut spec = spec();
        spec.vantage.assume_egress = assumed;
        let mut facts = alive(V4);
        facts.push(fact(knock(&format!("{V4}:5432"), Greet::Postgresql), state));
        if let Some(state) = control {
            spec.vantage.control = vec!["198.51.100.9".parse().unwrap()];
            let at = "198.51.100.9:5432".parse().unwrap();
            facts.push(fact(Knock { at, greet: Greet::Nothing, beside: None }, state));
        }
        let verdicts = datastore_port_closed(&spec, &seen(facts));
        let declared = verdicts[0].declared.clone();
        assert_eq!(declared, (assumed && want.0 == Pass).then(|| "egress assumed".into()));
        assert_eq!(one(verdicts), (want.0, want.1.into()));
    }
}

#[test]
fn an_address_that_shuts_us_out_has_no_closed_port() {
    let page = || Ok(exchange(vec![response(200, &[], "welcome")]));
    let gone = || Err(ProbeError::new(Stage::Connect, ErrorKind::Refused, "refused"));
    let unsent = || Err(ProbeError::not_sent("interrupted"));
    for (web, again_there, want) in [
        (Some(Ok(open())), Some(page()), (Status::Pass, "refuses connections")),
        // What the site says does not matter to its ports.
        (
            Some(Ok(open())),
            Some(Ok(exchange(vec![response(502, &[], "bad")]))),
            (Status::Pass, "refuses connections"),
        ),
        (
            Some(Ok(open())),
            Some(gone()),
            (Status::Unknown, "refuses connections, but the site stopped answering: refused"),
        ),
        (
            Some(Ok(open())),
            Some(Err(timeout())),
            (Status::Unknown, "refuses connections, but the site stopped answering: no answer in 5 s"),
        ),
        (
            Some(Ok(open())),
            Some(unsent()),
            (Status::Unknown, "refuses connections, but the site stopped answering: interrupted"),
        ),
        (
            Some(Ok(open())),
            Some(Ok(exchange(vec![response(429, &[], "slow")]))),
            (
                Status::Unknown,
                "refuses connections, but the site stopped answering: 429: the site limits how often we may ask",
            ),
        ),
        (
            Some(Ok(open())),
            None,
            (Status::Unknown, "refuses connections, but the site was not asked again afterwards"),
        ),
        (
            Some(Ok(PortState::Refused)),
            Some(gone()),
            (Status::Unknown, "refuses connections, but no web port of this address takes connections"),
        ),
        (
            Some(Ok(reset())),
            Some(gone()),
            (Status::Unknown, "refuses connections, but no web port of this address takes connections"),
        ),
        (
            None,
            Some(page()),
            (Status::Unknown, "refuses connections, but no web port of this address takes connections"),
        ),
    ] {
        let mut facts = vec![fact(knock(&format!("{V4}:5432"), Greet::Postgresql), Ok(PortState::Refused))];
        facts.extend(web.map(|state| fact(knock(&format!("{V4}:443"), Greet::Nothing), state)));
        facts.extend(again_there.map(|outcome| again(V4, outcome)));
        assert_eq!(one(datastore_port_closed(&spec(), &seen(facts))), (want.0, want.1.into()));
    }
}

#[test]
fn the_web_port_is_the_one_that_a_name_has_there() {
    let mut spec = Spec::of("app.example.com:8443".parse().unwrap());
    let closed = || fact(knock(&format!("{V4}:5432"), Greet::Postgresql), Ok(PortState::Refused));
    let web = Knock { at: format!("{V4}:8443").parse().unwrap(), greet: Greet::Nothing, beside: None };
    let facts = || {
        let page = again(V4, Ok(exchange(vec![response(200, &[], "welcome")])));
        seen(vec![closed(), fact(web.clone(), Ok(open())), page])
    };
    assert_eq!(one(datastore_port_closed(&spec, &facts())).0, Status::Pass);
    assert_eq!(said(&web_ports_open(&spec, &facts())), [(Status::Pass, "takes connections")]);
    spec.site = "app.example.com:9443".parse().unwrap();
    assert_eq!(one(datastore_port_closed(&spec, &facts())).0, Status::Unknown);
}

#[test]
fn an_open_application_port_says_whether_the_application_is_behind_it() {
    let page = |text: &str| Ok(exchange(vec![response(200, &[], text)]));
    let direct = question(Ask::Direct, "/");
    let direct = Http { at: Endpoint { scheme: Scheme::Http, port: 8000, ..direct.at.clone() }, ..direct };
    let port = knock(&format!("{V4}:8000"), Greet::Listen);
    for (answer, want) in [
        (
            Some(page("welcome")),
            "the application answers without the proxy: 200 to GET http://app.example.com:8000/",
        ),
        (Some(page("other")), "an HTTP server answers 200 to GET http://app.example.com:8000/"),
        (Some(Err(timeout())), "api port is open"),
        (None, "api port is open"),
    ] {
        let mut facts = vec![fact(port.clone(), Ok(open())), fact(question(Ask::Visit, "/"), page("welcome"))];
        facts.extend(answer.map(|outcome| fact(direct.clone(), outcome)));
        assert_eq!(one(app_port_closed(&spec(), &seen(facts))), (Status::Fail, want.into()));
    }
    assert_eq!(direct.method, Method::Get);
}

#[test]
fn what_nobody_wrote_is_left_out_with_its_reason() {
    let mut spec = spec();
    spec.ports.closed.clear();
    let nothing = seen(vec![]);
    for (judge, want) in [
        (datastore_port_closed as fn(&Spec, &Seen) -> Vec<Verdict>, "no datastore in ports.closed"),
        (app_port_closed, "no application port in ports.closed"),
        (families_agree, "no port in ports.closed"),
    ] {
        assert_eq!(said(&judge(&spec, &nothing)), [(Status::Skip, want)]);
    }
}

#[test]
fn families_agree_on_what_is_seen() {
    use Status::{Fail, Pass, Unknown};
    let gap = "is closed on IPv4, open on IPv6: the firewall covers IPv4 alone";
    let silent = "is silent, and nothing proves that our packets leave";
    let local = || failed(ErrorKind::Local, "no IPv6 route");
    for (v4, v6, want) in [
        (vec![Ok(PortState::Refused)], vec![Ok(PortState::Refused)], (Pass, "is closed on both families")),
        (vec![Ok(PortState::Refused)], vec![Ok(rejected("2001:db8::7"))], (Pass, "is closed on both families")),
        (vec![Ok(PortState::Refused)], vec![Ok(open())], (Fail, gap)),
        (vec![Ok(open())], vec![Ok(PortState::Refused)], (Fail, "is open on IPv4, closed on IPv6")),
        (vec![Ok(open())], vec![Ok(open())], (Pass, "is open on both families")),
        (vec![Ok(PortState::Refused)], vec![Ok(PortState::Filtered)], (Unknown, silent)),
        (vec![Ok(PortState::Filtered)], vec![Ok(open())], (Unknown, silent)),
        (vec![Ok(PortState::Refused)], vec![local()], (Unknown, "no IPv6 route")),
        (vec![Ok(open())], vec![local()], (Unknown, "no IPv6 route")),
        // One address that is open is enough for the gap, whatever the others are.
        (vec![Ok(PortState::Refused)], vec![local(), Ok(open())], (Fail, gap)),
        (vec![Ok(PortState::Refused), Ok(open())], vec![Ok(open())], (Pass, "is open on both families")),
    ] {
        let at = |family: &str, i: usize| {
            if family == V4 { format!("203.0.113.{}", 7 + i) } else { format!("[2001:db8::{}]", 7 + i) }
        };
        let mut facts = vec![];
        for (family, states) in [(V4, v4.clone()), (V6, v6.clone())] {
            for (i, state) in states.into_iter().enumerate() {
                facts.extend(alive(&at(family, i)));
                facts.push(fact(knock(&format!("{}:6379", at(family, i)), Greet::Redis), state));
            }
        }
        assert_eq!(one(families_agree(&spec(), &seen(facts))), (want.0, want.1.into()), "{v4:?} {v6:?}");
    }
}

#[test]
fn one_family_is_nothing_to_compare_and_a_failed_lookup_is_no_reason() {
    let name = "app.example.com";
    let aaaa = Lookup { name: name.into(), family: Family::V6 };
    let servfail = ProbeError::new(Stage::Resolve, ErrorKind::Malformed, "SERVFAIL");
    for (lookup, want) in [
        (lookup(name, Family::V6, &[]), (Status::Skip, "the site has addresses of one family")),
        (fact(aaaa, Err(servfail)), (Status::Unknown, "SERVFAIL")),
        (lookup(name, Family::V6, &["fd00::7"]), (Status::Unknown, "the addresses of one family were not asked")),
    ] {
        let mut facts = alive(V4);
        facts.push(crate::judge::tests::lookup(name, Family::V4, &[V4]));
        facts.push(lookup);
        facts.push(fact(knock(&format!("{V4}:6379"), Greet::Redis), Ok(PortState::Refused)));
        assert_eq!(said(&families_agree(&spec(), &seen(facts))), [want]);
    }
}

#[test]
fn the_web_port_takes_connections_at_every_address() {
    use Status::{Fail, Pass, Unknown};
    for (state, works, want) in [
        (Ok(open()), false, (Pass, "takes connections")),
        (Ok(reset()), false, (Fail, "the connection is accepted, then reset")),
        (Ok(PortState::Refused), false, (Fail, "refuses connections, yet the name leads here")),
        (Ok(rejected("2001:db8::1")), false, (Fail, "is rejected by 2001:db8::1, yet the name leads here")),
        (Ok(rejected("fe80::1")), false, (Unknown, "is rejected by fe80::1, which may be of our own network")),
        (Ok(PortState::Filtered), true, (Fail, "is silent while IPv6 works from here, yet the name leads here")),
        (Ok(PortState::Filtered), false, (Unknown, "is silent, and nothing else answers over IPv6 from here")),
        (
            failed(ErrorKind::Unreachable, "2001:db8::1 says: no route"),
            false,
            (Fail, "2001:db8::1 says: no route"),
        ),
        (failed(ErrorKind::Local, "no IPv6 route"), true, (Unknown, "no IPv6 route")),
        (failed(ErrorKind::NotSent, "interrupted"), true, (Unknown, "interrupted")),
    ] {
        let mut spec = spec();
        spec.vantage.control = vec!["2001:db8::99".parse().unwrap()];
        let mut facts = alive(V4);
        facts.push(fact(knock(&format!("{V6}:443"), Greet::Nothing), state.clone()));
        if works {
            facts.push(fact(knock("[2001:db8::99]:443", Greet::Nothing), Ok(open())));
        }
        let verdicts = web_ports_open(&spec, &seen(facts));
        assert_eq!(said(&verdicts), [(Pass, "takes connections"), want], "{state:?}");
    }
}

#[test]
fn the_ports_of_a_network_say_nothing_of_the_host() {
    use Status::{Fail, Pass, Skip};
    let network = "Cloudflare answers at this address: its ports say nothing of the host";
    let said_by = "redis answers PING with -NOAUTH: it asks a password";
    let visit = || {
        let page = exchange(vec![response(200, &[("CF-Ray", "x")], "welcome")]);
        let lookup = crate::judge::tests::lookup("app.example.com", Family::V4, &[V4]);
        [lookup, fact(question(Ask::Visit, "/"), Ok(page))].into_iter().chain(alive(V4))
    };
    for (state, want) in [
        (PortState::Refused, (Skip, network)),
        (PortState::Filtered, (Skip, network)),
        (open(), (Skip, network)),
        // Who says what it is has said it, whoever stands before it.
        (greeted("-NOAUTH Authentication required."), (Fail, said_by)),
    ] {
        let mut facts: Vec<Fact> = visit().collect();
        facts.push(fact(knock(&format!("{V4}:6379"), Greet::Redis), Ok(state)));
        let verdicts = datastore_port_closed(&spec(), &seen(facts));
        assert_eq!(said(&verdicts), [want]);
    }
    let mut facts: Vec<Fact> = visit().collect();
    facts.push(fact(knock(&format!("{V4}:6379"), Greet::Redis), Ok(PortState::Refused)));
    assert_eq!(said(&families_agree(&spec(), &seen(facts.clone()))), [(Skip, network)]);
    // The host behind it owes visitors no open port.
    let hidden = Knock { at: "198.51.100.7:6379".parse().unwrap(), greet: Greet::Redis, beside: None };
    facts.push(fact(hidden, Ok(PortState::Refused)));
    let web = Knock { at: "198.51.100.7:443".parse().unwrap(), greet: Greet::Nothing, beside: None };
    facts.push(fact(web, Ok(PortState::Refused)));
    let mut spec = spec();
    spec.origin = vec!["198.51.100.7".parse().unwrap()];
    let seen = seen(facts);
    assert_eq!(said(&datastore_port_closed(&spec, &seen)), [(Pass, "refuses connections"), (Skip, network)]);
    assert_eq!(said(&web_ports_open(&spec, &seen)), [(Pass, "takes connections")]);
}

/// Where every port is open, only those that talk are the host's.
#[test]
fn an_open_port_that_says_nothing_is_believed_where_others_are_shut() {
    use Status::{Fail, Unknown};
    let decoys = |open_too: bool| {
        let state = || if open_too { reset() } else { PortState::Refused };
        [20_001, 20_002, 20_003].map(|port| fact(knock(&format!("{V4}:{port}"), Greet::Decoy), Ok(state())))
    };
    for (state, everywhere, want) in [
        (open(), false, Fail),
        (reset(), false, Fail),
        (open(), true, Unknown),
        (reset(), true, Unknown),
        (greeted("N"), true, Fail),
    ] {
        let mut facts = alive(V4);
        facts.extend(decoys(everywhere));
        facts.push(fact(knock(&format!("{V4}:5432"), Greet::Postgresql), Ok(state)));
        assert_eq!(one(datastore_port_closed(&spec(), &seen(facts))).0, want);
    }
    // The site's own port talks TLS, or nobody knows who took the connection.
    let visit = question(Ask::Visit, "/");
    let talk = || fact(visit.clone(), Ok(exchange(vec![response(200, &[], "welcome")])));
    let web = || fact(knock(&format!("{V4}:443"), Greet::Nothing), Ok(open()));
    for (talks, everywhere, want) in
        [(true, true, Status::Pass), (false, true, Unknown), (false, false, Status::Pass)]
    {
        let mut facts = vec![web()];
        facts.extend(decoys(everywhere));
        facts.extend(talks.then(talk));
        assert_eq!(one(web_ports_open(&spec(), &seen(facts))).0, want);
    }
}

/// A proxy of ours answers for all ports of a family.
#[test]
fn no_port_is_believed_behind_a_proxy_of_ours() {
    use Status::{Fail, Unknown};
    for (state, want) in [
        (open(), Unknown),
        (PortState::Refused, Unknown),
        (PortState::Filtered, Unknown),
        (rejected(V4), Unknown),
        // PostgreSQL was met, whoever passed the connection on.
        (greeted("N"), Fail),
    ] {
        let mut facts = [alive(V4), crate::judge::vantage::tests::route(&format!("{V4}:443"), "open")].concat();
        facts.push(fact(knock(&format!("{V4}:5432"), Greet::Postgresql), Ok(state)));
        let seen = seen(facts);
        assert_eq!(one(datastore_port_closed(&spec(), &seen)).0, want);
        assert_eq!(one(web_ports_open(&spec(), &seen)).0, Unknown);
    }
}

#[test]
fn a_refusal_on_the_way_is_no_closed_port() {
    use crate::judge::vantage::tests::{crossing, passage, route};
    use crate::observation::{Reply, Seek};
    let expired = Reply::Expired { by: "198.51.100.2".parse().unwrap(), own: false };
    for (reply, want) in [(Reply::Refused, Status::Unknown), (expired, Status::Pass)] {
        let port = crate::observation::Crossing { replies: vec![reply], ..crossing(5432, "-", "", None) };
        let path = route(&format!("{V4}:443"), "10.0.0.1 198.51.100.1 198.51.100.2 open");
        let mut facts = [alive(V4), path, vec![passage(V4, 3, Seek::Refusal, vec![port])]].concat();
        facts.push(fact(knock(&format!("{V4}:5432"), Greet::Postgresql), Ok(PortState::Refused)));
        assert_eq!(one(datastore_port_closed(&spec(), &seen(facts))).0, want);
    }
}
