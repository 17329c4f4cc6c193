//! Whom to tell of a hole: /.well-known/security.txt (RFC 9116).

use crate::finding::Verdict;
use crate::judge::answered::{off_site, shut_out, subject};
use crate::judge::{Word, fail, given, pass, skip, unknown};
use crate::observation::{Ask, Exchange, Http, Mark, Response, Seen, Stopped, Timestamp};

pub(super) fn security_txt(seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Published);
    let judged = asked.map(|o| given(o, subject(&o.question), |exchange| led(exchange, seen.started_at())));
    judged.collect()
}

fn led(exchange: &Exchange, now: Timestamp) -> Word {
    match &exchange.stopped {
        None => word(&exchange.last().response, now),
        // RFC 9116 §3: over https alone.
        Some(Stopped::PlainHttp) => fail("leads to plain http"),
        Some(Stopped::OffSite) => skip(off_site(exchange)),
        Some(Stopped::Error(error)) => unknown(error.to_string()),
        Some(Stopped::Loop | Stopped::TooMany) => fail("redirects without end"),
    }
}

fn word(response: &Response, now: Timestamp) -> Word {
    if let Some(why) = shut_out(response) {
        return unknown(why);
    }
    let found = response.content.marks.iter().find_map(|mark| match mark {
        Mark::SecurityTxt { contacts, expires } => Some((*contacts, &expires[..])),
        _ => None,
    });
    match (response.status, found) {
        (status @ 500.., _) => unknown(format!("{status} is no answer of the application")),
        (200, _) if response.content.coded.is_some() => unknown("it came in a coding that nobody asked for"),
        (200, Some(fields)) => fields_word(response, fields, now),
        (200, None) => fail("200, and the content is no security.txt"),
        (status, _) => fail(format!("there is none: {status}")),
    }
}

/// RFC 9116 §2.5.3 and §2.5.5: at least one Contact, exactly one Expires; §3: text/plain.
fn fields_word(response: &Response, fields: (usize, &[Option<Timestamp>]), now: Timestamp) -> Word {
    match (fields, response.media_type().as_deref()) {
        ((0, _), _) => fail("it has no Contact with a URI"),
        ((_, []), _) => fail("it has no Expires"),
        ((_, [None]), _) => fail("its Expires is no date of RFC 3339"),
        ((_, [Some(end)]), _) if *end <= now => fail(format!("it expired on {}", end.date())),
        ((_, [Some(end)]), Some("text/plain")) => {
            let contacts = if fields.0 == 1 { "1 contact".into() } else { format!("{} contacts", fields.0) };
            pass(format!("names {contacts}, until {}", end.date()))
        }
        ((_, [Some(_)]), media) => {
            fail(format!("its media type is {}, not text/plain", media.unwrap_or("unsaid")))
        }
        ((_, several), _) => fail(format!("it has {} Expires fields", several.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::timeout;

    #[test]
    fn a_file_names_a_contact_and_an_end() {
        // The run is of 2026-03-02.
        let at = |text: &str| Some(Timestamp::try_from(text.to_string()).unwrap());
        let (ahead, past) = (at("2026-12-31T00:00:00Z"), at("2026-03-01T00:00:00Z"));
        let text = [("Content-Type", "text/plain; charset=utf-8")];
        let file = |fields: &[(&str, &str)], contacts, expires: &[Option<Timestamp>]| {
            let mut answer = response(200, fields, "x");
            answer.content.marks = vec![Mark::SecurityTxt { contacts, expires: expires.to_vec() }];
            exchange(vec![answer])
        };
        let stopped = |stopped| Exchange { stopped: Some(stopped), ..exchange(vec![response(301, &[], "")]) };
        for (answer, want) in [
            (Ok(file(&text, 1, &[ahead])), (Status::Pass, "names 1 contact, until 2026-12-31")),
            (Ok(file(&text, 2, &[ahead])), (Status::Pass, "names 2 contacts, until 2026-12-31")),
            (Ok(file(&text, 1, &[past])), (Status::Fail, "it expired on 2026-03-01")),
            (Ok(file(&text, 0, &[ahead])), (Status::Fail, "it has no Contact with a URI")),
            (Ok(file(&text, 1, &[])), (Status::Fail, "it has no Expires")),
            (Ok(file(&text, 1, &[None])), (Status::Fail, "its Expires is no date of RFC 3339")),
            (Ok(file(&text, 1, &[ahead, ahead])), (Status::Fail, "it has 2 Expires fields")),
            (Ok(file(&[], 1, &[ahead])), (Status::Fail, "its media type is unsaid, not text/plain")),
            (Ok(exchange(vec![response(404, &text, "no")])), (Status::Fail, "there is none: 404")),
            (
                Ok(exchange(vec![response(200, &text, "no")])),
                (Status::Fail, "200, and the content is no security.txt"),
            ),
            (
                Ok(exchange(vec![response(429, &[], "")])),
                (Status::Unknown, "429: the site limits how often we may ask"),
            ),
            (Ok(exchange(vec![response(502, &[], "")])), (Status::Unknown, "502 is no answer of the application")),
            (Ok(stopped(Stopped::PlainHttp)), (Status::Fail, "leads to plain http")),
            (Ok(stopped(Stopped::OffSite)), (Status::Skip, "leads off the site")),
            (Err(timeout()), (Status::Unknown, "no answer in 5 s")),
        ] {
            let verdicts = security_txt(&seen([(question(Ask::Published, "/.well-known/security.txt"), answer)]));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.message.as_str()), want);
        }
    }
}
