//! What stands at the port of plain HTTP.

use crate::judge::Word;
use crate::judge::answered::control;
use crate::judge::unknown;
use crate::observation::{ErrorKind, Exchange, Http, Knock, Observation, PortState, ProbeError, Seen, Stage};
use crate::spec::Spec;
use crate::target::Scheme;

pub(in crate::judge) enum Door<'a> {
    Answered(&'a Exchange),
    /// Nothing is served there; with the words for it.
    Shut(String),
    /// No answer, and no proof that there is none for anybody.
    Unclear(Word),
}

/// That a port is shut is believed only between two good answers to the plain request at the same address.
pub(in crate::judge) fn door<'a>(spec: &Spec, seen: &Seen, o: &'a Observation<Http>) -> Door<'a> {
    let error = match &o.outcome {
        Ok(exchange) => return Door::Answered(exchange),
        Err(error) => error,
    };
    match shut(seen, o, error) {
        None => Door::Unclear(unknown(error.to_string())),
        Some(why) => match control(spec, seen, &o.question.at) {
            Ok(()) => Door::Shut(why),
            Err(word) => Door::Unclear(word),
        },
    }
}

fn shut(seen: &Seen, o: &Observation<Http>, error: &ProbeError) -> Option<String> {
    let port = o.question.at.port;
    match (error.stage, &error.kind) {
        (Stage::Connect, ErrorKind::Refused) => return Some(format!("port {port} refuses connections")),
        // nginx's 444.
        (Stage::Exchange, ErrorKind::Closed | ErrorKind::Reset) => {
            return Some(format!("port {port} closes the connection without an answer"));
        }
        (Stage::Connect, _) => {}
        _ => return None,
    }
    let mut knocks = seen.asked::<Knock>().filter(|knock| knock.question.at == o.question.at.socket());
    match knocks.find_map(|knock| knock.outcome.as_ref().ok())? {
        PortState::Refused => Some(format!("port {port} refuses connections")),
        PortState::Rejected { offender } => Some(format!("port {port} is rejected by {offender}")),
        PortState::Filtered => answers_https(seen, o).then(|| format!("port {port} is silent")),
        PortState::Open { .. } => None,
    }
}

fn answers_https(seen: &Seen, o: &Observation<Http>) -> bool {
    let mut others = seen.asked::<Http>().filter(|other| other.question.at.ip == o.question.at.ip);
    others.any(|other| other.question.at.scheme == Scheme::Https && other.outcome.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question, run};
    use crate::judge::https::tests::upgrade;
    use crate::observation::{Ask, Greet, Method};

    #[test]
    fn a_shut_port_is_believed_between_two_good_answers() {
        let shut = |stage, kind, knock: Option<PortState>, good: bool| {
            let question_there = upgrade(Method::Get, "/");
            let at = question_there.at.socket();
            let page = || match good {
                true => Ok(exchange(vec![response(200, &[], "welcome")])),
                false => Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, "silence")),
            };
            let mut facts = vec![
                fact(question(Ask::Visit, "/"), page()),
                fact(question(Ask::Again, "/"), page()),
                fact(question_there.clone(), Err(ProbeError::new(stage, kind, "no answer"))),
            ];
            facts.extend(knock.map(|state| fact(Knock { at, greet: Greet::Nothing, beside: None }, Ok(state))));
            let seen = run(facts);
            let spec = Spec::of("app.example.com".parse().unwrap());
            match door(&spec, &seen, seen.find(&question_there).unwrap()) {
                Door::Answered(_) => "answered".to_string(),
                Door::Shut(why) | Door::Unclear((_, why)) => why,
            }
        };
        let offender = [203, 0, 113, 1].into();
        for (stage, kind, knock, good, want) in [
            (Stage::Connect, ErrorKind::Refused, None, true, "port 80 refuses connections"),
            (Stage::Connect, ErrorKind::Refused, None, false, "no good answer before: silence"),
            (Stage::Connect, ErrorKind::Timeout, None, true, "no answer"),
            (Stage::Connect, ErrorKind::Timeout, Some(PortState::Filtered), true, "port 80 is silent"),
            (Stage::Connect, ErrorKind::Timeout, Some(PortState::Filtered), false, "no answer"),
            (
                Stage::Connect,
                ErrorKind::Unreachable,
                Some(PortState::Rejected { offender }),
                true,
                "port 80 is rejected by 203.0.113.1",
            ),
            (
                Stage::Connect,
                ErrorKind::Timeout,
                Some(PortState::Open { greeting: None, reset: false }),
                true,
                "no answer",
            ),
            (Stage::Exchange, ErrorKind::Closed, None, true, "port 80 closes the connection without an answer"),
            (Stage::Exchange, ErrorKind::Timeout, None, true, "no answer"),
            (Stage::Plan, ErrorKind::NotSent, None, true, "no answer"),
        ] {
            assert_eq!(shut(stage, kind.clone(), knock.clone(), good), want, "{stage:?} {kind:?} {knock:?}");
        }
    }
}
