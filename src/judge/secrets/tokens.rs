//! The secrets behind the tokens that a site issues.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::answers;
use crate::judge::{Word, fail, given, pass, unknown};
use crate::observation::{
    Exchange, Hop, Http, Nonce, Observation, Seen, Smoke, Token, TokenKind, TokenPlace, Walked,
};
use crate::spec::Spec;

/// One verdict a place and address: the worst of what its tokens say.
pub(super) fn unguessed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let nonce = seen.observations().nonce;
    let mut places: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    let mut answered = false;
    let mut overlooked = vec![];
    for (hop, at, id) in hops(seen) {
        answered = true;
        let Some(tokens) = &hop.response.tokens else {
            overlooked.push(id);
            continue;
        };
        for token in tokens {
            places.entry(subject(token, hop, at, nonce)).or_default().push((word(token), id.clone()));
        }
    }
    let mut verdicts: Vec<Verdict> = places.into_iter().map(|(subject, words)| verdict(subject, words)).collect();
    verdicts.extend(missing(spec, seen));
    if let Some(id) = overlooked.into_iter().next() {
        let why = "the recording did not look for tokens";
        verdicts.push(Verdict::new(Subject::Site, Status::Unknown, why).resting_on([id]));
    }
    // Only an answer can show that there is none.
    if verdicts.is_empty() && answered {
        verdicts.push(Verdict::new(Subject::Site, Status::Skip, "no signed token seen").unseen());
    }
    verdicts
}

/// Every answer of the site, with its address and the question it belongs to.
fn hops(seen: &Seen) -> Vec<(&Hop, IpAddr, String)> {
    let mut all = vec![];
    for o in seen.asked::<Http>() {
        all.extend(
            o.outcome.iter().flat_map(|exchange| &exchange.hops).map(|hop| (hop, o.question.at.ip, o.id())),
        );
    }
    for o in seen.asked::<Smoke>() {
        let walked = o.outcome.iter().flat_map(exchanges).flat_map(|exchange| &exchange.hops);
        all.extend(walked.map(|hop| (hop, o.question.at.ip, o.id())));
    }
    all
}

fn exchanges(walked: &Walked) -> impl Iterator<Item = &Exchange> {
    let steps = walked.steps.iter().flat_map(|step| step.outcome.iter().chain(step.anonymous.iter().flatten()));
    steps.chain(walked.accounts.iter().flat_map(|account| &account.outcome))
}

/// A cookie is its name's at a host; a text or a field belongs to its page.
fn subject(token: &Token, hop: &Hop, at: IpAddr, nonce: Nonce) -> Subject {
    let origin = &hop.request.origin;
    let page = || format!("{origin}{}", page(&hop.request.target, nonce));
    match &token.place {
        TokenPlace::Cookie(name) => Subject::Cookie { name: name.clone(), url: origin.clone(), at },
        TokenPlace::Json(path) => Subject::Token { place: path.clone(), url: page(), at },
        TokenPlace::Field(name) => Subject::Token { place: name.clone(), url: page(), at },
    }
}

/// Without the query, and without what differs from run to run.
fn page(target: &str, nonce: Nonce) -> String {
    let nonce = nonce.to_string();
    let path = target.split('?').next().unwrap_or("/").split('/');
    let parts = path.map(|part| match part {
        part if part.contains(&nonce) => "(random)",
        part if part.contains('‹') => "(redacted)",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn word(token: &Token) -> Word {
    let what = named(token);
    match &token.fits {
        Some(name) => fail(format!("is {what}, made with a secret that is known: {name}")),
        None if token.algorithm == "none" => fail(format!("is {what}, and nothing signs it")),
        None if token.known == 0 => unknown("more tokens came than are tried"),
        None if token.own == 0 => pass(format!("is {what}, and none of {} known candidates fits", token.known)),
        None => {
            pass(format!("is {what}, and none of {} known and {} own candidates fits", token.known, token.own))
        }
    }
}

/// A token that was not tried says nothing where others of its place were.
fn verdict(subject: Subject, mut words: Vec<(Word, String)>) -> Verdict {
    if words.iter().any(|((status, _), _)| *status != Status::Unknown) {
        words.retain(|((status, _), _)| *status != Status::Unknown);
    }
    let worst = words.iter().map(|((status, _), _)| *status).max().unwrap_or(Status::Unknown);
    let mut alike = words.into_iter().filter(|((status, _), _)| *status == worst);
    let ((status, message), first) = alike.next().unwrap_or_else(|| (unknown("nothing was seen"), String::new()));
    let mut evidence: Vec<String> = [first].into_iter().chain(alike.map(|(_, id)| id)).collect();
    evidence.dedup();
    evidence.truncate(MOST_EVIDENCE);
    let verdict = Verdict::new(subject, status, message).resting_on(evidence);
    if status == Status::Fail { verdict.expected("a random secret that nobody else knows") } else { verdict }
}

fn named(token: &Token) -> String {
    let what = match token.kind {
        TokenKind::Jws => return format!("a JWT (alg {})", token.algorithm),
        TokenKind::AuthJs => "a token of Auth.js",
        TokenKind::StarletteSession => "a session of Starlette",
        TokenKind::FlaskSession => "a session of Flask",
        TokenKind::Itsdangerous => "a token of itsdangerous",
        TokenKind::DjangoSigning => "a value signed by Django",
        TokenKind::ExpressSession => "a cookie signed as Express does",
        TokenKind::CookieSession => "a cookie signed by Keygrip",
        TokenKind::IronSession => "a session of iron-session",
        TokenKind::Fernet => "a Fernet token",
    };
    format!("{what} ({})", token.algorithm)
}

/// Where a token may have been, and nothing could be seen.
fn missing(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut all = vec![];
    for answer in answers(spec, seen) {
        let word = match answer.hop {
            Err((Status::Unknown, why)) => unknown(why),
            Ok(hop) if is_closed(hop) => unknown(CODED),
            _ => continue,
        };
        all.push(Verdict::new(answer.subject, word.0, word.1).resting_on([answer.o.id()]));
    }
    for o in seen.asked::<Smoke>() {
        match &o.outcome {
            Err(_) => {
                let (url, at) = (o.question.at.origin().to_string(), o.question.at.ip);
                let subject = Subject::Url { method: "steps".into(), url, at };
                all.push(given(o, subject, |_| unknown("no answer")));
            }
            Ok(walked) => all.extend(unseen_steps(o, walked)),
        }
    }
    all
}

fn unseen_steps(o: &Observation<Smoke>, walked: &Walked) -> Vec<Verdict> {
    let steps = walked.steps.iter().filter_map(|step| {
        let why = match &step.outcome {
            Err(error) => error.to_string(),
            Ok(exchange) if exchange.hops.iter().any(is_closed) => CODED.into(),
            Ok(_) => return None,
        };
        let subject = Subject::Step { name: step.name.clone(), at: o.question.at.ip };
        Some(Verdict::new(subject, Status::Unknown, why).resting_on([o.id()]))
    });
    steps.collect()
}

/// JSON that was not looked into.
fn is_closed(hop: &Hop) -> bool {
    hop.response.is_json() && hop.response.content.coded.is_some()
}

const CODED: &str = "is answered in a coding that nobody asked for, and was not looked into for tokens";
const MOST_EVIDENCE: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question};
    use crate::judge::tests::{seen_from, spec, timeout};
    use crate::observation::{Ask, Fact, ProbeError, Response, Vantage, Walk};

    const PASSES: (u32, u32, Option<&str>) = (431, 9, None);
    const FITS: (u32, u32, Option<&str>) = (431, 9, Some(".env.example:12 APP_SECRET"));
    const UNTRIED: (u32, u32, Option<&str>) = (0, 0, None);

    fn token(place: TokenPlace, kind: TokenKind, algorithm: &str, tried: (u32, u32, Option<&str>)) -> Token {
        let (known, own, fits) = tried;
        Token { place, kind, algorithm: algorithm.into(), known, own, fits: fits.map(Into::into) }
    }

    fn jwt(tried: (u32, u32, Option<&str>)) -> Token {
        token(TokenPlace::Cookie("session".into()), TokenKind::Jws, "HS256", tried)
    }

    fn with(tokens: Option<Vec<Token>>) -> Response {
        let json = [("Content-Type", "application/json")];
        Response { tokens, ..response(200, &json, "x") }
    }

    fn visit(path: &str, answer: Result<Response, ProbeError>) -> Fact {
        fact(question(Ask::Visit, path), answer.map(|answer| exchange(vec![answer])))
    }

    fn walk(outcome: Result<Vec<Result<Response, ProbeError>>, ProbeError>) -> Fact {
        let at = question(Ask::Visit, "/").at;
        let walked = outcome.map(|answers| Walked {
            steps: answers
                .into_iter()
                .map(|answer| Walk {
                    name: "log in".into(),
                    outcome: answer.map(|answer| exchange(vec![answer])),
                    took_ms: 1,
                    credentials: false,
                    anonymous: None,
                    found: vec![],
                    texts: vec![],
                    fields: vec![],
                    captured: vec![],
                })
                .collect(),
            ..Walked::default()
        });
        fact(Smoke { at, steps: vec![] }, walked)
    }

    fn said(facts: Vec<Fact>) -> Vec<(String, Status, String)> {
        let verdicts = unguessed(&spec(), &seen_from(Vantage::default(), facts));
        let said = verdicts.into_iter().inspect(|v| assert_eq!(v.unseen, v.status == Status::Skip, "{v:?}"));
        said.map(|v| (v.subject.to_string(), v.status, v.message)).collect()
    }

    #[test]
    fn a_token_is_judged_by_what_fits_it() {
        let field = TokenPlace::Field("x-token".into());
        let json = TokenPlace::Json("$['token']".into());
        for (token, status, message) in [
            (jwt(PASSES), Status::Pass, "is a JWT (alg HS256), and none of 431 known and 9 own candidates fits"),
            (jwt((431, 0, None)), Status::Pass, "is a JWT (alg HS256), and none of 431 known candidates fits"),
            (
                jwt(FITS),
                Status::Fail,
                "is a JWT (alg HS256), made with a secret that is known: .env.example:12 APP_SECRET",
            ),
            (jwt(UNTRIED), Status::Unknown, "more tokens came than are tried"),
            (
                token(json, TokenKind::Jws, "none", UNTRIED),
                Status::Fail,
                "is a JWT (alg none), and nothing signs it",
            ),
            (
                token(field, TokenKind::StarletteSession, "HMAC-SHA1", (431, 9, Some("FastAPI tutorial key"))),
                Status::Fail,
                "is a session of Starlette (HMAC-SHA1), made with a secret that is known: FastAPI tutorial key",
            ),
        ] {
            let said = said(vec![visit("/", Ok(with(Some(vec![token]))))]);
            assert_eq!(said.iter().map(|(_, s, m)| (*s, m.as_str())).collect::<Vec<_>>(), [(status, message)]);
        }
    }

    #[test]
    fn each_place_and_address_has_one_verdict() {
        let json = |path: &str| token(TokenPlace::Json(path.into()), TokenKind::Jws, "HS256", PASSES);
        let cookie = "cookie session https://app.example.com [203.0.113.7]";
        for (facts, want) in [
            (
                vec![
                    visit("/", Ok(with(Some(vec![jwt(PASSES)])))),
                    visit("/a", Ok(with(Some(vec![jwt(FITS)])))),
                    visit("/b", Ok(with(Some(vec![jwt(UNTRIED)])))),
                ],
                vec![(cookie, Status::Fail)],
            ),
            (
                vec![
                    visit("/", Ok(with(Some(vec![jwt(UNTRIED)])))),
                    visit("/a", Ok(with(Some(vec![jwt(PASSES)])))),
                ],
                vec![(cookie, Status::Pass)],
            ),
            (
                vec![visit("/", Ok(with(Some(vec![json("$['a']"), json("$['b']")]))))],
                vec![
                    ("token $['a'] https://app.example.com/ [203.0.113.7]", Status::Pass),
                    ("token $['b'] https://app.example.com/ [203.0.113.7]", Status::Pass),
                ],
            ),
            (
                vec![visit("/", Ok(with(Some(vec![])))), walk(Ok(vec![Ok(with(Some(vec![jwt(FITS)])))]))],
                vec![(cookie, Status::Fail)],
            ),
        ] {
            let said = said(facts);
            assert_eq!(said.iter().map(|(s, status, _)| (s.as_str(), *status)).collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn what_was_not_seen_is_no_pass() {
        let coded = || {
            let mut answer = with(Some(vec![]));
            answer.content.coded = Some("gzip".into());
            answer
        };
        for (facts, want) in [
            (vec![], vec![]),
            (vec![visit("/", Ok(with(Some(vec![]))))], vec![("site", Status::Skip)]),
            (vec![visit("/", Ok(with(None)))], vec![("site", Status::Unknown)]),
            (
                vec![visit("/", Err(timeout())), visit("/a", Ok(with(Some(vec![]))))],
                vec![("GET https://app.example.com/ [203.0.113.7]", Status::Unknown)],
            ),
            (
                vec![visit("/", Ok(Response { status: 429, ..with(Some(vec![])) }))],
                vec![("GET https://app.example.com/ [203.0.113.7]", Status::Unknown)],
            ),
            (vec![visit("/", Ok(coded()))], vec![("GET https://app.example.com/ [203.0.113.7]", Status::Unknown)]),
            (
                vec![visit("/", Ok(with(Some(vec![])))), walk(Err(timeout()))],
                vec![("steps https://app.example.com [203.0.113.7]", Status::Unknown)],
            ),
            (
                vec![visit("/", Ok(with(Some(vec![])))), walk(Ok(vec![Err(timeout())]))],
                vec![("step log in [203.0.113.7]", Status::Unknown)],
            ),
            (
                vec![visit("/", Ok(with(Some(vec![])))), walk(Ok(vec![Ok(coded())]))],
                vec![("step log in [203.0.113.7]", Status::Unknown)],
            ),
        ] {
            let said = said(facts);
            assert_eq!(said.iter().map(|(s, status, _)| (s.as_str(), *status)).collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn a_page_is_the_same_from_run_to_run() {
        for (target, want) in [
            ("/api/login?x=1", "/api/login"),
            ("/golive-00000007", "/(random)"),
            ("/reset/‹redacted:0011aabb›/x", "/reset/(redacted)/x"),
        ] {
            assert_eq!(page(target, Nonce(7)), want);
        }
    }
}
