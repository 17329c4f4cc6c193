//! What was odd about a run, whatever its verdict: said once, in the head.

use super::super::Report;
use super::super::text::counted;

/// Each is a line.
pub(super) fn circumstances(report: &Report) -> Vec<String> {
    let clock = report.observations.clock_off().map(|off| {
        let side = if off > 0 { "ahead of" } else { "behind" };
        format!("the site's Date field is {} {side} this machine's clock", span(off.unsigned_abs()))
    });
    let slowed: Vec<String> = report.observations.vantage.slowed.iter().map(ToString::to_string).collect();
    let slowed = (!slowed.is_empty())
        .then(|| format!("asked to slow down by {} (429 or 503), and did so", slowed.join("  ")));
    let files: Vec<&str> = report.observations.files.iter().map(|o| o.question.name.as_str()).collect();
    let files = (!files.is_empty() && !report.observations.are_of_files_alone())
        .then(|| format!("read in files, not seen from outside: {}", files.join("  ")));
    clock.into_iter().chain(slowed).chain(files).collect()
}

/// How long the site was waited for.
pub(super) fn waited(report: &Report) -> Option<String> {
    (report.waited_ms > 0).then(|| format!("waited {} s", report.waited_ms.div_ceil(1000)))
}

fn span(seconds: u64) -> String {
    let count = |number: u64, unit| counted(usize::try_from(number).unwrap_or(usize::MAX), unit);
    match seconds / 60 {
        minutes @ ..180 => count(minutes, "minute"),
        minutes @ 180..4_320 => count(minutes / 60, "hour"),
        minutes => count(minutes / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;
    use crate::observation::{FileFacts, FileForm, Observation, OwnFile};

    #[test]
    fn nothing_is_said_of_the_usual() {
        assert_eq!(circumstances(&sample::go()), [""; 0]);
        assert_eq!(waited(&sample::go()), None);
    }

    #[test]
    fn what_was_odd_is_said() {
        let mut report = sample::go();
        report.waited_ms = 11_400;
        report.observations.vantage.slowed = vec!["203.0.113.7".parse().unwrap()];
        let off = sample::go().observations.started_at.0 - 40 * 60;
        report.observations.started_at = crate::observation::Timestamp(off);
        for o in &mut report.observations.http {
            if let Ok(exchange) = &mut o.outcome {
                exchange.hops[0].response.fields.push(("Date".into(), "Mon, 02 Mar 2026 14:05:07 GMT".into()));
            }
        }
        assert_eq!(waited(&report).as_deref(), Some("waited 12 s"));
        let [clock, slowed] = &circumstances(&report)[..] else { panic!("two lines") };
        assert!(clock.ends_with("minutes ahead of this machine's clock"), "{clock}");
        assert_eq!(slowed, "asked to slow down by 203.0.113.7 (429 or 503), and did so");
    }

    #[test]
    fn what_was_read_is_told_from_what_was_seen() {
        let mut report = sample::go();
        let question = OwnFile { name: ".env.production".into(), form: FileForm::Env };
        let outcome = Ok(FileFacts::default());
        let o = Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome };
        report.observations.insert(o.into());
        assert_eq!(circumstances(&report), ["read in files, not seen from outside: .env.production"]);
    }

    #[test]
    fn a_span_has_one_unit() {
        for (seconds, want) in [(301, "5 minutes"), (10_800, "3 hours"), (259_200, "3 days")] {
            assert_eq!(span(seconds), want);
        }
    }
}
