//! Ports that are open and useless, and ports that are silent.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::*;
use crate::observation::Greet;

fn open(greeting: Option<&str>, reset: bool) -> PortState {
    PortState::Open { greeting: greeting.map(String::from), reset }
}

#[tokio::test]
async fn whatever_takes_connections_is_open() {
    for (act, greet, want) in [
        (Act::Tarpit, Greet::Listen, open(None, false)),
        (Act::Tarpit, Greet::Postgresql, open(None, false)),
        (Act::Reset, Greet::Nothing, open(None, false)),
        (Act::Reset, Greet::Redis, open(None, true)),
        (Act::Banner(vec![]), Greet::Listen, open(None, false)),
        (Act::Banner(b"SSH-2.0-x\r\n".to_vec()), Greet::Listen, open(Some("SSH-2.0-x"), false)),
        (
            Act::Banner(b"-NOAUTH Authentication required.\r\n".to_vec()),
            Greet::Redis,
            open(Some("-NOAUTH Authentication required."), false),
        ),
        (Act::Banner(b"S".to_vec()), Greet::Postgresql, open(Some("S"), false)),
        (
            Act::Banner(b"\x1b]0;owned\x07\xe2\x80\xaehello\n".to_vec()),
            Greet::Listen,
            open(Some("\\u{1b}]0;owned\\u{7}\\u{202e}hello"), false),
        ),
        (Act::Banner(vec![b'x'; 100_000]), Greet::Listen, open(Some(&"x".repeat(64)), false)),
    ] {
        let peer = Peer::plain(act).await;
        let begun = Instant::now();
        let question = Knock { greet, ..knock(5432, None) };
        let state = knocked(&[(5432, peer.at)], &question).await.1.unwrap();
        // A reset may be met at any moment after the connection.
        match (&state, &want) {
            (PortState::Open { greeting: None, .. }, PortState::Open { greeting: None, reset: true }) => {}
            (PortState::Open { greeting: None, reset: true }, _) if greet == Greet::Nothing => {}
            _ => assert_eq!(state, want),
        }
        within(begun, 3.0);
    }
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

#[tokio::test]
async fn silence_is_believed_after_five_sockets_beside_a_living_reference() {
    let (_listener, _filling, at) = silent().await;
    let reference = Peer::plain(Act::Tarpit).await;
    let begun = Instant::now();
    let (sockets, state) = knocked(&[(5432, at), (443, reference.at)], &knock(5432, Some(443))).await;
    assert_eq!((sockets, state), (5, Ok(PortState::Filtered)));
    assert!(begun.elapsed() >= Duration::from_secs(1), "five sockets 200 ms apart");
    within(begun, 4.0);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(reference.accepted(), 1);
    let (sockets, state) = knocked(&[(5432, at)], &knock(5432, None)).await;
    assert_eq!((sockets, state), (5, Ok(PortState::Filtered)));
}

#[tokio::test]
async fn silence_beside_a_silent_reference_is_no_answer() {
    let ((_a, _b, at), (_c, _d, beside)) = (silent().await, silent().await);
    let begun = Instant::now();
    let (sockets, state) = knocked(&[(5432, at), (443, beside)], &knock(5432, Some(443))).await;
    assert_eq!(sockets, 5);
    let detail = "no answer from 203.0.113.7:5432, and beside it: none from port 443 in the same second";
    assert_eq!(words(state), (Stage::Connect, ErrorKind::Timeout, detail.into()));
    within(begun, 4.0);
    let shut = TcpSocket::new_v4().unwrap();
    shut.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let doors = [(5432, at), (443, shut.local_addr().unwrap())];
    let (_, state) = knocked(&doors, &knock(5432, Some(443))).await;
    let detail = "no answer from 203.0.113.7:5432, and beside it: 203.0.113.7:443 refused the connection";
    assert_eq!(words(state).2, detail);
}

/// The path was alive and lost packets: one more window, and an answer in it counts.
#[tokio::test]
async fn a_reference_that_fell_silent_makes_the_window_void() {
    let ((_a, _b, at), (listener, filling, beside)) = (silent().await, silent().await);
    let alive = Peer::plain(Act::Tarpit).await;
    let net = Arc::new(net(&spec(), &[(5432, at), (443, beside), (22, alive.at)]));
    net.attempt(None, knock(22, None).at).await.unwrap();
    let begun = Instant::now();
    let opening = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        for _ in &filling {
            listener.accept().await.unwrap();
        }
        loop {
            listener.accept().await.unwrap();
        }
    };
    let question = knock(5432, Some(443));
    let knocking = super::knocked_over(&net, &question);
    let (sockets, state) = tokio::select! { answer = knocking => answer, () = opening => unreachable!() };
    assert_eq!((sockets, state), (10, Ok(PortState::Filtered)));
    within(begun, 8.0);
}

#[tokio::test]
async fn a_closed_port_and_a_missing_way_are_told_apart() {
    let shut = TcpSocket::new_v4().unwrap();
    shut.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let doors = [(5432, shut.local_addr().unwrap())];
    assert_eq!(knocked(&doors, &knock(5432, None)).await, (1, Ok(PortState::Refused)));
    let (stage, kind, detail) = words(knocked(&doors, &knock(6379, None)).await.1);
    assert_eq!((stage, kind), (Stage::Connect, ErrorKind::Local));
    assert_eq!(detail, "no IPv4 route from this machine (ENETUNREACH)");
}

/// A PostgreSQL that answers the startup message so, after a handshake if it speaks TLS.
async fn postgresql(secure: bool, answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server::config(1, false)));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            if !secure {
                told(&mut stream, answer).await;
                continue;
            }
            let mut request = [0; 8];
            stream.read_exact(&mut request).await.unwrap();
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
            stream.write_all(b"S").await.unwrap();
            told(&mut acceptor.accept(stream).await.unwrap(), answer).await;
        }
    });
    at
}

async fn told<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, answer: &[u8]) {
    let mut message = [0; 41];
    stream.read_exact(&mut message).await.unwrap();
    assert!(message.ends_with(b"user\0postgres\0database\0postgres\0\0"));
    // A byte at a time: the client waits for a whole message.
    for byte in answer {
        stream.write_all(&[*byte]).await.unwrap();
    }
    let _ = stream.shutdown().await;
}

#[tokio::test]
async fn a_startup_message_is_answered_by_a_name_of_the_protocol() {
    let refused: &[u8] = b"E\0\0\0\x2eSFATAL\0C28000\0Mno pg_hba.conf entry of x\0\0";
    for (greet, answer, want) in [
        (Greet::PostgresqlStartup, &b"R\0\0\0\x08\0\0\0\0"[..], Some("AuthenticationOk")),
        (Greet::PostgresqlStartupTls, b"R\0\0\0\x08\0\0\0\0", Some("AuthenticationOk")),
        (Greet::PostgresqlStartupTls, b"R\0\0\0\x0c\0\0\0\x05salt", Some("AuthenticationMD5Password")),
        (Greet::PostgresqlStartup, refused, Some("ErrorResponse 28000")),
        (Greet::PostgresqlStartup, b"R\0\0", None),
        (Greet::PostgresqlStartup, b"", None),
    ] {
        let at = postgresql(greet == Greet::PostgresqlStartupTls, answer).await;
        let question = Knock { greet, ..knock(5432, None) };
        let state = knocked(&[(5432, at)], &question).await.1;
        assert_eq!(state, Ok(open(want, false)), "{answer:?}");
    }
    // What says S and then speaks something else is open, and says nothing.
    let peer = Peer::plain(Act::Banner(b"SSH-2.0-x\r\n".to_vec())).await;
    let question = Knock { greet: Greet::PostgresqlStartupTls, ..knock(5432, None) };
    assert_eq!(knocked(&[(5432, peer.at)], &question).await.1, Ok(open(None, false)));
}
