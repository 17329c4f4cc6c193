//! `checks/**/*.md` read as pages.

use serde::Deserialize;

use crate::finding::{Item, Severity};

/// What people read about a check, and what the gate reads: a page's words and code's verdicts cannot disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The folder.
    pub family: &'static str,
    /// The file's stem.
    pub id: &'static str,
    pub title: String,
    pub severity: Severity,
    pub gate: Item,
    /// The item is not GO without a Pass of this check.
    pub carries: bool,
    /// The key of golive.toml that steers it.
    pub key: Option<String>,
    pub references: Vec<String>,
    /// Markdown, from `## Why` on.
    pub body: &'static str,
}

/// The text of `checks/README.md`: every page under the item of the gate that it decides.
pub fn index(pages: &[Page]) -> String {
    let items = Item::GATE.into_iter().chain([Item::Advice]);
    let parts: Vec<String> = items.map(|item| part(pages, item)).collect();
    format!(
        "# The catalogue\n\nEvery property that `golive` looks for, by the item of the gate it decides; an item is GO \
         only when each property marked ● was seen to hold.\n{}",
        parts.concat()
    )
}

fn part(pages: &[Page], item: Item) -> String {
    let rows = pages.iter().filter(|page| page.gate == item).map(|page| {
        let Page { family, id, title, severity, .. } = page;
        let carries = if page.carries { "●" } else { "" };
        format!("| [{id}]({family}/{id}.md) | {severity} | {title} | {carries} |\n")
    });
    let rows: String = rows.collect();
    let head = match item {
        Item::Advice => "advice, which never decides",
        item => item.words(),
    };
    format!("\n## {head}\n\n| check | severity | property | |\n|---|---|---|---|\n{rows}")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    title: String,
    severity: Severity,
    gate: Item,
    #[serde(default)]
    carries: bool,
    key: Option<String>,
    references: Vec<String>,
}

impl Page {
    /// Reads a page. `place` is `family/id`.
    ///
    /// # Errors
    /// What is wrong with its form, in words.
    pub fn parse(place: &'static str, text: &'static str) -> Result<Self, String> {
        let (family, id) = place.split_once('/').ok_or("the place of a page is family/id")?;
        let rest = text.strip_prefix("```toml\n").ok_or("a page begins with a toml block")?;
        let (head, body) = rest.split_once("\n```\n").ok_or("the toml block has no end")?;
        let head: Head = toml::from_str(head).map_err(|e| e.to_string())?;
        Ok(Self {
            family,
            id,
            title: head.title,
            severity: head.severity,
            gate: head.gate,
            carries: head.carries,
            key: head.key,
            references: head.references,
            body: body.trim_start(),
        })
    }

    /// The one sentence that stands under `## How to fix`, as a report says it: in lower case, without its full stop.
    pub fn fix(&self) -> String {
        let after = self.body.split_once("## How to fix\n").map_or("", |(_, rest)| rest);
        let sentence = after.trim_start().lines().next().unwrap_or("").trim_end_matches('.');
        let (first, rest) = sentence.split_at(sentence.len().min(1));
        first.to_lowercase() + rest
    }

    /// The stacks that the page has a block for, in order: `Caddy`, `nginx`, …
    pub fn stacks(&self) -> Vec<&'static str> {
        self.body.lines().filter_map(|line| line.strip_prefix("### ")).collect()
    }
}
