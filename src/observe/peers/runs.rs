//! Whole runs against what does not want to be asked.

use std::collections::BTreeSet;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::*;
use crate::observation::Fact;
use crate::observe::{Ending, Observed, begin, observe, settle, wait};

async fn run(spec: Spec, net: Net) -> Observed {
    let (_stop, watch) = watch::channel(false);
    let seen = begin(&spec, &net);
    observe(0, spec.into(), net.into(), seen, watch, &|_| ()).await
}

/// Takes connections for a while, then nothing is said any more. Each question has its answer or its reason.
#[tokio::test]
async fn a_server_that_stops_answering_does_not_hold_the_run() {
    let ok = Act::Say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec());
    let peer = Peer::tls(Act::First(12, ok.into(), Act::Tarpit.into())).await;
    let spec = spec();
    let net = net(&spec, &[(443, peer.at), (80, peer.at)]);
    let begun = Instant::now();
    let observed = run(spec, net).await;
    within(begun, 15.0);
    assert_eq!(observed.ending, Ending::Complete);
    let silent = observed.observations.http.iter().filter_map(|o| o.outcome.as_ref().err());
    assert!(silent.filter(|error| error.kind == ErrorKind::Timeout).count() > 40);
    // The web port itself is open, and no port is taken for another.
    let open = observed.observations.ports.iter().filter(|o| matches!(o.outcome, Ok(PortState::Open { .. })));
    assert_eq!(open.map(|o| o.question.at.port()).collect::<Vec<_>>(), [80, 443]);
    assert!(peer.accepted() < 80, "{} connections", peer.accepted());
}

/// The proxy shakes hands, and nobody answers behind it: a few limits one after another, not one a question.
#[tokio::test]
async fn an_application_that_hangs_is_waited_for_in_waves() {
    let peer = Peer::tls(Act::Stall(vec![])).await;
    let mut spec = spec();
    spec.limits.exchange_ms = 500;
    let net = net(&spec, &[(443, peer.at)]);
    let begun = Instant::now();
    let observed = run(spec, net).await;
    assert_eq!(observed.ending, Ending::Complete);
    within(begun, 20.0);
}

/// Sixty-four addresses of a tarpit: a process with 1,024 descriptors has some left.
#[tokio::test]
async fn many_addresses_do_not_take_all_descriptors() {
    let peer = Peer::plain(Act::Tarpit).await;
    let mut spec = spec();
    (spec.limits.total_ms, spec.limits.exchange_ms) = (1_500, 60_000);
    let addresses: Vec<IpAddr> = (0..64).map(|n| [198, 51, 100, n].into()).collect();
    let pins = BTreeMap::from([("app.example.com".to_string(), addresses)]);
    let door = Door { host: None, port: None, to: peer.at };
    let net = Net::new(Way { pins, doors: vec![door], closed: true, ..Way::default() }, &spec);
    let observed = run(spec, net).await;
    assert_eq!(observed.ending, Ending::OutOfTime);
    let local = |o: &&crate::observation::Observation<Knock>| {
        o.outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Local)
    };
    assert_eq!(observed.observations.ports.iter().find(local), None);
    assert!((100..=330).contains(&peer.held_most()), "{} connections at a time", peer.held_most());
}

#[tokio::test]
async fn a_run_ends_in_time_with_what_it_has() {
    let peer = Peer::plain(Act::Tarpit).await;
    let mut spec = spec();
    (spec.limits.total_ms, spec.limits.exchange_ms) = (1_000, 60_000);
    let net = net(&spec, &[(443, peer.at), (80, peer.at)]);
    let begun = Instant::now();
    let observed = run(spec, net).await;
    within(begun, 4.0);
    assert_eq!(observed.ending, Ending::OutOfTime);
    assert!(!observed.observations.ports.is_empty() && observed.observations.http.is_empty());
}

#[tokio::test]
async fn a_run_stops_when_told_and_goes_on_when_nobody_can_tell() {
    let peer = Peer::plain(Act::Tarpit).await;
    for (told, ending) in [(true, Ending::Stopped), (false, Ending::OutOfTime)] {
        let mut spec = spec();
        (spec.limits.total_ms, spec.limits.exchange_ms) = (if told { 30_000 } else { 1_500 }, 60_000);
        let net = net(&spec, &[(443, peer.at)]);
        let (stop, watch) = watch::channel(false);
        let seen = begin(&spec, &net);
        let begun = Instant::now();
        tokio::spawn(async move {
            sleep(Duration::from_millis(300)).await;
            if told {
                stop.send(true).unwrap();
            }
        });
        let observed = observe(0, spec.into(), net.into(), seen, watch, &|_| ()).await;
        assert_eq!(observed.ending, ending);
        within(begun, 5.0);
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_before_sends_nothing() {
    let peer = Peer::plain(Act::Tarpit).await;
    let spec = spec();
    let net = net(&spec, &[(443, peer.at), (80, peer.at)]);
    let seen = begin(&spec, &net);
    let (_stop, watch) = watch::channel(true);
    let observed = observe(0, spec.into(), net.into(), seen, watch, &|_| ()).await;
    sleep(Duration::from_millis(50)).await;
    assert_eq!((observed.ending, peer.accepted()), (Ending::Stopped, 0));
    assert!(observed.observations.lookups.is_empty());
}

/// What is led elsewhere by name is knocked on there as well.
#[tokio::test]
async fn a_door_of_a_name_leads_everything_of_that_name() {
    let peer = Peer::tls(Act::Say(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec())).await;
    let spec = spec();
    let door = Door { host: Some("app.example.com".parse().unwrap()), port: Some(443), to: peer.at };
    let pins = BTreeMap::from([("app.example.com".to_string(), vec![IP.parse().unwrap()])]);
    let net = Net::new(Way { pins, doors: vec![door], closed: true, ..Way::default() }, &spec);
    let observed = run(spec, net).await.observations;
    let web = observed.ports.iter().find(|o| o.question.at.port() == 443).unwrap();
    assert_eq!(web.outcome, Ok(PortState::Open { greeting: None, reset: false }));
    assert!(observed.sessions[0].outcome.is_ok());
}

/// Connections end with the run, those that are under way as well.
#[tokio::test]
async fn nothing_is_left_of_a_run_that_was_cut() {
    let peer = Peer::plain(Act::Tarpit).await;
    let mut spec = spec();
    (spec.limits.total_ms, spec.limits.exchange_ms) = (1_000, 60_000);
    let net = net(&spec, &[(443, peer.at), (80, peer.at)]);
    assert!(run(spec, net).await.ending == Ending::OutOfTime);
    assert!(peer.accepted() > 2);
    for _ in 0..100 {
        sleep(Duration::from_millis(20)).await;
        if peer.held() == 0 {
            return;
        }
    }
    panic!("{} of {} connections are held", peer.held(), peer.accepted());
}

#[tokio::test]
async fn a_panic_costs_its_own_question() {
    let mut running: JoinSet<Fact> = JoinSet::new();
    let question = visit(Scheme::Https, "/");
    let task = running.spawn(async { panic!("an observer fails") });
    let titles = [(task.id(), question.clone().into())].into();
    let spec = spec();
    let mut seen = begin(&spec, &net(&spec, &[]));
    let mut panicked = false;
    settle(&mut seen, &titles, running.join_next_with_id().await.unwrap(), &mut panicked);
    assert!(panicked);
    let error = seen.find(&question).unwrap().outcome.as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Local);
    assert!(!error.detail.contains("an observer fails"), "its words may hold anything");
}

/// A thousand addresses: the first of them are looked at, and planning does not take the time.
#[tokio::test]
async fn a_name_of_a_thousand_addresses_is_bounded() {
    let addresses: Vec<IpAddr> = (0..1000_u16).map(|n| [198, 51, 100 + (n >> 8) as u8, n as u8].into()).collect();
    let pins = BTreeMap::from([("app.example.com".to_string(), addresses)]);
    let spec = spec();
    let net = Net::new(Way { pins, closed: true, ..Way::default() }, &spec);
    let (_stop, watch) = watch::channel(false);
    let seen = begin(&spec, &net);
    let begun = Instant::now();
    let observed = observe(0, spec.into(), net.into(), seen, watch, &|_| ()).await;
    assert_eq!(observed.ending, Ending::Complete);
    let mut asked: Vec<IpAddr> = observed.observations.ports.iter().map(|o| o.question.at.ip()).collect();
    asked.dedup();
    assert_eq!(asked.len(), 64);
    within(begun, 20.0);
}

/// What had no answer is asked again, and what was answered is not; a door that was found shut is tried anew.
#[tokio::test]
async fn what_had_no_answer_is_asked_again() {
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: sid=4f3c2b1a09f8e7d6; Secure\r\n\r\nok";
    let ok = || Act::Say(ok.to_vec());
    for (times, seen_closed) in [(0, true), (1, false)] {
        // The web port is knocked at, and then there is one who hangs up on a few.
        let peer = Peer::tls(Act::First(6, Act::Reset.into(), ok().into())).await;
        let spec = spec();
        let net = net(&spec, &[(443, peer.at)]);
        let (_stop, watch) = watch::channel(false);
        let seen = begin(&spec, &net);
        let observed = observe(times, spec.into(), net.into(), seen, watch, &|_| ()).await;
        assert_eq!(observed.ending, Ending::Complete);
        let http = &observed.observations.http;
        let at_443 = || http.iter().filter(|o| o.question.at.port == 443);
        assert!(at_443().count() > 10);
        assert_eq!(at_443().any(|o| o.outcome.is_err()), seen_closed, "{times}");
        if times == 1 {
            assert!(at_443().any(|o| o.attempts > 1), "no attempt was added");
            assert!(at_443().any(|o| o.attempts == 1), "all was asked again");
            // What is equal is still seen to be.
            let cookies = at_443().filter_map(|o| o.outcome.as_ref().ok()?.first().value("set-cookie"));
            assert_eq!(cookies.collect::<BTreeSet<_>>().len(), 1);
        }
        // Refusals are answers: nobody asks them again.
        let refused = observed.observations.ports.iter().filter(|o| o.question.at.port() != 443);
        assert!(refused.into_iter().all(|o| o.attempts <= 1), "{:?}", observed.observations.ports);
    }
}

/// A retry that finds no time left leaves what was known.
#[tokio::test]
async fn a_run_without_time_left_keeps_its_reasons() {
    let peer = Peer::tls(Act::Reset).await;
    let mut spec = spec();
    spec.limits.total_ms = 2_000;
    let net = net(&spec, &[(443, peer.at)]);
    let (_stop, watch) = watch::channel(false);
    let seen = begin(&spec, &net);
    let begun = Instant::now();
    let observed = observe(5, spec.into(), net.into(), seen, watch, &|_| ()).await;
    within(begun, 8.0);
    let visit = observed.observations.find(&visit(Scheme::Https, "/")).unwrap();
    assert!(matches!(visit.outcome, Err(ProbeError { kind: ErrorKind::Reset | ErrorKind::Closed, .. })));
    assert!(visit.attempts > 1);
}

/// One that is not there yet is waited for; one that never comes is waited for no longer than asked.
#[tokio::test]
async fn a_site_is_waited_for() {
    let unready = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec();
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec();
    let (_stop, watch) = watch::channel(false);
    let spec = Arc::new(spec());
    for (first, limit, answered, at_once) in [(0, 60, true, true), (2, 60, true, false), (9_999, 2, false, false)]
    {
        let peer =
            Peer::tls(Act::First(first, Act::Say(unready.clone()).into(), Act::Say(ok.clone()).into())).await;
        let way = net(&spec, &[(443, peer.at)]).way;
        let limit = Duration::from_secs(limit);
        let waited = wait(&spec, &way, limit, watch.clone(), &|_| ()).await;
        assert_eq!((waited.answered, waited.time.is_zero()), (answered, at_once), "{first}: {waited:?}");
    }
    let (stop, watch) = watch::channel(false);
    stop.send(true).unwrap();
    let waited =
        wait(&spec, &Way { closed: true, ..Way::default() }, Duration::from_secs(60), watch, &|_| ()).await;
    assert!(!waited.answered && waited.time < Duration::from_secs(50));
}

/// Whoever asks us to slow down is obeyed, and that is kept: a pace of ours is no fact of the site.
#[tokio::test]
async fn being_asked_to_slow_down_is_recorded() {
    let throttled = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_vec();
    let peer = Peer::tls(Act::Say(throttled)).await;
    let spec = spec();
    let net = net(&spec, &[(443, peer.at)]);
    let observed = run(spec, net).await.observations;
    let ip: IpAddr = IP.parse().unwrap();
    assert_eq!(observed.vantage.slowed, [ip]);
    let visit = observed.find(&visit(Scheme::Https, "/")).unwrap();
    let error = visit.outcome.as_ref().unwrap_err();
    assert_eq!((error.kind.clone(), visit.attempts), (ErrorKind::Limited, 2));
    assert!(error.detail.starts_with("429"), "{}", error.detail);
}
