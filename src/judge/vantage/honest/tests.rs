use super::super::tests::{error, route, seen};
use super::*;
use crate::finding::Status::{Pass, Unknown};
use crate::judge::certificate::issued::{Authority, handshake, root, shown_as, trusting};
use crate::judge::headers::tests::fact;
use crate::judge::pages;
use crate::judge::tests::{knock, open, said, spec};
use crate::observation::{ErrorKind, Fact, Handshake, Stage};

fn decoy(port: u16, state: PortState) -> Fact {
    fact(knock(&format!("203.0.113.7:{port}"), Greet::Decoy), Ok(state))
}

#[test]
fn two_implausible_ports_make_every_open_port_doubtful() {
    let reset = || PortState::Open { greeting: None, reset: true };
    let shut = || PortState::Refused;
    let two = "ports 20001 and 20003 take connections too, where nothing should be: somebody answers for the host";
    for (states, want) in [
        (
            vec![shut(), shut(), PortState::Filtered],
            (Pass, "no implausible port takes connections: 20001 20002 20003"),
        ),
        (vec![open(), shut(), shut()], (Pass, "of 3 implausible ports only 20001 takes connections")),
        // A SYN proxy resets what it took.
        (vec![reset(), shut(), reset()], (Unknown, two)),
        (vec![open(), shut(), open(), shut(), shut(), shut()], (Unknown, two)),
    ] {
        let facts: Vec<Fact> = states.into_iter().zip(20_001..).map(|(state, port)| decoy(port, state)).collect();
        assert_eq!(said(&path_honest(&spec(), &seen(facts))), [want]);
    }
    let lost =
        fact(knock("203.0.113.7:20001", Greet::Decoy), Err(error(Stage::Connect, ErrorKind::Timeout, "lost")));
    assert_eq!(said(&path_honest(&spec(), &seen(vec![lost]))), [(Unknown, "lost")]);
    assert!(path_honest(&spec(), &seen(vec![])).is_empty());
}

#[test]
fn a_handshake_before_any_router_of_others_is_a_proxys() {
    for (at, hops, on_link, doubtful) in [
        ("203.0.113.7:443", "open", false, true),
        ("203.0.113.7:443", "10.0.0.1 open", false, true),
        ("203.0.113.7:443", "!198.51.100.9 open", false, true),
        ("203.0.113.7:443", "- open", false, true),
        // One router of others, a neighbour, a lab.
        ("203.0.113.7:443", "198.51.100.1 open", false, false),
        ("203.0.113.7:443", "open", true, false),
        ("10.0.0.7:443", "10.0.0.1 open", false, false),
        ("203.0.113.7:443", "10.0.0.1 198.51.100.1 open", false, false),
        ("203.0.113.7:443", "203.0.113.7 open", false, false),
        ("203.0.113.7:443", "- - -", false, false),
    ] {
        let mut facts = route(at, hops);
        if let Fact::Route(o) = &mut facts[0] {
            o.outcome.as_mut().unwrap().on_link = on_link;
        }
        facts.extend([20_001, 20_002, 20_003].map(|port| decoy(port, PortState::Refused)));
        let seen = seen(facts);
        let want = if doubtful { Unknown } else { Pass };
        assert_eq!(path_honest(&spec(), &seen)[0].status, want, "{at} {hops}");
        assert_eq!(answers_for_all(&spec(), &seen, Family::V4).is_some(), doubtful);
        assert!(answers_for_all(&spec(), &seen, Family::V6).is_none());
    }
}

#[test]
fn tls_that_only_this_machine_trusts_says_nothing_of_the_host() {
    let root: Authority = root("Antivirus");
    let leaf = root.leaf(&["app.example.com"], |_| {});
    let intercepted = "TLS is intercepted here, or Antivirus, which only this machine trusts, is an authority of your \
                       own: --cacert";
    for (local_issuer, trusted, want) in [
        (None, false, "sound"),
        (Some("Antivirus"), false, intercepted),
        // The owner named it.
        (Some("Antivirus"), true, "sound"),
    ] {
        let spec = if trusted { trusting(&root) } else { spec() };
        let shown = Handshake { local_issuer: local_issuer.map(Into::into), ..handshake(&[&leaf]) };
        let seen = shown_as("app.example.com", shown);
        assert_eq!(path_honest(&spec, &seen).len(), usize::from(want == intercepted));
        for (family, want) in [("certificate", want), ("tls", want), ("headers", "sound")] {
            let page = Page { family, ..pages()[0].clone() };
            let subject = Subject::Port(443, "203.0.113.7".parse().unwrap());
            let verdict = Verdict::new(subject, Status::Fail, "sound");
            let verdict = unless_intercepted(&spec, &seen, &page, verdict);
            assert_eq!(said(&[verdict]), [(if want == "sound" { Status::Fail } else { Unknown }, want)]);
        }
    }
}
