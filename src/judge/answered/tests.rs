use super::*;
use crate::observation::{Content, Request};

mod pages;

pub(in crate::judge) fn response(status: u16, fields: &[(&str, &str)], text: &str) -> Response {
    let fields = fields.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
    let content = Content { length: text.len() as u64, digest: text.into(), ..Content::default() };
    Response { status, fields, cookies: vec![], tokens: None, content }
}

pub(in crate::judge) fn exchange(responses: Vec<Response>) -> Exchange {
    let request = Request {
        method: Method::Get,
        origin: "https://app.example.com".into(),
        target: "/".into(),
        sni: Some("app.example.com".into()),
        fields: vec![("Host".into(), "app.example.com".into())],
    };
    Exchange {
        hops: responses.into_iter().map(|response| Hop { request: request.clone(), response }).collect(),
        stopped: None,
    }
}

#[test]
fn the_application_is_told_from_a_proxy() {
    let page = [("Content-Type", "text/html"), ("X-Request-Id", "1"), ("X-Powered-By", "Next.js")];
    let base = exchange(vec![response(200, &page, "welcome to the shop")]);
    let with_cookie = exchange(vec![response(200, &[("Set-Cookie", "sid=1; Path=/")], "welcome")]);
    let redirects = exchange(vec![response(307, &[("Location", "/en")], ""), response(200, &page, "hello")]);
    for (what, base, got, want) in [
        ("the same body", &base, response(200, &[], "welcome to the shop"), true),
        ("an empty answer", &base, response(200, &[], ""), false),
        ("another body", &base, response(200, &[("Content-Type", "text/html")], "Welcome to nginx!"), false),
        ("alike in form", &base, response(200, &page, "welcome to a shop!!"), true),
        ("its cookie", &with_cookie, response(200, &[("Set-Cookie", "sid=2")], "other"), true),
        ("another cookie", &with_cookie, response(200, &[("Set-Cookie", "x=2")], "other"), false),
        ("its relative redirect", &redirects, response(307, &[("Location", "/en")], ""), true),
        ("with a state", &redirects, response(307, &[("Location", "/en?state=‹redacted:1›")], ""), true),
        ("another page", &redirects, response(307, &[("Location", "/de")], ""), false),
        ("another host", &redirects, response(307, &[("Location", "//en")], ""), false),
        (
            "a redirect to the site",
            &redirects,
            response(301, &[("Location", "https://app.example.com/")], ""),
            false,
        ),
    ] {
        assert_eq!(is_application(base, None, &got), want, "{what}");
    }
    let proxy = response(404, &page, "");
    assert!(!is_application(&base, Some(&proxy), &response(200, &page, "welcome to a shop!!")));
}

/// With a hundred words of a language in which each word is its number.
pub(in crate::judge) fn worded(mut response: Response, from: u32) -> Response {
    response.content.sketch = (from..from + 64).collect();
    response
}

#[test]
fn a_site_of_the_same_design_is_told_by_its_words() {
    let fields = [("Content-Type", "text/html"), ("X-Request-Id", "1"), ("X-Runtime", "1")];
    let shop = |text, from| worded(response(200, &fields, text), from);
    let base = exchange(vec![shop("the shop", 0)]);
    let proxy = response(301, &[("X-Request-Id", "1")], "moved");
    for (got, proxy, want) in [
        (shop("the shop", 0), None, (true, true)),
        (shop("the Shop", 5), None, (true, true)),
        (shop("the blog", 20), None, (false, true)),
        (shop("the blog", 60), None, (false, false)),
        (shop("the blog", 20), Some(&proxy), (false, false)),
        (response(200, &fields, "the blog"), None, (true, false)),
    ] {
        let said = (is_application(&base, proxy, &got), is_cousin(base.first(), proxy, &got));
        assert_eq!(said, want, "{got:?}");
    }
}

#[test]
fn a_visit_says_where_it_leaves_the_site() {
    for (location, want) in [
        ("https://www.example.com/a?state=‹redacted:1›", "leads off the site, to https://www.example.com"),
        ("https://idp.test:8443/", "leads off the site, to https://idp.test:8443"),
        ("mailto:a@example.com", "leads off the site"),
        ("http://[", "leads off the site"),
    ] {
        assert_eq!(off_site(&exchange(vec![response(302, &[("Location", location)], "")])), want);
    }
}

#[test]
fn only_the_applications_word_is_judged() {
    for (status, listed, want) in [
        (200, false, true),
        (404, false, true),
        (401, false, true),
        (500, false, false),
        (500, true, true),
        (502, true, false),
        (400, false, false),
        (421, false, false),
        (429, true, false),
        (204, false, false),
        (302, false, false),
    ] {
        let hop = exchange(vec![response(status, &[], "x")]).hops.remove(0);
        assert_eq!(judged(&hop, listed).is_ok(), want, "{status}");
    }
}

#[test]
fn a_control_is_two_good_answers_of_one_kind() {
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};
    let plain = |status| Ok(exchange(vec![response(status, &[], "x")]));
    let later = Ok(exchange(vec![response(503, &[("Retry-After", "9")], "x")]));
    let page = |names: &[&str], from| {
        let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, "1")).collect();
        Ok(exchange(vec![worded(response(200, &fields, &format!("page {from}")), from)]))
    };
    let led = |to| Ok(exchange(vec![response(302, &[("Location", to)], "")]));
    for (before, afterwards, want) in [
        (plain(200), plain(200), ""),
        (plain(200), plain(206), ""),
        (plain(404), plain(404), ""),
        (plain(401), plain(403), ""),
        (plain(302), plain(307), ""),
        (plain(200), plain(302), "the plain request is answered 200 before and 302 afterwards"),
        (plain(200), plain(404), "the plain request is answered 200 before and 404 afterwards"),
        (plain(500), plain(500), "no good answer before: 500"),
        (plain(200), plain(503), "no good answer afterwards: 503"),
        (plain(200), later, "503 with Retry-After: the site asks us to come later"),
        (plain(421), plain(421), "no good answer before: 421"),
        (page(&["Date"], 0), page(&["Date"], 0), ""),
        (page(&["Date"], 0), page(&["Date", "Age"], 0), ""),
        (page(&["Date"], 0), page(&["Date"], 40), ""),
        (page(&["Date"], 0), page(&[], 40), "the plain request is answered 200 afterwards, with another page"),
        (page(&[], 0), page(&[], 90), "the plain request is answered 200 afterwards, with another page"),
        (led("/login?a"), led("/login?b"), ""),
        (led("/login"), led("/blocked"), ""),
        (Err(timeout()), plain(200), "no good answer before: no answer in 5 s"),
    ] {
        let answers = [(question(Ask::Visit, "/"), before), (question(Ask::Again, "/"), afterwards)];
        let at = question(Ask::Visit, "/").at;
        // The plain port of the same name is held against its https.
        for at in [Endpoint { scheme: Scheme::Http, port: 80, ..at.clone() }, at] {
            let said = control(&spec(), &seen(answers.clone()), &at).err().map_or(String::new(), |(_, why)| why);
            assert_eq!(said, want);
        }
    }
    let at = question(Ask::Visit, "/").at;
    let alone = seen([(question(Ask::Visit, "/"), plain(200))]);
    let said = control(&spec(), &alone, &at).unwrap_err().1;
    assert_eq!(said, "the plain request was not answered afterwards");
}
