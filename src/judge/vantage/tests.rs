use super::*;
use crate::judge::headers::tests::fact;
use crate::judge::tests::{knock, lookup, open, said, seen_from, spec};
use crate::observation::{ErrorKind, Fact, ProbeError, Stage, Vantage};

const NAME: &str = "app.example.com";

fn named(v4: &[&str], v6: &[&str]) -> Vec<Fact> {
    vec![lookup(NAME, Family::V4, v4), lookup(NAME, Family::V6, v6)]
}

fn seen(facts: Vec<Fact>) -> Seen {
    seen_from(Vantage::default(), facts)
}

fn error(stage: Stage, kind: ErrorKind, words: &str) -> ProbeError {
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
fn silence_is_proven_declared_or_unproven() {
    use Status::{Pass, Skip, Unknown};
    let silent = || fact(knock("203.0.113.7:5432", Greet::Postgresql), Ok(PortState::Filtered));
    let control = |state| {
        let at = "198.51.100.9:5432".parse().unwrap();
        fact(Knock { at, greet: Greet::Nothing, beside: None }, Ok(state))
    };
    let web = || fact(knock("203.0.113.7:443", Greet::Nothing), Ok(open()));
    let unanswered = || {
        let why = Err(error(Stage::Connect, ErrorKind::Timeout, "no answer, and none from port 443"));
        fact(knock("203.0.113.7:6379", Greet::Redis), why)
    };
    for (facts, assumed, want) in [
        (vec![web()], false, (Skip, "no port is silent")),
        (vec![web(), unanswered()], false, (Unknown, "no answer, and none from port 443")),
        (vec![silent(), control(open())], false, (Pass, "control 198.51.100.9 answers on port 5432")),
        (vec![silent(), control(open())], true, (Pass, "control 198.51.100.9 answers on port 5432")),
        (vec![silent(), control(PortState::Filtered)], true, (Pass, "is silent, and egress is assumed")),
        (
            vec![silent(), control(PortState::Filtered)],
            false,
            (Unknown, "is silent, and so is control 198.51.100.9: it proves nothing"),
        ),
        (vec![silent()], false, (Unknown, "is silent, and nothing proves that our packets leave")),
    ] {
        let mut spec = spec();
        spec.vantage.assume_egress = assumed;
        spec.vantage.control = vec!["198.51.100.9".parse().unwrap()];
        let verdicts = egress_proven(&spec, &seen(facts));
        assert_eq!(said(&verdicts), [want]);
        assert_eq!(verdicts[0].declared.is_some(), want.1 == "is silent, and egress is assumed");
    }
    assert!(egress_proven(&spec(), &seen(vec![])).is_empty());
    // A control of the other family proves nothing.
    let mut spec = spec();
    spec.vantage.control = vec!["2001:db8::99".parse().unwrap()];
    let other = Knock { at: "[2001:db8::99]:5432".parse().unwrap(), greet: Greet::Nothing, beside: None };
    let facts = vec![silent(), fact(other, Ok(open()))];
    assert_eq!(egress_proven(&spec, &seen(facts))[0].status, Unknown);
}
