//! Who may know whom, and who may touch what.

use std::collections::BTreeSet;

use super::place::{Source, files};

/// A room, the rooms it may name, and those that only its tests may name.
const MAY_KNOW: &[(&str, &str, &str)] = &[
    ("target", "", ""),
    ("finding", "", ""),
    ("observation", "target", ""),
    ("spec", "target finding", ""),
    ("catalogue", "finding", ""),
    ("plan", "spec observation target", ""),
    ("demo", "spec target observe", ""),
    ("observe", "plan spec observation target", ""),
    // Its oracle is measured on answers as they are recorded.
    ("judge", "spec observation finding catalogue target", "observe"),
    ("gate", "spec observation finding catalogue", ""),
    // A report holds its policy.
    ("report", "observation finding catalogue gate spec", "target"),
    ("cli", "lib catalogue demo finding gate judge observation observe plan report spec target", ""),
    ("lib", "catalogue cli demo finding gate judge observation observe plan report spec target", ""),
    ("main", "", ""),
];

/// A word, and the only files (or folders, with `/` at the end) that may hold it outside their tests.
const MAY_SAY: &[(&str, &[&str])] = &[
    ("println!", &["src/cli/"]),
    ("print!", &["src/cli/"]),
    ("eprintln!", &["src/cli/"]),
    ("eprint!", &["src/cli/"]),
    ("dbg!", &[]),
    ("process::exit", &["src/cli/stop.rs"]),
    ("unsafe", &[]),
    ("std::fs", &["src/cli/", "src/observe/store.rs"]),
    ("std::env", &["src/cli/", "src/observe/store.rs"]),
    ("SystemTime", &["src/observe/"]),
    ("jiff::Timestamp::now", &["src/demo/"]),
    ("Instant", &["src/observe/", "src/cli/progress.rs"]),
    ("tokio", &["src/observe/", "src/demo/", "src/cli/"]),
    ("TcpStream", &["src/observe/", "src/demo/"]),
    ("TcpListener", &["src/demo/", "src/observe/listen.rs", "src/observe/peers/", "src/observe/sweep/tests.rs"]),
    ("UdpSocket", &["src/observe/"]),
];

#[test]
fn every_room_knows_only_whom_it_may() {
    let sources = files("src", "rs");
    assert!(sources.len() > 80, "{} files", sources.len());
    let mut wrong = vec![];
    let mut used = BTreeSet::new();
    for source in &sources {
        let room = room(&source.place);
        let (_, always, in_tests) =
            MAY_KNOW.iter().find(|(name, ..)| *name == room).unwrap_or_else(|| panic!("no row for {room}"));
        for named in named(source) {
            let may = |list: &str| list.split(' ').any(|name| name == named.room);
            used.insert((room, named.room.clone()));
            if named.room != room && !may(always) && !(named.tested && may(in_tests)) {
                wrong.push(format!("{}:{} names {}", source.place, named.line, named.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(used.contains(&("observe", "plan".into())) && used.contains(&("cli", "lib".into())), "{used:?}");
}

#[test]
fn sockets_files_clocks_and_screens_stay_where_they_belong() {
    let mut wrong = vec![];
    for source in files("src", "rs") {
        for (number, line, tested) in code(&source) {
            for (word, places) in MAY_SAY {
                let may = tested || places.iter().any(|place| source.place.starts_with(place));
                if says(line, word) && (!may || *word == "unsafe") {
                    wrong.push(format!("{}:{number} says {word}", source.place));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_file_stays_small_enough_to_read() {
    // The ceiling is one to feel, so it has some give.
    let long: Vec<String> = files("src", "rs")
        .iter()
        .map(|source| (source.text.lines().count(), &source.place))
        .filter(|(lines, _)| *lines > 450)
        .map(|(lines, place)| format!("{place} {lines}"))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// A room that a file names, where, and whether in its tests.
struct Named {
    room: String,
    line: usize,
    tested: bool,
}

/// `src/plan/mod.rs` is in `plan`, `src/lib.rs` is `lib`.
fn room(place: &str) -> &str {
    let inside = place.strip_prefix("src/").unwrap_or(place);
    inside.split(['/', '.']).next().unwrap_or(inside)
}

/// Every room named from the crate's root: `crate::…`, and `super::…` that climbs there.
fn named(source: &Source) -> Vec<Named> {
    let rooms: BTreeSet<&str> = MAY_KNOW.iter().map(|(name, ..)| *name).collect();
    let inside = source.place.strip_prefix("src/").unwrap_or("").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = if ["lib", "main"].contains(&inside) { 0 } else { inside.split('/').count() };
    let mut named = vec![];
    let lines: Vec<(usize, &str, bool)> = code(source).collect();
    for (at, (number, line, tested)) in lines.iter().enumerate() {
        let mut from_root = vec![];
        for (start, _) in line.match_indices("crate::") {
            from_root.push(start + "crate::".len());
        }
        // A module inside the file is one level deeper.
        let depth = depth + usize::from(*tested && line.starts_with(' '));
        let chain = "super::".repeat(depth.max(1));
        if depth > 0
            && let Some(start) = line.find(&chain)
        {
            from_root.push(start + chain.len());
        }
        for start in from_root {
            let rest: String = [&line[start..]].into_iter().chain(lines[at + 1..].iter().map(|l| l.1)).collect();
            for name in first_names(&rest) {
                // What is no room is of the library's own root.
                let room = if rooms.contains(name.as_str()) { name } else { "lib".into() };
                named.push(Named { room, line: *number, tested: *tested });
            }
        }
    }
    named
}

/// The first name of a path, or those of a group: `a::b`, `{a::{b, c}, d}`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut depth, mut names, mut part) = (0, vec![], String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&std::mem::take(&mut part))),
            _ if depth == 0 => part.push(c),
            _ => {}
        }
    }
    names.push(name(&part));
    names.retain(|name: &String| !name.is_empty());
    names
}

/// Number and text of each line that is no comment, and whether it belongs to a test.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str, bool)> {
    let in_folder = source.place.contains("/tests/") || source.place == "src/report/sample.rs";
    let issued = source.place == "src/judge/certificate/issued.rs";
    let lines = source.text.lines().enumerate();
    lines
        .scan(in_folder || issued, |tested, (at, line)| {
            *tested |= line == "#[cfg(test)]" && source.text.lines().nth(at + 1).is_some_and(|l| l.ends_with('{'));
            Some((at + 1, line, *tested))
        })
        .filter(|(_, line, _)| !line.trim_start().starts_with("//"))
}

/// The word stands in the line, not inside a longer one and not inside a text.
fn says(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let quoted = line[..at].matches('"').count() % 2 == 1;
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + word.len()..].chars().next().is_some_and(part);
        !quoted && !before && !after
    })
}

#[test]
fn paths_are_read_as_the_compiler_reads_them() {
    for (place, text, want) in [
        ("src/plan/a.rs", "use crate::spec::Spec;", "spec"),
        ("src/plan/a.rs", "use crate::{spec::{A, B}, target, Report};", "spec target lib"),
        ("src/plan/a.rs", "use crate::{\n    spec::A,\n    target,\n};", "spec target"),
        ("src/plan/a.rs", "use super::b; use super::super::judge::x;", "judge"),
        ("src/plan/mod.rs", "use super::{judge, gate::Gate};", "judge gate"),
        ("src/plan.rs", "fn f() { super::judge::judge() }", "judge"),
        ("src/plan/a.rs", "// crate::judge\nfn f() { crate::conclude() }", "lib"),
        (
            "src/plan/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use super::*;\n    use super::super::gate;\n}",
            "gate",
        ),
        ("src/plan/a/b.rs", "use super::super::names;", ""),
    ] {
        let source = Source { place: place.into(), text: text.into() };
        let rooms: Vec<String> = named(&source).into_iter().map(|named| named.room).collect();
        assert_eq!(rooms.join(" "), want, "{text}");
    }
    assert!(says("unsafe { }", "unsafe") && !says("unsafe_code", "unsafe") && !says("\"unsafe\"", "unsafe"));
}
