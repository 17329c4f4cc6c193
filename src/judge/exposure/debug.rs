//! Is anything shown that is for whoever develops or runs the site?

use std::collections::BTreeMap;

use super::served::{hidden, unless_public, verdict};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{Answer, answers, subject};
use crate::judge::{Word, unknown};
use crate::observation::{Ask, Content, Http, Mark, Method, Observation, Response, Seen};
use crate::spec::Spec;

/// At the usual places of consoles and pages of diagnosis, and in any answer that was given to anything else.
pub(super) fn debug_off(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Debug);
    let places = asked.map(|o| {
        let verdict = verdict(spec, seen, o, |content| tool(content).or_else(|| debug_page(content)));
        unless_public(spec, verdict, &o.question.path)
    });
    in_answers(spec, seen).into_iter().chain(places).collect()
}

/// Visits and random paths pass or are not known; whatever else was asked can only show more.
fn in_answers(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut found: BTreeMap<Subject, Vec<(String, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>().filter(|o| !is_own_place(&o.question.ask)) {
        if let Some(words) = shown(o).filter(|words| !is_told_of_any_path(seen, &o.question, words)) {
            found.entry(page(&o.question)).or_default().push((words, o.id()));
        }
    }
    let failed = |subject: Subject, found: Vec<(String, String)>| {
        let message = found[0].0.clone();
        Verdict::new(subject, Status::Fail, message).resting_on(found.into_iter().map(|(_, id)| id))
    };
    let mut verdicts: Vec<Verdict> = vec![];
    for answer in answers(spec, seen) {
        let own = page(&answer.o.question);
        let (status, message) = match found.remove(&own) {
            Some(found) => {
                verdicts.push(failed(own, found));
                continue;
            }
            None => clean(spec, seen, &answer),
        };
        verdicts.push(Verdict::new(answer.subject, status, message).resting_on([answer.o.id()]));
    }
    verdicts.extend(found.into_iter().map(|(subject, found)| failed(subject, found)));
    verdicts
}

/// What a random path shows is said of that one alone, not of every place where nothing is.
fn is_told_of_any_path(seen: &Seen, question: &Http, words: &str) -> bool {
    let is_place = matches!(question.ask, Ask::File | Ask::Folder | Ask::Document | Ask::Guarded { .. });
    let random = Http { path: "/".into(), ask: Ask::Absent, ..question.clone() };
    is_place && seen.find(&random).and_then(shown).is_some_and(|told| told == words)
}

/// Asked for what it is, and judged by that.
fn is_own_place(ask: &Ask) -> bool {
    matches!(ask, Ask::Debug | Ask::Direct)
}

/// A preflight and a GET are asked of one page.
fn page(question: &Http) -> Subject {
    subject(&Http { method: Method::Get, ..question.clone() })
}

/// Who shuts us out shows nothing either.
fn clean(spec: &Spec, seen: &Seen, answer: &Answer) -> Word {
    match &answer.hop {
        Err(why) => why.clone(),
        Ok(hop) if hop.response.content.coded.is_some() => {
            unknown("is answered in a coding that nobody asked for")
        }
        Ok(hop) => {
            let words = format!("shows no debug page or stack trace: {}", hop.response.status);
            hidden(spec, seen, &answer.o.question.at, &words)
        }
    }
}

/// What an answer shows on its way: a debug page, or an error with the stack that led to it.
fn shown(o: &Observation<Http>) -> Option<String> {
    let hops = &o.outcome.as_ref().ok()?.hops;
    hops.iter().find_map(|hop| {
        let Response { status, content, .. } = &hop.response;
        let stack = || (*status >= 400).then(|| stack_trace(content)).flatten();
        debug_page(content).or_else(stack).map(|what| format!("{status} shows {what}"))
    })
}

fn debug_page(content: &Content) -> Option<String> {
    content.marks.iter().find_map(|mark| match mark {
        Mark::Debug { name } => Some(name.clone()),
        _ => None,
    })
}

fn stack_trace(content: &Content) -> Option<String> {
    content.marks.iter().find_map(|mark| match mark {
        Mark::StackTrace { language } => Some(format!("a stack trace of {language}")),
        _ => None,
    })
}

fn tool(content: &Content) -> Option<String> {
    content.software().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};
    use crate::observation::{Exchange, Forgery, ProbeError, Sni};

    fn marked(status: u16, marks: Vec<Mark>) -> Result<Exchange, ProbeError> {
        let mut answer = response(status, &[("Content-Type", "text/html")], "words of this answer");
        answer.content.marks = marks;
        Ok(exchange(vec![answer]))
    }

    fn plain() -> Result<Exchange, ProbeError> {
        Ok(exchange(vec![response(200, &[], "welcome")]))
    }

    fn debug() -> Mark {
        Mark::Debug { name: "Werkzeug's debugger".into() }
    }

    fn stack() -> Mark {
        Mark::StackTrace { language: "Python".into() }
    }

    #[test]
    fn a_console_is_known_by_its_content() {
        let software = || vec![Mark::Software { name: "Prometheus metrics".into() }];
        for (answer, public, want) in [
            (marked(200, software()), &[][..], (Status::Fail, "is served: Prometheus metrics")),
            (marked(200, vec![debug()]), &[], (Status::Fail, "is served: Werkzeug's debugger")),
            (
                marked(200, software()),
                &["/metrics"],
                (Status::Pass, "is served: Prometheus metrics, and exposure.public names /metrics"),
            ),
            (marked(200, software()), &["/"], (Status::Fail, "is served: Prometheus metrics")),
            (marked(200, vec![Mark::Html]), &[], (Status::Pass, "is answered with 200 and another content")),
            (marked(401, software()), &[], (Status::Pass, "is answered with 401")),
            (
                marked(403, vec![Mark::Challenge]),
                &[],
                (Status::Unknown, "403: a challenge page stands before the site"),
            ),
            (Err(timeout()), &[], (Status::Unknown, "no answer in 5 s")),
        ] {
            let mut spec = spec();
            spec.exposure.public = public.iter().map(ToString::to_string).collect();
            let seen = seen([
                (question(Ask::Visit, "/"), plain()),
                (question(Ask::Again, "/"), plain()),
                (question(Ask::Debug, "/metrics"), answer),
            ]);
            let verdicts = debug_off(&spec, &seen);
            let [visit, place] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!(visit.status, Status::Pass);
            assert_eq!((place.status, place.message.as_str()), want);
            assert_eq!(place.declared.is_some(), want.1.contains("exposure.public"));
        }
    }

    #[test]
    fn what_any_path_shows_is_said_once() {
        for (file, want) in [(marked(404, vec![debug()]), 2), (marked(500, vec![debug()]), 3), (plain(), 2)] {
            let asked = [
                (question(Ask::Visit, "/"), plain()),
                (question(Ask::Again, "/"), plain()),
                (question(Ask::Absent, "/"), marked(404, vec![debug()])),
                (question(Ask::File, "/.env"), file),
            ];
            let verdicts = debug_off(&spec(), &seen(asked));
            assert_eq!(verdicts.len(), want, "{verdicts:?}");
        }
    }

    #[test]
    fn any_answer_may_show_a_debug_page() {
        let forged = question(Ask::Host { forgery: Forgery::Foreign, sni: Sni::Own }, "/");
        for (visit, other, want) in [
            (plain(), plain(), (Status::Pass, "shows no debug page or stack trace: 200")),
            (marked(500, vec![debug()]), plain(), (Status::Fail, "500 shows Werkzeug's debugger")),
            (marked(500, vec![stack()]), plain(), (Status::Fail, "500 shows a stack trace of Python")),
            (
                marked(200, vec![stack()]),
                marked(200, vec![stack()]),
                (Status::Pass, "shows no debug page or stack trace: 200"),
            ),
            (plain(), marked(404, vec![Mark::Html]), (Status::Pass, "shows no debug page or stack trace: 200")),
            (plain(), marked(400, vec![debug()]), (Status::Fail, "400 shows Werkzeug's debugger")),
            (marked(500, vec![]), plain(), (Status::Unknown, "500 is no answer of the application")),
            (Err(timeout()), plain(), (Status::Unknown, "no answer in 5 s")),
            (Err(timeout()), marked(404, vec![stack()]), (Status::Fail, "404 shows a stack trace of Python")),
        ] {
            let again = (question(Ask::Again, "/"), visit.clone());
            let asked = [(question(Ask::Visit, "/"), visit), again, (forged.clone(), other)];
            let verdicts = debug_off(&spec(), &seen(asked));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.message.as_str()), want);
        }
    }
}
