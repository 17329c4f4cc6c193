use super::super::tests::{crossing, error, passage, route, seen};
use super::*;
use crate::finding::Status::{Pass, Skip, Unknown};
use crate::judge::headers::tests::fact;
use crate::judge::tests::{knock, open, said, spec};
use crate::observation::{ErrorKind, Fact, ProbeError, Route, Stage};
use crate::spec::PathProof;

#[test]
fn silence_is_proven_declared_or_unproven() {
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

const AT: &str = "203.0.113.7:443";
const EDGE: &str = "10.0.0.1 198.51.100.1 198.51.100.2 open";

fn silent(port: u16) -> Fact {
    fact(knock(&format!("203.0.113.7:{port}"), Greet::Postgresql), Ok(PortState::Filtered))
}

fn arrival(ttl: u8, replies: &str, beside: &str, last: Option<&str>) -> Fact {
    passage("203.0.113.7", ttl, Seek::Arrival, vec![crossing(5432, replies, beside, last)])
}

/// Each row is a scan that met silence at 5432.
#[test]
fn a_path_proves_what_left_our_network() {
    let same = "SYNs to 5432 cross the same 3 hops as those to 443";
    let three = "198.51.100.2 198.51.100.2 198.51.100.2";
    let unclear = |why: &str| format!("is silent, and its path proves nothing: {why}");
    for (hops, replies, beside, last, want) in [
        // Dropped by the host, or by its edge.
        (EDGE, "198.51.100.2", "", None, (Pass, same.to_string())),
        // Published by a container's host.
        ("10.0.0.1 198.51.100.1 198.51.100.2 203.0.113.7 open", "198.51.100.2", "", None, (Pass, same.into())),
        // Another router at the same depth, and answers that were lost.
        (EDGE, "- - 198.51.100.66", three, None, (Pass, same.into())),
        // Dropped by a router of ours that answers before it drops.
        (
            EDGE,
            "- - - -",
            three,
            Some("10.0.0.1"),
            (
                Unknown,
                "SYNs to 5432 are last answered by hop 1 (10.0.0.1), those to 443 by hop 3 (198.51.100.2)".into(),
            ),
        ),
        // Dropped before any router, or by this machine.
        (
            EDGE,
            "- - - -",
            three,
            None,
            (Unknown, "no hop answers SYNs to 5432, those to 443 are answered by hop 3 (198.51.100.2)".into()),
        ),
        (
            EDGE,
            "- - - -",
            "198.51.100.2 - -",
            None,
            (
                Unknown,
                unclear("hop 3 (198.51.100.2) stopped answering SYNs to 443 as well: it limits its answers"),
            ),
        ),
        (
            EDGE,
            "!10.0.0.9",
            "",
            None,
            (
                Unknown,
                unclear("SYNs to 5432 end at 10.0.0.9, which may be ours, those to 443 at hop 3 (198.51.100.2)"),
            ),
        ),
        (
            EDGE,
            "192.0.2.9",
            "",
            None,
            (
                Unknown,
                unclear("SYNs to 5432 end at 192.0.2.9, which may be ours, those to 443 at hop 3 (198.51.100.2)"),
            ),
        ),
        (EDGE, "open", "", None, (Unknown, unclear("SYNs to 5432 are answered on the way, yet not at the end"))),
        (
            "10.0.0.1 - - open",
            "",
            "",
            None,
            (Unknown, unclear("hop 1 (10.0.0.1) may be of our own network still")),
        ),
        (
            "10.0.0.1 192.0.2.1 198.51.100.2 open",
            "",
            "",
            None,
            (Unknown, unclear("hop 3 (198.51.100.2) may be of our own network still")),
        ),
        (
            "10.0.0.1 198.51.100.1 198.51.100.2 - open",
            "",
            "",
            None,
            (Unknown, unclear("hop 4, the last before the target, does not answer")),
        ),
        ("- - - open", "", "", None, (Unknown, unclear("no router on the way says that a TTL ran out"))),
        ("198.51.100.1 open", "", "", None, (Unknown, unclear("only one router lies between, which may be ours"))),
        ("10.0.0.1 198.51.100.1 - -", "", "", None, (Unknown, unclear("the target is not seen within 32 hops"))),
    ] {
        let mut spec = spec();
        spec.vantage.own_networks = vec![String::from("192.0.2.0/24").try_into().unwrap()];
        let mut facts = vec![silent(5432)];
        facts.extend(route(AT, hops));
        if !replies.is_empty() {
            facts.push(arrival(3, replies, beside, last));
        }
        assert_eq!(said(&egress_proven(&spec, &seen(facts))), [(want.0, &want.1[..])], "{hops}, {replies}");
    }
}

#[test]
fn hops_beyond_prove_what_the_owner_says_they_do() {
    let hops = "10.0.0.1 198.51.100.1 203.0.114.1 - open";
    let seen = seen([vec![silent(5432), arrival(3, "203.0.114.1", "", None)], route(AT, hops)].concat());
    let mut spec = spec();
    let why = "is silent, and its path proves nothing: hop 3 (203.0.114.1), which other networks lie before, is the last \
               hop seen: proof with vantage.path_proof = \"beyond\"";
    assert_eq!(said(&egress_proven(&spec, &seen)), [(Unknown, why)]);
    spec.vantage.path_proof = PathProof::Beyond;
    let why = "SYNs to 5432 come as far as those to 443: hop 3 (203.0.114.1)";
    assert_eq!(said(&egress_proven(&spec, &seen)), [(Pass, why)]);
}

#[test]
fn a_path_that_is_not_seen_proves_nothing() {
    let not_sent = ProbeError::not_sent("interrupted");
    let question = || match arrival(3, "-", "", None) {
        Fact::Passage(o) => o.question,
        other => panic!("{other:?}"),
    };
    let mut elsewhere = route(AT, EDGE);
    elsewhere[0] = fact(Route { to: AT.parse().unwrap() }, Err(not_sent.clone()));
    for (facts, why) in [
        ([vec![fact(question(), Err(not_sent.clone()))], route(AT, EDGE)].concat(), "interrupted"),
        (elsewhere, "interrupted"),
        (route(AT, EDGE), "SYNs to 5432 were not followed"),
        // Who takes the connection is no TLS server.
        (
            vec![arrival(3, "198.51.100.2", "", None), route(AT, EDGE).remove(0)],
            "port 443 takes connections and speaks no TLS",
        ),
    ] {
        let facts = [vec![silent(5432)], facts].concat();
        let want = format!("is silent, and its path proves nothing: {why}");
        assert_eq!(said(&egress_proven(&spec(), &seen(facts))), [(Unknown, &want[..])]);
    }
}

/// What is silent where silence is no news needs no proof.
#[test]
fn only_ports_that_are_to_be_closed_need_a_proof() {
    let decoy = fact(knock("203.0.113.7:31234", Greet::Decoy), Ok(PortState::Filtered));
    let site = fact(knock(AT, Greet::Nothing), Ok(PortState::Filtered));
    assert_eq!(said(&egress_proven(&spec(), &seen(vec![decoy, site]))), [(Skip, "no port is silent")]);
    let http = fact(knock("203.0.113.7:80", Greet::Nothing), Ok(PortState::Filtered));
    assert_eq!(egress_proven(&spec(), &seen(vec![http]))[0].status, Unknown);
}

#[test]
fn swept_ports_are_proven_by_all_of_a_sample() {
    let swept = || {
        let question =
            Sweep { at: "203.0.113.7".parse().unwrap(), ports: [23, 25].into_iter().collect(), beside: 443 };
        let silent = [23, 25].into_iter().collect();
        fact(question, Ok(crate::observation::Swept { silent, ..Default::default() }))
    };
    let sample = |replies: &str, beside: &str| {
        passage("203.0.113.7", 3, Seek::Arrival, vec![crossing(23, replies, beside, Some("10.0.0.1"))])
    };
    let three = "198.51.100.2 198.51.100.2 198.51.100.2";
    for (named, sample, want) in [
        ("198.51.100.2", sample("198.51.100.2", ""), Pass),
        ("198.51.100.2", sample("- - - -", three), Unknown),
        ("198.51.100.2", sample("-", ""), Unknown),
        ("- - - -", sample("198.51.100.2", ""), Unknown),
    ] {
        let facts =
            [vec![silent(5432), swept(), arrival(3, named, three, None), sample], route(AT, EDGE)].concat();
        assert_eq!(egress_proven(&spec(), &seen(facts)).last().unwrap().status, want);
    }
    assert_eq!(egress_proven(&spec(), &seen(vec![swept()]))[0].status, Unknown);
}
