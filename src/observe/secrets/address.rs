//! Addresses with a password in them: `scheme://user:password@host`.

use super::genuine::{distinct, is_placeholder};
use super::{Hit, count, is_in_word};

/// Schemes of datastores and brokers: their hosts may have any name.
const STORES: [&str; 20] = [
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "mssql",
    "sqlserver",
    "clickhouse",
    "nats",
    "mqtt",
    "mqtts",
    "smtp",
    "smtps",
    "ldap",
    "ldaps",
];

/// Schemes whose hosts are names of the internet.
const WEB: [&str; 6] = ["https", "http", "ftp", "sftp", "ssh", "git+https"];

/// RFC 3986 §3.2.1 has more; those of them that end a string of a program end an address here.
const MOST_CREDENTIALS: usize = 256;

/// At the colon behind a scheme.
pub fn with_password(window: &[u8], at: usize) -> Option<Hit> {
    let rest = window[at..].strip_prefix(b"://")?;
    let before = window[..at].iter().rev().take(32).take_while(|b| is_of_scheme(**b)).count();
    let from = scheme(window, at - before, at)?;
    let name = std::str::from_utf8(&window[from..at]).ok()?.to_ascii_lowercase();
    let name = name.split_once("+").filter(|(_, driver)| !driver.is_empty() && *driver != "srv").map_or(
        name.as_str(),
        // SQLAlchemy names its driver there: `postgresql+asyncpg`.
        |(store, _)| if STORES.contains(&store) { store } else { name.as_str() },
    );
    let (is_store, is_web) = (STORES.contains(&name), WEB.contains(&name));
    let length = count(rest, is_of_credentials);
    if !(is_store || is_web) || length > MOST_CREDENTIALS || rest.get(length) != Some(&b'@') {
        return None;
    }
    let credentials = &rest[..length];
    let colon = credentials.iter().position(|b| *b == b':')?;
    let (user, password) = (&credentials[..colon], &credentials[colon + 1..]);
    let host = &rest[length + 1..];
    let bracket = if host.first() == Some(&b'[') { host.iter().take(48).position(|b| *b == b']')? + 1 } else { 0 };
    let host = &host[..bracket.max(count(host, |b| b.is_ascii_alphanumeric() || b"-._".contains(&b)).min(253))];
    let is_secret = is_password(password, user, is_store) && is_host(host, is_store);
    let kind = || format!("address with a password ({name}://)");
    is_secret.then(|| Hit { from, until: at + 3 + length + 1 + host.len(), kind: kind() })
}

/// Where the scheme begins. What stands before it may be the letter of an escape.
fn scheme(window: &[u8], from: usize, at: usize) -> Option<usize> {
    let from = if is_in_word(window, from) || from == at { None } else { Some(from) };
    let escaped = from.filter(|from| matches!(window[..*from], [.., b'\\']));
    match escaped {
        Some(from) if matches!(window[from], b'n' | b'r' | b't') => Some(from + 1),
        _ => from,
    }
}

fn is_of_scheme(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'+'
}

fn is_of_credentials(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~%!$&*+,;=:^#?".contains(&b)
}

/// A password that somebody chose or drew: no word for a password, no template, not the user's name.
fn is_password(password: &[u8], user: &[u8], is_store: bool) -> bool {
    const WORDS: [&str; 22] = [
        "password",
        "passwd",
        "passw0rd",
        "pass",
        "pwd",
        "secret",
        "token",
        "user",
        "username",
        "admin",
        "root",
        "test",
        "guest",
        "demo",
        "postgres",
        "mysql",
        "redis",
        "mongo",
        "mongodb",
        "rabbitmq",
        "hunter2",
        "credentials",
    ];
    let lower = String::from_utf8_lossy(password).to_ascii_lowercase();
    // `password123`, `my-secret`, `<PASSWORD>` and `${DB_PASSWORD}` stand for one.
    let bare = lower.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let bare = bare.trim_start_matches("db").trim_start_matches("my").trim_start_matches(['_', '-']);
    let is_word = WORDS.contains(&bare) || bare.contains("password") || bare.contains("passwd");
    let is_template = password.starts_with(b"$")
        || password.starts_with(b"%") && !is_percent_encoded(password)
        || password.contains(&b'?')
        || password.contains(&b'#');
    let is_digit = password.iter().any(u8::is_ascii_digit);
    let is_letter = password.iter().any(u8::is_ascii_alphabetic);
    let is_long_enough = password.len() >= if is_store { 6 } else { 8 };
    is_long_enough
        && is_letter
        && (is_store || is_digit)
        && distinct(password) >= 5
        && password != user
        && !is_word
        && !is_template
        && !is_placeholder(password)
        && !is_dsn(user, password)
}

fn is_percent_encoded(text: &[u8]) -> bool {
    text.get(1..3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
}

/// The old form of Sentry's DSN: two keys of 32 hexadecimal digits, both public.
fn is_dsn(user: &[u8], password: &[u8]) -> bool {
    let is_key = |text: &[u8]| text.len() == 32 && text.iter().all(u8::is_ascii_hexdigit);
    is_key(user) && is_key(password)
}

/// A host that may exist beyond this machine, and is no example (RFC 2606, RFC 6761).
fn is_host(host: &[u8], is_store: bool) -> bool {
    const LABELS: [&str; 8] = ["example", "localhost", "test", "invalid", "local", "host", "hostname", "domain"];
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    if let Ok(ip) = is_address {
        return !ip.is_loopback() && !ip.is_unspecified();
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_named = match labels[..] {
        [] | [""] => false,
        [_] => is_store,
        [.., top] => top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()),
    };
    let is_example = labels.iter().any(|label| LABELS.contains(label) || label.starts_with("example"))
        || labels.iter().rev().nth(1).is_some_and(|label| ["yourdomain", "mydomain", "yourhost"].contains(label));
    is_named && !is_example && !host.contains("sentry")
}
