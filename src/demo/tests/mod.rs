//! Looks at everything that a scan may see of the deployment.

mod faults;
mod look;
mod wire;

use std::collections::BTreeSet;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::*;
use look::look;
use wire::{dial, handshake, say};

const V4: IpAddr = ADDRESSES[0];
const V6: IpAddr = ADDRESSES[1];

/// What each fault changes of all that `look` sees. A fault that is not here, or changes more, is no fault of ours.
const CHANGES: &[(&str, &[&str])] = &[
    ("postgresql-open", &["5432 IPv4", "5432 IPv6", "startup"]),
    ("redis-open", &["6379 IPv4", "6379 IPv6"]),
    ("redis-open-on-ipv6", &["6379 IPv6"]),
    ("api-port-open", &["8000 IPv4", "8000 IPv6"]),
    ("api-port-open-on-ipv6", &["8000 IPv6"]),
    ("portainer-open", &["9000 IPv4", "9000 IPv6"]),
    ("docker-open-on-ipv6", &["2375 IPv6"]),
    ("ipv6-dead", &["443 IPv6", "80 IPv6"]),
    ("http-serves-page", &["http /", "http /absent", "http /api/health"]),
    ("redirect-missing-on-path", &["http /api/health"]),
    ("redirect-drops-path", &["http /", "http /absent", "http /api/health"]),
    ("slash-redirect-to-http", &["slash"]),
    ("cookie-over-http", &["http /", "http /absent", "http /api/health"]),
    ("hsts-short", &["strict-transport-security"]),
    ("ipv6-forbidden", &["page IPv6"]),
    ("certificate-self-signed", &["chain", "trusted"]),
    ("certificate-unknown-issuer", &["trusted"]),
    ("certificate-intermediate-missing", &["chain", "trusted"]),
    ("certificate-lacks-alias", &["names of the certificate"]),
    ("certificate-expired", &["days left", "in date"]),
    ("certificate-due", &["days left"]),
    ("certificate-key-weak", &["key"]),
    ("certificate-sha1", &["chain", "trusted"]),
    ("certificate-must-staple", &["staple"]),
    ("tls-1-0-accepted", &["hello tls-1.0"]),
    ("tls-weak-cipher", &["hello des"]),
    ("tls-no-forward-secrecy", &["hello chrome"]),
    ("tls-renegotiation-unsafe", &["hello tls-1.2"]),
    ("tls-compression", &["hello compression"]),
    ("nosniff-missing", &["x-content-type-options /"]),
    ("frame-options-missing", &["x-frame-options /"]),
    ("referrer-unsafe", &["referrer-policy /"]),
    ("permissions-missing", &["permissions-policy /"]),
    (
        "headers-missing-on-404",
        &[
            "permissions-policy /absent",
            "referrer-policy /absent",
            "x-content-type-options /absent",
            "x-frame-options /absent",
        ],
    ),
    ("session-cached", &["age", "cache-control"]),
    ("unknown-host-served", &["host address", "host foreign", "host suffix"]),
    ("look-alike-host-served", &["host suffix"]),
    ("address-host-served", &["host address"]),
    ("forwarded-host-reflected", &["forwarded host"]),
    ("ambiguous-host-served", &["host two"]),
    ("cookie-insecure", &["session cookie"]),
    ("cookie-readable", &["session cookie"]),
    ("cookie-same-site-missing", &["session cookie"]),
    ("cookie-domain-wide", &["session cookie"]),
    ("cookie-prefix-broken", &["session cookie"]),
    (
        "cors-any-origin",
        &[
            "cors foreign",
            "cors missing dot",
            "cors own",
            "cors sibling",
            "cors subdomain",
            "cors suffix",
            "cors unescaped dot",
        ],
    ),
    ("cors-null-origin", &["cors null"]),
    ("cors-missing-dot", &["cors missing dot"]),
    ("cors-unescaped-dot", &["cors unescaped dot"]),
    ("cors-plain-http", &["cors plain http"]),
    ("cors-development-origin", &["cors development"]),
    ("cors-subdomain", &["cors subdomain"]),
    (
        "cors-wildcard",
        &[
            "cors development",
            "cors foreign",
            "cors missing dot",
            "cors null",
            "cors own",
            "cors plain http",
            "cors sibling",
            "cors subdomain",
            "cors suffix",
            "cors unescaped dot",
        ],
    ),
    ("cors-own-origin-refused", &["cors own"]),
    ("websocket-any-origin", &["websocket foreign"]),
    ("dotenv-served", &["/.env"]),
    ("secret-in-script", &["script"]),
    ("key-served", &["/.ssh/id_rsa"]),
    ("debug-page", &["absent page"]),
    ("metrics-served", &["/metrics"]),
    ("guarded-path-open", &["/account", "/account passed over"]),
    ("middleware-passed-over", &["/account passed over"]),
    ("directory-listing", &["/static/"]),
    ("redis-without-password", &["6379 IPv4", "6379 IPv6"]),
    ("postgresql-without-password", &["5432 IPv4", "5432 IPv6", "startup"]),
    ("session-secret-known", &["session secret"]),
    ("seed-account-works", &["seed"]),
    ("alias-missing", &["names"]),
    ("health-broken", &["health"]),
    ("step-broken", &["profile"]),
];

#[tokio::test]
async fn a_fault_changes_what_it_says_and_nothing_else() {
    let sound = look(None).await;
    let named: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    assert_eq!(CHANGES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), named);
    for (name, changed) in CHANGES {
        let seen = look(fault(name)).await;
        let places: BTreeSet<&String> = sound.keys().chain(seen.keys()).collect();
        let different: Vec<&String> =
            places.into_iter().filter(|place| seen.get(*place) != sound.get(*place)).collect();
        assert_eq!(&different, changed, "{name}");
    }
}

#[tokio::test]
async fn the_sound_deployment_keeps_its_promise() {
    let seen = look(None).await;
    let console = "https://console.example.com";
    for (place, want) in [
        ("names", "app.example.com www.example.com"),
        ("443 IPv4", "open"),
        ("80 IPv6", "open"),
        ("3000 IPv4", "refused"),
        ("5432 IPv6", "refused"),
        ("6379 IPv4", "refused"),
        ("8000 IPv6", "refused"),
        ("trusted", "yes"),
        ("in date", "yes"),
        ("days left", "61 of 90"),
        ("names of the certificate", "app.example.com www.example.com"),
        ("key", "EC 256"),
        ("http /", "308 https://www.example.com/?a=b"),
        ("http /api/health", "308 https://www.example.com/api/health?a=b"),
        ("slash", "307 https://app.example.com/api/health?a=b"),
        ("/.env", "404"),
        ("/account", "303 /login"),
        ("/static/", "404"),
        ("host foreign", "400"),
        ("host suffix", "400"),
        ("host address", "400"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options /absent", "nosniff"),
        ("session cookie", "session=‹random›; Path=/; HttpOnly; Secure; SameSite=Lax"),
        ("cors foreign", "200 - -, 400 -"),
        ("cors own", &format!("200 {console} -, 200 {console}")),
        ("health", r#"200 {"status":"ok","database":"ok","cache":"ok","queue":"ok"}"#),
    ] {
        assert_eq!(seen[place], want, "{place}");
    }
}

#[tokio::test]
async fn a_faulty_deployment_says_what_is_wrong() {
    for (name, place, want) in [
        ("postgresql-open", "5432 IPv4", "N"),
        ("redis-open-on-ipv6", "6379 IPv6", "-NOAUTH Authentication required.\r\n"),
        ("ipv6-dead", "443 IPv6", "refused"),
        ("redirect-missing-on-path", "http /api/health", "200 -"),
        ("redirect-drops-path", "http /api/health", "308 https://www.example.com/"),
        ("slash-redirect-to-http", "slash", "307 http://app.example.com/api/health?a=b"),
        ("certificate-due", "days left", "5 of 90"),
        ("certificate-expired", "in date", "no"),
        ("certificate-key-weak", "key", "RSA 1024"),
        ("certificate-lacks-alias", "names of the certificate", "app.example.com"),
        ("look-alike-host-served", "host suffix", "200"),
        ("cookie-insecure", "session cookie", "session=‹random›; Path=/; HttpOnly; SameSite=Lax"),
        ("cors-any-origin", "cors foreign", "200 https://golive-1.test true, 200 https://golive-1.test"),
        ("cors-wildcard", "cors own", "200 * -, 200 *"),
        ("cors-own-origin-refused", "cors own", "200 - -, 400 -"),
        ("alias-missing", "names", "app.example.com"),
    ] {
        assert_eq!(look(fault(name)).await[place], want, "{name}");
    }
    let reasons = ["certificate-self-signed", "certificate-unknown-issuer", "certificate-intermediate-missing"];
    for (name, want) in reasons.map(|name| (name, "UnknownIssuer")) {
        assert_eq!(look(fault(name)).await["trusted"], want, "{name}");
    }
    let sha1 = &look(fault("certificate-sha1")).await["trusted"];
    assert!(sha1.starts_with("UnsupportedSignatureAlgorithm"), "{sha1}");
}

#[tokio::test]
async fn over_the_wire_it_answers_its_names_and_nobody_else() {
    let deployment = start(None).await.unwrap();
    for name in [SITE, ALIAS] {
        for ip in ADDRESSES {
            let (mut stream, _) = handshake(&deployment, ip, name).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
            let head = format!("GET / HTTP/1.1\r\nHost: {name}\r\n\r\n");
            let answer = say(&mut stream, head.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("</html>\n"), "{answer}");
        }
    }
    for stranger in ["golive-1.test", "203.0.113.7"] {
        let error = handshake(&deployment, V4, stranger).await.unwrap_err();
        assert!(error.to_string().contains("UnrecognisedName"), "{stranger}: {error}");
    }
    let mut plain = dial(&deployment, V4, 80).await.unwrap();
    let answer = say(&mut plain, b"HEAD /x HTTP/1.1\r\nHost: app.example.com\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 308 ") && answer.contains("\r\nLocation: https://app.example.com/x\r\n"));
    let mut plain = dial(&deployment, V6, 80).await.unwrap();
    assert!(say(&mut plain, b"\x16\x03\x01 no request\r\n").await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn it_ends_when_it_is_dropped() {
    let deployment = start(None).await.unwrap();
    let door = deployment.doors[&(V4, 80).into()];
    let mut idle = TcpStream::connect(door).await.unwrap();
    drop(deployment);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(door).await.is_err());
    let read = idle.read(&mut [0; 1]).await;
    assert!(read.as_ref().map_or(true, |read| *read == 0), "{read:?}");
}

#[test]
fn its_promise_is_about_itself() {
    let config: toml::Table = include_str!("../golive.toml").parse().unwrap();
    assert_eq!(config["site"].as_str(), Some("https://app.example.com"));
    assert_eq!(config["hosts"]["trusted"].as_array().unwrap().len(), 2);
}
