//! No secret of the target leaves the process: a deployment full of canaries, and every output searched for them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use golive::finding::Finding;
use golive::judge::pages;
use golive::observe::{Door, Way};
use golive::report::{Format, Report, Screen, Verbosity, terminal};
use golive::spec::{Private, Roots, Spec};
use golive::target::Host;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::command::{golive, golive_knowing};
use super::place::Folder;
use super::run::{observed_knowing, runtime, spec};

const SITE: &str = "app.example.com";

/// Stands in each secret of the deployment, however it is encoded or cut.
const CANARY: &str = "c4nary";

/// A secret as tokens look.
const TOKEN: &str = "c4nary00f3d9a1b7e5628c4naryXyZ";

const POLICY: &str = "site = \"https://app.example.com\"\n\
    paths = [\"/\", \"/enter\", \"/api/me\", \"/api/error\", \"/loop\", \"/odd\", \"/off\"]\n\
    [cors]\norigins = [\"https://console.example.com\"]\n\
    [exposure]\nwebsockets = [\"/ws\"]\n\
    [secrets]\naccounts = [{ user = \"admin\", password = \"${CANARY_SEED}\" }]\n\
    [[smoke]]\nname = \"log in\"\nlogin = true\nmethod = \"POST\"\npath = \"/login\"\n\
    json = { user = \"me\", password = \"${CANARY_PASSWORD}\" }\n\
    expect = { header = { x-secret = \"a\" }, json = { \"$.user.name\" = \"me\", \"$.user.code\" = \"a\" } }\n\
    capture = { token = \"$.access_token\" }\n\
    [[smoke]]\nname = \"me\"\npath = \"/api/me?t=${token}\"\n\
    headers = { authorization = \"Bearer ${token}\", x-key = \"${CANARY_PASSWORD}\" }\n\
    expect = { json = { \"$.*\" = \"a\" } }\n\
    [[smoke]]\nname = \"save\"\nmethod = \"POST\"\npath = \"/save\"\n\
    form = { token = \"${token}\" }\nexpect = { body = \"saved\" }\n\
    [[smoke]]\nname = \"broken\"\npath = \"/enter\"\n";

/// What the steps of the policy need.
const VARIABLES: [(&str, &str); 2] =
    [("CANARY_PASSWORD", "Pass-c4nary w0rd"), ("CANARY_SEED", "Seed-c4nary-w0rd")];

/// The same of the answers to steps alone: they give back what was sent.
const TO_STEPS: &[(&str, u16, &[&str], &str)] = &[
    (
        "/login",
        200,
        &[
            "Content-Type: application/json; name=\"Pass-c4nary w0rd\"",
            "Set-Cookie: sid={}; Path=/Pass-c4nary w0rd; Domain={}",
            "Set-Cookie: second={}; Path=/",
            "Server: {} Pass-c4nary w0rd",
            "Via: 1.1 {}",
            "X-Secret: []",
            "Link: </u/Pass-c4nary%20w0rd>; rel=preload",
            "Content-Security-Policy: default-src {}",
        ],
        "{\"access_token\":\"{}\",\"user\":{\"name\":\"Pass-c4nary w0rd\",\"code\":\"{}\"}}",
    ),
    ("/save", 303, &["Location: /u/Pass-c4nary%20w0rd/{}?t={}", "Set-Cookie: third={}; Path=/"], ""),
];

/// The deployment's own text: path, status, fields and content. `{}` stands for the token, and `[]` for a short secret
/// where it is the place and not the look that says so.
const ANSWERS: &[(&str, u16, &[&str], &str)] = &[
    (
        "/",
        200,
        &[
            "Content-Type: text/html",
            "Set-Cookie: session={}; Path=/; Secure; HttpOnly; SameSite=Lax",
            "Set-Cookie: {}",
            "Set-Cookie: w=[]; w=[]",
            "X-Secret: []",
            "Set-Cookie: ={}; Secure",
            "Set-Cookie: theme=dark; key={}; Path=/",
            "Set-Cookie: lang=en; {}",
            "Set-Cookie: jwt=eyJhbGciOiJIUzI1NiJ9.{}.c4naryAA; Secure",
            "X-Token: eyJhbGciOiJIUzI1NiJ9.{}.c4naryAA",
            "Authorization: Bearer {}",
            "Authentication-Info: nextnonce=\"{}\"",
            "X-Api-Key: {}",
            "X-Debug: user=1 password={}",
            "ETag: W/\"{}\"",
            "Link: <https://u:[]@app.example.com/a?key={}&w=[]#[]>; rel=preload",
            "Refresh: 5; url=/next/{}?code={}",
            "Content-Security-Policy: default-src 'self'; report-uri https://r.example.com/?key={}&w=[]",
            "Access-Control-Allow-Origin: https://u:{}@x.example.com",
        ],
        "<!doctype html><title>{}</title><link rel=canonical href=\"https://app.example.com/{}?s={}#{}\">\
         <form action=\"https://u:{}@app.example.com/save/{}?token={}\"><base href=\"/b/{}/\">\
         <meta property=\"og:url\" content=\"https://app.example.com/?s={}\"><a href=\"/x?{}\">x</a>\
         <meta http-equiv=refresh content=\"0; url=/r?{}\"><!-- {} [] --><script>var key = '{}[]'</script>",
    ),
    (
        "/enter",
        302,
        &["Location: https://u:{}@app.example.com/reset/{}?token={}&w=[]&{}#[]", "Set-Cookie: a={}"],
        "",
    ),
    ("/loop", 302, &["Location: /loop?ticket={}"], ""),
    ("/odd", 302, &["Location: /odd/{}|\"<>\\^`{{}}\u{e9}?t={}", "Set-Cookie: b={}; Expires={}; Max-Age={}"], ""),
    ("/off", 302, &["Location: https://[]:[]@login.example.net/{}?state=[]#{}"], ""),
    (
        "/api/me",
        200,
        &["Content-Type: application/json"],
        "{\"token\":\"{}\",\"{}\":[\"eyJhbGciOiJIUzI1NiJ9.{}.c4naryAA\"]}",
    ),
    (
        "/api/error",
        500,
        &["Content-Type: text/plain", "X-Error: connect failed: password=[]"],
        "Traceback (most recent call last):\n  psycopg.OperationalError: postgresql://app:{}@db/app\n",
    ),
    ("/.env", 200, &[], "APP_SECRET=[]\nDB_URL=postgresql://app:{}@db/app\nexport KEY=\"{}\"\n"),
    (
        "/.git/config",
        200,
        &[],
        "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://u:{}@git.example.com/a\n",
    ),
    ("/.ssh/id_rsa", 200, &[], "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n"),
    ("/.npmrc", 200, &[], "//registry.example/:_authToken={}\n"),
    ("/.aws/credentials", 200, &[], "[{}]\naws_access_key_id = {}\naws_secret_access_key = {}\n"),
    ("/.docker/config.json", 200, &[], "{\"auths\":{\"{}\":{\"auth\":\"{}\"}}}"),
    ("/dump.sql", 200, &[], "-- PostgreSQL database dump\nINSERT INTO users VALUES ('{}', '[]');\n"),
    ("/metrics", 200, &[], "# HELP {} x\n# TYPE {} gauge\n{} 1\n"),
    (
        "/docs",
        200,
        &[],
        "<!doctype html><title>{}</title><div id=\"swagger-ui\"></div><script src=swagger-ui-bundle.js></script>",
    ),
    ("/static/", 200, &[], "<html><head><title>Index of /static/</title></head><a href=\"{}\">{}</a></html>"),
    (
        "/docker-compose.yml",
        200,
        &[],
        "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: {}\n",
    ),
];

#[test]
fn no_canary_is_in_any_output() {
    let (report, spec) = runtime().block_on(async {
        let (way, root) = deployment().await;
        let mut spec = spec(POLICY);
        spec.certificate.roots = Roots::Own(vec![STANDARD.encode(root)]);
        let variables = VARIABLES.map(|(name, value)| (name.to_string(), value.to_string())).into();
        let mut private = Private::default();
        private.variables = variables;
        (observed_knowing(&spec, private, way).await, spec)
    });
    everything_was_shown(&report);
    assert_eq!(told(&outputs(&report, &spec)), [""; 0]);
}

/// The program itself: its screen, its complaints, its files, and what it says of them again.
#[test]
fn the_program_tells_no_canary() {
    let folder = Folder::new();
    let config = folder.write("golive.toml", POLICY);
    let runtime = runtime();
    let (way, root) = runtime.block_on(deployment());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(root));
    let pem = folder.write("root.pem", &pem);
    let dir = folder.path().join("out");
    let mut args: Vec<String> =
        ["scan", "--config", &config, "--cacert", &pem, "-vv", "-o", dir.to_str().unwrap()]
            .map(String::from)
            .into_iter()
            .chain(["--resolve".into(), format!("{SITE}:443:203.0.113.7")])
            .collect();
    // Every port that is asked has a door on this machine: nothing leaves it.
    for door in &way.doors {
        args.extend(["--connect-to".into(), format!(":{}:{}", door.port.unwrap(), door.to)]);
    }
    let said = golive_knowing(&VARIABLES, &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(said.code, 1, "{said:?}");
    let json = folder.read("out/golive.json");
    everything_was_shown(&Report::from_json(&json).unwrap());
    let again = golive(&["judge", dir.join("golive.json").to_str().unwrap(), "-vv"]);
    let texts = [
        ("screen", said.stdout),
        ("complaints", said.stderr),
        ("json", json),
        ("junit", folder.read("out/TEST-golive.xml")),
        ("again", again.stdout),
        ("complaints again", again.stderr),
    ];
    assert_eq!(told(&texts.map(|(name, text)| (name.into(), text))), [""; 0]);
}

/// The lines that hold a canary.
fn told(texts: &[(String, String)]) -> Vec<String> {
    let of = |(name, text): &(String, String)| {
        let lines = text.lines().filter(|line| line.contains(CANARY));
        lines.map(|line| format!("{name}: {line}")).collect::<Vec<_>>()
    };
    texts.iter().flat_map(of).collect()
}

/// The canaries were met: a scan that saw nothing would prove nothing.
fn everything_was_shown(report: &Report) {
    let seen = &report.observations;
    for (path, status, ..) in ANSWERS {
        let met = seen.http.iter().filter(|o| o.question.path == *path).filter_map(|o| o.outcome.as_ref().ok());
        let met = met.flat_map(|exchange| &exchange.hops).any(|hop| hop.response.status == *status);
        assert!(met, "{path} {status}");
    }
    for o in &seen.smoke {
        let walked = o.outcome.as_ref().unwrap();
        let statuses = walked.steps.iter().map(|walk| walk.outcome.as_ref().unwrap().first().status);
        assert_eq!(statuses.collect::<Vec<_>>(), [200, 200, 303, 302], "{walked:#?}");
        assert_eq!((walked.upgrades.len(), walked.accounts.len()), (3, 1));
        assert!(walked.steps[0].found.iter().all(|found| found.values.len() == 1), "{walked:#?}");
    }
    assert_eq!(seen.smoke.len(), 1);
    let open = seen.ports.iter().filter(|o| o.outcome.as_ref().is_ok_and(|s| format!("{s:?}").contains("Open")));
    assert!(open.count() >= 5, "{:#?}", seen.ports);
    let text = Format::Json.render(report, pages());
    assert!(text.matches("‹redacted:").count() > 50 && text.contains("session=‹"));
    assert!(report.findings.iter().any(|f| f.check == "secret-file-hidden" && f.message.contains("APP_SECRET")));
    for place in ["cookie jwt ", "token x-token ", "token $[*][0] "] {
        let tried = |f: &&Finding| f.check == "token-secret-unguessed" && f.subject.starts_with(place);
        assert!(report.findings.iter().find(tried).is_some_and(|f| f.message.contains("none of ")), "{place}");
    }
}

/// Whatever a user, a file or a terminal gets.
fn outputs(report: &Report, spec: &Spec) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        Format::ALL.iter().map(|format| (format!("{format:?}"), format.render(report, pages()))).collect();
    for verbosity in
        [Verbosity::Nothing, Verbosity::Verdict, Verbosity::Normal, Verbosity::Passes, Verbosity::Exchanges]
    {
        let screen = Screen { width: 80, verbosity, heading: None };
        all.push((format!("{verbosity:?}"), terminal::render(report, pages(), screen)));
    }
    all.push(("commands".into(), format!("{:?}", report.observations.repeats())));
    all.push(("plan".into(), format!("{:?}", golive::plan::wanted(spec, &report.observations))));
    all
}

/// Both doors of the web and three that should be shut, on this machine.
async fn deployment() -> (Way, Vec<u8>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new([SITE.to_string()]).unwrap().self_signed(&key).unwrap();
    let root = certificate.der().to_vec();
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let ip: IpAddr = "203.0.113.7".parse().unwrap();
    let mut doors = vec![];
    for port in [443, 80, 3000, 8000, 5432, 6379] {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let to: SocketAddr = listener.local_addr().unwrap();
        doors.push(Door { host: Some(Host::Address(ip)), port: Some(port), to });
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match port {
                        443 => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                web(stream, "").await;
                            }
                        }
                        80 => web(stream, "308").await,
                        8000 => web(stream, "").await,
                        6379 => say(stream, &format!("-ERR AUTH failed for {TOKEN}\r\n")).await,
                        5432 => say(stream, &format!("E SFATAL password {TOKEN} is wrong\0")).await,
                        _ => say(stream, &format!("220 ready, key {TOKEN}\r\n")).await,
                    }
                });
            }
        });
    }
    let pins = BTreeMap::from([(SITE.to_string(), vec![ip])]);
    (Way { pins, resolvers: None, doors, closed: true }, root)
}

async fn say(mut stream: impl AsyncWrite + AsyncRead + Unpin, words: &str) {
    let _ = stream.write_all(words.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// One request and its answer. `redirect`: of port 80, to the same path and a secret.
async fn web(mut stream: impl AsyncRead + AsyncWrite + Unpin, redirect: &str) {
    let mut head = vec![];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or("/");
    let path = target.split('?').next().unwrap_or("/");
    let found = ANSWERS.iter().chain(TO_STEPS).find(|(known, ..)| *known == path);
    let not_found: &(&str, u16, &[&str], &str) =
        &("", 404, &["Content-Type: application/json", "X-Trace: {}"], "{\"detail\":\"no {} here\"}");
    let (_, status, fields, content) = found.unwrap_or(not_found);
    let (status, fields) = match redirect {
        "" => (*status, fields.to_vec()),
        _ => (308, vec!["Location: https://app.example.com/{}?token={}", "Set-Cookie: session={}; Secure"]),
    };
    let fields: String = fields.iter().map(|field| hatched(field) + "\r\n").collect();
    let content = if head.starts_with("HEAD") { String::new() } else { hatched(content) };
    let length = content.len();
    say(
        stream,
        &format!(
            "HTTP/1.1 {status} {TOKEN}\r\n{fields}Content-Length: {length}\r\nConnection: close\r\n\r\n{content}"
        ),
    )
    .await;
}

/// With its secrets in place.
fn hatched(text: &str) -> String {
    text.replace("{}", TOKEN).replace("[]", CANARY)
}
