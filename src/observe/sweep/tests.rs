use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::*;
use crate::observe::{Door, Way};
use crate::spec::Spec;
use crate::target::PortSet;

const IP: &str = "203.0.113.7";

/// A way on which these ports of the address are elsewhere, and all others at one place, or nowhere.
fn net(spec: &Spec, doors: &[(u16, SocketAddr)], others: Option<SocketAddr>) -> Arc<Net> {
    let host = Some(IP.parse().unwrap());
    let door = |port, to| Door { host: host.clone(), port, to };
    let doors = doors.iter().map(|(port, to)| door(Some(*port), *to)).chain(others.map(|to| door(None, to)));
    Arc::new(Net::new(Way { doors: doors.collect(), closed: true, ..Way::default() }, spec))
}

fn spec() -> Spec {
    Spec::of("app.example.com".parse().unwrap())
}

fn question(ports: impl IntoIterator<Item = u16>) -> Sweep {
    Sweep { at: IP.parse().unwrap(), ports: ports.into_iter().collect(), beside: 443 }
}

/// Takes connections as long as it is held.
struct Taking {
    at: SocketAddr,
    _work: tokio::task::JoinSet<()>,
}

async fn taking() -> Taking {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let mut work = tokio::task::JoinSet::new();
    work.spawn(async move {
        loop {
            let _ = listener.accept().await;
        }
    });
    Taking { at, _work: work }
}

fn shut() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = socket.local_addr().unwrap();
    (socket, at)
}

/// A port whose queue is full: the kernel drops what comes. The streams fill it.
async fn silent() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let mut filling = vec![];
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(300), TcpStream::connect(at)).await {
        filling.push(stream);
        assert!(filling.len() < 10, "the queue does not fill");
    }
    (listener, filling, at)
}

async fn swept(net: &Arc<Net>, question: &Sweep) -> Swept {
    let (rounds, answer) = sweep(net, None, question).await;
    let swept = answer.unwrap();
    assert_eq!(rounds, swept.rounds);
    let sets = [&swept.open, &swept.refused, &swept.silent, &swept.unknown];
    let all: usize = sets.iter().map(|set| set.len()).sum::<usize>()
        + swept.rejected.iter().map(|rejected| rejected.ports.len()).sum::<usize>();
    assert_eq!(all, question.ports.len(), "each port in one set");
    swept
}

fn text(set: &PortSet) -> String {
    set.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn open_refused_and_silent_are_told_apart() {
    let (web, (_shut, refusing), (_listener, _filling, quiet)) = (taking().await, shut(), silent().await);
    let doors = [(443, web.at), (2375, web.at), (9000, web.at), (8080, quiet)];
    let net = net(&spec(), &doors, Some(refusing));
    net.attempt(None, SocketAddr::new(IP.parse().unwrap(), 443)).await.unwrap();
    let swept = swept(&net, &question((8_000..8_100).chain([2375, 9000]))).await;
    assert_eq!([&swept.open, &swept.silent, &swept.unknown].map(text), ["2375,9000", "8080", ""]);
    assert_eq!((swept.refused.len(), swept.stopped), (99, None));
    assert_eq!((swept.canaries_lost, swept.rounds), (0, 5));
    assert!(swept.probes >= 102 + 4, "{}", swept.probes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_host_that_refuses_takes_one_round() {
    let (web, (_shut, refusing)) = (taking().await, shut());
    let mut spec = spec();
    spec.limits.sweep_rate = 200_000;
    let open = [1, 17, 2019, 40_000, 65_535];
    let doors: Vec<_> = open.iter().chain([&443]).map(|port| (*port, web.at)).collect();
    let net = net(&spec, &doors, Some(refusing));
    let swept = swept(&net, &question((1..=65_535).filter(|port| *port != 443))).await;
    assert_eq!(text(&swept.open), "1,17,2019,40000,65535");
    assert_eq!((swept.refused.len(), text(&swept.unknown), swept.stopped), (65_534 - 5, String::new(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_is_silent_proves_nothing() {
    let ((_shut, refusing), (_listener, _filling, quiet)) = (shut(), silent().await);
    let net = net(&spec(), &[(443, quiet)], Some(refusing));
    let begun = Instant::now();
    let swept = swept(&net, &question(8_000..8_100)).await;
    assert_eq!(swept.unknown.len(), 100, "{swept:?}");
    assert_eq!(swept.stopped.as_deref(), Some("port 443 stopped answering"));
    assert!(begun.elapsed() >= Duration::from_secs(3) && begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_answers_everywhere_is_not_swept_to_the_end() {
    let web = taking().await;
    let net = net(&spec(), &[], Some(web.at));
    let swept = swept(&net, &question(1..=400)).await;
    assert!(swept.open.len() > 64 && swept.open.len() < 400, "{swept:?}");
    let why = swept.stopped.unwrap();
    assert!(why.starts_with("more than 64 of the first "), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_way_leads_nothing_is_known() {
    let web = taking().await;
    let net = net(&spec(), &[(443, web.at), (8_000, web.at)], None);
    let swept = swept(&net, &question(8_000..8_004)).await;
    assert_eq!([&swept.open, &swept.unknown].map(text), ["8000", "8001-8003"]);
    assert_eq!(swept.stopped.as_deref(), Some("no way from here leads there"));
}

#[tokio::test(flavor = "multi_thread")]
async fn few_sockets_make_it_slow_and_no_less_true() {
    let (web, (_shut, refusing), (_listener, _filling, quiet)) = (taking().await, shut(), silent().await);
    let net = net(&spec(), &[(443, web.at), (8_005, web.at), (8_001, quiet)], Some(refusing));
    net.attempt(None, SocketAddr::new(IP.parse().unwrap(), 443)).await.unwrap();
    let question = question(8_000..8_020);
    let halt = AtomicBool::new(false);
    let swept = run(&net, None, &question, 3, &halt).unwrap();
    assert_eq!([&swept.open, &swept.silent].map(text), ["8005", "8001"]);
    assert_eq!(swept.refused.len(), 18);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_sweep_that_nobody_wants() {
    let (web, (_listener, _filling, quiet)) = (taking().await, silent().await);
    let net = net(&spec(), &[(443, web.at)], Some(quiet));
    let question = question(1..=65_535);
    assert!(timeout(Duration::from_millis(300), sweep(&net, None, &question)).await.is_err());
    let _: IpAddr = question.at;
    for _ in 0..100 {
        if Arc::strong_count(&net) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the thread goes on");
}
