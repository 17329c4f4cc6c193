//! The owner's files: read by the real reader, judged by the real judges, and nothing of them told.

use std::collections::BTreeSet;
use std::sync::Arc;

use golive::finding::Status;
use golive::gate::Outcome;
use golive::judge::pages;
use golive::observe::{self, Net, Way};
use golive::report::Report;
use golive::spec::{self, Flags, Known, Outside, Standing};
use golive::{Circumstances, conclude};
use tokio::sync::watch;

use super::command::golive;
use super::place::Folder;
use super::run::runtime;

const ENV: &str = "\
# Everything that looks like a fault and is none.
export APP_SECRET='k3J9vQ2mXw7Rt5Yb8Nc4Zd6Pf1Hs0LaQ'
AUTH_SECRET=Zd6Pf1Hs0LaQk3J9vQ2mXw7Rt5Yb8Nc4
NEXTAUTH_SECRET=${AUTH_SECRET}
FERNET_KEY=ZmVybmV0LWtleS1vZi0zMi1ieXRlcy1mb3ItdGVzdHM=
POSTGRES_USER=app
POSTGRES_PASSWORD=Xw7Rt5Yb8Nc4Zd6P
DB_PASSWORD=$POSTGRES_PASSWORD
DATABASE_URL=\"postgresql+asyncpg://app:${POSTGRES_PASSWORD}@db:5432/app\"
REDIS_PASSWORD=e2f1d0c9b8a79685e2f1d0c9b8a79684
REDIS_URL=redis://:${REDIS_PASSWORD}@redis:6379/0
SEED_PASSWORD=T4gR8wLq2ZxN
SMOKE_PASSWORD=${SEED_PASSWORD}
STRIPE_SECRET_KEY=sk_live_51H8x9KqAbCdEfGhIj
LINKEDIN_CLIENT_SECRET=aB3dE5gH7jK9mN1p
STRIPE_PUBLISHABLE_KEY=pk_live_51H8x9KqAbCdEfGhIj
NEXT_PUBLIC_MAPS_KEY=changeme
RECAPTCHA_SITE_KEY=example
SMTP_PASSWORD=
TLS_KEY=/run/secrets/tls.key
TOKEN_TTL=3600
MAX_TOKEN=15
REQUIRE_PASSWORD=true
SENTRY_DSN=https://0123456789abcdef@o1.ingest.sentry.io/1
DEBUG=false
SESSION_COOKIE_SECURE=True
CORS_ORIGINS=[\"https://app.example.com\", \"https://*.example.com\"]
CORS_ORIGIN_REGEX=^https://([a-z0-9-]+\\.)?example\\.com$
TRUSTED_HOSTS=app.example.com,*.example.com,localhost,127.0.0.1
";

const COMPOSE: &str = "\
x-restart: &restart
  restart: unless-stopped
services:
  caddy:
    <<: *restart
    image: caddy:2
    ports: ['80:80', '443:443', '443:443/udp']
  api:
    build: .
    env_file: [.env]
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?is not set}
      REDIS_PASSWORD: ${REDIS_PASSWORD:-development}
    ports:
      - '127.0.0.1:${API_PORT:-8000}:8000'
      - '[::1]:8000:8000'
  db:
    image: postgres:17
    environment:
      - POSTGRES_PASSWORD
    expose: ['5432']
  vpn:
    image: acme/metrics
    ports:
      - target: 9090
        published: 9090
        host_ip: 10.8.0.1
  adminer:
    image: adminer
    profiles: [tools]
    ports: ['8081:8080']
";

const EXAMPLE: &str = "APP_SECRET=REPLACE_ME\nPOSTGRES_PASSWORD=local-password\nDEBUG=true\nPORT=8000\n";

/// A text of the sound files, what stands there instead, and the one check that fails then.
const FAULTS: &[(&str, &str, &str)] = &[
    ("'k3J9vQ2mXw7Rt5Yb8Nc4Zd6Pf1Hs0LaQ'", "REPLACE_ME", "env-placeholder-replaced"),
    ("'k3J9vQ2mXw7Rt5Yb8Nc4Zd6Pf1Hs0LaQ'", "", "env-placeholder-replaced"),
    ("POSTGRES_PASSWORD=Xw7Rt5Yb8Nc4Zd6P", "POSTGRES_PASSWORD=local-password", "env-placeholder-replaced"),
    ("app:${POSTGRES_PASSWORD}@db", "app:changeme@db", "env-placeholder-replaced"),
    ("REDIS_PASSWORD=e2f1", "CACHE_PASSWORD=e2f1", "env-placeholder-replaced"),
    ("'k3J9vQ2mXw7Rt5Yb8Nc4Zd6Pf1Hs0LaQ'", "k3J9vQ2mXw7Rt5Yb8Nc4", "env-secret-strong"),
    ("POSTGRES_PASSWORD=Xw7Rt5Yb8Nc4Zd6P", "POSTGRES_PASSWORD=production-password-2024", "env-secret-strong"),
    ("SEED_PASSWORD=T4gR8wLq2ZxN", "SEED_PASSWORD=Summer2024", "env-secret-strong"),
    ("FERNET_KEY=ZmVy", "FERNET_KEY=Zm", "env-secret-strong"),
    ("AUTH_SECRET=Zd6Pf1Hs0LaQk3J9vQ2mXw7Rt5Yb8Nc4", "AUTH_SECRET=${APP_SECRET}", "env-secrets-differ"),
    ("e2f1d0c9b8a79685e2f1d0c9b8a79684", "${POSTGRES_PASSWORD}", "env-secrets-differ"),
    ("SESSION_COOKIE_SECURE=True", "SESSION_COOKIE_SECURE=0", "env-policy-restricted"),
    ("DEBUG=false", "DEBUG=1", "env-policy-restricted"),
    ("https://*.example.com", "*", "env-policy-restricted"),
    ("https://*.example.com", "http://localhost:3000", "env-policy-restricted"),
    ("?example\\.com$", "?example.com$", "env-policy-restricted"),
    ("([a-z0-9-]+\\.)?example", ".*example", "env-policy-restricted"),
    ("localhost,127.0.0.1", "*", "env-policy-restricted"),
    ("expose: ['5432']", "ports: ['5432:5432']", "compose-ports-on-loopback"),
    ("'[::1]:8000:8000'", "'[::]:8000:8000'", "compose-ports-on-loopback"),
    ("host_ip: 10.8.0.1", "mode: host", "compose-ports-on-loopback"),
    ("    expose: ['5432']", "    network_mode: host", "compose-ports-on-loopback"),
];

/// The sound files with one text changed, judged as `golive env` judges them.
fn judged(from: &str, to: &str, standing: Standing) -> Report {
    let change = |text: &str| if from.is_empty() { text.into() } else { text.replacen(from, to, 1) };
    let (env, compose) = (change(ENV), change(COMPOSE));
    assert!(from.is_empty() || (env.as_str(), compose.as_str()) != (ENV, COMPOSE), "{from} stands nowhere");
    let read = |name: &str| match name {
        ".env" => Ok(env.clone().into_bytes()),
        "compose.yml" => Ok(compose.clone().into_bytes()),
        _ => Ok(EXAMPLE.into()),
    };
    let known: Vec<Known> = pages().iter().map(|page| (page.family, page.id)).collect();
    let outside = Outside { known: &known, read: &read, standing: &|_| standing, variable: None };
    let list = |name: &str| vec![name.to_string()];
    let flags = Flags {
        only: list("env"),
        env: list(".env"),
        compose: list("compose.yml"),
        candidates: list(".env.example"),
        files_alone: true,
        ..Flags::default()
    };
    let (spec, private) = spec::load(None, &flags, &outside).unwrap_or_else(|problems| panic!("{problems}"));
    let net = Arc::new(Net::new(Way { closed: true, ..Way::default() }, &spec).knowing(private));
    let begin = observe::begin(&spec, &net);
    let (_open, stop) = watch::channel(false);
    let observed = runtime().block_on(observe::observe(0, Arc::new(spec.clone()), net, begin, stop, &|_| {}));
    conclude(&spec, observed.observations, "was not asked", Circumstances::default()).report
}

const PRIVATE: Standing = Standing { readable_by_others: Some(false), tracked: Some(false) };

/// For the catalogue: every check of the family says both.
pub fn reports() -> Vec<Report> {
    let read_by_all = Standing { readable_by_others: Some(true), ..PRIVATE };
    let others = [judged("", "", PRIVATE), judged("", "", read_by_all)];
    others.into_iter().chain(FAULTS.iter().map(|(from, to, _)| judged(from, to, PRIVATE))).collect()
}

#[test]
fn sound_files_pass() {
    let report = judged("", "", PRIVATE);
    let bad: Vec<_> = report.findings.iter().filter(|f| f.decides() && f.status > Status::Pass).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    let advice = report.findings.iter().filter(|f| !f.decides() && f.status == Status::Fail);
    let advice: Vec<&str> = advice.map(|f| f.subject.as_str()).collect();
    assert_eq!(
        advice,
        ["compose.yml adminer 8081:8080", ".env SMTP_PASSWORD"].iter().rev().copied().collect::<Vec<_>>()
    );
    assert_eq!((report.gate.result, report.gate.scope.as_deref()), (Outcome::Pass, Some("only env")));
    assert_eq!(report.observations.answered(), (2, 2), "nothing but the files was asked");
}

#[test]
fn a_fault_in_a_file_fails_its_check_alone() {
    for (from, to, check) in FAULTS {
        let report = judged(from, to, PRIVATE);
        let failed = report.findings.iter().filter(|f| f.decides() && f.status == Status::Fail);
        let failed: BTreeSet<&str> = failed.map(|f| f.check.as_str()).collect();
        assert_eq!(failed, BTreeSet::from([*check]), "{from} -> {to}: {:#?}", report.findings);
        assert_eq!(report.gate.result, Outcome::NoGo, "{from} -> {to}");
    }
}

#[test]
fn files_are_judged_by_the_command() {
    let folder = Folder::new();
    let env = folder.write("good.env", ENV);
    let compose = folder.write("stack", COMPOSE);
    let example = folder.write(".env.example", EXAMPLE);
    let weak = folder.write("weak.env", "APP_SECRET=REPLACE_ME\n");
    for (args, code, last) in [
        (&["env", &env, &compose, &example][..], 0, "PASS (only env)  5 checks: 5 passed"),
        (&["env", &env], 0, "PASS (only env)  5 checks: 4 passed, 1 skipped"),
        (&["env", &weak], 1, "NO-GO (only env)"),
        (&["env", &weak, "--fail-on", "never"], 0, "NO-GO (only env)"),
    ] {
        let said = golive(args);
        let line = said.stdout.trim_end().lines().last().unwrap_or_default();
        assert!(said.code == code && line.starts_with(last), "{args:?}: {said:?}");
        assert!(said.stdout.starts_with("read in files, not seen from outside; nothing was sent\n"), "{said:?}");
        assert!(!said.stdout.contains("invalid"), "{said:?}");
    }
    // A Fail here is a Fail, and a scan says where it comes from.
    let at = ["scan", "app.example.com", "--resolve", "app.example.com:443:127.0.0.1"];
    let said = golive(&[&at[..], &["--env", &weak]].concat());
    assert!(said.code == 1 && said.stdout.contains("read in files, not seen from outside:"), "{said:?}");
    let said = golive(&at);
    assert!(said.code == 3 && said.stdout.contains("files not read"), "{said:?}");
}

/// Each with file, line and remedy; nothing of the text.
#[test]
fn a_file_that_cannot_be_read_is_complained_of() {
    let folder = Folder::new();
    let large = "# c4nary\n".repeat(200_000);
    let place = folder.path().join("binary");
    std::fs::write(&place, b"A=\0c4nary").unwrap();
    let binary = place.to_str().unwrap().to_string();
    for (file, words) in [
        (folder.write("prose.env", "A=1\nask c4nary for it\n"), "prose.env:2 is no `NAME=value`"),
        (folder.write("quote.env", "A=1\nB=\"c4nary\n"), "quote.env:2 opens a quote that is never closed"),
        (folder.write("broken.yml", "services:\n  c4nary: [\n"), "broken.yml:3 is no YAML"),
        (folder.write("twice.yaml", "services: {}\nservices: c4nary\n"), "twice.yaml:2 is no YAML"),
        (folder.write("other.yml", "name: c4nary\n"), "other.yml:1 has no `services`"),
        (folder.write("deep.yml", &"- ".repeat(100_000)), "deep.yml:1 is nested too deep"),
        (folder.write("large.env", &large), "large.env has "),
        (binary, "binary is binary: it holds a NUL byte"),
        ("no-such.env".into(), "no-such.env cannot be read"),
        (folder.path().to_str().unwrap().into(), "cannot be read"),
    ] {
        let scan = ["scan", "app.example.com", if file.ends_with("ml") { "--compose" } else { "--env" }, &file];
        for args in [&["env", &file][..], &["env", &file, "--candidates", &file], &scan] {
            let said = golive(args);
            assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}: {said:?}");
            assert!(said.stderr.contains(words) && said.stderr.contains("help: "), "{words}: {}", said.stderr);
            assert!(
                said.stderr.ends_with("nothing was sent\n") && !said.stderr.contains("c4nary"),
                "{}",
                said.stderr
            );
        }
    }
}

/// A canary in every place that a value may stand in.
#[test]
fn no_value_of_a_file_is_told() {
    let folder = Folder::new();
    let env = "APP_SECRET=c4nary\nJWT_SECRET=c4nary\nPOSTGRES_PASSWORD=c4nary1\nDATABASE_URL=postgresql://c4nary:c4nary1@c4nary/c4nary\n\
               CORS_ORIGINS=https://c4nary.example,*\nCORS_ORIGIN_REGEX=c4nary.example\nTRUSTED_HOSTS=*,c4nary\nDEBUG=c4nary\n\
               COOKIE_SECURE=c4nary\nA_TOKEN=${B:-c4nary}\nNAME=c4nary # c4nary\nKEY=-----BEGIN\nc4naryAAAA==\nc4naryBBBB\n";
    let compose = "x-c4nary: c4nary\nservices:\n  db:\n    command: --requirepass c4nary\n    environment:\n      P_SECRET: c4nary\n      \
                   Q_SECRET: ${Q:-c4nary}\n    ports: ['c4nary:5432', '5432:5432']\n    volumes: ['/c4nary:/c4nary']\n";
    let (env, compose) = (folder.write(".env", env), folder.write("compose.yml", compose));
    let example = folder.write(".env.example", "OTHER=c4nary\n");
    let dir = folder.path().join("out");
    let out = dir.to_str().unwrap();
    let said = golive(&["env", &env, &compose, &example, "-vv", "-o", out]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stdout.contains("P_SECRET") && said.stdout.contains(".env.example:1 OTHER"), "{}", said.stdout);
    let json = folder.read("out/golive.json");
    assert!(json.contains("\"OTHER\"") || json.contains(".env.example:1 OTHER"), "{json}");
    let again = golive(&["judge", dir.join("golive.json").to_str().unwrap(), "-vv"]);
    assert_eq!(again.code, 1, "{again:?}");
    for text in [said.stdout, said.stderr, json, folder.read("out/TEST-golive.xml"), again.stdout, again.stderr] {
        let told: Vec<&str> = text.lines().filter(|line| line.contains("c4nary")).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}
