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
        ("203.0.113.7", "1,3,5,7,9,11,13,15,17-20", "nmap -Pn -sT -T4 -p 1,3,5,7,9,11,13,15,17-20 203.0.113.7"),
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
        ("https", Method::Get, "/", foreign(Sni::Own), "-H 'Host: golive-N.test' R443 https://app.example.com/"),
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
