use proptest::prelude::*;

use super::*;
use crate::observation::{
    Addresses, Authorisations, Authorities, Claim, Content, Crossing, Crossings, ErrorKind, Exchange, Fact,
    FileFacts, Forgery, Handshake, Hop, Http, Lookup, Mark, Nonce, Observation, Offered, PortState, ProbeError,
    Question, QuicHandshake, Reply, Response, Searched, Sni, Stage, Steps, Swept, Timestamp, Vantage, Walked,
};
use crate::spec::OriginPattern;
use crate::target::{Family, Scheme};

fn promise() -> Spec {
    let mut spec = Spec::of("app.example.com".parse().unwrap());
    spec.aliases = vec!["www.example.com".parse().unwrap()];
    spec.paths = vec!["/".into(), "/api/health".into()];
    spec.cors.origins = Some(vec![OriginPattern::Exact("https://console.example.com".parse().unwrap())]);
    spec.vantage.control = vec!["198.51.100.9".parse().unwrap()];
    spec.origin = vec!["198.51.100.7".parse().unwrap(), "203.0.113.1".parse().unwrap()];
    spec
}

/// A fact for a question, drawn from `dice`.
fn fact(question: Probe, dice: &mut impl FnMut(u32) -> u32) -> Fact {
    let error = || ProbeError::new(Stage::Connect, ErrorKind::Timeout, "no answer");
    fn told<Q: Question>(question: Q, outcome: Result<Q::Answer, ProbeError>) -> Observation<Q> {
        Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome }
    }
    match question {
        Probe::Lookup(q) => {
            let v4 = q.family == Family::V4;
            let address = |n: u32| {
                if v4 { [203, 0, 113, n as u8].into() } else { [0x2001, 0xdb8, 0, 0, 0, 0, 0, n as u16].into() }
            };
            let addresses = (1..=dice(4)).map(address).collect();
            let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: false };
            told(q, if dice(8) == 0 { Err(error()) } else { Ok(answer) }).into()
        }
        Probe::Knock(q) => {
            let offender = [198, 51, 100, 1].into();
            told(
                q,
                match dice(5) {
                    0 => Ok(PortState::Open { greeting: None, reset: false }),
                    1 => Ok(PortState::Refused),
                    2 => Ok(PortState::Rejected { offender }),
                    3 => Ok(PortState::Filtered),
                    _ => Err(error()),
                },
            )
            .into()
        }
        Probe::Session(q) => {
            let alpn = [Some("h2"), Some("http/1.1"), None][dice(3) as usize].map(String::from);
            let (version, suite, group) = (String::new(), String::new(), None);
            let shake = Handshake {
                chain: vec![],
                chain_cut: false,
                version,
                suite,
                group,
                alpn,
                key_proven: true,
                staple: None,
                local_issuer: None,
            };
            told(q, if dice(4) == 0 { Err(error()) } else { Ok(shake) }).into()
        }
        Probe::Quic(q) => {
            let alpn = [Some("h3"), None][dice(2) as usize].map(String::from);
            told(q, if dice(2) == 0 { Err(error()) } else { Ok(QuicHandshake { alpn }) }).into()
        }
        Probe::Smoke(q) => told(q, if dice(2) == 0 { Err(error()) } else { Ok(Walked::default()) }).into(),
        Probe::Search(q) => told(q, if dice(2) == 0 { Err(error()) } else { Ok(Searched::default()) }).into(),
        Probe::OwnFile(q) => told(q, if dice(2) == 0 { Err(error()) } else { Ok(FileFacts::default()) }).into(),
        Probe::Hello(q) => {
            let answers = [Offered::Closed, Offered::Reset, Offered::Alert("handshake_failure".into())];
            told(q, answers.get(dice(4) as usize).cloned().ok_or_else(error)).into()
        }
        Probe::Route(q) => {
            let far = Steps::of("10.0.0.1 198.51.100.1 198.51.100.2 open");
            let steps = [far, Steps::of("198.51.100.1 open"), Steps::of("10.0.0.1 - - open")];
            let told_so = steps.into_iter().nth(dice(4) as usize);
            told(q, told_so.ok_or_else(error)).into()
        }
        Probe::Passage(q) => {
            let reply = [Reply::Silent, Reply::Refused, Reply::Open][dice(3) as usize];
            let crossing = |port: &u16| Crossing { port: *port, replies: vec![reply], beside: vec![], last: None };
            let ports = q.ports.iter().map(crossing).collect();
            told(q, if dice(4) == 0 { Err(error()) } else { Ok(Crossings { ports }) }).into()
        }
        Probe::Sweep(q) => {
            let each = dice(4);
            let open = q.ports.iter().filter(|_| each > 0 && dice(40) == 0).collect();
            let silent = q.ports.without(&open);
            told(q, if each == 3 { Err(error()) } else { Ok(Swept { open, silent, ..Swept::default() }) }).into()
        }
        Probe::Caa(q) => told(q, Ok(Authorisations::default())).into(),
        Probe::Authority(q) => told(q, Ok(Authorities::default())).into(),
        Probe::Crl(q) => told(q, Err(error())).into(),
        Probe::Http(q) => {
            let request = q.request(Nonce(7));
            let sent = request.fields.iter().find(|(name, _)| name == "Origin").map(|(_, value)| value.clone());
            let mut fields: Vec<(String, String)> = vec![];
            fields
                .extend(sent.filter(|_| dice(2) == 0).map(|value| ("Access-Control-Allow-Origin".into(), value)));
            if dice(2) == 0 {
                fields.push(("Alt-Svc".into(), format!("h3=\":{}\"", 443 + dice(2))));
            }
            if dice(4) == 0 {
                fields.push(("CF-Ray".into(), "‹redacted:0011aabb›".into()));
            }
            let marks = if dice(2) == 0 { vec![Mark::Json] } else { vec![] };
            let content = Content { length: 1, marks, ..Content::default() };
            let status = [200, 404, 302, 500][dice(4) as usize];
            let response = Response { status, fields, cookies: vec![], tokens: None, content };
            let exchange = Exchange { hops: vec![Hop { request, response }], stopped: None };
            told(q, if dice(4) == 0 { Err(error()) } else { Ok(exchange) }).into()
        }
    }
}

/// Answers everything until nothing is left to ask. What was wanted once stays wanted.
fn run(spec: &Spec, seed: u64) -> Result<Observations, TestCaseError> {
    let mut state = seed | 1;
    // xorshift64: any sequence will do.
    let mut dice = move |sides: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as u32 % sides
    };
    let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
    let mut before = BTreeSet::new();
    for _ in 0..64 {
        let all = wanted(spec, &seen);
        prop_assert!(all.is_superset(&before), "{:?}", before.difference(&all).next());
        let missing: Vec<Probe> = all.iter().filter(|probe| !seen.holds(probe)).cloned().collect();
        if missing.is_empty() {
            let ids: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
            prop_assert_eq!(ids.len(), all.len(), "two questions have one id");
            return Ok(seen);
        }
        // A batch comes back in any order, some of it later.
        let now = missing.len().div_ceil(1 + dice(3) as usize);
        missing.into_iter().take(now).for_each(|probe| seen.insert(fact(probe, &mut dice)));
        before = all;
    }
    Err(TestCaseError::fail("the plan does not end"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_plan_ends_stays_small_and_takes_nothing_back(seed: u64) {
        let spec = promise();
        let seen = run(&spec, seed)?;
        let places: BTreeSet<_> = places(&spec, &seen).into_iter().collect();
        // Some four hundred questions a place: a site with two names at six addresses each is the most seen here. The
        // names beside them and the host behind them are asked where no name leads anywhere.
        let (_, all) = seen.answered();
        prop_assert!(all <= 448 + 430 * places.len(), "{all} questions for {} places", places.len());
        let only_own = |ip| {
            places.iter().any(|place| place.ip == ip)
                || spec.vantage.control.contains(&ip)
                || spec.origin.contains(&ip)
        };
        prop_assert!(seen.ports.iter().all(|o| only_own(o.question.at.ip())));
        prop_assert!(seen.http.iter().all(|o| only_own(o.question.at.ip)));
    }
}

/// Both names at one address; every exchange as told.
fn answered(spec: &Spec, answer: impl Fn(&Http) -> Option<u16>) -> Observations {
    let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
    loop {
        let missing: Vec<Probe> = wanted(spec, &seen).into_iter().filter(|probe| !seen.holds(probe)).collect();
        if missing.is_empty() {
            return seen;
        }
        for probe in missing {
            let told = match probe {
                Probe::Lookup(question) => lookup(question),
                Probe::Http(question) => match answer(&question) {
                    Some(status) => page(question, status),
                    None => unanswered(question),
                },
                other => {
                    seen.refuse(other, ProbeError::not_sent("not asked here"));
                    continue;
                }
            };
            seen.insert(told);
        }
    }
}

fn lookup(question: Lookup) -> Fact {
    let addresses = if question.family == Family::V4 { vec![[203, 0, 113, 7].into()] } else { vec![] };
    let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: false };
    Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome: Ok(answer) }.into()
}

fn page(question: Http, status: u16) -> Fact {
    let response = Response { status, fields: vec![], cookies: vec![], tokens: None, content: Content::default() };
    let hop = Hop { request: question.request(Nonce(7)), response };
    let outcome = Ok(Exchange { hops: vec![hop], stopped: None });
    Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome }.into()
}

fn unanswered<Q: Question>(question: Q) -> Fact
where
    Observation<Q>: Into<Fact>,
{
    let outcome = Err(ProbeError::not_sent("not here"));
    Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 0, outcome }.into()
}

#[test]
fn a_family_alone_asks_what_its_refusals_rest_on() {
    for (family, again) in
        [("https", true), ("hosts", true), ("cors", true), ("exposure", true), ("ports", true), ("smoke", false)]
    {
        let mut spec = promise();
        let families = [
            "vantage",
            "ports",
            "https",
            "certificate",
            "headers",
            "hosts",
            "cookies",
            "cors",
            "exposure",
            "secrets",
            "smoke",
        ];
        spec.scope.only = vec![family.into()];
        spec.scope.omitted = families.into_iter().filter(|other| *other != family).map(Into::into).collect();
        let seen = answered(&spec, |_| Some(200));
        assert_eq!(seen.http.iter().any(|o| o.question.ask == observation::Ask::Again), again, "{family}");
        assert!(seen.http.iter().any(|o| o.question.ask == observation::Ask::Visit), "{family}");
    }
}

#[test]
fn a_health_path_is_looked_for_where_nobody_named_one() {
    for (written, status, want) in [(false, 404, true), (false, 200, false), (true, 404, false)] {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        if written {
            spec.lines.insert("paths".into(), 2);
        }
        let seen = answered(&spec, |_| Some(status));
        let asked = seen.http.iter().any(|o| o.question.ask == observation::Ask::Health);
        assert_eq!(asked, want, "{written} {status}");
    }
}

#[test]
fn everybodys_star_is_looked_for_where_own_origins_must_work() {
    let mut spec = promise();
    spec.cors.paths = Some(vec!["/api/v2/items".into()]);
    let seen = answered(&spec, |_| Some(200));
    let at = |claim: &Claim| {
        let asked = seen.http.iter().filter(|o| {
            matches!(&o.question.ask, observation::Ask::Origin { claim: c, .. } if c == claim)
                && o.question.path == "/api/v2/items"
        });
        asked.count()
    };
    let own = Claim::Own("https://console.example.com".parse().unwrap());
    assert_eq!([at(&Claim::Foreign), at(&own), at(&Claim::Null)], [2, 2, 0]);
}

#[test]
fn a_name_below_the_domain_is_asked_beside_a_sibling() {
    let seen = answered(&promise(), |_| Some(200));
    let asked = |claim: Claim| -> BTreeSet<(String, Option<String>)> {
        let asked = seen.http.iter().filter_map(|o| match &o.question.ask {
            observation::Ask::Origin { claim: held, preflight, .. } if *held == claim => {
                Some((o.question.path.clone(), preflight.clone()))
            }
            _ => None,
        });
        asked.collect()
    };
    let plain = |claim| Claim::Plain(Box::new(claim));
    let paths = ["/", "/api/health"].map(|path| [(path.to_string(), None), (path.into(), Some("GET".into()))]);
    let everywhere = paths.into_iter().flatten().chain([("/golive-absent".into(), None)]).collect();
    assert_eq!(asked(Claim::MissingDot), everywhere);
    assert!(asked(Claim::Sibling).is_superset(&everywhere));
    // What is rare is asked where programs are answered, by GET.
    let rare = BTreeSet::from([("/api/health".to_string(), None)]);
    assert_eq!(asked(plain(Claim::MissingDot)), rare);
    assert_eq!(asked(plain(Claim::Sibling)), rare);
    assert_eq!(asked(Claim::Separator("|".into())), rare);
    let console = || "https://console.example.com".parse().unwrap();
    assert_eq!(asked(Claim::Like(console(), Box::new(Claim::MissingDot))), rare);
}

#[test]
fn a_written_origin_tries_each_written_method_by_its_own_preflight() {
    let mut spec = promise();
    spec.cors.paths = Some(vec!["/api/health".into()]);
    spec.cors.methods = vec!["PUT".into(), "DELETE".into()];
    let seen = answered(&spec, |_| Some(200));
    let asked = |claim: &Claim| -> Vec<Option<String>> {
        let asked = seen.http.iter().filter_map(|o| match &o.question.ask {
            observation::Ask::Origin { claim: c, preflight, .. }
                if c == claim && o.question.path == "/api/health" =>
            {
                Some(preflight.clone())
            }
            _ => None,
        });
        asked.collect()
    };
    let own = Claim::Own("https://console.example.com".parse().unwrap());
    let mut all = asked(&own);
    all.sort();
    assert_eq!(all, [None, Some("DELETE".into()), Some("PUT".into())]);
    assert_eq!(asked(&Claim::Null), [None, Some("PUT".into())]);
    let ids: BTreeSet<String> = wanted(&spec, &seen).iter().map(ToString::to_string).collect();
    assert!(ids.contains(
        "origin:own-https://console.example.com:preflight-DELETE:https://app.example.com/api/health@203.0.113.7:443#0"
    ));
}

#[test]
fn a_further_name_is_asked_for_more_where_it_shows_something_of_its_own() {
    let asked = |status: fn(&Http) -> Option<u16>| {
        let seen = answered(&promise(), status);
        let of = |ask: &observation::Ask| seen.http.iter().filter(|o| o.question.ask == *ask).count();
        [observation::Ask::Debug, observation::Ask::Folder, observation::Ask::Document].map(|ask| of(&ask))
    };
    let [debug, folders, documents] = asked(|_| Some(200));
    assert!(debug > 10 && folders > 7 && documents > 7, "{debug} {folders} {documents}");
    // Another page there, and no answer.
    let other: fn(&Http) -> Option<u16> =
        |q| Some(if q.at.host.name() == Some("www.example.com") { 404 } else { 200 });
    assert_eq!(asked(other), [debug, folders, documents].map(|count| 2 * count));
    let silent: fn(&Http) -> Option<u16> = |q| (q.at.host.name() != Some("www.example.com")).then_some(200);
    assert_eq!(asked(silent), [debug, folders, documents]);
}

#[test]
fn a_guarded_path_is_written_or_seen_to_lead_to_a_login() {
    let guarded = |spec: &Spec, status: u16| {
        let seen = answered(spec, |_| Some(status));
        let of = |round| {
            let is_of = |ask: &observation::Ask| matches!(ask, observation::Ask::Guarded { round: held, .. } if *held == round);
            seen.http.iter().filter(|o| is_of(&o.question.ask)).count()
        };
        [of(0), of(1)]
    };
    let mut spec = promise();
    assert_eq!(guarded(&spec, 200), [0, 0]);
    spec.exposure.guarded = vec!["/admin".into()];
    // An empty answer shows nothing: none is asked again.
    assert_eq!(guarded(&spec, 200), [13, 0]);
}

#[test]
fn a_forged_name_goes_to_each_address_once() {
    let seen = answered(&promise(), |_| Some(200));
    let asked = |scheme, forgery| {
        let ask =
            observation::Ask::Host { forgery, sni: if scheme == Scheme::Http { Sni::Absent } else { Sni::Own } };
        seen.http.iter().filter(|o| o.question.at.scheme == scheme && o.question.ask == ask).count()
    };
    // Two names at one address, a page and an API path.
    assert_eq!(asked(Scheme::Https, Forgery::Foreign), 2);
    assert_eq!(asked(Scheme::Https, Forgery::UnescapedDot(1)), 2);
    assert_eq!(asked(Scheme::Http, Forgery::Foreign), 2);
    assert_eq!(asked(Scheme::Http, Forgery::XForwardedHost), 0);
}
