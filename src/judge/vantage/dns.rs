//! dns-agrees: every server that speaks for a name gives the addresses that were probed.

use std::net::IpAddr;

use crate::finding::{Status, Subject, Verdict};
use crate::judge::{Word, fail, given, pass, skip, unknown};
use crate::observation::{Authorities, Authority, Lookup, NameServer, Observation, Seen};
use crate::spec::Spec;
use crate::target::Family;

pub(super) fn agrees(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let names: Vec<&str> = spec.origins().filter_map(|origin| origin.host.name()).collect();
    if names.is_empty() {
        return vec![Verdict::new(
            Subject::Site,
            Status::Skip,
            "the site is an address, so no name was asked for",
        )];
    }
    names.into_iter().map(|name| verdict(spec, seen, name)).collect()
}

fn verdict(spec: &Spec, seen: &Seen, name: &str) -> Verdict {
    let subject = Subject::Name(name.into());
    let families = [Family::V4, Family::V6].into_iter().filter(|family| spec.scope.looks_at(*family));
    let lookups: Vec<&Observation<Lookup>> =
        families.filter_map(|family| seen.find(&Lookup { name: name.into(), family })).collect();
    if let Some(o) = lookups.iter().find(|o| o.outcome.is_err()) {
        return given(o, subject, |_| unknown("no answer"));
    }
    let answers = || lookups.iter().filter_map(|o| o.outcome.as_ref().ok());
    let ids = lookups.iter().map(|o| o.id());
    let Some(question) = Authority::of(seen.observations(), name) else {
        let why = match answers().find_map(|answer| answer.aliases.last()) {
            Some(alias) => format!("is an alias of {alias}, whose addresses may differ by place"),
            None => "has addresses given by hand, so no server was asked".into(),
        };
        return Verdict::new(subject, Status::Skip, why).resting_on(ids);
    };
    let mut probed: Vec<IpAddr> = answers().flat_map(|answer| answer.addresses.iter().copied()).collect();
    probed.sort_unstable();
    probed.dedup();
    match seen.find(&question) {
        Some(o) => given(o, subject, |answer| word(spec, answer, &probed)).resting_on(ids),
        None => Verdict::new(subject, Status::Unknown, "no authoritative server was asked"),
    }
}

fn word(spec: &Spec, answer: &Authorities, probed: &[IpAddr]) -> Word {
    if answer.by_hand {
        return skip("has addresses given by hand, so no server was asked");
    }
    let (mut silent, mut other) = (vec![], vec![]);
    for server in &answer.servers {
        match &server.addresses {
            Err(why) => silent.push(format!("{} {why}", label(server))),
            Ok(all) => {
                let all: Vec<IpAddr> =
                    all.iter().copied().filter(|ip| spec.scope.looks_at(Family::of(*ip))).collect();
                if all != probed {
                    other.push(format!("{} gives {}", label(server), listed(&all)));
                }
            }
        }
    }
    let zone = &answer.zone;
    match (answer.servers.len(), &other[..], &silent[..]) {
        (0, ..) => unknown(format!("no server of the zone {zone} was asked")),
        (_, [first, rest @ ..], _) => {
            let more =
                if rest.is_empty() { String::new() } else { format!("; {} more servers differ", rest.len()) };
            fail(format!("{} probed, and {first}{more}", were(probed)))
        }
        (_, [], [first, ..]) => unknown(first.clone()),
        (1, [], []) => pass(format!("the server of the zone {zone} gives what was probed")),
        (count, [], []) => pass(format!("all {count} servers of the zone {zone} give what was probed")),
    }
}

fn label(server: &NameServer) -> String {
    match server.ip {
        Some(ip) => format!("{} ({ip})", server.name),
        None => server.name.clone(),
    }
}

fn were(probed: &[IpAddr]) -> String {
    match probed {
        [one] => format!("{one} was"),
        all => format!("{} were", listed(all)),
    }
}

/// The first few.
fn listed(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(4).map(ToString::to_string).collect();
    match addresses.len() {
        0 => "no address".into(),
        count if count > 4 => format!("{} and {} more", shown.join(", "), count - 4),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::headers::tests::fact;
    use crate::judge::tests::{lookup, said, seen_from, spec, timeout};
    use crate::observation::{Addresses, Fact, Vantage};
    use crate::target::Family::{V4, V6};
    use Status::{Fail, Pass, Skip, Unknown};

    const NAME: &str = "app.example.com";

    fn server(n: u8, addresses: Result<&[&str], &str>) -> NameServer {
        let addresses = addresses.map(|all| all.iter().map(|ip| ip.parse().unwrap()).collect());
        let addresses = addresses.map_err(Into::into);
        NameServer { name: format!("ns{n}.example.com"), ip: Some([198, 51, 100, n].into()), addresses }
    }

    fn asked(servers: &[NameServer], by_hand: bool) -> Fact {
        let answer = Authorities { by_hand, zone: "example.com".into(), servers: servers.to_vec() };
        fact(Authority { name: NAME.into() }, Ok(answer))
    }

    #[test]
    fn every_server_gives_what_was_probed() {
        let same = || server(1, Ok(&["203.0.113.7", "2001:db8::7"]));
        for (servers, want) in [
            (vec![same()], (Pass, "the server of the zone example.com gives what was probed")),
            (
                vec![same(), server(2, Ok(&["203.0.113.7", "2001:db8::7"]))],
                (Pass, "all 2 servers of the zone example.com give what was probed"),
            ),
            (
                vec![same(), server(2, Ok(&["203.0.113.9", "2001:db8::7"])), server(3, Err("does not answer"))],
                (
                    Fail,
                    "203.0.113.7, 2001:db8::7 were probed, and ns2.example.com (198.51.100.2) gives \
                     203.0.113.9, 2001:db8::7",
                ),
            ),
            (
                vec![same(), server(2, Err("does not answer"))],
                (Unknown, "ns2.example.com (198.51.100.2) does not answer"),
            ),
            (vec![], (Unknown, "no server of the zone example.com was asked")),
        ] {
            let facts = vec![
                lookup(NAME, V4, &["203.0.113.7"]),
                lookup(NAME, V6, &["2001:db8::7"]),
                asked(&servers, false),
            ];
            assert_eq!(said(&agrees(&spec(), &seen_from(Vantage::default(), facts))), [want]);
        }
    }

    #[test]
    fn a_family_that_is_left_out_is_not_compared() {
        let mut spec = spec();
        spec.scope.family = Some(V4);
        let facts = vec![
            lookup(NAME, V4, &["203.0.113.7"]),
            asked(&[server(1, Ok(&["203.0.113.7", "2001:db8::7"]))], false),
        ];
        assert_eq!(agrees(&spec, &seen_from(Vantage::default(), facts))[0].status, Pass);
    }

    #[test]
    fn what_is_given_by_hand_or_by_others_is_not_asked() {
        let told = |aliases: &[&str], pinned| {
            let aliases = aliases.iter().map(|alias| (*alias).into()).collect();
            let addresses = vec!["203.0.113.7".parse().unwrap()];
            fact(
                Lookup { name: NAME.into(), family: V4 },
                Ok(Addresses { addresses, aliases, absent: false, pinned }),
            )
        };
        let silent = || fact(Lookup { name: NAME.into(), family: V6 }, Err(timeout()));
        let v6 = || lookup(NAME, V6, &[]);
        for (facts, want) in [
            (vec![told(&[], true), v6()], Skip),
            (vec![told(&["x.cdn.example.net"], false), v6()], Skip),
            (vec![told(&["edge.example.com"], false), v6()], Unknown),
            (vec![told(&[], false), v6(), asked(&[], true)], Skip),
            (vec![told(&[], false), silent(), asked(&[], true)], Unknown),
        ] {
            assert_eq!(agrees(&spec(), &seen_from(Vantage::default(), facts))[0].status, want);
        }
        let address = Spec::of("203.0.113.7".parse().unwrap());
        assert_eq!(agrees(&address, &seen_from(Vantage::default(), vec![]))[0].status, Skip);
    }
}
