//! What a scan may see, taken from the wire for names, ports and chains, from the answering functions for the rest.

use std::time::Duration;

use rustls::crypto;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::wire::{constant, dial, handshake, hello, say, tell};
use super::*;
use crate::demo::exchange::{Request, Response};
use crate::demo::{account, session, site};

/// Everything that a scan may see of the deployment, by place, without what is random.
pub async fn look(fault: Option<&'static Fault>) -> BTreeMap<String, String> {
    let deployment = start(fault).await.unwrap();
    let mut seen = BTreeMap::new();
    seen.insert("names".into(), deployment.names.keys().cloned().collect::<Vec<_>>().join(" "));
    for at in deployment.doors.keys() {
        let family = if at.is_ipv4() { "IPv4" } else { "IPv6" };
        let greeting: &[u8] = match at.port() {
            5432 => &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f],
            6379 => b"PING\r\n",
            8000 => b"GET /api/health HTTP/1.1\r\n\r\n",
            _ => b"",
        };
        let state = match dial(&deployment, at.ip(), at.port()).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => "refused".into(),
            Err(error) => error.to_string(),
            Ok(_) if greeting.is_empty() => "open".into(),
            Ok(mut stream) => say(&mut stream, greeting).await,
        };
        seen.insert(format!("{} {family}", at.port()), state);
    }
    let startup = b"\0\0\0\x11\0\x03\0\0user\0a\0\0\0";
    let said = match dial(&deployment, V4, 5432).await {
        Ok(mut stream) => tell(&mut stream, startup).await,
        Err(_) => "refused".into(),
    };
    seen.insert("startup".into(), said);
    let (_, chain) = handshake(&deployment, V4, SITE).await.unwrap();
    look_at_chain(&chain, &deployment.roots, &mut seen);
    look_at_answers(fault, &mut seen);
    // Without a name in it, so that the sound deployment ends it with an alert.
    for (place, version, suites, compression, newer) in [
        ("tls-1.0", 0x0301, &[0xc013, 0x000a][..], &[0][..], false),
        ("des", 0x0303, &[0x000a], &[0], false),
        ("chrome", 0x0303, &[0x1301, 0xc02f, 0x009c], &[0], true),
        ("tls-1.2", 0x0303, &[0xc02f, 0x009c], &[0], false),
        ("compression", 0x0303, &[0x009c], &[1, 0], false),
    ] {
        let mut stream = dial(&deployment, V4, 443).await.unwrap();
        let said = tell(&mut stream, &hello(version, suites, compression, newer)).await;
        seen.insert(format!("hello {place}"), said);
    }
    seen
}

fn look_at_chain(chain: &[CertificateDer], roots: &[Vec<u8>], seen: &mut BTreeMap<String, String>) {
    let parsed = |der| X509Certificate::from_der(der).unwrap().1;
    let leaf = parsed(&chain[0]);
    let validity = leaf.validity();
    let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let now = jiff::Timestamp::now().as_second();
    let key = match leaf.public_key().parsed().unwrap() {
        x509_parser::public_key::PublicKey::RSA(key) => format!("RSA {}", key.key_size()),
        x509_parser::public_key::PublicKey::EC(point) => format!("EC {}", point.key_size()),
        other => format!("{other:?}"),
    };
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    let names = names.iter().map(|name| name.to_string().replace("DNSName(", "").replace(')', ""));
    let asks_staple = leaf.extensions().iter().any(|e| e.oid.to_id_string() == "1.3.6.1.5.5.7.1.24");
    let signatures = chain.iter().map(|der| parsed(der).signature_algorithm.algorithm.to_id_string());

    let roots: Vec<CertificateDer> = roots.iter().map(|der| der.as_slice().into()).collect();
    let anchors: Vec<_> = roots.iter().map(|der| webpki::anchor_from_trusted_cert(der).unwrap()).collect();
    let inside = UnixTime::since_unix_epoch(Duration::from_secs(until as u64 - 60));
    let presented = webpki::EndEntityCert::try_from(&chain[0]).unwrap();
    let trusted = presented.verify_for_usage(
        crypto::aws_lc_rs::default_provider().signature_verification_algorithms.all,
        &anchors,
        &chain[1..],
        inside,
        webpki::KeyUsage::server_auth(),
        None,
        None,
    );
    let answers = [
        ("trusted", trusted.map_or_else(|error| format!("{error:?}"), |_| "yes".into())),
        ("in date", if (from..=until).contains(&now) { "yes" } else { "no" }.into()),
        ("days left", format!("{} of {}", (until - now) / 86_400, (until - from) / 86_400)),
        ("names of the certificate", names.collect::<Vec<_>>().join(" ")),
        ("key", key),
        ("staple", if asks_staple { "must come" } else { "may come" }.into()),
        ("chain", signatures.collect::<Vec<_>>().join(" ")),
    ];
    seen.extend(answers.map(|(place, answer)| (place.into(), answer)));
}

fn look_at_answers(fault: Option<&'static Fault>, seen: &mut BTreeMap<String, String>) {
    let entry = |ip| Entry { ip, port: 443, fault };
    let https = |ip, method: &str, target: &str, fields: &[(&str, &str)]| {
        site::https(entry(ip), &request(method, target, SITE, fields))
    };
    let get = |target: &str| https(V4, "GET", target, &[]);
    let mut note = |place: &str, answer: String| seen.insert(place.into(), constant(&answer));

    for path in ["/", "/api/health", "/absent"] {
        let answer = site::http(entry(V4), &request("GET", &format!("{path}?a=b"), ALIAS, &[]));
        let cookies = values(&answer, "set-cookie").len();
        let cookies = if cookies == 0 { String::new() } else { format!(" {cookies} cookies") };
        note(&format!("http {path}"), format!("{} {}{cookies}", answer.status, value(&answer, "location")));
    }
    for (place, ip) in [("page IPv4", V4), ("page IPv6", V6)] {
        let answer = https(ip, "GET", "/", &[]);
        note(place, format!("{} {}", answer.status, without_time(&answer.content)));
    }
    let health = get("/api/health");
    note("health", format!("{} {}", health.status, health.content));
    let slash = get("/api/health/?a=b");
    note("slash", format!("{} {}", slash.status, value(&slash, "location")));
    for path in ["/.env", "/.ssh/id_rsa", "/metrics", "/static/"] {
        note(path, get(path).status.to_string());
    }
    let script = get("/static/parcels.js").content;
    note("script", if script.contains("sk_live_") { "secret key" } else { "publishable key" }.into());
    let passing = [("x-middleware-subrequest", "middleware:middleware:middleware:middleware:middleware")];
    for (place, fields) in [("/account", &[][..]), ("/account passed over", &passing)] {
        let answer = https(V4, "GET", "/account", fields);
        note(place, format!("{} {}", answer.status, value(&answer, "location")));
    }
    note("absent page", get("/absent").content);
    note("absent api", get("/api/absent").content);
    note("head api", https(V4, "HEAD", "/api/health", &[]).status.to_string());

    note("strict-transport-security", value(&get("/"), "strict-transport-security"));
    for name in ["x-content-type-options", "x-frame-options", "referrer-policy", "permissions-policy"] {
        for path in ["/", "/absent"] {
            note(&format!("{name} {path}"), value(&get(path), name));
        }
    }
    for name in ["age", "cache-control"] {
        note(name, value(&get("/"), name));
    }
    let cookies = values(&get("/"), "set-cookie");
    let session = cookies[0].split_once('=').and_then(|(_, rest)| rest.split_once(';')).unwrap().0;
    note("session cookie", cookies[0].replace(session, "‹random›"));
    note("session secret", if session::is_known(session) { "known" } else { "random" }.into());
    note("theme cookie", cookies[1].clone());

    for (place, host) in
        [("foreign", "golive-1.test"), ("suffix", "app.example.com.golive-1.test"), ("address", "203.0.113.7")]
    {
        note(&format!("host {place}"), site::https(entry(V4), &request("GET", "/", host, &[])).status.to_string());
    }
    let mut two = request("GET", "/", SITE, &[]);
    two.fields.push(("Host".into(), "golive-1.test".into()));
    note("host two", site::https(entry(V4), &two).status.to_string());
    let forwarded = https(V4, "GET", "/", &[("X-Forwarded-Host", "golive-1.test")]);
    note("forwarded host", forwarded.content.contains("golive-1.test").to_string());

    let variables = account::variables();
    for (place, user, variable) in
        [("login", "demo", "DEMO_PASSWORD"), ("seed", "admin", "DEMO_SEED_PASSWORD"), ("wrong", "demo", "")]
    {
        let password = variables.get(variable).map_or("", String::as_str);
        let content = format!(r#"{{"email":"{user}@example.com","password":"{password}"}}"#);
        let request = Request { content, ..request("POST", "/api/auth/login", SITE, &[]) };
        let answer = site::https(entry(V4), &request);
        let role = answer.content.rsplit_once("role").map_or("-", |(_, role)| role).to_string();
        note(place, format!("{} {role}", answer.status));
        if place == "login" {
            let cookie = values(&answer, "set-cookie").concat();
            let pair = cookie.split(';').next().unwrap_or_default();
            let token = answer.content.split('"').nth(3).unwrap_or_default();
            let bearer = format!("Bearer {token}");
            note("profile", https(V4, "GET", "/api/me", &[("Authorization", &bearer)]).status.to_string());
            for (place, origin, cookie) in [
                ("own", "https://app.example.com", pair),
                ("foreign", "https://golive-1.test", pair),
                ("anonymous", "https://golive-1.test", ""),
            ] {
                let fields = [("Origin", origin), ("Cookie", cookie), ("Sec-WebSocket-Key", "a")];
                note(&format!("websocket {place}"), https(V4, "GET", "/api/ws", &fields).status.to_string());
            }
        }
    }

    for (place, origin) in [
        ("foreign", "https://golive-1.test"),
        ("null", "null"),
        ("suffix", "https://app.example.com.golive-1.test"),
        ("missing dot", "https://golive1app.example.com"),
        ("unescaped dot", "https://appxexample.com"),
        ("plain http", "http://app.example.com"),
        ("development", "http://localhost:3000"),
        ("subdomain", "https://golive-1.app.example.com"),
        ("sibling", "https://golive-1.example.com"),
        ("own", "https://console.example.com"),
    ] {
        let [allowed, credentials] = ["access-control-allow-origin", "access-control-allow-credentials"];
        let plain = https(V4, "GET", "/api/health", &[("Origin", origin)]);
        let asking = [("Origin", origin), ("Access-Control-Request-Method", "GET")];
        let preflight = https(V4, "OPTIONS", "/api/health", &asking);
        // The status of a broken path is not the matter of CORS.
        let status = if plain.status == 500 { 200 } else { plain.status };
        let plain = format!("{status} {} {}", value(&plain, allowed), value(&plain, credentials));
        note(&format!("cors {place}"), format!("{plain}, {} {}", preflight.status, value(&preflight, allowed)));
    }
}

fn request(method: &str, target: &str, host: &str, fields: &[(&str, &str)]) -> Request {
    let fields = std::iter::once(("Host", host)).chain(fields.iter().copied());
    let fields = fields.map(|(name, value)| (name.into(), value.into())).collect();
    Request { method: method.into(), target: target.into(), fields, content: String::new() }
}

fn values(response: &Response, name: &str) -> Vec<String> {
    response.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone()).collect()
}

fn value(response: &Response, name: &str) -> String {
    match &values(response, name)[..] {
        [] => "-".into(),
        all => all.join(", "),
    }
}

fn without_time(page: &str) -> String {
    let Some((before, rest)) = page.split_once("<time>") else { return page.into() };
    format!("{before}{}", rest.split_once("</time>").map_or("", |(_, after)| after))
}
