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
mod tests {
    use super::*;
    use crate::observation::{
        Claim, Content, Exchange, Forgery, Hop, Offer, ProbeError, Question, Response, Sni, Trick,
    };
    use crate::target::PortSet;

    fn unanswered<Q: Question>(question: Q) -> Observation<Q> {
        let outcome = Err(ProbeError::not_sent("the run was interrupted"));
        Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 0, outcome }
    }

    fn site(scheme: &str, ip: &str) -> Endpoint {
        format!("{scheme}://app.example.com").parse::<Origin>().unwrap().at(ip.parse().unwrap())
    }

    fn http(at: Endpoint, method: Method, path: &str, ask: Ask) -> Observation<Http> {
        unanswered(Http { at, method, path: path.into(), ask })
    }

    fn hop(origin: &str, target: &str, sni: Option<&str>, fields: &[(&str, &str)]) -> Hop {
        let fields = fields.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let (origin, target, sni) = (origin.into(), target.into(), sni.map(Into::into));
        let request = Request { method: Method::Get, origin, target, sni, fields };
        let response =
            Response { status: 200, fields: vec![], cookies: vec![], tokens: None, content: Content::default() };
        Hop { request, response }
    }

    #[test]
    fn names_doors_and_hellos() {
        let name = || "app.example.com".to_string();
        for (family, want) in
            [(Family::V4, "dig +short app.example.com A"), (Family::V6, "dig +short app.example.com AAAA")]
        {
            assert_eq!(unanswered(Lookup { name: name(), family }).repeat(), [want]);
        }
        for (at, greet, want) in [
            ("203.0.113.7:3000", Greet::Nothing, "nc -vz -w 3 203.0.113.7 3000"),
            ("[2001:db8::7]:6379", Greet::Redis, r"printf 'PING\r\n' | nc -w 3 2001:db8::7 6379"),
            (
                "203.0.113.7:5432",
                Greet::PostgresqlStartupTls,
                "psql 'host=203.0.113.7 port=5432 user=postgres dbname=postgres sslmode=require' -w -c ''",
            ),
            ("203.0.113.7:5432", Greet::Postgresql, r"printf '\0\0\0\10\4\322\26\57' | nc -w 3 203.0.113.7 5432"),
        ] {
            let question = Knock { at: at.parse().unwrap(), greet, beside: None };
            assert_eq!(unanswered(question).repeat(), [want]);
        }
        for (ip, want) in [
            (
                "203.0.113.7",
                "openssl s_client -connect 203.0.113.7:443 -servername app.example.com -showcerts </dev/null",
            ),
            (
                "2001:db8::7",
                "openssl s_client -connect '[2001:db8::7]:443' -servername app.example.com -showcerts </dev/null",
            ),
        ] {
            assert_eq!(unanswered(Session::of(site("https", ip))).repeat(), [want]);
        }
    }

    #[test]
    fn a_sweep_is_asked_of_another_tool() {
        for (at, ports, want) in [
            ("203.0.113.7", "21,9000-9100", "nmap -Pn -sT -T4 -p 21,9000-9100 203.0.113.7"),
            ("2001:db8::7", "21", "nmap -6 -Pn -sT -T4 -p 21 2001:db8::7"),
            (
                "203.0.113.7",
                "1,3,5,7,9,11,13,15,17-20",
                "nmap -Pn -sT -T4 -p 1,3,5,7,9,11,13,15,17-20 203.0.113.7",
            ),
        ] {
            let ports = PortSet::try_from(ports.to_string()).unwrap();
            let question = Sweep { at: at.parse().unwrap(), ports, beside: 443 };
            assert_eq!(unanswered(question).repeat(), [want]);
        }
    }

    #[test]
    fn a_hello_is_repeated_where_openssl_knows_its_offer() {
        for (offer, want) in [
            (Offer::Tls11, Some("-tls1_1 -cipher ALL:@SECLEVEL=0")),
            (Offer::StaticRsa, Some("-tls1_2 -cipher 'kRSA:!eNULL:@SECLEVEL=0'")),
            (Offer::Ssl3, None),
        ] {
            let got = unanswered(Hello { at: site("https", "203.0.113.7"), offer }).repeat();
            let begin = "openssl s_client -connect 203.0.113.7:443 -servername app.example.com";
            assert_eq!(got, want.map(|flags| format!("{begin} {flags} </dev/null")).as_slice());
        }
    }

    #[test]
    fn an_exchange_says_what_was_sent() {
        let own = Some("app.example.com");
        let host = ("Host", "app.example.com");
        let resolve = "--resolve app.example.com:443:203.0.113.7";
        for (sni, fields, want) in [
            (own, vec![host, ("User-Agent", "golive/0.1"), ("Accept", "*/*")], resolve.to_string()),
            (
                own,
                vec![host, ("Origin", "https://x7app.example.com")],
                format!("-H 'Origin: https://x7app.example.com' {resolve}"),
            ),
            (own, vec![("Host", "it's")], format!(r"-H 'Host: it'\''s' {resolve}")),
            (own, vec![host, ("X-Empty", "")], format!("-H 'X-Empty;' {resolve}")),
        ] {
            let mut o = http(site("https", "203.0.113.7"), Method::Get, "/", Ask::Visit);
            let hops = vec![hop("https://app.example.com", "/", sni, &fields)];
            o.outcome = Ok(Exchange { hops, stopped: None });
            assert_eq!(o.repeat(), [format!("curl -sD- -o/dev/null {want} https://app.example.com/")]);
        }
    }

    #[test]
    fn another_name_in_the_hello_is_said_without_its_certificate() {
        for (sni, host, want) in [
            (
                Some("golive-7.test"),
                "golive-7.test",
                "-k --connect-to 'golive-7.test:443:[2001:db8::7]:443' https://golive-7.test/",
            ),
            (
                Some("golive-7.test"),
                "app.example.com",
                "-H 'Host: app.example.com' -k --connect-to 'golive-7.test:443:[2001:db8::7]:443' https://golive-7.test/",
            ),
            (None, "golive-7.test", "-H 'Host: golive-7.test' -k 'https://[2001:db8::7]/'"),
        ] {
            let mut o = http(site("https", "2001:db8::7"), Method::Get, "/", Ask::Visit);
            let hops = vec![hop("https://app.example.com", "/", sni, &[("Host", host)])];
            o.outcome = Ok(Exchange { hops, stopped: None });
            assert_eq!(o.repeat(), [format!("curl -sD- -o/dev/null {want}")]);
        }
    }

    #[test]
    fn redirects_are_repeated_from_their_end_too() {
        let mut o = http(site("http", "203.0.113.7"), Method::Get, "/", Ask::Upgrade);
        let own = Some("app.example.com");
        for (end, want) in [
            (
                "https://app.example.com",
                "curl -sD- -o/dev/null --resolve app.example.com:443:203.0.113.7 'https://app.example.com/a?b=1'",
            ),
            ("https://www.example.com", "curl -sD- -o/dev/null 'https://www.example.com/a?b=1'"),
        ] {
            let host = [("Host", end.trim_start_matches("https://"))];
            let first = hop("http://app.example.com", "/", None, &[("Host", "app.example.com")]);
            let hops = vec![first, hop(end, "/a?b=1", own, &host)];
            o.outcome = Ok(Exchange { hops, stopped: None });
            let first = "curl -sD- -o/dev/null --resolve app.example.com:80:203.0.113.7 http://app.example.com/";
            assert_eq!(o.repeat(), [first, want]);
        }
    }

    #[test]
    fn a_question_without_an_answer_is_repeated_from_itself() {
        let foreign = |sni| Ask::Host { forgery: Forgery::Foreign, sni };
        let ambiguous = |forgery| Ask::Host { forgery, sni: Sni::Own };
        let origin = Ask::Origin { claim: Claim::UnescapedDot(0), preflight: Some("GET".into()), round: 0 };
        for (scheme, method, path, ask, want) in [
            ("https", Method::Get, "/", Ask::Visit, "R443 https://app.example.com/"),
            ("https", Method::Get, "/", Ask::Absent, "R443 https://app.example.com/golive-N"),
            ("http", Method::Post, "/", Ask::Upgrade, "-X POST R80 'http://app.example.com/golive-N?golive=N'"),
            ("http", Method::Head, "/", Ask::Upgrade, "--head R80 'http://app.example.com/?golive=N'"),
            ("https", Method::Get, "/api/", Ask::Toggled, "R443 https://app.example.com/api/"),
            (
                "https",
                Method::Get,
                "/",
                foreign(Sni::Own),
                "-H 'Host: golive-N.test' R443 https://app.example.com/",
            ),
            (
                "https",
                Method::Get,
                "/",
                ambiguous(Forgery::Space),
                "-H 'Host: app.example.com golive-N.test' R443 https://app.example.com/",
            ),
            ("https", Method::Get, "/", ambiguous(Forgery::Empty), "-H 'Host;' R443 https://app.example.com/"),
            ("https", Method::Get, "/", ambiguous(Forgery::Missing), "-H Host: R443 https://app.example.com/"),
            (
                "https",
                Method::Get,
                "/a",
                ambiguous(Forgery::ForeignTarget),
                "R443 --request-target 'https://golive-N.test/a?golive=N' https://app.example.com/",
            ),
            (
                "http",
                Method::Get,
                "/a",
                ambiguous(Forgery::OwnTarget),
                "-H 'Host: golive-N.test' R80 --request-target 'http://app.example.com/a?golive=N' http://app.example.com/",
            ),
            (
                "https",
                Method::Get,
                "/",
                foreign(Sni::Forged),
                "-k --connect-to golive-N.test:443:203.0.113.7:443 https://golive-N.test/",
            ),
            ("https", Method::Get, "/", foreign(Sni::Absent), "-H 'Host: golive-N.test' -k https://203.0.113.7/"),
            (
                "https",
                Method::Options,
                "/",
                origin,
                "-X OPTIONS -H 'Origin: https://appxexample.com' -H 'Access-Control-Request-Method: GET' R443 'https://app.example.com/?golive=N'",
            ),
            ("https", Method::Get, "/static../.env", Ask::File, "R443 https://app.example.com/static../.env"),
            ("https", Method::Get, "/a/../.env", Ask::File, "R443 --path-as-is https://app.example.com/a/../.env"),
            (
                "https",
                Method::Get,
                "/admin",
                Ask::Guarded { trick: Trick::DotSegment, round: 0 },
                "R443 --path-as-is https://app.example.com/./admin",
            ),
            (
                "https",
                Method::Get,
                "/admin",
                Ask::Guarded { trick: Trick::Subrequest(1), round: 0 },
                "-H 'x-middleware-subrequest: middleware' R443 'https://app.example.com/admin?golive=N'",
            ),
        ] {
            let want = want.replace("R443", "--resolve app.example.com:443:203.0.113.7");
            let want = want
                .replace("golive-N", "golive-00000001")
                .replace("=N", "=00000001")
                .replace("R80", "--resolve app.example.com:80:203.0.113.7");
            let o = http(site(scheme, "203.0.113.7"), method, path, ask);
            assert_eq!(o.repeat(), [format!("curl -sD- -o/dev/null {want}")]);
        }
    }

    #[test]
    fn two_hosts_are_written_by_hand() {
        let head = r"HTTP/1.1\r\nHost: app.example.com\r\nHost: golive-00000001.test\r\nConnection: close\r\n\r\n";
        for (scheme, ip, way) in [
            (
                "https",
                "2001:db8::7",
                "openssl s_client -connect '[2001:db8::7]:443' -servername app.example.com -quiet",
            ),
            ("http", "203.0.113.7", "nc -w 5 203.0.113.7 80"),
        ] {
            let ask = Ask::Host { forgery: Forgery::OwnFirst, sni: Sni::Own };
            let o = http(site(scheme, ip), Method::Get, "/50%?a", ask);
            assert_eq!(o.repeat(), [format!("printf 'GET /50%%?a&golive=00000001 {head}' | {way}")]);
        }
    }

    #[test]
    fn a_word_is_one_word_to_the_shell() {
        for (word, want) in [
            ("/api/health", "/api/health"),
            ("a b", "'a b'"),
            ("$(id)", "'$(id)'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("/a?b=1&c", "'/a?b=1&c'"),
        ] {
            assert_eq!(quoted(word), want);
        }
    }
}
