//! Moments, and how far another clock is from ours.

use serde::{Deserialize, Serialize};

use super::{Http, Observation, Observations};

/// A moment, in whole seconds since 1970-01-01T00:00:00Z. Written as RFC 3339 text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// `2026-03-02T14:05:07Z`; years beyond the calendar's end are its end.
    pub fn rfc3339(self) -> String {
        self.calendar().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `2026-03-02 14:05:07 UTC`.
    pub fn readable(self) -> String {
        self.calendar().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }

    /// `2026-03-02`.
    pub fn date(self) -> String {
        self.calendar().strftime("%Y-%m-%d").to_string()
    }

    /// The end of a day written `YYYY-MM-DD`, in UTC; `None` when there is no such day.
    pub fn end_of_day(date: &str) -> Option<Self> {
        let date: jiff::civil::Date = date.parse().ok()?;
        let end = jiff::tz::TimeZone::UTC.to_timestamp(date.at(23, 59, 59, 0)).ok()?;
        Some(Self(end.as_second()))
    }

    // A certificate may say 9999-12-31T23:59:59Z, which is beyond what the library can hold.
    fn calendar(self) -> jiff::Timestamp {
        let last = jiff::Timestamp::MAX.as_second();
        let first = jiff::Timestamp::MIN.as_second();
        jiff::Timestamp::from_second(self.0.clamp(first, last)).unwrap_or_default()
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.rfc3339()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse::<jiff::Timestamp>().map(|t| Self(t.as_second())).map_err(|_| "is no RFC 3339 time".into())
    }
}

impl Observation<Http> {
    /// By how many seconds the first answer's Date field (RFC 9110 §6.6.1) is ahead of the clock that the run was
    /// begun by. An answer from a cache is as old as its Age (RFC 9111 §5.1).
    pub fn clock_off(&self, started_at: Timestamp) -> Option<i64> {
        let answer = self.outcome.as_ref().ok()?.first();
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(answer.value("date")?).ok()?;
        let age: i64 = answer.value("age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
        let ours = started_at.0.saturating_add(i64::try_from(self.asked_at_ms / 1000).ok()?);
        Some(date.as_second().saturating_add(age.max(0)).saturating_sub(ours))
    }
}

impl Observations {
    /// The same for the site as a whole, when even the answer that is nearest to our clock is five minutes off.
    pub fn clock_off(&self) -> Option<i64> {
        let offs = self.http.iter().filter_map(|o| o.clock_off(self.started_at));
        offs.min_by_key(|off| off.saturating_abs()).filter(|off| off.saturating_abs() > TOLERANCE)
    }
}

/// Clocks differ by that much without anybody's harm, in seconds.
const TOLERANCE: i64 = 5 * 60;

#[cfg(test)]
mod tests {
    use super::super::{Ask, Content, Exchange, Hop, Method, Nonce, Request, Response, Timestamp, Vantage};
    use super::*;
    use crate::target::Origin;

    #[test]
    fn the_nearest_answer_tells() {
        // 2026-03-02T00:00:00Z
        let started_at = Timestamp(1_772_409_600);
        let six = ("Mon, 02 Mar 2026 00:06:02 GMT", "");
        for (answers, want) in [
            (&[][..], None),
            (&[("Mon, 02 Mar 2026 00:05:02 GMT", "")], None),
            (&[six], Some(360)),
            (&[six, ("Mon, 02 Mar 2026 01:00:02 GMT", "")], Some(360)),
            (&[six, ("Mon, 02 Mar 2026 00:00:02 GMT", "")], None),
            (&[("Sun, 01 Mar 2026 00:00:02 GMT", "86400")], None),
            (&[("Sun, 01 Mar 2026 00:00:02 GMT", "old")], Some(-86_400)),
            (&[("yesterday", "")], None),
            (&[("Mon, 02 Mar 2026 00:00:02 GMT", "9223372036854775807")], Some(i64::MAX - 1_772_409_602)),
        ] {
            let site: Origin = "app.example.com".parse().unwrap();
            let at = site.at([203, 0, 113, 7].into());
            let mut seen = Observations::begin(site, started_at, Nonce(1), Vantage::default());
            for (n, (date, age)) in answers.iter().enumerate() {
                let fields = vec![("Date".into(), (*date).into()), ("Age".into(), (*age).into())];
                let response =
                    Response { status: 200, fields, cookies: vec![], tokens: None, content: Content::default() };
                let (method, path) = (Method::Get, format!("/{n}"));
                let request = Request {
                    method,
                    origin: at.origin().to_string(),
                    target: path.clone(),
                    sni: None,
                    fields: vec![],
                };
                let exchange = Exchange { hops: vec![Hop { request, response }], stopped: None };
                let question = Http { at: at.clone(), method, path, ask: Ask::Visit };
                let o = Observation {
                    question,
                    asked_at_ms: 2_000,
                    elapsed_ms: 0,
                    attempts: 1,
                    outcome: Ok(exchange),
                };
                seen.insert(o.into());
            }
            assert_eq!(seen.clock_off(), want, "{answers:?}");
        }
    }
}
