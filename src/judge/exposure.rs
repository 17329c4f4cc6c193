//! Does anything that the internet can see show a secret?

use super::answered::{baseline, control, shut_out, subject};
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
    if let (200..=299, Some(what)) = (answer.status, recognised(answer)) {
        return fail(format!("is served: {what}"));
    }
    if let Some(why) = shut_out(answer) {
        return unknown(why);
    }
    let base = baseline(spec, seen, &Http { path: spec.paths[0].clone(), ..o.question.clone() });
    let visit = base.and_then(|base| base.outcome.as_ref().ok()).map(|exchange| exchange.last().response.status);
    match answer.status {
        500.. if visit.is_some_and(|status| status < 500) => {
            unknown(format!("is answered with {}: that hides nothing for good", answer.status))
        }
        200..=299 if answer.content.coded.is_some() => unknown("is answered in a coding that nobody asked for"),
        200..=299 if answer.content.length == 0 => hidden(spec, seen, o, "is answered with nothing"),
        status @ 200..=299 => hidden(spec, seen, o, &format!("is answered with {status} and another content")),
        status => hidden(spec, seen, o, &format!("is answered with {status}")),
    }
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
        Mark::Dotenv { keys } => Some(format!("a dotenv file with {} variables{}", keys.len(), named(keys))),
        Mark::GitHead => Some("the HEAD of a git repository".into()),
        Mark::GitConfig => Some("the configuration of a git repository".into()),
        Mark::Compose { services } => Some(format!("a compose file{}", named(services))),
        Mark::Html | Mark::Json | Mark::Challenge => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::response;

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
            (vec![keys(&["A"])], Some("a dotenv file with 1 variables: A")),
            (vec![keys(&["A", "B", "C"])], Some("a dotenv file with 3 variables: A, B and 1 more")),
            (vec![Mark::GitHead], Some("the HEAD of a git repository")),
        ] {
            assert_eq!(with(marks).as_deref(), want);
        }
    }
}
