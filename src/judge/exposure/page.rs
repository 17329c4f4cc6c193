//! Does a page, or a script that it loads, hold a secret?

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{control, is_no_word};
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{
    Ask, End, Extent, Http, Method, Observation, Part, ReadThrough, Search, Searched, Secret, Seen, Stopped,
};
use crate::spec::Spec;

/// A secret is one wherever it stands; that there is none is said of what was read to its end, as a visitor gets it.
pub(super) fn secret_not_in_page(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut verdicts = vec![];
    for o in seen.asked::<Search>() {
        verdicts.extend(o.question.paths.iter().map(|path| verdict(spec, seen, o, path)));
    }
    verdicts
}

fn verdict(spec: &Spec, seen: &Seen, o: &Observation<Search>, path: &str) -> Verdict {
    let at = &o.question.at;
    let subject = Subject::Url { method: Method::Get.to_string(), url: at.url(path), at: at.ip };
    let ((status, message), is_partial) = match &o.outcome {
        Err(error) => (unknown(error.to_string()), false),
        Ok(searched) => {
            let shown = Shown::of(searched, path);
            let visit = Http { at: at.clone(), method: Method::Get, path: path.into(), ask: Ask::Visit };
            let visited = seen.answer(&visit).filter(|exchange| exchange.stopped.is_none());
            let word = shown.word(visited.map(|exchange| exchange.last().response.status));
            let word = match control(spec, seen, at) {
                Err(why) if word.0 == Status::Pass => why,
                _ => word,
            };
            (word, !shown.unseen().is_empty())
        }
    };
    let verdict = Verdict::new(subject, status, message).resting_on([o.id()]);
    if status == Status::Pass && is_partial { verdict.unseen() } else { verdict }
}

/// What a search read of one page.
struct Shown<'a> {
    page: Option<&'a ReadThrough>,
    scripts: Vec<&'a ReadThrough>,
    secrets: Vec<&'a Secret>,
    /// Scripts that were not read.
    left: usize,
}

impl<'a> Shown<'a> {
    fn of(searched: &'a Searched, path: &str) -> Self {
        let read = |part| searched.read.iter().filter(move |read| read.path == path && read.part == part);
        let left = searched.left.iter().filter(|left| left.path == path).map(|left| left.scripts).sum();
        Self {
            page: read(Part::Page).next(),
            scripts: read(Part::Script).collect(),
            secrets: searched.secrets.iter().filter(|secret| secret.path == path).collect(),
            left,
        }
    }

    /// `visited`: the status that the visit to the page ended with.
    fn word(&self, visited: Option<u16>) -> Word {
        if let [first, rest @ ..] = &self.secrets[..] {
            return fail(told(first, rest.len()));
        }
        let page = match self.page.map(|page| &page.outcome) {
            None => return unknown("was not read"),
            Some(Err(error)) => return unknown(error.to_string()),
            Some(Ok(page)) => page,
        };
        if let Some(why) = no_page(page).or_else(|| not_read(page).map(unknown)) {
            return why;
        }
        match visited {
            Some(visited) if visited / 100 != page.status / 100 => {
                return unknown(format!("the visit is answered {visited} and the search {}", page.status));
            }
            _ => {}
        }
        let unread: Vec<(String, String)> = self.scripts.iter().filter_map(|script| unread(script)).collect();
        match &unread[..] {
            [] => pass(self.said()),
            [(url, why)] => unknown(format!("1 of {} not read: {url}: {why}", scripts(self.scripts.len()))),
            [(url, why), ..] => {
                unknown(format!("{} of {} not read: {url}: {why}", unread.len(), scripts(self.scripts.len())))
            }
        }
    }

    fn said(&self) -> String {
        let bytes: u64 = self.extents().map(|extent| extent.bytes).sum();
        let what = match self.scripts.len() {
            0 => format!("page of {bytes} bytes shows no secret"),
            count => format!("page and {}, {bytes} bytes, show no secret", scripts(count)),
        };
        let mut parts = self.unseen();
        parts.push(what);
        parts.join("; ")
    }

    /// What is there, and was not read.
    fn unseen(&self) -> Vec<String> {
        let mut parts = vec![];
        let page = self.page.and_then(|page| page.outcome.as_ref().ok());
        if let Some(page) = page.filter(|page| matches!(page.status, 401 | 403)) {
            parts.push(format!("answers {}, and what it shows after signing in is not seen", page.status));
        }
        if self.extents().any(|extent| extent.end == End::Bound) {
            parts.push(format!("nothing is read beyond {} MiB", Search::MOST_BYTES >> 20));
        }
        if page.is_some_and(|page| page.bytes > Search::MARKUP_BYTES) {
            parts.push(format!("scripts named beyond {} MiB of the page not read", Search::MARKUP_BYTES >> 20));
        }
        if self.left > 0 {
            parts.push(format!("{} more not read", scripts(self.left)));
        }
        parts
    }

    fn extents(&self) -> impl Iterator<Item = &Extent> {
        self.page.into_iter().chain(self.scripts.iter().copied()).filter_map(|read| read.outcome.as_ref().ok())
    }
}

/// Never what it is.
fn told(secret: &Secret, more: usize) -> String {
    let Secret { kind, at, length, .. } = secret;
    let variable = secret.variable.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("shows a secret: {kind}{variable}, {length} bytes at byte {at} of {}{more}", stable(&secret.url))
}

fn scripts(count: usize) -> String {
    if count == 1 { "1 script".into() } else { format!("{count} scripts") }
}

/// An address without what differs from run to run.
fn stable(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let parts = path.split('/').map(|part| if part.contains('‹') { "(redacted)" } else { part });
    parts.collect::<Vec<&str>>().join("/")
}

/// Where a page's address leads to no page.
fn no_page(page: &Extent) -> Option<Word> {
    Some(match (&page.stopped, page.status) {
        (Some(Stopped::OffSite), _) => skip("leads off the site"),
        (Some(Stopped::PlainHttp), _) => unknown("leads back to plain http"),
        (Some(Stopped::Loop | Stopped::TooMany), _) => unknown("redirects without end"),
        (Some(Stopped::Error(error)), _) => unknown(error.to_string()),
        (None, status @ 300..=399) => skip(format!("{status} is no final answer")),
        (None, status @ 200..=299) if page.bytes == 0 && page.end == End::Whole && page.coded.is_none() => {
            skip(format!("{status} has no content"))
        }
        _ => return None,
    })
}

/// A script that a browser gets, and the search did not. A missing one is nobody's.
fn unread(script: &ReadThrough) -> Option<(String, String)> {
    let why = match &script.outcome {
        Err(error) => error.to_string(),
        Ok(Extent { stopped: Some(Stopped::Error(error)), .. }) => error.to_string(),
        // A redirect to another origin leads to a script that is not the site's.
        Ok(Extent { stopped: Some(_), .. }) => return None,
        Ok(extent) => not_read(extent)?,
    };
    Some((stable(&script.url), why))
}

/// Why a content says nothing, or not all.
fn not_read(extent: &Extent) -> Option<String> {
    let Extent { status, bytes, .. } = extent;
    match (extent.end, &extent.coded) {
        _ if extent.challenge => Some(format!("{status}: a challenge page stands before the site")),
        _ if *status >= 500 || is_no_word(*status) => Some(format!("{status} is no answer of the application")),
        (_, Some(_)) => Some("comes in a coding that nobody asked for".into()),
        (End::Broken, _) => Some(format!("ends before its end, after {bytes} bytes")),
        (End::Late, _) => Some(format!("does not end in time, after {bytes} bytes")),
        (End::Whole | End::Bound, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question, run};
    use crate::judge::tests::{spec, timeout};
    use crate::observation::{Left, ProbeError};

    fn extent(status: u16, bytes: u64) -> Extent {
        Extent { status, bytes, end: End::Whole, coded: None, challenge: false, stopped: None }
    }

    fn read(part: Part, url: &str, outcome: Result<Extent, ProbeError>) -> ReadThrough {
        ReadThrough { path: "/".into(), part, url: format!("https://app.example.com{url}"), outcome }
    }

    fn page(extent: Extent) -> ReadThrough {
        read(Part::Page, "/", Ok(extent))
    }

    fn script(url: &str, outcome: Result<Extent, ProbeError>) -> ReadThrough {
        read(Part::Script, url, outcome)
    }

    /// What is said of `/`, beside good visits.
    fn said(searched: Result<Searched, ProbeError>, again: u16) -> (Status, String, bool) {
        let plain = |status| Ok(exchange(vec![response(status, &[], "welcome")]));
        let at = question(Ask::Visit, "/").at;
        let seen = run([
            fact(question(Ask::Visit, "/"), plain(200)),
            fact(question(Ask::Again, "/"), plain(again)),
            fact(Search { at, paths: vec!["/".into()] }, searched),
        ]);
        let verdicts = secret_not_in_page(&spec(), &seen);
        let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!(verdict.subject.to_string(), "GET https://app.example.com/ [203.0.113.7]");
        assert_eq!(verdict.evidence, ["search:https://app.example.com@203.0.113.7:443:/"]);
        (verdict.status, verdict.message.clone(), verdict.unseen)
    }

    fn searched(read: Vec<ReadThrough>) -> Searched {
        Searched { read, ..Searched::default() }
    }

    #[test]
    fn a_page_with_its_scripts_shows_none_or_was_not_read() {
        use Status::{Pass, Skip, Unknown};
        let whole = || script("/a.js", Ok(extent(200, 900)));
        let ended = |end| Extent { end, ..extent(200, 7) };
        let stopped = |stopped| Extent { stopped: Some(stopped), ..extent(302, 0) };
        let coded = || Extent { coded: Some("br".into()), ..extent(200, 0) };
        let challenge = || Extent { challenge: true, ..extent(200, 9) };
        let cases: Vec<(Vec<ReadThrough>, Status, &str)> = vec![
            (vec![page(extent(200, 100))], Pass, "page of 100 bytes shows no secret"),
            (vec![page(extent(200, 100)), whole()], Pass, "page and 1 script, 1000 bytes, show no secret"),
            (
                vec![page(extent(200, 100)), whole(), script("/b.js", Ok(extent(404, 10)))],
                Pass,
                "page and 2 scripts, 1010 bytes, show no secret",
            ),
            (
                vec![page(extent(200, 1)), script("/b.js", Ok(stopped(Stopped::OffSite)))],
                Pass,
                "page and 1 script, 1 bytes, show no secret",
            ),
            (vec![page(extent(204, 0))], Skip, "204 has no content"),
            (vec![page(stopped(Stopped::OffSite))], Skip, "leads off the site"),
            (vec![page(extent(304, 0))], Skip, "304 is no final answer"),
            (vec![page(stopped(Stopped::PlainHttp))], Unknown, "leads back to plain http"),
            (vec![page(stopped(Stopped::Loop))], Unknown, "redirects without end"),
            (vec![page(challenge())], Unknown, "200: a challenge page stands before the site"),
            (vec![page(coded())], Unknown, "comes in a coding that nobody asked for"),
            (vec![page(ended(End::Broken))], Unknown, "ends before its end, after 7 bytes"),
            (vec![page(ended(End::Late))], Unknown, "does not end in time, after 7 bytes"),
            (vec![page(extent(500, 7))], Unknown, "500 is no answer of the application"),
            (vec![page(extent(421, 7))], Unknown, "421 is no answer of the application"),
            (vec![page(extent(403, 7))], Unknown, "the visit is answered 200 and the search 403"),
            (vec![read(Part::Page, "/", Err(timeout()))], Unknown, "no answer in 5 s"),
            (vec![], Unknown, "was not read"),
            (
                vec![page(extent(200, 1)), whole(), script("/b.js", Err(timeout()))],
                Unknown,
                "1 of 2 scripts not read: https://app.example.com/b.js: no answer in 5 s",
            ),
            (
                vec![
                    page(extent(200, 1)),
                    script("/x/‹redacted:00112233›/a.js?v=‹redacted:00112233›", Ok(ended(End::Late))),
                    script("/b.js", Ok(extent(502, 1))),
                ],
                Unknown,
                "2 of 2 scripts not read: https://app.example.com/x/(redacted)/a.js: does not end in time, after 7 bytes",
            ),
        ];
        for (read, status, message) in cases {
            let got = said(Ok(searched(read)), 200);
            assert_eq!((got.0, got.1.as_str(), got.2), (status, message, false));
        }
        let silent = said(Err(timeout()), 200);
        assert_eq!((silent.0, silent.1.as_str()), (Unknown, "no answer in 5 s"));
        let shut = said(Ok(searched(vec![page(extent(200, 100))])), 429);
        assert_eq!((shut.0, shut.1.as_str()), (Unknown, "429: the site limits how often we may ask"));
    }

    #[test]
    fn what_was_left_is_said_and_blocks_nothing() {
        let bound = Extent { end: End::Bound, ..extent(200, 8 << 20) };
        let cases = [
            (
                Searched {
                    left: vec![Left { path: "/".into(), scripts: 3 }, Left { path: "/b".into(), scripts: 1 }],
                    ..searched(vec![page(extent(200, 5))])
                },
                "3 scripts more not read; page of 5 bytes shows no secret",
            ),
            (
                searched(vec![page(extent(200, 5)), script("/a.js", Ok(bound))]),
                "nothing is read beyond 8 MiB; page and 1 script, 8388613 bytes, show no secret",
            ),
            (
                searched(vec![page(extent(200, 3 << 20))]),
                "scripts named beyond 2 MiB of the page not read; page of 3145728 bytes shows no secret",
            ),
        ];
        for (searched, message) in cases {
            assert_eq!(said(Ok(searched), 200), (Status::Pass, message.into(), true));
        }
    }

    #[test]
    fn a_secret_is_told_by_its_place_whatever_else_is_wrong() {
        let secret = |url: &str, variable: Option<&str>| Secret {
            path: "/".into(),
            url: format!("https://app.example.com{url}"),
            kind: "npm access token".into(),
            at: 17,
            length: 40,
            variable: variable.map(Into::into),
        };
        for (secrets, read, message) in [
            (
                vec![secret("/a.js", None)],
                vec![page(extent(500, 1))],
                "shows a secret: npm access token, 40 bytes at byte 17 of https://app.example.com/a.js",
            ),
            (
                vec![secret("/", Some(".env:3 APP_SECRET")), secret("/", None), secret("/", None)],
                vec![],
                "shows a secret: npm access token (.env:3 APP_SECRET), 40 bytes at byte 17 of https://app.example.com/; and 2 more",
            ),
        ] {
            let got = said(Ok(Searched { secrets, ..searched(read) }), 429);
            assert_eq!(got, (Status::Fail, message.into(), false));
        }
    }
}
