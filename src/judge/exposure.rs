//! Does anything that the internet can see show a secret?

use super::answered::{baseline, control, is_broken, shut_out, subject};
use super::{Check, Word, check, fail, pass, unknown};
use crate::finding::Verdict;
use crate::observation::{Ask, ErrorKind, Http, Mark, Observation, Response, Seen};
use crate::spec::Spec;

pub(super) const CHECKS: &[Check] = &[check!("exposure/secret-file-hidden", secret_file_hidden)];

/// A file is exposed when its content is recognised: a status or a media type alone says nothing.
fn secret_file_hidden(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::File);
    let verdicts = asked.map(|o| {
        let (status, message) = word(spec, seen, o);
        Verdict::new(subject(&o.question), status, message).resting_on([o.id()])
    });
    verdicts.collect()
}

fn word(spec: &Spec, seen: &Seen, o: &Observation<Http>) -> Word {
    let answer = match &o.outcome {
        Ok(exchange) => exchange.first(),
        Err(error) => match error.kind {
            ErrorKind::Closed | ErrorKind::Reset => {
                return hidden(spec, seen, o, "is answered by a closed connection");
            }
            _ => return unknown(error.to_string()),
        },
    };
    let same = is_same_as_nothing(seen, &o.question, answer);
    if let (200..=299, false, Some(what)) = (answer.status, same, recognised(answer)) {
        return fail(format!("is served: {what}"));
    }
    if let Some(why) = shut_out(answer) {
        return unknown(why);
    }
    let base = baseline(spec, seen, &Http { path: spec.paths[0].clone(), ..o.question.clone() });
    let base = base.and_then(|base| base.outcome.as_ref().ok()).map(|exchange| &exchange.last().response);
    match answer.status {
        status if is_broken(base, answer) => {
            unknown(format!("is answered with {status}: that hides nothing for good"))
        }
        200..=299 if answer.content.coded.is_some() => unknown("is answered in a coding that nobody asked for"),
        200..=299 if answer.content.length == 0 => hidden(spec, seen, o, "is answered with nothing"),
        status @ 200..=299 if same => hidden(spec, seen, o, &format!("is answered with {status} like any path")),
        status @ 200..=299 => hidden(spec, seen, o, &format!("is answered with {status} and another content")),
        status => hidden(spec, seen, o, &format!("is answered with {status}")),
    }
}

/// Whether a random path is answered with the same content: then it is no file, whatever it looks like.
fn is_same_as_nothing(seen: &Seen, question: &Http, answer: &Response) -> bool {
    let random = Http { path: "/".into(), ask: Ask::Absent, ..question.clone() };
    seen.answer(&random).is_some_and(|exchange| {
        let first = exchange.first();
        (200..=299).contains(&first.status) && first.content.is_like(&answer.content)
    })
}

fn hidden(spec: &Spec, seen: &Seen, o: &Observation<Http>, words: &str) -> Word {
    match control(spec, seen, &o.question.at) {
        Ok(()) => pass(words),
        Err(why) => why,
    }
}

fn recognised(answer: &Response) -> Option<String> {
    let named = |names: &[String]| match names {
        [] => String::new(),
        [one] => format!(": {one}"),
        [one, two] => format!(": {one}, {two}"),
        [one, two, ..] => format!(": {one}, {two} and {} more", names.len() - 2),
    };
    answer.content.marks.iter().find_map(|mark| match mark {
        Mark::Dotenv { keys } if keys.len() == 1 => Some(format!("a dotenv file with 1 variable{}", named(keys))),
        Mark::Dotenv { keys } => Some(format!("a dotenv file with {} variables{}", keys.len(), named(keys))),
        Mark::GitHead => Some("the HEAD of a git repository".into()),
        Mark::GitConfig => Some("the configuration of a git repository".into()),
        Mark::Compose { services } => Some(format!("a compose file{}", named(services))),
        Mark::Html | Mark::Json | Mark::Challenge | Mark::Software { .. } | Mark::SecurityTxt { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};
    use crate::observation::{Exchange, ProbeError, Stage};

    #[test]
    fn a_file_is_recognised_by_its_content_alone() {
        let with = |marks: Vec<Mark>| {
            let mut answer = response(200, &[("Content-Type", "text/html")], "x");
            answer.content.marks = marks;
            recognised(&answer)
        };
        let keys = |keys: &[&str]| Mark::Dotenv { keys: keys.iter().map(ToString::to_string).collect() };
        for (marks, want) in [
            (vec![Mark::Html], None),
            (vec![], None),
            (vec![keys(&["A"])], Some("a dotenv file with 1 variable: A")),
            (vec![keys(&["A", "B", "C"])], Some("a dotenv file with 3 variables: A, B and 1 more")),
            (vec![Mark::GitHead], Some("the HEAD of a git repository")),
        ] {
            assert_eq!(with(marks).as_deref(), want);
        }
    }

    fn ok(answer: Response) -> Result<Exchange, ProbeError> {
        Ok(exchange(vec![answer]))
    }

    fn marked(status: u16, media: &str, marks: Vec<Mark>) -> Response {
        let mut answer = response(status, &[("Content-Type", media)], "what the file holds");
        answer.content.marks = marks;
        answer
    }

    fn coded() -> Response {
        let mut answer = response(200, &[("Content-Encoding", "br")], "bytes");
        answer.content.coded = Some("br".into());
        answer
    }

    /// What is said of `/.env` beside visits and the answer to a random path.
    fn said(
        plain: [Result<Exchange, ProbeError>; 2],
        random: Result<Exchange, ProbeError>,
        file: Result<Exchange, ProbeError>,
    ) -> (Status, String) {
        let [visit, again] = plain;
        let seen = seen([
            (question(Ask::Visit, "/"), visit),
            (question(Ask::Again, "/"), again),
            (question(Ask::Absent, "/"), random),
            (question(Ask::File, "/.env"), file),
        ]);
        let verdicts = secret_file_hidden(&spec(), &seen);
        let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!(verdict.evidence, [crate::observation::id(&question(Ask::File, "/.env"))]);
        (verdict.status, verdict.message.clone())
    }

    #[test]
    fn a_file_is_served_or_hidden() {
        use Status::{Fail, Pass, Unknown};
        let keys = || vec![Mark::Dotenv { keys: vec!["A".into(), "B".into()] }];
        let compose = || vec![Mark::Compose { services: vec!["db".into()] }];
        let error = |stage, kind| Err(ProbeError::new(stage, kind, "no answer"));
        for (file, want) in [
            (ok(marked(200, "text/plain", keys())), (Fail, "is served: a dotenv file with 2 variables: A, B")),
            (ok(marked(203, "text/html", keys())), (Fail, "is served: a dotenv file with 2 variables: A, B")),
            (ok(marked(206, "image/png", keys())), (Fail, "is served: a dotenv file with 2 variables: A, B")),
            (ok(marked(200, "text/yaml", compose())), (Fail, "is served: a compose file: db")),
            (
                ok(marked(200, "text/plain", vec![Mark::GitConfig])),
                (Fail, "is served: the configuration of a git repository"),
            ),
            (ok(response(200, &[], "welcome")), (Pass, "is answered with 200 and another content")),
            (ok(marked(200, "text/html", vec![Mark::Html])), (Pass, "is answered with 200 and another content")),
            (ok(response(200, &[], "nothing here")), (Pass, "is answered with 200 like any path")),
            (ok(response(200, &[], "")), (Pass, "is answered with nothing")),
            (ok(coded()), (Unknown, "is answered in a coding that nobody asked for")),
            (ok(response(403, &[], "x")), (Pass, "is answered with 403")),
            (ok(response(404, &[], "x")), (Pass, "is answered with 404")),
            (ok(response(302, &[("Location", "/login")], "")), (Pass, "is answered with 302")),
            (ok(response(500, &[], "x")), (Unknown, "is answered with 500: that hides nothing for good")),
            (ok(response(429, &[], "x")), (Unknown, "429: the site limits how often we may ask")),
            (
                ok(response(403, &[("cf-mitigated", "challenge")], "x")),
                (Unknown, "403: a challenge page stands before the site"),
            ),
            (error(Stage::Exchange, ErrorKind::Closed), (Pass, "is answered by a closed connection")),
            (error(Stage::Connect, ErrorKind::Refused), (Unknown, "no answer")),
            (Err(timeout()), (Unknown, "no answer in 5 s")),
        ] {
            let plain = || ok(response(200, &[], "welcome"));
            let got = said([plain(), plain()], ok(response(200, &[], "nothing here")), file.clone());
            assert_eq!((got.0, got.1.as_str()), want, "{file:?}");
        }
    }

    #[test]
    fn what_every_path_is_answered_with_is_no_file() {
        let page = || marked(200, "text/plain", vec![Mark::GitHead]);
        let plain = || ok(response(200, &[], "welcome"));
        let got = said([plain(), plain()], ok(page()), ok(page()));
        assert_eq!(got, (Status::Pass, "is answered with 200 like any path".into()));
        assert_eq!(said([plain(), plain()], Err(timeout()), ok(page())).0, Status::Fail);
    }

    #[test]
    fn nothing_is_hidden_by_a_site_that_is_down() {
        let plain = || ok(response(200, &[], "welcome"));
        let bad = || ok(response(502, &[], "bad gateway"));
        let missing = || ok(response(404, &[], "x"));
        for (visit, again, file, want) in [
            (bad(), bad(), bad(), "no good answer before: 502"),
            (bad(), bad(), missing(), "no good answer before: 502"),
            (plain(), bad(), missing(), "no good answer afterwards: 502"),
            (Err(timeout()), Err(timeout()), missing(), "no good answer before: no answer in 5 s"),
            (plain(), Err(timeout()), missing(), "no good answer afterwards: no answer in 5 s"),
            (
                plain(),
                ok(response(403, &[], "blocked")),
                missing(),
                "the plain request is answered 200 before and 403 afterwards",
            ),
        ] {
            assert_eq!(said([visit, again], missing(), file), (Status::Unknown, want.into()));
        }
        // What is served is served, whatever becomes of the site.
        let served = ok(marked(200, "text/plain", vec![Mark::GitHead]));
        assert_eq!(said([plain(), bad()], missing(), served).0, Status::Fail);
    }
}
