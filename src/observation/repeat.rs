//! How to repeat an observation by hand, with public tools.

mod steps;

use std::net::IpAddr;

use super::{
    Ask, Authority, Caa, Crl, Greet, Hello, Http, Knock, Lookup, Method, Nonce, Observation, OwnFile, Passage,
    Quic, Request, Route, Search, Session, Sni, Sweep,
};
use crate::target::{Endpoint, Family, Host, Origin, Scheme};

/// Commands of public tools that show the same fact, each on one line, quoted for a POSIX shell.
pub trait Repeat {
    fn repeat(&self) -> Vec<String>;
}

impl Repeat for Observation<Lookup> {
    fn repeat(&self) -> Vec<String> {
        let kind = match self.question.family {
            Family::V4 => "A",
            Family::V6 => "AAAA",
        };
        vec![format!("dig +short {} {kind}", quoted(&self.question.name))]
    }
}

impl Repeat for Observation<Knock> {
    fn repeat(&self) -> Vec<String> {
        let (ip, port) = (self.question.at.ip(), self.question.at.port());
        vec![match self.question.greet {
            Greet::Nothing | Greet::Listen | Greet::Decoy => format!("nc -vz -w 3 {ip} {port}"),
            Greet::Redis => format!(r"printf 'PING\r\n' | nc -w 3 {ip} {port}"),
            Greet::PostgresqlStartup => psql(ip, port, "disable"),
            Greet::PostgresqlStartupTls => psql(ip, port, "require"),
            // PostgreSQL, message formats: SSLRequest is the length 8 and the code 80877103.
            Greet::Postgresql => format!(r"printf '\0\0\0\10\4\322\26\57' | nc -w 3 {ip} {port}"),
        }]
    }
}

/// Nobody is asked for a password, and nothing is asked of the database.
fn psql(ip: IpAddr, port: u16, sslmode: &str) -> String {
    format!("psql 'host={ip} port={port} user=postgres dbname=postgres sslmode={sslmode}' -w -c ''")
}

impl Repeat for Observation<Session> {
    fn repeat(&self) -> Vec<String> {
        let Session { at, sni } = &self.question;
        vec![format!("{} -showcerts </dev/null", s_client(at, at.host.name().filter(|_| *sni != Sni::Absent)))]
    }
}

impl Repeat for Observation<Hello> {
    /// Nothing where OpenSSL 3 cannot offer it.
    fn repeat(&self) -> Vec<String> {
        let Hello { at, offer } = &self.question;
        let flags = offer.openssl().into_iter();
        flags.map(|flags| format!("{} {flags} </dev/null", s_client(at, at.host.name()))).collect()
    }
}

fn s_client(at: &Endpoint, name: Option<&str>) -> String {
    let name = name.map_or("-noservername".into(), |name| format!("-servername {}", quoted(name)));
    format!("openssl s_client -connect {} {name}", quoted(&at.socket().to_string()))
}

impl Repeat for Observation<Quic> {
    fn repeat(&self) -> Vec<String> {
        let at = &self.question.at;
        let dialled = Dialled { origin: at.origin(), ip: Some(at.ip), foreign: false };
        let url = quoted(&format!("{}/", dialled.origin));
        vec![format!("curl --http3-only -sD- -o/dev/null{} {url}", dialled.flags())]
    }
}

impl Repeat for Observation<Route> {
    fn repeat(&self) -> Vec<String> {
        vec![traceroute(self.question.to.ip(), self.question.to.port())]
    }
}

impl Repeat for Observation<Passage> {
    /// The open port is for comparison.
    fn repeat(&self) -> Vec<String> {
        let Passage { to, beside, ports, .. } = &self.question;
        ports.iter().chain([beside]).map(|port| traceroute(*to, *port)).collect()
    }
}

/// With SYNs, one a hop; needs privilege.
fn traceroute(ip: IpAddr, port: u16) -> String {
    format!("traceroute -n -q 1 -T -p {port} {ip}")
}

impl Repeat for Observation<Sweep> {
    fn repeat(&self) -> Vec<String> {
        let Sweep { at, ports, .. } = &self.question;
        let family = if at.is_ipv6() { "-6 " } else { "" };
        vec![format!("nmap {family}-Pn -sT -T4 -p {ports} {at}")]
    }
}

impl Repeat for Observation<Caa> {
    fn repeat(&self) -> Vec<String> {
        let found = self.outcome.as_ref().ok().and_then(|answer| answer.at.as_ref());
        vec![format!("dig +short {} CAA", quoted(found.unwrap_or(&self.question.name)))]
    }
}

impl Repeat for Observation<Authority> {
    /// One a server.
    fn repeat(&self) -> Vec<String> {
        let name = quoted(&self.question.name);
        let servers = self.outcome.as_ref().map_or(&[][..], |answer| &answer.servers);
        let ask = |ip: IpAddr| format!("dig +short +norecurse @{ip} {name} A {name} AAAA");
        servers.iter().filter_map(|server| server.ip).map(ask).collect()
    }
}

impl Repeat for Observation<Crl> {
    fn repeat(&self) -> Vec<String> {
        let url = quoted(&self.question.url);
        vec![format!("curl -s {url} | openssl crl -inform DER -noout -text")]
    }
}

impl Repeat for Observation<Search> {
    /// The pages, with their content.
    fn repeat(&self) -> Vec<String> {
        let Search { at, paths } = &self.question;
        let page = |path: &String| {
            let request = Request::plain(at, Method::Get, path.clone());
            curl(&Dialled::of(at, &request), &request).replacen("-sD- -o/dev/null", "-sL", 1)
        };
        paths.iter().map(page).collect()
    }
}

impl Repeat for Observation<OwnFile> {
    /// It is on this machine.
    fn repeat(&self) -> Vec<String> {
        vec![]
    }
}

impl Repeat for Observation<Http> {
    /// The request, and the one that its redirects ended with.
    fn repeat(&self) -> Vec<String> {
        let at = &self.question.at;
        let curl = |dialled: &Dialled, request: &Request| {
            let words = curl(dialled, request);
            match self.question.ask {
                Ask::Http2 => words.replacen("curl", "curl --http2", 1),
                // curl sends one Host field, whatever it is told.
                _ if hosts(request) > 1 => raw(at, request),
                _ => words,
            }
        };
        match self.outcome.as_ref().map(|exchange| &exchange.hops[..]) {
            Ok([only]) => vec![curl(&Dialled::of(at, &only.request), &only.request)],
            Ok([first, .., last]) => vec![
                curl(&Dialled::of(at, &first.request), &first.request),
                curl(&Dialled::after(at, &last.request), &last.request),
            ],
            Ok([]) | Err(_) => {
                let request = supposed(&self.question);
                vec![curl(&Dialled::of(at, &request), &request)]
            }
        }
    }
}

fn hosts(request: &Request) -> usize {
    request.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count()
}

/// The head as it is, by hand.
fn raw(at: &Endpoint, request: &Request) -> String {
    let fields = request.fields.iter().filter(|(name, value)| !is_curls_own(name, value));
    let mut lines = vec![format!("{} {} HTTP/1.1", request.method, request.target)];
    lines.extend(fields.map(|(name, value)| format!("{name}: {value}")));
    lines.extend(["Connection: close".into(), String::new(), String::new()]);
    // A backslash and a percent sign mean something to printf.
    let lines: Vec<String> = lines.iter().map(|line| line.replace('\\', r"\\").replace('%', "%%")).collect();
    let way = match at.scheme {
        Scheme::Http => format!("nc -w 5 {} {}", at.ip, at.port),
        Scheme::Https => format!("{} -quiet", s_client(at, request.sni.as_deref())),
    };
    format!("printf {} | {way}", quoted(&lines.join(r"\r\n")))
}

fn curl(dialled: &Dialled, request: &Request) -> String {
    let mut words = format!("curl -sD- -o/dev/null{}", flag(request.method));
    if hosts(request) == 0 {
        words += " -H Host:";
    }
    for (name, value) in request.fields.iter().filter(|(name, value)| !is_curls_own(name, value)) {
        if name.eq_ignore_ascii_case("host") && *value == dialled.authority() {
            continue;
        }
        // curl takes `Name;` for a field without a value.
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        words += &format!(" -H {}", quoted(&field));
    }
    words += &dialled.flags();
    if request.target.contains("/./") || request.target.contains("/../") {
        words += " --path-as-is";
    }
    if request.target.contains(['[', ']', '{', '}']) {
        words += " -g";
    }
    // In absolute form it is said beside the address to go to.
    let (form, path) = match request.target.starts_with('/') {
        true => (String::new(), request.target.as_str()),
        false => (format!(" --request-target {}", quoted(&request.target)), "/"),
    };
    format!("{words}{form} {}", quoted(&format!("{}{path}", dialled.origin)))
}

/// Where curl must believe to go, so that it says the same name in its TLS hello.
struct Dialled {
    /// The origin of the URL.
    origin: Origin,
    /// `None`: wherever the name leads.
    ip: Option<IpAddr>,
    /// The hello names something that the certificate is not for.
    foreign: bool,
}

impl Dialled {
    fn of(at: &Endpoint, request: &Request) -> Self {
        let named = |host| Self { origin: Origin { host, ..at.origin() }, ip: Some(at.ip), foreign: true };
        match (at.scheme, &request.sni) {
            (Scheme::Https, Some(sni)) if at.host.name() != Some(sni) => named(Host::Name(sni.clone())),
            // A URL with an address names nothing in the hello (RFC 6066 §3).
            (Scheme::Https, None) if at.host.name().is_some() => named(Host::Address(at.ip)),
            _ => Self { origin: at.origin(), ip: Some(at.ip), foreign: false },
        }
    }

    /// A redirect may lead to another origin of the site, at an address that the exchange does not tell.
    fn after(at: &Endpoint, request: &Request) -> Self {
        let origin = request.origin.parse().unwrap_or_else(|_| at.origin());
        let ip = Some(at.ip).filter(|_| origin.host == at.host);
        Self { origin, ip, foreign: false }
    }

    fn authority(&self) -> String {
        self.origin.to_string().rsplit("://").next().unwrap_or_default().into()
    }

    fn flags(&self) -> String {
        let port = self.origin.port;
        match (&self.origin.host, self.ip.map(Host::Address), self.foreign) {
            (Host::Name(name), Some(ip), false) => {
                format!(" --resolve {}", quoted(&format!("{name}:{port}:{ip}")))
            }
            (Host::Name(name), Some(ip), true) => {
                format!(" -k --connect-to {}", quoted(&format!("{name}:{port}:{ip}:{port}")))
            }
            (Host::Address(_), _, true) => " -k".into(),
            (_, None, _) | (Host::Address(_), _, false) => String::new(),
        }
    }
}

fn flag(method: Method) -> &'static str {
    match method {
        Method::Get => "",
        Method::Head => " --head",
        Method::Post => " -X POST",
        Method::Options => " -X OPTIONS",
        Method::Put => " -X PUT",
        Method::Patch => " -X PATCH",
        Method::Delete => " -X DELETE",
        Method::Trace => " -X TRACE",
    }
}

/// Fields that curl sends itself, or that change nothing in the answer.
fn is_curls_own(name: &str, value: &str) -> bool {
    let is = |own: &str| name.eq_ignore_ascii_case(own);
    is("user-agent") || is("accept") || is("connection") || (is("accept-encoding") && value == "identity")
}

/// What a question would have sent, with another random name than the run's.
fn supposed(question: &Http) -> Request {
    question.request(Nonce(1))
}

/// A word of a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
