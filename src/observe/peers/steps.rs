//! The owner's steps, against servers that take them well or badly.

use super::*;
use crate::observation::{Asker, Smoke, Walked};
use crate::observe::smoke::Walker;
use crate::spec::{Flags, Outside, Private, Standing, load};

const PASSWORD: &str = "hunter2-hunter2";
const TOKEN: &str = "tok-4f8a-secret";
const SESSION: &str = "s3ss10n-secret";

const LOGIN: &str = "site = \"https://app.example.com\"\n[[smoke]]\nname = \"log in\"\nlogin = true\nmethod = \"POST\"\npath = \"/login\"\n\
     form = { user = \"me\", password = \"${SMOKE_PASSWORD}\" }\n";

fn variable(name: &str) -> Option<String> {
    match name {
        "SMOKE_PASSWORD" => Some(PASSWORD.into()),
        "SEED_PASSWORD" => Some("seed-secret".into()),
        _ => None,
    }
}

fn promise(text: &str) -> (Spec, Private) {
    let standing = |_: &str| Standing::default();
    let outside = Outside { known: &[], read: &|_| Ok(vec![]), standing: &standing, variable: Some(&variable) };
    let (mut spec, private) =
        load(Some(("golive.toml", text)), &Flags::default(), &outside).unwrap_or_else(|e| panic!("{e}"));
    (spec.limits.exchange_ms, spec.limits.connect_ms) = (2_000, Some(300));
    (spec, private)
}

async fn walked(text: &str, reply: fn(&str) -> Vec<u8>) -> (Walked, usize) {
    let peer = Peer::tls(Act::Reply(reply)).await;
    let (spec, private) = promise(text);
    let net = net(&spec, &[(443, peer.at)]).knowing(private);
    let places = BTreeMap::from([("app.example.com".parse().unwrap(), vec![IP.parse().unwrap()])]);
    let recorder = Recorder::new(Nonce(1));
    let walker = Walker { net: &net, spec: &spec, recorder: &recorder, places: &places, nonce: Nonce(1) };
    let at = spec.site.at(IP.parse().unwrap());
    let walked = walker.walk(&Smoke { at, steps: vec![] }).await.unwrap();
    let text = serde_json::to_string(&walked).unwrap();
    for secret in [PASSWORD, TOKEN, SESSION, "seed-secret"] {
        assert!(!text.contains(secret), "{secret} is recorded: {text}");
    }
    (walked, peer.accepted())
}

fn answer(status: &str, fields: &str, content: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\n{fields}Content-Length: {}\r\nConnection: close\r\n\r\n{content}",
        content.len()
    )
    .into_bytes()
}

/// A site with a login by form, a session, and a token.
fn site(request: &str) -> Vec<u8> {
    let begins = |start: &str| request.starts_with(start);
    let signed_in = request.contains(&format!("sid={SESSION}"));
    if begins("POST /login") && request.ends_with(&format!("user=me&password={PASSWORD}")) {
        let fields = format!(
            "Location: /home/{PASSWORD}\r\nSet-Cookie: sid={SESSION}; Path=/; Secure\r\nServer: {PASSWORD}\r\n"
        );
        answer("303", &fields, "")
    } else if begins("GET /home") && signed_in && !request.contains("Content-Type") {
        let content =
            format!(r#"{{"access_token":"{TOKEN}","user":{{"role":"member","code":"{PASSWORD}","ids":[1,2]}}}}"#);
        answer("200", "Content-Type: application/json\r\n", &content)
    } else if begins(&format!("GET /me?t={TOKEN}")) && request.contains(&format!("Bearer {TOKEN}")) && signed_in {
        answer("200", &format!("X-Name: me\r\nVia: 1.1 {TOKEN}\r\n"), &format!("<p>me {TOKEN}</p>"))
    } else if begins("GET /ws") && signed_in {
        answer("403", "", "")
    } else {
        answer("401", "", "no")
    }
}

#[tokio::test]
async fn steps_are_walked_in_order_and_keep_their_secrets() {
    let text = format!(
        "{LOGIN}expect = {{ status = 200, json = {{ \"$.user.role\" = \"member\", \"$.user.code\" = \"x\", \"$.user.ids[*]\" = 1, \"$.no\" = 1 }} }}\n\
         capture = {{ token = \"$.access_token\" }}\n\
         [[smoke]]\nname = \"me\"\npath = \"/me?t=${{token}}\"\nheaders = {{ authorization = \"Bearer ${{token}}\" }}\n\
         expect = {{ header = {{ x-name = \"me\" }}, body = \"me\" }}\n\
         [exposure]\nwebsockets = [\"/ws\"]\n\
         [secrets]\naccounts = [{{ user = \"admin\", password = \"${{SEED_PASSWORD}}\" }}]\n"
    );
    let (walked, connections) = walked(&text, site).await;
    let [login, me] = &walked.steps[..] else { panic!("{walked:?}") };
    let statuses = |outcome: &Result<Exchange, ProbeError>| -> Vec<u16> {
        outcome.as_ref().unwrap().hops.iter().map(|hop| hop.response.status).collect()
    };
    assert_eq!((statuses(&login.outcome), statuses(&me.outcome)), (vec![303, 200], vec![200]));
    assert_eq!((login.credentials, login.captured.len(), me.credentials), (false, 1, true));
    assert_eq!(statuses(me.anonymous.as_ref().unwrap()), [401]);
    let equal: Vec<Option<bool>> =
        login.found.iter().map(|found| found.compared.as_ref().map(|compared| compared.equal)).collect();
    assert_eq!(equal, [None, Some(true), Some(false), Some(false), Some(false)]);
    assert_eq!(login.found[1].values, [serde_json::json!("member")]);
    assert_eq!((me.texts[0].held, me.fields[0].held), (true, true));
    assert_eq!(me.outcome.as_ref().unwrap().first().values("via").len(), 1);
    assert_eq!(me.outcome.as_ref().unwrap().hops[0].request.target, "/me?t=${token}");
    let asked: Vec<_> = walked.upgrades.iter().map(|u| (u.asker, u.cookies.len(), u.outcome.clone())).collect();
    let want = [(Asker::Own, 1, Ok(403)), (Asker::Foreign, 1, Ok(403)), (Asker::ForeignAnonymous, 0, Ok(401))];
    assert_eq!(asked, want);
    assert_eq!(statuses(&walked.accounts[0].outcome), [401]);
    assert_eq!(statuses(&walked.stranger.unwrap().outcome), [401]);
    // Two hops, a step and its repetition, three upgrades, an account and a stranger.
    assert_eq!(connections, 9);
}

#[tokio::test]
async fn without_its_capture_a_step_is_not_sent() {
    let text = format!(
        "{LOGIN}capture = {{ token = \"$.token\" }}\n\
         [[smoke]]\nname = \"me\"\npath = \"/me\"\nheaders = {{ x = \"${{token}}\" }}\n\
         [exposure]\nwebsockets = [\"/ws\"]\n"
    );
    let deep = |_: &str| answer("200", "Content-Type: application/json\r\n", &"[".repeat(200_000));
    let (walked, connections) = walked(&text, deep).await;
    let error = walked.steps[1].outcome.as_ref().unwrap_err();
    assert_eq!((error.kind.clone(), error.detail.as_str()), (ErrorKind::NotSent, "`token` was not captured"));
    assert_eq!((connections, walked.upgrades.len()), (1, 0));
}

/// Fetch, HTTP-redirect fetch.
#[tokio::test]
async fn redirects_keep_the_content_as_browsers_do() {
    let kept = |status: &'static str| {
        let reply: fn(&str) -> Vec<u8> = match status {
            "302" => |request| reply(request, "302"),
            "303" => |request| reply(request, "303"),
            _ => |request| reply(request, "307"),
        };
        async move { walked(LOGIN, reply).await.0.steps.remove(0).outcome.unwrap().last().response.status }
    };
    assert_eq!((kept("302").await, kept("303").await, kept("307").await), (204, 204, 200));
}

fn reply(request: &str, status: &str) -> Vec<u8> {
    if request.starts_with("POST /login") {
        answer(status, "Location: /next\r\n", "")
    } else if request.starts_with("POST /next") && request.ends_with(&format!("password={PASSWORD}")) {
        answer("200", "", "kept")
    } else if request.starts_with("GET /next") && request.ends_with("\r\n\r\n") {
        answer("204", "", "")
    } else {
        answer("400", "", "")
    }
}

#[tokio::test]
async fn accounts_are_no_more_tried_after_a_limit() {
    let text = format!(
        "{LOGIN}[secrets]\naccounts = [{{ user = \"a\", password = \"${{SEED_PASSWORD}}\" }}, {{ user = \"b\", password = \"${{SEED_PASSWORD}}\" }}]\n"
    );
    let limited = |request: &str| match request.ends_with(PASSWORD) {
        true => answer("200", "", "in"),
        false => answer("429", "", ""),
    };
    let (walked, connections) = walked(&text, limited).await;
    assert_eq!(walked.accounts[0].outcome.as_ref().unwrap_err().kind, ErrorKind::Limited);
    assert_eq!((walked.accounts.len(), walked.stranger.is_none(), connections), (1, true, 2));
}
