//! `golive explain`: the page of a check, or the list of checks by gate item.

use super::flags::Color;
use super::output::print;
use super::{Exit, complain};
use crate::catalogue::Page;
use crate::finding::Item;
use crate::judge::pages;
use crate::spec::{did_you_mean, nearest};

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive explain
  golive explain datastore-port-closed")]
pub struct Args {
    /// Of a check, such as datastore-port-closed; without it: the list
    id: Option<String>,
}

pub fn run(args: &Args) -> Exit {
    let text = match &args.id {
        None => list(),
        Some(id) => match pages().iter().find(|page| page.id == id) {
            Some(page) => text(page),
            None => {
                let ids: Vec<&str> = pages().iter().map(|page| page.id).collect();
                let near = did_you_mean(&nearest(id, ids), "`golive explain` lists them");
                return complain(&[format!("no check `{id}`; {near}")]);
            }
        },
    };
    match print(&text, Color::Never) {
        Ok(()) => Exit::Go,
        Err(e) => complain(&[format!("stdout cannot be written: {e}")]),
    }
}

fn list() -> String {
    let items = Item::GATE.into_iter().chain([Item::Advice]);
    let parts = items.map(|item| {
        let of_item = pages().iter().filter(|page| page.gate == item);
        let lines: Vec<String> = of_item
            .map(|page| {
                let carries = if page.carries { '*' } else { ' ' };
                format!("{carries} {:<34}{:<10}{}\n", page.id, page.severity.to_string(), page.title)
            })
            .collect();
        let head = match item {
            Item::Advice => "advice, which never decides".to_string(),
            item => item.words().to_string(),
        };
        format!("{head}\n{}", lines.concat())
    });
    let parts: Vec<String> = parts.collect();
    format!("{}\n* must be seen to hold, or its item is unproven\n", parts.join("\n"))
}

fn text(page: &Page) -> String {
    let gate = match page.gate {
        Item::Advice => "advice",
        item => item.words(),
    };
    let carries = if page.carries { ", must be seen to hold" } else { "" };
    let key = page.key.as_ref().map(|key| format!("golive.toml  {key}\n")).unwrap_or_default();
    let references: Vec<String> = page.references.iter().map(|url| format!("  {url}\n")).collect();
    format!(
        "{}  ({})\n{}\n\n{}: {gate}{carries}\n{key}\n{}\nReferences\n{}",
        page.id,
        page.family,
        page.title,
        page.severity,
        page.body,
        references.concat()
    )
}
