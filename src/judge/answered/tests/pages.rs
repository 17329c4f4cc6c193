//! The oracle on answers of real servers: tests/corpora/pages, where a folder is an application and its files are
//! renderings of one page (`one`, `two`) and another page of the same site (`other`).

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::observe::recorded;

type Pages = BTreeMap<String, Response>;

#[test]
fn the_application_is_told_from_every_other() {
    let mut all = applications();
    let proxies = all.remove("proxies").expect("what proxies say themselves");
    assert!(all.len() >= 20 && proxies.len() >= 15, "{} and {}", all.len(), proxies.len());
    let (mut missed, mut mistaken, mut doubted) = (vec![], vec![], vec![]);
    for (name, pages) in &all {
        let base = exchange(vec![pages["one"].clone()]);
        if !is_application(&base, None, &pages["two"]) {
            missed.push(name.clone());
        }
        let others = all.iter().filter(|(other, _)| *other != name).map(|(other, pages)| (other, &pages["one"]));
        for (other, got) in others.chain(&proxies) {
            if is_application(&base, None, got) {
                mistaken.push(format!("{name} for {other}"));
            } else if is_cousin(base.first(), None, got) {
                doubted.push(format!("{name} for {other}"));
            }
        }
    }
    let none: Vec<String> = vec![];
    assert_eq!((missed, mistaken), (none.clone(), none));
    // Two of one framework that set a cookie of its name, and three of one template with titles of their own.
    let pairs = |names: &[&str]| {
        let ordered = names.iter().flat_map(|a| names.iter().map(move |b| (a, b))).filter(|(a, b)| a != b);
        ordered.map(|(a, b)| format!("{a} for {b}")).collect::<Vec<_>>()
    };
    let known = [
        pairs(&["fastapi-page", "flask-shop"]),
        pairs(&["vite-default-title", "vite-inventory", "vite-timesheet"]),
    ];
    doubted.sort();
    let mut known = known.concat();
    known.sort();
    assert_eq!(doubted, known);
}

/// A control believes that the site still answers when it does, and not when something else does.
#[test]
fn a_page_is_still_there_or_is_not() {
    let mut all = applications();
    let proxies = all.remove("proxies").expect("what proxies say themselves");
    let still: Vec<&String> =
        all.iter().filter(|(_, pages)| !is_still(&pages["one"], &pages["two"])).map(|(name, _)| name).collect();
    assert!(still.is_empty(), "{still:?}");
    let taken = all.iter().flat_map(|(name, pages)| {
        let page = &pages["one"];
        let alike =
            move |(_, got): &(&String, &Response)| got.status / 100 == page.status / 100 && is_still(page, got);
        proxies.iter().filter(alike).map(move |(other, _)| format!("{name} for {other}"))
    });
    assert_eq!(taken.collect::<Vec<_>>(), [""; 0]);
}

#[expect(clippy::disallowed_methods, reason = "the corpus is read here")]
fn applications() -> BTreeMap<String, Pages> {
    let mut all: BTreeMap<String, Pages> = BTreeMap::new();
    for folder in sorted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/pages")) {
        if folder.is_dir() {
            let named =
                |path: &Path| path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_string();
            let pages =
                sorted(&folder).into_iter().map(|file| (named(&file), read(&std::fs::read(&file).unwrap())));
            all.insert(named(&folder), pages.collect());
        }
    }
    all
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A head with line feeds, an empty line, and the content.
fn read(bytes: &[u8]) -> Response {
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap();
    let fields = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.into(), value.into()));
    recorded(status, fields.collect(), &bytes[end + 2..])
}
