use std::net::IpAddr;

use super::*;
use crate::spec::{Known, OriginPattern, Problems, Standing, load};

const KNOWN: &[Known] =
    &[("ports", "datastore-port-closed"), ("ports", "app-port-closed"), ("https", "hsts-holds")];
const SITE: &str = "site = \"https://app.example.com\"\n";

fn read(text: &str) -> Result<Spec, Problems> {
    let outside = Outside {
        known: KNOWN,
        read: &|name| Err(format!("no {name}")),
        standing: &|_| Standing::default(),
        variable: None,
    };
    load(Some(("golive.toml", text)), &Flags::default(), &outside).map(|(spec, _)| spec)
}

fn said(text: &str) -> Vec<String> {
    read(text).map_or_else(|problems| problems.said(), |_| vec![])
}

#[test]
fn values_become_what_they_mean() {
    let text = format!(
        "{SITE}api = []\nvantage = {{ control = [\"::ffff:203.0.113.9\"] }}\nlimits.connect = \"300ms\"\n\
         [ports]\nclosed = [{{ port = 0x1F90, service = \"api\" }}]\n\
         [hosts]\ntrusted = [\"*.Example.com\", \"B\u{fc}cher.example\"]\n[cookies]\ndomain = \".example.com\"\n\
         [cors]\norigins = [\"https://*.example.com:8443\", \"http://localhost:3000\"]\nheaders = [\"X-Trace\"]\n\
         [[waive]]\ncheck = \"hsts-holds\"\nsubject = \"*\"\nowner = \"o\"\nreason = \"r\"\nuntil = 2026-12-31\n"
    );
    let spec = read(&text).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(spec.api, Some(vec![]));
    assert_eq!(spec.vantage.control, ["203.0.113.9".parse::<IpAddr>().expect("an address")]);
    assert_eq!(spec.limits.connect_ms, Some(300));
    assert_eq!(spec.ports.closed, [ClosedPort { port: 8080, service: "api".into() }]);
    assert_eq!(spec.hosts.trusted, Some(vec!["*.example.com".into(), "xn--bcher-kva.example".into()]));
    assert_eq!(spec.cookies.domain.as_deref(), Some("example.com"));
    let origin = |text: &str| text.parse::<Origin>().expect("an origin");
    let below = OriginPattern::Below(origin("https://example.com:8443"));
    assert_eq!(spec.cors.origins, Some(vec![below, OriginPattern::Exact(origin("http://localhost:3000"))]));
    assert_eq!(spec.cors.headers, ["x-trace"]);
    assert_eq!(spec.waive[0].until, "2026-12-31");
    let lines: Vec<(&str, u32)> = spec.lines.iter().map(|(key, line)| (key.as_str(), *line)).collect();
    let want = [
        ("api", 2),
        ("cookies", 9),
        ("cookies.domain", 10),
        ("cors", 11),
        ("cors.headers", 13),
        ("cors.origins", 12),
        ("hosts", 7),
        ("hosts.trusted", 8),
        ("limits", 4),
        ("limits.connect", 4),
        ("ports", 5),
        ("ports.closed", 6),
        ("site", 1),
        ("vantage", 3),
        ("vantage.control", 3),
        ("waive", 14),
    ];
    assert_eq!(lines, want);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_remedy() {
    let all = "check, subject, owner, reason and until are all needed";
    for (text, want) in [
        ("[prots]", "2:2 unknown key `prots` | did you mean `ports`?"),
        ("[ports]\nfoo = [22]", "3:1 unknown key `foo` | one of http, open, closed, sweep"),
        ("ports.open = [22, 22]", "2:19 22 stands twice in `open` | write it once"),
        ("ports.open = [\"22\"]", "2:15 `open` is a string | a number, 1 to 65535"),
        (
            "[ports]\nopen = [443, 3000]\nclosed = [{ port = 3000, service = \"web\" }]",
            "4:20 port 3000 stands in `open` too | one of the two",
        ),
        (
            "ports.sweep = \"some\"",
            "2:15 `some` is no sweep | \"off\", \"common\", \"all\", or a list such as [2375, \"9000-9100\"]",
        ),
        ("ports.sweep = [\"9000-9100\", 9050]", "2:15 9000-9100 and 9050 overlap | each port once"),
        (
            "ports.sweep = [\"9000-70000\"]",
            "2:15 `9000-70000` is no range of ports | \"9000-9100\", within 1 to 65535",
        ),
        (
            "ports.sweep = [\"440-450\"]",
            "2:15 `sweep` names port 443, which may be open | ports that must not be reachable",
        ),
        ("tls.minimum = \"1.1\"", "2:15 `1.1` cannot be the lowest version | \"1.2\" or \"1.3\""),
        ("vantage.path_proof = \"all\"", "2:22 `all` is no proof of a path | \"edge\" or \"beyond\""),
        ("limits.sweep_rate = 1", "2:21 `sweep_rate` 1 is out of range | 10 to 200000"),
        ("origin = [\"a.example\"]", "2:11 `a.example` is no address | \"203.0.113.250\" or \"2001:db8::fa\""),
        ("[limits]\nconnect    = \"3\"", "3:14 `connect` needs a unit | \"3s\" or \"300ms\""),
        ("limits.total = 60", "2:16 `total` needs a unit | \"60s\" or \"2m\""),
        ("limits.total = \"2h\"", "2:16 `total` 2h is out of range | 1s to 1h"),
        ("limits.exchange = \"soon\"", "2:19 `soon` is no duration | \"5s\" or \"800ms\""),
        ("limits.parallel = 0", "2:19 `parallel` 0 is out of range | 1 to 256"),
        ("limits.body_bytes = 1.5", "2:21 `body_bytes` is a float | a number, 1024 to 16777216"),
        ("ports.http = 70000", "2:14 port 70000 is out of range | 1 to 65535"),
        ("ports.http = -1", "2:14 port -1 is out of range | 1 to 65535"),
        ("ports.http = 443", "2:14 port 443 is the site's own HTTPS port | the port of plain HTTP"),
        ("ports = 80", "2:9 `ports` is an integer | a table: [ports]"),
        ("[ports]\nclosed = [3000]", "3:11 `closed` holds an integer | tables: { … }"),
        (
            "[ports]\nclosed = [{ port = 1 }]",
            "3:11 missing `service` | each entry is { port = 5432, service = \"postgresql\" }",
        ),
        ("[ports]\nclosed = [{ port = 0, service = \"a\" }]", "3:20 port 0 is out of range | 1 to 65535"),
        (
            "[ports]\nclosed = [{ port = 443, service = \"a\" }]",
            "3:20 port 443 is the site's own HTTPS port | a port that must not be reachable",
        ),
        (
            "[ports]\nhttp = 8080\nclosed = [{ port = 8080, service = \"a\" }]",
            "4:20 port 8080 is `ports.http` | a port that must not be reachable",
        ),
        (
            "[ports]\nclosed = [{ port = 1, service = \"a\" }, { port = 1, service = \"b\" }]",
            "3:49 port 1 stands twice in `closed` | write it once",
        ),
        (
            "[ports]\nclosed = [{ port = 1, service = \" \", sevrice = 1 }]",
            "3:33 `service` is empty | say it in words\n3:38 unknown key `sevrice` | did you mean `service`?",
        ),
        ("aliases = \"www.example.com\"", "2:11 `aliases` is a string | a list: [ … ]"),
        (
            "aliases = [\"app.example.com\"]",
            "2:12 `app.example.com` is the site itself | aliases are its other names",
        ),
        (
            "aliases = [\"a.example\", \"https://A.example/\"]",
            "2:25 `https://A.example/` stands twice in `aliases` | write it once",
        ),
        (
            "aliases = [\"http://a.example:8080\"]",
            "2:12 `http://a.example:8080` is plain http | \"https://a.example\"",
        ),
        ("paths = []", "2:9 `paths` is empty | at least [\"/\"]"),
        ("paths = [\"api\"]", "2:10 `api` does not begin with `/` | a path such as \"/api/health\""),
        ("paths = [\"/a b\"]", "2:10 `/a b` holds a space | %20"),
        ("paths = [\"/a\\n\"]", "2:10 `/a\n` holds a control character | percent-encoded characters"),
        ("paths = [\"/a#b\"]", "2:10 `/a#b` holds a fragment | the path before `#`: a fragment is never sent"),
        ("paths = [1]", "2:10 `paths` holds an integer | texts in quotes"),
        ("exposure.public = [\"/docs*\"]", "2:20 `/docs*` is a pattern | a path, or a prefix that ends in `/`"),
        (
            "exposure.guarded = [\"admin\"]",
            "2:21 `admin` does not begin with `/` | a path such as \"/api/health\"",
        ),
        (
            "vantage.control = [\"a.example\"]",
            "2:20 `a.example` is no address | \"203.0.113.250\" or \"2001:db8::fa\"",
        ),
        (
            "vantage.own_networks = [\"10.0.0.0/33\"]",
            "2:25 `10.0.0.0/33` is no address prefix | \"203.0.113.0/24\"",
        ),
        ("vantage.assume_egress = \"yes\"", "2:25 `assume_egress` is a string | true or false"),
        ("certificate.roots = \"ca.pem\"", "2:21 `ca.pem` cannot be read: no ca.pem | \"mozilla\" or a PEM file"),
        ("certificate.roots = true", "2:21 `roots` is a boolean | a text in quotes"),
        ("headers.hsts_max_age = 0", "2:24 `hsts_max_age` 0 is out of range | 1 to 315360000"),
        (
            "headers.permissions_off = [\"camera=()\"]",
            "2:28 `camera=()` is no feature | \"camera\" or \"display-capture\"",
        ),
        (
            "headers.referrer = [\"no-referer\"]",
            "2:21 `no-referer` is no referrer policy | did you mean `no-referrer`?",
        ),
        ("hosts.trusted = [\"*\"]", "2:18 `*` trusts every host | \"app.example.com\" or \"*.example.com\""),
        ("hosts.trusted = [\"a:80\"]", "2:18 `a:80` is no host name | \"app.example.com\" or \"*.example.com\""),
        (
            "cookies.domain = \"other.example\"",
            "2:18 `other.example` is neither the site's name nor above it | \"app.example.com\" or a name above it",
        ),
        ("cookies.preferences = [\"a=b\"]", "2:24 `a=b` is no cookie name | the name alone: \"theme\""),
        (
            "cors.origins = [\"*\"]",
            "2:17 `*` lets every site in | the origins one by one, or \"https://*.example.com\"",
        ),
        ("cors.origins = [\"null\"]", "2:17 `null` lets every sandboxed page in | the origins one by one"),
        ("cors.origins = [\"a.example\"]", "2:17 `a.example` has no scheme | \"https://a.example\""),
        (
            "cors.origins = [\"https://*.com\"]",
            "2:17 `https://*.com` is every site below a public suffix | a name of yours",
        ),
        ("cors.methods = [\"get\"]", "2:17 `get` is not in upper case | \"GET\""),
        ("cors.methods = []", "2:16 `methods` is empty | at least [\"GET\"]"),
        ("cors.headers = [\"a b\"]", "2:17 `a b` is no field name | \"authorization\""),
        ("secrets.candidates = [\"\"]", "2:23 `` is no file | \".env.example\""),
        ("secrets.candidates = [\".env.example\"]", "no .env.example | a text of UTF-8, of at most 1 MiB"),
        ("gate.promote = [\"hsts-hold\"]", "2:17 `hsts-hold` names no check | did you mean `hsts-holds`?"),
        ("gate.require = [\"x\"]", "2:17 `x` names no check | `golive explain` lists them"),
        (
            "gate.promote = [\"hsts-holds\"]\ngate.demote = [\"hsts-holds\"]",
            "3:16 `hsts-holds` is promoted and demoted | one of the two",
        ),
        (
            "[[waive]]\ncheck = \"port-closed\"\nsubject = \"*\"\nowner = \"\"\nreason = \"r\"\nuntil = \"2026-12-31\"",
            "3:9 `port-closed` names no check | did you mean `app-port-closed` or `datastore-port-closed`?\n\
             5:9 `owner` is empty | say it in words\n\
             7:9 `until` is a string | a day without quotes: 2026-12-31",
        ),
        (
            "waive = [{ check = \"hsts-holds\", subject = \"*\", owner = \"o\", reason = \"r\", until = 2026-12-31T00:00:00Z }]",
            "2:84 `until` holds a time of day | a day without quotes: 2026-12-31",
        ),
        ("[[waive]]\nuntil = 2026-02-30", "3:9 invalid date | expected day between 01 and 28"),
        ("[waive]", "2:1 `waive` is a table | a list of tables: [[waive]]"),
        ("a = ", "2:5 string values must be quoted | expected literal string"),
    ] {
        assert_eq!(said(&format!("{SITE}{text}")).join("\n"), want, "{text}");
    }
    let missing =
        ["check", "subject", "owner", "reason", "until"].map(|key| format!("2:1 missing `{key}` | {all}"));
    assert_eq!(said(&format!("{SITE}[[waive]]")), missing);
    let many: Vec<String> = (0..257).map(|n| format!("\"/{n}\"")).collect();
    let text = format!("{SITE}paths = [{}]", many.join(","));
    assert_eq!(said(&text), ["2:9 `paths` has 257 entries | at most 256"]);
}
