//! What a step looks for in a content.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::secrets::Secrets;
use super::{Walker, text_of};
use crate::observation::{Compared, Found, Held, same_json};
use crate::observe::http::Raw;
use crate::spec::Step;

/// Nodes of one path that are kept.
const MOST_NODES: usize = 16;
/// Bytes of one value that are kept.
const MOST_BYTES: usize = 1024;

/// The content as JSON, when all of it came. Its depth is bounded by the library (128).
pub fn json(raw: &Raw) -> Option<Value> {
    if raw.cut {
        return None;
    }
    serde_json::from_slice(&raw.body).ok()
}

/// Names and values of what is captured: the first node of each path.
pub fn captured(step: &Step, content: Option<&Value>) -> Vec<(String, String)> {
    let Some(content) = content else { return vec![] };
    let value = |path: &str| text_of(*selected(path, content).first()?);
    step.capture.iter().filter_map(|capture| Some((capture.name.clone(), value(&capture.path)?))).collect()
}

fn selected<'v>(path: &str, content: &'v Value) -> Vec<&'v Value> {
    JsonPath::parse(path).map(|path| path.query(content).all()).unwrap_or_default()
}

/// The values at every path that the step names; those that it captures are marks.
pub(super) fn found(step: &Step, content: Option<&Value>, secrets: &Secrets, walker: &Walker) -> Vec<Found> {
    let captures = step.capture.iter().map(|capture| (&capture.path, None));
    let expected = step.expect.json.iter().map(|(path, value)| (path, Some(value)));
    let nothing = Value::Null;
    let whole = captures.chain(expected).map(|(path, expected)| {
        let nodes = content.map_or_else(Vec::new, |_| selected(path, content.unwrap_or(&nothing)));
        let equal = |value: &Value| !nodes.is_empty() && nodes.iter().all(|node| same_json(node, value));
        let compared = expected.map(|value| Compared { value: value.clone(), equal: equal(value) });
        let kept = |node: &&Value| {
            let veiled = match expected {
                // What the owner wrote is no secret.
                Some(value) if same_json(node, value) => (*node).clone(),
                Some(_) => secrets.veiled(node, walker.recorder),
                None => Value::String(walker.recorder.mark(&node.to_string())),
            };
            (veiled.to_string().len() <= MOST_BYTES).then_some(veiled)
        };
        let values: Vec<Value> = nodes.iter().take(MOST_NODES).filter_map(kept).collect();
        Found { path: path.clone(), cut: values.len() < nodes.len(), values, compared }
    });
    whole.collect()
}

pub fn texts(step: &Step, raw: &Raw) -> Vec<Held> {
    let content = String::from_utf8_lossy(&raw.body);
    step.expect.body.iter().map(|text| Held { text: text.clone(), held: content.contains(text) }).collect()
}
