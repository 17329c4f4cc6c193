use super::super::tests::{crossing, error, passage, route, seen};
use super::*;
use crate::finding::Status::{Pass, Skip, Unknown};
use crate::judge::headers::tests::fact;
use crate::judge::tests::{knock, open, said, spec};
use crate::observation::{ErrorKind, Fact, Stage};

const AT: &str = "203.0.113.7:443";
const EDGE: &str = "10.0.0.1 198.51.100.1 198.51.100.2 open";

fn asked(state: PortState) -> Fact {
    fact(knock("203.0.113.7:5432", Greet::Postgresql), Ok(state))
}

fn looked_at(ttl: u8, replies: Vec<Reply>) -> Fact {
    let port = crate::observation::Crossing { replies, ..crossing(5432, "-", "", None) };
    passage("203.0.113.7", ttl, Seek::Refusal, vec![port])
}

fn expired() -> Reply {
    Reply::Expired { by: "198.51.100.2".parse().unwrap(), own: false }
}

#[test]
fn a_refusal_is_the_hosts_where_nobody_before_it_refuses() {
    let host = "refuses connections 4 hops away, where port 443 answers";
    let nobody = |why: &str| format!("refuses connections, and who says so is not known: {why}");
    for (hops, replies, strict, want) in [
        (EDGE, vec![expired()], false, (Pass, host.to_string())),
        (EDGE, vec![expired()], true, (Pass, host.into())),
        (EDGE, vec![Reply::Silent; 3], false, (Pass, host.into())),
        // A container's host refuses itself: it stands where it answers for the container.
        ("10.0.0.1 198.51.100.1 198.51.100.2 203.0.113.7 open", vec![expired()], false, (Pass, host.into())),
        (
            EDGE,
            vec![Reply::Silent, Reply::Refused],
            false,
            (Unknown, "is refused, but so it is within 3 hops, and the host is 4 away: a box on the way answers".into()),
        ),
        (
            EDGE,
            vec![Reply::Open],
            false,
            (Unknown, "is refused, but it takes connections within 3 hops, and the host is 4 away: a box on the way answers".into()),
        ),
        (
            EDGE,
            vec![Reply::Rejected { by: "10.0.0.1".parse().unwrap() }],
            false,
            (Unknown, "is refused, but 10.0.0.1 rejects it within 3 hops, and the host is 4 away".into()),
        ),
        (EDGE, vec![Reply::Unsent], false, (Unknown, "is refused, but it was not looked at where".into())),
        (EDGE, vec![], false, (Unknown, "is refused, but it was not looked at where".into())),
        (
            "198.51.100.1 open",
            vec![],
            false,
            (Pass, nobody("the target is 2 hops away, and what is before it may be ours")),
        ),
        (
            "198.51.100.1 open",
            vec![],
            true,
            (Unknown, nobody("the target is 2 hops away, and what is before it may be ours")),
        ),
        ("10.0.0.1 - - -", vec![], false, (Pass, nobody("the target is not seen within 32 hops"))),
    ] {
        let mut spec = spec();
        spec.vantage.strict = strict;
        let mut facts = vec![asked(PortState::Refused)];
        facts.extend(route(AT, hops));
        if !replies.is_empty() {
            facts.push(looked_at(3, replies));
        }
        assert_eq!(said(&refusal_comes_from_host(&spec, &seen(facts))), [(want.0, &want.1[..])], "{hops}");
    }
}

#[test]
fn a_rejection_names_who_sent_it() {
    let way = "198.51.100.77 10.0.0.1 198.51.100.2 198.51.100.3 open";
    let rejected = |by: &str| Reply::Rejected { by: by.parse().unwrap() };
    for (offender, reply, want) in [
        ("203.0.113.7", expired(), Pass),
        ("203.0.113.7", Reply::Silent, Pass),
        // The edge, seen as the last hop, or not.
        ("198.51.100.3", Reply::Silent, Pass),
        ("203.0.113.1", expired(), Pass),
        ("203.0.113.1", Reply::Silent, Unknown),
        // A router on the way, which rejects what expires later.
        ("198.51.100.2", rejected("198.51.100.2"), Unknown),
        // Our own: private, declared, or a hop before the border.
        ("10.0.0.1", expired(), Unknown),
        ("192.0.2.1", expired(), Unknown),
        ("198.51.100.77", expired(), Unknown),
    ] {
        let mut spec = spec();
        spec.vantage.own_networks = vec![String::from("192.0.2.0/24").try_into().unwrap()];
        let port = asked(PortState::Rejected { offender: offender.parse().unwrap() });
        let facts = [vec![port, looked_at(4, vec![reply])], route(AT, way)].concat();
        assert_eq!(refusal_comes_from_host(&spec, &seen(facts))[0].status, want, "{offender}");
    }
    // Without a way the name of the sender is all there is.
    let port = || asked(PortState::Rejected { offender: "198.51.100.2".parse().unwrap() });
    assert_eq!(refusal_comes_from_host(&spec(), &seen(vec![port()]))[0].status, Pass);
    let mut strict = spec();
    strict.vantage.strict = true;
    assert_eq!(refusal_comes_from_host(&strict, &seen(vec![port()]))[0].status, Unknown);
}

#[test]
fn where_nothing_refuses_there_is_nothing_to_attribute() {
    let status = |facts: Vec<Fact>| refusal_comes_from_host(&spec(), &seen(facts)).first().map(|v| v.status);
    let unanswered = error(Stage::Connect, ErrorKind::Local, "our own side rejected it");
    let lost = error(Stage::Connect, ErrorKind::Timeout, "none from port 443 either");
    for (facts, want) in [
        (vec![], None),
        (vec![asked(PortState::Filtered)], Some(Skip)),
        (vec![asked(open())], Some(Skip)),
        (vec![fact(knock("203.0.113.7:5432", Greet::Postgresql), Err(lost))], Some(Unknown)),
        (
            vec![fact(knock("203.0.113.7:3000", Greet::Listen), Err(unanswered)), asked(PortState::Refused)],
            Some(Unknown),
        ),
        // A decoy or the site's own port is not to be judged here.
        (vec![fact(knock("203.0.113.7:31234", Greet::Decoy), Ok(PortState::Refused)), asked(open())], Some(Skip)),
    ] {
        assert_eq!(status(facts), want);
    }
}
