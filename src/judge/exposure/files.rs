//! Is any file served that nobody should have?

use super::served::{declared, verdict};
use crate::finding::{Status, Verdict};
use crate::observation::{Ask, Content, Http, Mark, Seen};
use crate::spec::Spec;

/// A file is exposed when its content is recognised: a status or a media type alone says nothing.
pub(super) fn secret_file_hidden(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::File);
    let verdicts = asked.map(|o| {
        let path = &o.question.path;
        let verdict = verdict(spec, seen, o, recognised);
        match verdict.status {
            // A prefix says nothing of a file with secrets: the owner names the file itself.
            Status::Fail if spec.exposure.public.contains(path) => declared(verdict, path),
            Status::Fail if TELLING.iter().any(|name| path.ends_with(name)) => verdict.as_advice(),
            _ => verdict,
        }
    });
    verdicts.collect()
}

/// Files that hold no secret by themselves, and tell where to look for some.
const TELLING: [&str; 3] = ["/.env.example", "/.env.sample", "/Dockerfile"];

fn recognised(content: &Content) -> Option<String> {
    let named = |names: &[String]| match names {
        [] => String::new(),
        [one] => format!(": {one}"),
        [one, two] => format!(": {one}, {two}"),
        [one, two, ..] => format!(": {one}, {two} and {} more", names.len() - 2),
    };
    content.marks.iter().find_map(|mark| match mark {
        Mark::Dotenv { keys } if keys.len() == 1 => Some(format!("a dotenv file with 1 variable{}", named(keys))),
        Mark::Dotenv { keys } => Some(format!("a dotenv file with {} variables{}", keys.len(), named(keys))),
        Mark::GitHead => Some("the HEAD of a git repository".into()),
        Mark::GitConfig => Some("the configuration of a git repository".into()),
        Mark::Compose { services } => Some(format!("a compose file{}", named(services))),
        Mark::PrivateKey => Some("a private key".into()),
        Mark::SqlDump => Some("a dump of a database in SQL".into()),
        Mark::Database { kind } => Some(format!("a {kind} database")),
        Mark::Archive { kind } => Some(format!("an archive ({kind})")),
        Mark::AwsCredentials => Some("access keys of AWS".into()),
        Mark::NpmToken => Some("the configuration of npm with a token".into()),
        Mark::DockerLogin => Some("the configuration of Docker with a login".into()),
        Mark::Dockerfile => Some("a Dockerfile".into()),
        Mark::Html
        | Mark::Json
        | Mark::Challenge
        | Mark::Software { .. }
        | Mark::StackTrace { .. }
        | Mark::Debug { .. }
        | Mark::Listing
        | Mark::ApiDocument { .. }
        | Mark::Login
        | Mark::SecurityTxt { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};
    use crate::observation::{ErrorKind, Exchange, ProbeError, Response, Stage};

    #[test]
    fn a_file_is_recognised_by_its_content_alone() {
        let with = |marks: Vec<Mark>| {
            let mut answer = response(200, &[("Content-Type", "text/html")], "x");
            answer.content.marks = marks;
            recognised(&answer.content)
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
