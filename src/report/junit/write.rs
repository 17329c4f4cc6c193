//! The elements and attributes, in the order of the schemas. All text that comes here is plain but for the
//! newlines of our own between lines of content.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Case, LINE, NAME, Report, Suite, Word, clipped, plain, seconds};

pub(super) fn document(report: &Report, all: &[Suite]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    // Writing to memory does not fail; were it to, half a document would be no pass either.
    let _ = suites(&mut writer, report, all);
    let mut text = String::from_utf8(writer.into_inner()).unwrap_or_default();
    text.push('\n');
    text
}

fn suites(writer: &mut Writer<Vec<u8>>, report: &Report, all: &[Suite]) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    // Windy Road allows no attribute here.
    writer.create_element("testsuites").write_inner_content(|w| {
        all.iter().enumerate().try_for_each(|(id, suite)| suite_element(w, report, id, suite))
    })?;
    Ok(())
}

fn suite_element(writer: &mut Writer<Vec<u8>>, report: &Report, id: usize, suite: &Suite) -> io::Result<()> {
    let started = report.started_at.rfc3339();
    let elapsed = suite.cases.iter().map(|case| case.elapsed_ms).fold(0, u64::saturating_add);
    let element = writer
        .create_element("testsuite")
        .with_attribute(("name", class(suite).as_str()))
        .with_attribute(("package", plain(host(&report.site)).as_str()))
        .with_attribute(("id", id.to_string().as_str()))
        .with_attribute(("tests", suite.cases.len().to_string().as_str()))
        .with_attribute(("failures", suite.count(Word::Failure).as_str()))
        .with_attribute(("errors", suite.count(Word::Error).as_str()))
        .with_attribute(("skipped", suite.count(Word::Skipped).as_str()))
        .with_attribute(("time", seconds(elapsed).as_str()))
        .with_attribute(("timestamp", started.trim_end_matches('Z')))
        .with_attribute(("hostname", HOSTNAME));
    element.write_inner_content(|w| {
        w.create_element("properties").write_inner_content(|w| {
            for (name, value) in &suite.properties {
                let (name, value) = (clipped(name, NAME), clipped(value, LINE));
                w.create_element("property")
                    .with_attribute(("name", name.as_str()))
                    .with_attribute(("value", value.as_str()))
                    .write_empty()?;
            }
            Ok(())
        })?;
        suite.cases.iter().try_for_each(|case| case_element(w, suite, case))?;
        w.create_element("system-out").write_text_content(BytesText::new(&suite.out))?;
        w.create_element("system-err").write_text_content(BytesText::new(""))?;
        Ok(())
    })?;
    Ok(())
}

fn case_element(writer: &mut Writer<Vec<u8>>, suite: &Suite, case: &Case) -> io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", class(suite).as_str()))
        .with_attribute(("name", case.name.as_str()))
        .with_attribute(("time", seconds(case.elapsed_ms).as_str()));
    let inside = match case.verdict {
        Word::Passed => return element.write_empty().map(|_| ()),
        Word::Failure => "failure",
        Word::Error => "error",
        Word::Skipped => "skipped",
    };
    element.write_inner_content(|w| {
        let mut element = w.create_element(inside);
        // Windy Road knows no type of what is skipped.
        if case.verdict != Word::Skipped {
            element = element.with_attribute(("type", case.kind.as_str()));
        }
        let element = element.with_attribute(("message", case.message.as_str()));
        element.write_text_content(BytesText::new(&case.text)).map(|_| ())
    })?;
    Ok(())
}

fn class(suite: &Suite) -> String {
    format!("golive.{}", plain(&suite.family))
}

fn host(site: &str) -> &str {
    site.split_once("://").map_or(site, |(_, host)| host)
}

/// Machines that scan have no name that is anybody's business.
const HOSTNAME: &str = "golive";
