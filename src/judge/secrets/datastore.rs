//! Does an open datastore ask for a password?

use std::collections::BTreeMap;

use crate::finding::{Status, Subject, Verdict};
use crate::judge::ports::datastore_port_closed;
use crate::judge::{Word, fail, given, pass, unknown};
use crate::observation::{Greet, Knock, Observation, PortState, Seen};
use crate::spec::Spec;

/// Only what is open asks for anything: of a port that is not known to be closed nobody knows.
pub(super) fn asks_password(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let closed: BTreeMap<Subject, Verdict> =
        datastore_port_closed(spec, seen).into_iter().map(|verdict| (verdict.subject.clone(), verdict)).collect();
    let asked: Vec<&Observation<Knock>> = seen.asked::<Knock>().filter(|o| is_greeted(o)).collect();
    if asked.is_empty() && !closed.is_empty() && closed.keys().all(|subject| *subject == Subject::Site) {
        return closed.into_values().collect();
    }
    let verdicts = asked.into_iter().filter_map(|o| {
        let subject = Subject::Port(o.question.at.port(), o.question.at.ip());
        match (closed.get(&subject), &o.outcome) {
            (_, Ok(PortState::Open { greeting: Some(said), .. })) => {
                let verdict = given(o, subject, |_| answers(seen, o, said));
                Some(verdict.resting_on(startup(seen, o).map(Observation::id)))
            }
            (Some(held), _) if held.status == Status::Pass => {
                Some(Verdict { status: Status::Skip, ..held.clone() })
            }
            // Open, and who is there says nothing.
            (Some(held), Ok(PortState::Open { .. })) if held.status == Status::Fail => {
                Some(given(o, subject, |_| unknown("takes connections and does not answer as the datastore does")))
            }
            (Some(held), _) => Some(held.clone()),
            (None, _) => None,
        }
    });
    verdicts.map(|verdict| Verdict { expected: None, ..verdict }).collect()
}

fn is_greeted(o: &Observation<Knock>) -> bool {
    matches!(o.question.greet, Greet::Postgresql | Greet::Redis)
}

fn answers(seen: &Seen, o: &Observation<Knock>, said: &str) -> Word {
    match o.question.greet {
        Greet::Redis => redis(said),
        _ => postgresql(said, startup(seen, o)),
    }
}

/// What is said to PING (Redis, `processCommand`).
fn redis(said: &str) -> Word {
    match said {
        said if said.starts_with("+PONG") => fail("redis answers PING without a password"),
        said if said.starts_with("-NOAUTH") || said.starts_with("-ERR operation not permitted") => {
            pass("redis asks for a password")
        }
        said if said.starts_with("-DENIED") => pass("redis in protected mode refuses whoever is not on its host"),
        said => unknown(format!("answers PING with {said}: nobody can tell whether a password is asked for")),
    }
}

/// The second knock, with the name of the superuser.
fn startup<'a>(seen: &'a Seen, o: &Observation<Knock>) -> Option<&'a Observation<Knock>> {
    [Greet::PostgresqlStartup, Greet::PostgresqlStartupTls]
        .into_iter()
        .find_map(|greet| seen.find(&Knock { greet, beside: None, ..o.question.clone() }))
}

fn postgresql(said: &str, startup: Option<&Observation<Knock>>) -> Word {
    let Some(startup) = startup else {
        return unknown(format!(
            "answers an SSLRequest with {said}: nobody can tell whether a password is asked for"
        ));
    };
    match &startup.outcome {
        Err(error) => unknown(error.to_string()),
        Ok(PortState::Open { greeting: Some(said), .. }) => startup_word(said),
        Ok(_) => unknown("PostgreSQL does not answer a startup message"),
    }
}

/// What a startup message is answered with (PostgreSQL, message formats; appendix A, class 28).
fn startup_word(said: &str) -> Word {
    match said {
        "AuthenticationOk" => fail("postgresql lets postgres in without a password"),
        said if said.starts_with("Authentication") => pass(format!("postgresql asks for a password: {said}")),
        said if said.starts_with("ErrorResponse 28") => pass(format!("postgresql refuses postgres: {said}")),
        said => unknown(format!("answers a startup message with {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question, run};
    use crate::judge::tests::{knock, open, said, spec, timeout};
    use crate::observation::{Ask, Fact, ProbeError};
    use Status::{Fail, Pass, Skip, Unknown};

    fn says(words: &str) -> PortState {
        PortState::Open { greeting: Some(words.into()), reset: false }
    }

    fn startup_knock(greet: Greet) -> Knock {
        Knock { greet, beside: None, ..knock("203.0.113.7:5432", Greet::Postgresql) }
    }

    /// A site that answers before and afterwards, and one port of its host.
    fn told(greet: Greet, state: Result<PortState, ProbeError>, startup: Option<Fact>) -> Vec<(Status, String)> {
        let port = if greet == Greet::Redis { "203.0.113.7:6379" } else { "203.0.113.7:5432" };
        let page = || Ok(exchange(vec![response(200, &[], "welcome")]));
        let facts = [
            fact(question(Ask::Visit, "/"), page()),
            fact(question(Ask::Again, "/"), page()),
            fact(knock("203.0.113.7:443", Greet::Nothing), Ok(open())),
            fact(knock(port, greet), state),
        ];
        let verdicts = asks_password(&spec(), &run(facts.into_iter().chain(startup)));
        assert!(verdicts.iter().all(|verdict| verdict.expected.is_none()));
        said(&verdicts).into_iter().map(|(status, words)| (status, words.to_string())).collect()
    }

    #[test]
    fn redis_is_asked_by_its_ping() {
        for (state, want) in [
            (Ok(says("+PONG")), (Fail, "redis answers PING without a password")),
            (Ok(says("-NOAUTH Authentication required.")), (Pass, "redis asks for a password")),
            (
                Ok(says("-DENIED Redis is running in protected mode")),
                (Pass, "redis in protected mode refuses whoever is not on its host"),
            ),
            (
                Ok(says("HTTP/1.1 400 Bad Request")),
                (
                    Unknown,
                    "answers PING with HTTP/1.1 400 Bad Request: nobody can tell whether a password is asked for",
                ),
            ),
            (Ok(open()), (Unknown, "takes connections and does not answer as the datastore does")),
            (Ok(PortState::Refused), (Skip, "refuses connections")),
            (Err(timeout()), (Unknown, "no answer in 5 s")),
        ] {
            assert_eq!(told(Greet::Redis, state.clone(), None), [(want.0, want.1.to_string())], "{state:?}");
        }
    }

    #[test]
    fn postgresql_is_asked_by_a_startup_message() {
        let plain = |state| Some(fact(startup_knock(Greet::PostgresqlStartup), state));
        let secure = |state| Some(fact(startup_knock(Greet::PostgresqlStartupTls), state));
        for (state, startup, want) in [
            ("N", plain(Ok(says("AuthenticationOk"))), (Fail, "postgresql lets postgres in without a password")),
            ("S", secure(Ok(says("AuthenticationOk"))), (Fail, "postgresql lets postgres in without a password")),
            (
                "S",
                secure(Ok(says("AuthenticationSASL"))),
                (Pass, "postgresql asks for a password: AuthenticationSASL"),
            ),
            (
                "N",
                plain(Ok(says("ErrorResponse 28000"))),
                (Pass, "postgresql refuses postgres: ErrorResponse 28000"),
            ),
            (
                "N",
                plain(Ok(says("ErrorResponse 57P03"))),
                (Unknown, "answers a startup message with ErrorResponse 57P03"),
            ),
            ("N", plain(Ok(open())), (Unknown, "PostgreSQL does not answer a startup message")),
            ("S", secure(Err(timeout())), (Unknown, "no answer in 5 s")),
            (
                "E",
                None,
                (Unknown, "answers an SSLRequest with E: nobody can tell whether a password is asked for"),
            ),
        ] {
            let got = told(Greet::Postgresql, Ok(says(state)), startup.clone());
            assert_eq!(got, [(want.0, want.1.to_string())], "{startup:?}");
        }
    }

    #[test]
    fn what_is_not_asked_is_not_passed() {
        assert!(asks_password(&spec(), &run([])).is_empty());
        let mut none = spec();
        none.ports.closed.retain(|port| !port.is_datastore());
        assert_eq!(said(&asks_password(&none, &run([]))), [(Skip, "no datastore in ports.closed")]);
    }
}
