//! Do the owner's own steps pass?

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{comes_and_goes, off_site, shut_out};
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{
    Ask, Exchange, Found, Http, Method, Observation, Response, Seen, Smoke, Stopped, Walk, is_field_value,
    same_json,
};
use crate::spec::{Spec, Step};

pub(super) fn step_passes(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if spec.smoke.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no smoke step").unseen()];
    }
    let all = seen.asked::<Smoke>().flat_map(|o| {
        let steps = spec.smoke.iter().enumerate();
        steps.map(move |(index, step)| {
            let (status, message) = at(spec, seen, o, index);
            let verdict = Verdict::new(subject(o, step), status, message).resting_on([o.id()]);
            if status == Status::Fail { verdict.expected(expected(spec, step)) } else { verdict }
        })
    });
    all.collect()
}

/// What is said of a step at an address.
pub(in crate::judge) fn at(spec: &Spec, seen: &Seen, o: &Observation<Smoke>, index: usize) -> Word {
    let walked = match &o.outcome {
        Ok(walked) => walked,
        Err(error) => return unknown(error.to_string()),
    };
    match (walked.steps.get(index), spec.smoke.get(index)) {
        (Some(walk), Some(step)) => word(spec, seen, o, step, walk),
        _ => unknown("not in this recording"),
    }
}

pub(in crate::judge) fn subject(o: &Observation<Smoke>, step: &Step) -> Subject {
    Subject::Step { name: step.name.clone(), at: o.question.at.ip }
}

fn expected(spec: &Spec, step: &Step) -> String {
    let status = match &step.expect.status[..] {
        [] => "a status below 400".into(),
        some => format!("status {}", some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")),
    };
    let fields = step.expect.header.iter().map(|(name, value)| format!("{name}: {value}"));
    let text = step.expect.body.iter().map(|text| format!("the text {}", short(text)));
    let json = step.expect.json.iter().map(|(path, value)| format!("{path} = {}", short(&value.to_string())));
    let within = step.expect.within_ms.map(|ms| format!("within {ms} ms"));
    let all: Vec<String> = [status].into_iter().chain(fields).chain(text).chain(json).chain(within).collect();
    match &spec.file {
        Some(file) => format!("{} ({file}:{})", all.join(", "), step.line),
        None => all.join(", "),
    }
}

fn word(spec: &Spec, seen: &Seen, o: &Observation<Smoke>, step: &Step, walk: &Walk) -> Word {
    let exchange = match &walk.outcome {
        Ok(exchange) => exchange,
        Err(error) => return unknown(error.to_string()),
    };
    let statuses: Vec<u16> = exchange.hops.iter().map(|hop| hop.response.status).collect();
    let index = step.expect.answer(&statuses);
    let (answer, last) = (&exchange.hops[index].response, &exchange.last().response);
    let is_meant = step.expect.status.contains(&answer.status);
    if !is_meant {
        if let Some(why) = shut_out(last) {
            return unknown(why);
        }
        let visit =
            Http { at: o.question.at.clone(), method: Method::Get, path: step.path.0.clone(), ask: Ask::Visit };
        if let Some(word) = comes_and_goes(seen, &visit, last) {
            return word;
        }
    }
    match &exchange.stopped {
        Some(Stopped::Error(error)) if !is_meant => return unknown(error.to_string()),
        Some(Stopped::Loop | Stopped::TooMany) if !is_meant => return fail("redirects without end"),
        _ => {}
    }
    if !step.expect.takes(answer.status) {
        return fail(format!("answers {}", answer.status));
    }
    let mut words = fields(step, walk, index, answer);
    words.extend(content(spec, step, walk, last));
    words.extend(within(step, walk));
    let worst = words.iter().map(|(status, _)| *status).max().unwrap_or(Status::Pass);
    if worst > Status::Pass {
        let alike: Vec<String> =
            words.into_iter().filter(|(status, _)| *status == worst).map(|(_, why)| why).collect();
        return (worst, format!("answers {}: {}", answer.status, alike.join("; ")));
    }
    let took = format!("in {} ms", walk.took_ms);
    match &exchange.stopped {
        Some(Stopped::OffSite) => pass(format!("answers {} and {}, {took}", answer.status, off_site(exchange))),
        Some(Stopped::PlainHttp) => pass(format!("answers {} and leads to plain http, {took}", answer.status)),
        _ => pass(format!("answers {} {took}", answer.status)),
    }
}

fn fields(step: &Step, walk: &Walk, hop: usize, answer: &Response) -> Vec<Word> {
    let one = |(name, value): &(String, String)| {
        let same =
            walk.fields.iter().find(|f| (&f.name, &f.value, f.hop) == (name, value, hop)).map(|field| field.held);
        let lines = answer.values(name);
        let held = || lines.iter().any(|line| is_field_value(line, value));
        match same {
            Some(true) => None,
            None if lines.iter().any(|line| is_mark(line)) => {
                Some(unknown(format!("the value of {name} is not in this recording")))
            }
            None if held() => None,
            _ => Some(fail(match &lines[..] {
                [] => format!("{name} is absent"),
                lines => format!("{name} is {}", short(&lines.join(", "))),
            })),
        }
    };
    step.expect.header.iter().filter_map(one).collect()
}

/// What is expected of the content, and what is captured of it.
fn content(spec: &Spec, step: &Step, walk: &Walk, answer: &Response) -> Vec<Word> {
    let expects_any = step.expect.body.is_some() || !step.expect.json.is_empty() || !step.capture.is_empty();
    if !expects_any {
        return vec![];
    }
    if answer.content.coded.is_some() {
        return vec![unknown("the content comes in a coding that nobody asked for")];
    }
    // What is not in a part may be in the whole.
    let absent = |what: String| match answer.content.cut {
        true => unknown(format!("{what} within the first {} bytes", spec.limits.body_bytes)),
        false => fail(what),
    };
    let text = step.expect.body.iter().filter_map(|text| {
        match walk.texts.iter().find(|held| held.text == *text).map(|held| held.held) {
            Some(true) => None,
            Some(false) => Some(absent(format!("{} is not in the content", short(text)))),
            None => Some(unknown(format!("{} was not looked for in this recording", short(text)))),
        }
    });
    let json = step.expect.json.iter().filter_map(|(path, value)| {
        let found = walk.found.iter().find(|found| found.path == *path && found.compared.is_some());
        let Some(found) = found else {
            return Some(unknown(format!("{path} was not looked for in this recording")));
        };
        match is_value(found, value) {
            Some(true) => None,
            None => Some(unknown(format!("the value at {path} is not in this recording"))),
            Some(false) if found.values.is_empty() => Some(absent(format!("nothing is at {path}"))),
            Some(false) => {
                let values: Vec<String> = found.values.iter().map(ToString::to_string).collect();
                Some(fail(format!("{path} is {}", short(&values.join(", ")))))
            }
        }
    });
    let captures = step.capture.iter().filter(|capture| !walk.captured.contains(&capture.name));
    let captures = captures.map(|capture| absent(format!("nothing is at {} for {}", capture.path, capture.name)));
    text.chain(json).chain(captures).collect()
}

/// Whether all that was found is this; `None` where the recording does not tell.
fn is_value(found: &Found, value: &serde_json::Value) -> Option<bool> {
    match &found.compared {
        Some(compared) if same_json(&compared.value, value) => Some(compared.equal),
        _ if found.cut || found.values.iter().any(|held| is_mark(&held.to_string())) => None,
        _ => Some(!found.values.is_empty() && found.values.iter().all(|held| same_json(held, value))),
    }
}

fn within(step: &Step, walk: &Walk) -> Option<Word> {
    let budget = step.expect.within_ms.filter(|budget| walk.took_ms > *budget)?;
    Some(fail(format!("takes {} ms of {budget}", walk.took_ms)))
}

fn is_mark(text: &str) -> bool {
    text.contains('‹')
}

/// At most 64 characters.
fn short(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// The exchanges of every step, with its number.
pub(in crate::judge) fn exchanges(o: &Observation<Smoke>) -> impl Iterator<Item = (usize, &Exchange)> {
    let steps = o.outcome.iter().flat_map(|walked| walked.steps.iter().enumerate());
    steps.flat_map(|(index, walk)| {
        let all = [Some(&walk.outcome), walk.anonymous.as_ref()].into_iter().flatten();
        all.filter_map(move |outcome| Some((index, outcome.as_ref().ok()?)))
    })
}

#[cfg(test)]
pub(in crate::judge) mod tests;
