//! Whether TRACE sends a request back, with what a proxy has put into it (RFC 9110 §9.3.8).

use crate::finding::Verdict;
use crate::judge::answered::{control, is_broken, shut_out, subject};
use crate::judge::{Word, fail, given, pass, unknown};
use crate::observation::{Ask, Http, Observation, Place, Response, Seen};
use crate::spec::Spec;

pub(super) fn trace_off(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Trace);
    let judged = asked.map(|o| given(o, subject(&o.question), |exchange| word(spec, seen, o, exchange.first())));
    judged.collect()
}

/// The field that only an echo repeats is known by its host name of ours.
fn word(spec: &Spec, seen: &Seen, o: &Observation<Http>, response: &Response) -> Word {
    let status = response.status;
    let echoed = response.content.echoes.iter().any(|echo| echo.place == Place::Text);
    if (200..300).contains(&status) && echoed {
        return fail(format!("{status}: the request comes back, with the fields that others have added to it"));
    }
    if let Some(why) = shut_out(response) {
        return unknown(why);
    }
    if status != 501 && is_broken(None, response) {
        return unknown(format!("{status} refuses nothing for good"));
    }
    if response.content.coded.is_some() {
        return unknown("the answer came in a coding that nobody asked for");
    }
    match control(spec, seen, &o.question.at) {
        Ok(()) => pass(format!("{status}, without the request")),
        Err(why) => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};
    use crate::observation::{Echo, Method};

    #[test]
    fn an_echo_is_known_by_our_own_field() {
        let echo = |status| {
            let mut answer = response(status, &[("Content-Type", "message/http")], "TRACE / HTTP/1.1");
            answer.content.echoes = vec![Echo { place: Place::Text, value: "golive-00000007.test".into() }];
            Ok(exchange(vec![answer]))
        };
        let plain = |status| Ok(exchange(vec![response(status, &[], "x")]));
        let good = || plain(200);
        for (answer, again, want) in [
            (echo(200), good(), Status::Fail),
            (echo(200), Err(timeout()), Status::Fail),
            // An error page may name what was asked.
            (echo(405), good(), Status::Pass),
            (plain(405), good(), Status::Pass),
            (plain(501), good(), Status::Pass),
            (plain(200), good(), Status::Pass),
            (plain(404), good(), Status::Pass),
            (plain(405), Err(timeout()), Status::Unknown),
            (plain(405), plain(429), Status::Unknown),
            (plain(429), good(), Status::Unknown),
            (plain(502), good(), Status::Unknown),
            (Err(timeout()), good(), Status::Unknown),
        ] {
            let asked = Http { method: Method::Trace, ..question(Ask::Trace, "/") };
            let answers =
                [(asked, answer), (question(Ask::Visit, "/"), good()), (question(Ask::Again, "/"), again)];
            let verdicts = trace_off(&spec(), &seen(answers));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!(verdict.status, want, "{verdict:?}");
            assert_eq!(verdict.subject.to_string(), "TRACE https://app.example.com/ [203.0.113.7]");
        }
    }
}
