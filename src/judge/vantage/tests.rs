use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{fact, question};
use crate::judge::tests::{knock, lookup, open, said, seen_from, spec};
use crate::observation::{
    Ask, Crossing, Crossings, ErrorKind, Fact, Greet, Http, Passage, ProbeError, Route, Seek, Stage, Steps,
    Vantage,
};
use crate::target::Endpoint;

const NAME: &str = "app.example.com";

/// The way to port 443, and that it speaks TLS.
pub fn route(to: &str, hops: &str) -> Vec<Fact> {
    let to: std::net::SocketAddr = to.parse().unwrap();
    let visit = question(Ask::Visit, "/");
    let at = Endpoint { ip: to.ip(), port: to.port(), ..visit.at.clone() };
    let page = exchange(vec![response(200, &[], "welcome")]);
    vec![fact(Route { to }, Ok(Steps::of(hops))), fact(Http { at, ..visit }, Ok(page))]
}

/// SYNs to ports that end at a TTL, and what they got there.
pub fn passage(to: &str, ttl: u8, seek: Seek, ports: Vec<Crossing>) -> Fact {
    let asked = ports.iter().map(|crossing| crossing.port).collect();
    fact(Passage { to: to.parse().unwrap(), beside: 443, ttl, seek, ports: asked }, Ok(Crossings { ports }))
}

/// What SYNs to one port got, and each time the open one.
pub fn crossing(port: u16, replies: &str, beside: &str, last: Option<&str>) -> Crossing {
    let replies_of = |words: &str| Steps::of(words).steps.into_iter().map(|step| step.reply).collect();
    let beside = if beside.is_empty() { vec![] } else { replies_of(beside) };
    let last = last.and_then(|hops| Steps::of(hops).steps.last().copied());
    Crossing { port, replies: replies_of(replies), beside, last }
}

fn named(v4: &[&str], v6: &[&str]) -> Vec<Fact> {
    vec![lookup(NAME, Family::V4, v4), lookup(NAME, Family::V6, v6)]
}

pub fn seen(facts: Vec<Fact>) -> Seen {
    seen_from(Vantage::default(), facts)
}

pub fn error(stage: Stage, kind: ErrorKind, words: &str) -> ProbeError {
    ProbeError::new(stage, kind, words)
}

#[test]
fn an_address_is_outside_or_says_nothing() {
    use Status::{Pass, Unknown};
    for (ip, own, allowed, want, declared) in [
        ("203.0.113.7", None, false, (Pass, "is an address of the internet"), None),
        ("10.0.0.5", None, false, (Unknown, "is private: from here this says nothing about the internet"), None),
        ("127.0.0.1", None, false, (Unknown, "is loopback: from here this says nothing about the internet"), None),
        ("10.0.0.5", None, true, (Pass, "is private"), Some("private addresses allowed")),
        (
            "203.0.113.7",
            Some("203.0.113.7"),
            false,
            (Unknown, "is an address of this machine: from here this says nothing about the internet"),
            None,
        ),
        ("203.0.113.7", Some("203.0.113.8"), false, (Pass, "is an address of the internet"), None),
    ] {
        let mut spec = spec();
        spec.vantage.allow_private = allowed;
        let own = own.map(|ip: &str| ip.parse().unwrap()).into_iter().collect();
        let vantage = Vantage { own, ..Vantage::default() };
        let verdicts = outside_the_host(&spec, &seen_from(vantage, named(&[ip], &[])));
        assert_eq!(said(&verdicts), [want], "{ip}");
        assert_eq!(verdicts[0].declared.as_deref(), declared);
    }
}

#[test]
fn a_door_is_the_owners_word() {
    for (to, allowed, want) in [
        ("198.51.100.9", false, Some("a:443 at x (--connect-to)")),
        ("127.0.0.1", false, None),
        ("127.0.0.1", true, Some("a:443 at x (--connect-to), private addresses allowed")),
    ] {
        let mut spec = spec();
        spec.vantage.allow_private = allowed;
        let behind_doors = vec![to.parse().unwrap()];
        let vantage = Vantage { doors: vec!["a:443 at x".into()], behind_doors, ..Vantage::default() };
        let verdicts = outside_the_host(&spec, &seen_from(vantage, named(&["203.0.113.7"], &[])));
        let [site, door] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!((site.status, &site.declared), (Status::Pass, &None));
        assert_eq!(door.declared.as_deref(), want);
        assert_eq!(door.status == Status::Pass, want.is_some());
    }
}

#[test]
fn a_site_that_is_an_address_is_judged_too() {
    let spec = Spec::of("192.168.0.9".parse().unwrap());
    assert_eq!(outside_the_host(&spec, &seen(vec![]))[0].status, Status::Unknown);
    let no_names = Spec::of(NAME.parse().unwrap());
    assert!(outside_the_host(&no_names, &seen(vec![])).is_empty());
}

#[test]
fn each_published_family_must_answer_from_here() {
    use Status::{Pass, Skip, Unknown};
    let v4 = || fact(knock("203.0.113.7:443", Greet::Nothing), Ok(open()));
    let v6 = |port: u16, outcome| fact(knock(&format!("[2001:db8::7]:{port}"), Greet::Nothing), outcome);
    let both = || named(&["203.0.113.7"], &["2001:db8::7"]);
    let no_route =
        || Err(error(Stage::Connect, ErrorKind::Local, "no IPv6 route from this machine (ENETUNREACH)"));
    let servfail = || Err(error(Stage::Resolve, ErrorKind::Malformed, "SERVFAIL"));
    let aaaa = || Lookup { name: NAME.into(), family: Family::V6 };
    for (facts, want) in [
        ([both(), vec![v4(), v6(443, Ok(open()))]].concat(), (Pass, "IPv6 answers from here")),
        ([both(), vec![v4(), v6(443, Ok(PortState::Refused))]].concat(), (Pass, "IPv6 answers from here")),
        (
            [both(), vec![v4(), v6(443, Ok(PortState::Filtered)), v6(80, Ok(PortState::Refused))]].concat(),
            (Pass, "IPv6 answers from here"),
        ),
        (
            [both(), vec![v4(), v6(443, Ok(PortState::Filtered))]].concat(),
            (Unknown, "nothing answers over IPv6 from here"),
        ),
        // Our own router's word is no answer of the family.
        (
            [both(), vec![v4(), v6(443, Ok(PortState::Rejected { offender: "fe80::1".parse().unwrap() }))]]
                .concat(),
            (Unknown, "nothing answers over IPv6 from here"),
        ),
        (
            [both(), vec![v4(), v6(443, no_route())]].concat(),
            (Unknown, "no IPv6 route from this machine (ENETUNREACH)"),
        ),
        ([both(), vec![v4()]].concat(), (Unknown, "was not asked from here")),
        (
            [named(&["203.0.113.7"], &[]), vec![v4()]].concat(),
            (Skip, "no AAAA record (an unpublished IPv6 address was not scanned)"),
        ),
        (vec![lookup(NAME, Family::V4, &["203.0.113.7"]), fact(aaaa(), servfail()), v4()], (Unknown, "SERVFAIL")),
    ] {
        let verdicts = families_covered(&spec(), &seen(facts));
        assert_eq!(said(&verdicts), [(Pass, "IPv4 answers from here"), want]);
        assert_eq!(verdicts[1].unseen, want.0 == Skip);
    }
}

#[test]
fn a_control_or_the_flags_speak_for_a_family() {
    let mut spec = spec();
    spec.vantage.control = vec!["2001:db8::99".parse().unwrap()];
    let control = Knock { at: "[2001:db8::99]:443".parse().unwrap(), greet: Greet::Nothing, beside: None };
    let dead = fact(knock("[2001:db8::7]:443", Greet::Nothing), Ok(PortState::Filtered));
    let facts = [named(&[], &["2001:db8::7"]), vec![dead.clone(), fact(control, Ok(open()))]].concat();
    assert_eq!(families_covered(&spec, &seen(facts))[1].status, Status::Pass);

    spec.scope.family = Some(Family::V4);
    let facts = vec![
        lookup(NAME, Family::V4, &["203.0.113.7"]),
        fact(knock("203.0.113.7:443", Greet::Nothing), Ok(open())),
    ];
    let verdicts = families_covered(&spec, &seen(facts));
    assert_eq!(
        said(&verdicts),
        [(Status::Pass, "IPv4 answers from here"), (Status::Skip, "IPv6 (left out by hand)")]
    );
    assert!(verdicts[1].unseen);
}

#[test]
fn a_router_of_others_speaks_for_a_family_and_none_of_ours() {
    use Status::{Pass, Unknown};
    let facts = |kind| {
        let why = error(Stage::Connect, kind, "a router says so");
        [named(&["203.0.113.7"], &[]), vec![fact(knock("203.0.113.7:443", Greet::Nothing), Err(why))]].concat()
    };
    for (kind, want) in [
        (ErrorKind::Unreachable, (Pass, "IPv4 answers from here")),
        (ErrorKind::Local, (Unknown, "a router says so")),
    ] {
        assert_eq!(said(&families_covered(&spec(), &seen(facts(kind))))[..1], [want]);
    }
}
