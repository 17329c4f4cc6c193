//! The recording and its verdicts as JSON: what scripts, `judge` and later versions rely on.

use serde::Deserialize;

use super::text::clipped;
use super::{Report, Tool};
use crate::observation::SCHEMA;

pub(super) fn render(report: &Report) -> String {
    // The types hold only strings as keys, and writing to memory does not fail.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

impl Report {
    /// Reads what `--json` wrote.
    ///
    /// # Errors
    /// Why the text is no report that this version can judge; completes "`FILE` …".
    pub fn from_json(text: &str) -> Result<Self, String> {
        let head: Head =
            serde_json::from_str(text).map_err(|e| format!("is no report of golive: {}", said(&e)))?;
        if head.tool.name != NAME {
            return Err(format!("is a report of {}, not of golive", clipped(&head.tool.name, 40)));
        }
        if let newer @ SCHEMA_AFTER.. = head.schema.max(head.observations.schema) {
            let version = clipped(&head.tool.version, 40);
            return Err(format!(
                "has schema {newer}, written by golive {version}; this golive reads schema {SCHEMA}"
            ));
        }
        let mut report: Self =
            serde_json::from_str(text).map_err(|e| format!("is no whole report of golive: {}", said(&e)))?;
        if report.observations.site != report.policy.site {
            return Err(format!(
                "is a recording of {}, and its policy is for {}",
                report.observations.site, report.policy.site
            ));
        }
        let paths = &report.policy.paths;
        if paths.is_empty() || paths.iter().any(|path| !path.starts_with('/')) {
            return Err("has a policy without paths, or with one that does not begin with `/`".into());
        }
        if report
            .observations
            .http
            .iter()
            .any(|o| o.outcome.as_ref().is_ok_and(|exchange| exchange.hops.is_empty()))
        {
            return Err("has an exchange without an answer in it".into());
        }
        // Questions are found by bisection, so a file that was edited by hand must not lose any.
        report.observations = report.observations.sorted();
        Ok(report)
    }
}

const NAME: &str = "golive";
const SCHEMA_AFTER: u32 = SCHEMA + 1;

/// What every schema begins with.
#[derive(Deserialize)]
struct Head {
    schema: u32,
    tool: Tool,
    #[serde(default)]
    observations: Layout,
}

#[derive(Default, Deserialize)]
struct Layout {
    schema: u32,
}

fn said(error: &serde_json::Error) -> String {
    clipped(&error.to_string(), 200)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample;
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/golive.schema.json");

    fn schema() -> Value {
        schemars::schema_for!(Report).into()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the shipped schema is rewritten on demand")]
    fn the_shipped_schema_is_the_types() {
        let want = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var("UPDATE_SCHEMA").is_ok() {
            std::fs::write(FILE, &want).unwrap();
        }
        let shipped = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(shipped == want, "golive.schema.json is not what the types say; rewrite it with UPDATE_SCHEMA=1");
    }

    #[test]
    fn a_report_obeys_the_schema_and_reads_back_as_itself() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for report in [sample::go(), sample::no_go(), sample::unproven()] {
            let text = render(&report);
            let value: Value = serde_json::from_str(&text).unwrap();
            let wrong: Vec<_> =
                validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert_eq!(wrong, [""; 0]);
            assert!(text.ends_with("}\n"));
            assert_eq!(render(&Report::from_json(&text).unwrap()), text);
        }
    }

    #[test]
    fn what_is_no_report_is_refused_in_words() {
        let with = |change: fn(&mut Value)| {
            let mut value = serde_json::to_value(sample::go()).unwrap();
            change(&mut value);
            value.to_string()
        };
        for (text, want) in [
            ("".into(), "is no report of golive: EOF while parsing"),
            ("{}".into(), "is no report of golive: missing field `schema`"),
            ("[1, 2]".into(), "is no report of golive: invalid type"),
            (
                with(|v| v["schema"] = 2.into()),
                "has schema 2, written by golive 0.1.0; this golive reads schema 1",
            ),
            (with(|v| v["observations"]["schema"] = 7.into()), "has schema 7"),
            (with(|v| v["tool"]["name"] = "other\u{1b}".into()), "is a report of other\\u{1b}, not of golive"),
            (with(|v| v["gate"]["result"] = "MAYBE".into()), "is no whole report of golive: unknown variant"),
            (
                with(|v| v["policy"]["site"] = "https://b.example".into()),
                "is a recording of https://app.example.com,",
            ),
            (with(|v| v["policy"]["paths"] = Value::Array(vec![])), "has a policy without paths,"),
            (with(|v| v["policy"]["paths"][0] = "".into()), "has a policy without paths,"),
            (
                with(|v| v["observations"]["http"][0]["outcome"]["Ok"]["hops"] = Value::Array(vec![])),
                "has an exchange without an answer in it",
            ),
        ] {
            let said = Report::from_json(&text).unwrap_err();
            assert!(said.starts_with(want), "{said} / {want}");
        }
    }

    #[test]
    fn questions_in_another_order_are_found() {
        let mut report = sample::go();
        let want = report.observations.clone();
        report.observations.http.reverse();
        report.observations.ports.reverse();
        assert_eq!(Report::from_json(&render(&report)).unwrap().observations, want);
    }
}
