//! What stands at the port of plain HTTP.

use crate::finding::Status;
use crate::judge::answered::control;
use crate::judge::vantage::{Egress, egress, refusal, rejection};
use crate::judge::{Word, pass, unknown};
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
    match shut(spec, seen, o, error) {
        (Status::Pass, why) => match control(spec, seen, &o.question.at) {
            Ok(()) => Door::Shut(why),
            Err(word) => Door::Unclear(word),
        },
        word => Door::Unclear(word),
    }
}

/// Whether nothing is served there, as far as the port itself tells.
pub(super) fn shut(spec: &Spec, seen: &Seen, o: &Observation<Http>, error: &ProbeError) -> Word {
    let at = o.question.at.socket();
    let port = at.port();
    let refuses = || match refusal(spec, seen, at).0 {
        (Status::Pass, _) => pass(format!("port {port} refuses connections")),
        (status, why) => (status, format!("port {port} {why}")),
    };
    match (error.stage, &error.kind) {
        (Stage::Connect, ErrorKind::Refused) => return refuses(),
        // nginx's 444.
        (Stage::Exchange, ErrorKind::Closed | ErrorKind::Reset) => {
            return pass(format!("port {port} closes the connection without an answer"));
        }
        (Stage::Connect, _) => {}
        _ => return unknown(error.to_string()),
    }
    let mut knocks = seen.asked::<Knock>().filter(|knock| knock.question.at == at);
    match knocks.find_map(|knock| knock.outcome.as_ref().ok()) {
        Some(PortState::Refused) => refuses(),
        Some(PortState::Rejected { offender }) => match rejection(spec, seen, at, *offender).0 {
            (Status::Pass, _) => pass(format!("port {port} is rejected by {offender}")),
            (status, why) => (status, format!("port {port} {why}")),
        },
        Some(PortState::Filtered) if answers_https(seen, o) => match egress(spec, seen, at) {
            Egress::Proven { .. } | Egress::Declared => pass(format!("port {port} is silent")),
            Egress::Unproven(why) => unknown(format!("port {port} {why}")),
        },
        _ => unknown(error.to_string()),
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
            let mut spec = Spec::of("app.example.com".parse().unwrap());
            spec.vantage.assume_egress = true;
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

    #[test]
    fn a_silent_port_is_shut_when_our_packets_are_known_to_leave() {
        let question_there = upgrade(Method::Get, "/");
        let at = question_there.at.socket();
        let page = || Ok(exchange(vec![response(200, &[], "welcome")]));
        let silence = ProbeError::new(Stage::Connect, ErrorKind::Timeout, "no answer");
        let seen = run(vec![
            fact(question(Ask::Visit, "/"), page()),
            fact(question(Ask::Again, "/"), page()),
            fact(question_there.clone(), Err(silence)),
            fact(Knock { at, greet: Greet::Nothing, beside: Some(443) }, Ok(PortState::Filtered)),
        ]);
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        for (assumed, shut) in [(false, false), (true, true)] {
            spec.vantage.assume_egress = assumed;
            let door = door(&spec, &seen, seen.find(&question_there).unwrap());
            assert_eq!(matches!(door, Door::Shut(_)), shut);
        }
    }
}
