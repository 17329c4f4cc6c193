//! The program as a user runs it.

use std::fs;
use std::io::{BufRead, Read};
use std::process::{Command, Stdio};

use golive::demo::FAULTS;
use golive::gate::Outcome;
use golive::judge::pages;
use golive::report::{Format, Report};
use serde_json::Value;

use super::place::Folder;
use super::run::sound;

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn golive(args: &[&str]) -> Said {
    ran(program().args(args))
}

/// The same with variables in its environment.
pub fn golive_knowing(variables: &[(&str, &str)], args: &[&str]) -> Said {
    ran(program().envs(variables.iter().copied()).args(args))
}

fn ran(program: &mut Command) -> Said {
    let output = program.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// In a folder without a golive.toml, and without what the environment says about colours and proxies.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_golive"));
    program.current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"]
    {
        program.env_remove(name);
    }
    program
}

/// The sound demo's recording as a file, for what needs no second run.
fn recording(folder: &Folder) -> String {
    folder.write("golive.json", &Format::Json.render(sound(), pages()))
}

/// A recording from which an answer is missing.
fn cut(folder: &Folder) -> String {
    let mut value = serde_json::to_value(sound()).unwrap();
    value["observations"]["sessions"] = Value::Array(vec![]);
    folder.write("cut.json", &value.to_string())
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = Folder::new();
    let (whole, cut) = (recording(&folder), cut(&folder));
    for (args, code, last) in [
        (&["demo"][..], 0, "GO"),
        (&["demo", "--fault", "redis-open"], 1, "NO-GO"),
        (&["demo", "--fault", "redis-open", "--fail-on", "never"], 0, "NO-GO"),
        (&["judge", &whole], 0, "GO"),
        (&["judge", &whole, "--strict"], 1, "NO-GO"),
        (&["judge", &cut], 3, "UNPROVEN"),
        (&["judge", &cut, "--fail-on", "unproven"], 3, "UNPROVEN"),
        (&["judge", &cut, "--fail-on", "no-go"], 0, "UNPROVEN"),
        (&["judge", &cut, "--fail-on", "never"], 0, "UNPROVEN"),
        // A name of ours at a private address is not dialled: nothing is sent, and nothing is proven.
        (&["scan", "app.example.com", "--resolve", "app.example.com:443:127.0.0.1"], 3, "UNPROVEN"),
        (&["scan", "127.0.0.1"], 3, "UNPROVEN"),
    ] {
        let said = golive(args);
        let line = said.stdout.trim_end().lines().last().unwrap_or_default();
        assert!(said.code == code && line.starts_with(last), "{args:?}: {said:?}");
    }
}

#[test]
fn golive_alone_says_what_to_do() {
    let said = golive(&[]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    for words in ["golive demo", "golive scan app.example.com", "exit codes:"] {
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
    let said = golive(&["app.example.com"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("did you mean 'golive scan app.example.com'?"), "{}", said.stderr);
}

#[test]
fn help_tells_examples_and_exit_codes() {
    let said = golive(&["--help"]);
    assert!(said.code == 0 && said.stderr.is_empty() && said.stdout.contains("exit codes:"), "{said:?}");
    for command in ["scan", "plan", "judge", "listen", "explain", "env", "demo"] {
        let said = golive(&[command, "--help"]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{command}");
        for words in ["examples:", &format!("golive {command}"), "exit codes:"] {
            assert!(said.stdout.contains(words), "{command} --help lacks {words:?}");
        }
    }
    let said = golive(&["--version"]);
    assert_eq!((said.code, said.stdout), (0, format!("golive {}\n", env!("CARGO_PKG_VERSION"))));
}

/// What is wrong is said before anything is sent, each with the remedy, and nothing on stdout.
#[test]
fn what_is_wrong_on_the_command_line_is_said() {
    for (args, words) in [
        (&["scna", "x"][..], "scna"),
        (&["scan", "app.example.com", "--jsn", "x"], "--json"),
        (&["scan", "app.example.com", "--only", "certificates"], "certificate"),
        (&["scan", "app.example.com", "--skip", "hsts-hold"], "hsts-holds"),
        (&["scan", "app.example.com:0"], "port"),
        (&["scan", "app.example.com:70000"], "port"),
        (&["scan", "https://app.example.com/login"], "path"),
        (&["scan", "http://app.example.com"], "https"),
        (&["scan", "app..example.com"], "app..example.com"),
        (&["scan", ""], "SITE"),
        (&["scan"], "site"),
        (&["scan", "app.example.com", "--resolve", "app.example.com:0:127.0.0.1"], "1 to 65535"),
        (&["scan", "app.example.com", "--connect-to", "app.example.com:443"], "HOST:PORT:ADDR:PORT"),
        (&["scan", "app.example.com", "-m", "60"], "60s"),
        (&["scan", "app.example.com", "-m", "2h"], "--max-time"),
        (&["scan", "app.example.com", "--control", "example.com"], "--control"),
        (&["scan", "app.example.com", "--wait", "120"], "120s"),
        (&["scan", "app.example.com", "--retry", "6"], "0..=5"),
        (&["plan", "app.example.com", "--retry", "1"], "--retry"),
        (&["scan", "app.example.com", "-4", "-6"], "cannot be used with"),
        (&["scan", "app.example.com", "--label", "x"], "NAME=VALUE"),
        (&["scan", "app.example.com", "-A", "a\nb"], "printable"),
        (&["scan", "app.example.com", "--fail-on", "sometimes"], "unproven"),
        (&["scan", "app.example.com", "--cacert", "no-such.pem"], "no-such.pem"),
        (&["scan", "app.example.com", "--config", "no-such.toml"], "no-such.toml"),
        (&["listen", "70000"], "no range of ports"),
        (&["listen", "9100-9000"], "no range of ports"),
        (&["listen", "--address", "example.com"], "--address"),
        (&["listen", "--config", "no-such.toml"], "no-such.toml"),
        // An address of documentation is none of this machine's.
        (&["listen", "9000", "--address", "203.0.113.7"], "no port could be opened"),
        (&["env"], "FILE"),
        (&["env", "no-such.env"], "no-such.env"),
        (&["scan", "app.example.com", "--env", "no-such.env"], "no-such.env"),
        (&["scan", "app.example.com", "--candidates", "no-such.env"], "no-such.env"),
        (&["scan", "app.example.com", "--only", "env"], "--env FILE"),
        (&["demo", "--fault", "redis-opne"], "redis-open"),
        (&["explain", "hsts-hold"], "hsts-holds"),
        (&["judge", "no-such.json"], "no-such.json"),
    ] {
        let said = golive(args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}: {said:?}");
        assert!(said.stderr.contains(words), "{args:?} lacks {words:?}: {}", said.stderr);
        assert!(!said.stderr.contains('\u{1b}'), "{args:?}: {}", said.stderr);
    }
}

#[test]
fn credentials_in_a_url_are_not_said_again() {
    for url in [
        "https://admin:hunter2@app.example.com",
        "https://hunter2@app.example.com/",
        "admin:hunter2@app.example.com",
        "https://admin:hunter2@app.example.com/login?x=1",
    ] {
        for args in [
            &["scan", url][..],
            &[url],
            &["plan", url],
            &["scan", "app.example.com", url],
            &["scan", "app.example.com", "--resolve", url],
            &["scan", "app.example.com", "--dns-servers", url],
        ] {
            let said = golive(args);
            assert_eq!(said.code, 2, "{args:?}: {said:?}");
            assert!(!said.stderr.contains("hunter2") && !said.stdout.contains("hunter2"), "{args:?}: {said:?}");
        }
    }
}

#[test]
fn everything_wrong_with_a_file_is_said_at_once() {
    let folder = Folder::new();
    let file = folder.write(
        "golive.toml",
        "site = \"https://app.example.com/x\"\nprots = 1\n[limits]\ntotal = 60\n[ports]\nhttp = 70000\n\
         [gate]\npromote = [\"no-such-check\"]\n[[waive]]\ncheck = \"hsts-hold\"\nsubject = \"*\"\nowner = \"a\"\n\
         reason = \"b\"\nuntil = 2030-01-01\n[certificate]\nroots = \"no-such.pem\"\n",
    );
    let said = golive(&["scan", "--config", &file, "--only", "nothing"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    for words in
        ["path", "prots", "ports", "60s", "70000", "no-such-check", "hsts-holds", "no-such.pem", "nothing"]
    {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }
    for line in ["1", "2", "4", "6", "8", "10", "16"] {
        assert!(said.stderr.contains(&format!(":{line}:")), "line {line}: {}", said.stderr);
    }
    assert!(said.stderr.contains("nothing was sent"), "{}", said.stderr);
}

#[test]
fn a_place_that_cannot_be_written_is_found_first() {
    let folder = Folder::new();
    let file = folder.write("file", "");
    let here = folder.path().to_str().unwrap();
    for args in [
        &["demo", "--json", &format!("{file}/x.json")][..],
        &["demo", "--json", here],
        &["demo", "--junit", "/proc/golive/x.xml"],
        &["demo", "-o", &file],
        &["demo", "--json", "-", "--junit", "-"],
        &["scan", "app.example.com", "--resolve", "app.example.com:443:127.0.0.1", "-o", &file],
    ] {
        let said = golive(args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}: {said:?}");
        assert!(said.stderr.contains("error: "), "{args:?}: {}", said.stderr);
    }
    assert_eq!(folder.names(), ["file"], "something was left");

    let twice = golive(&["demo", "--json", &format!("{file}/x.json"), "--junit", here]);
    assert_eq!(twice.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{}", twice.stderr);
}

#[test]
fn a_folder_of_reports_is_whole() {
    let folder = Folder::new();
    let dir = folder.path().join("new/reports");
    let said =
        golive(&["demo", "--fault", "redis-open", "-o", dir.to_str().unwrap(), "--label", "release=v1", "-q"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(said.stdout.lines().count(), 1, "{}", said.stdout);
    let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["TEST-golive.xml", "golive.json"]);
    let report = Report::from_json(&folder.read("new/reports/golive.json")).unwrap();
    assert_eq!(report.labels.get("release").map(String::as_str), Some("v1"));
    assert!(report.findings.iter().any(|f| f.check == "datastore-port-closed"));
    let junit = folder.read("new/reports/TEST-golive.xml");
    assert!(junit.starts_with("<?xml") && junit.trim_end().ends_with("</testsuites>"));
}

#[test]
fn a_report_on_stdout_replaces_the_screen() {
    let folder = Folder::new();
    let file = recording(&folder);
    let said = golive(&["judge", &file, "--json", "-"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert_eq!(Report::from_json(&said.stdout).unwrap().findings, sound().findings);
    let said = golive(&["judge", &file, "--junit", "-"]);
    assert!(said.code == 0 && said.stdout.starts_with("<?xml"), "{said:?}");
}

#[test]
fn quiet_is_a_line_and_then_nothing() {
    let folder = Folder::new();
    let file = recording(&folder);
    let loud = golive(&["judge", &file]);
    let passes = golive(&["judge", &file, "-v"]);
    let exchanges = golive(&["judge", &file, "-vv"]);
    let quiet = golive(&["judge", &file, "-q"]);
    assert_eq!((quiet.code, quiet.stdout.lines().count()), (0, 1));
    assert!(quiet.stdout.starts_with("GO"));
    assert!(loud.stdout.len() < passes.stdout.len() && passes.stdout.len() < exchanges.stdout.len());
    let silent = golive(&["judge", &cut(&folder), "-qq"]);
    assert_eq!((silent.code, silent.stdout.as_str(), silent.stderr.as_str()), (3, "", ""));
}

#[test]
fn a_pipe_gets_no_colour_unless_asked() {
    let folder = Folder::new();
    let file = recording(&folder);
    let escapes = |program: &mut Command| ran(program).stdout.contains('\u{1b}');
    for (args, name, want) in [
        (&[][..], "", false),
        (&["--color", "auto"], "", false),
        (&["--color", "never"], "", false),
        (&["--color", "always"], "", true),
        (&["--color", "never"], "CLICOLOR_FORCE", false),
        (&[], "NO_COLOR", false),
    ] {
        let mut program = program();
        if !name.is_empty() {
            program.env(name, "1");
        }
        assert_eq!(escapes(program.args(["judge", &file]).args(args)), want, "{args:?} {name}");
    }
}

/// Whoever reads the screen may go away: the verdict stands, the files are written, nothing is complained of.
#[test]
fn a_closed_pipe_changes_nothing() {
    let folder = Folder::new();
    let (whole, cut) = (recording(&folder), cut(&folder));
    for (file, code) in [(&whole, 0), (&cut, 3)] {
        let again = folder.path().join("again.json");
        let mut child = program()
            .args(["judge", file, "-vv", "--json", again.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut complaints = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!((child.wait().unwrap().code(), complaints.as_str()), (Some(code), ""));
        assert!(Report::from_json(&folder.read("again.json")).is_ok());
    }
}

#[test]
fn every_check_is_explained_and_listed() {
    let list = golive(&["explain"]);
    assert_eq!(list.code, 0);
    for page in pages() {
        assert!(list.stdout.contains(page.id), "{}", page.id);
    }
    let page = pages().iter().find(|page| page.id == "hsts-holds").unwrap();
    let said = golive(&["explain", "hsts-holds"]);
    assert_eq!(said.code, 0);
    for words in
        [page.title.as_str(), "## How to fix", &page.fix()[1..], &page.references[0], "headers.hsts_max_age"]
    {
        assert!(said.stdout.contains(words), "{words}");
    }
}

#[test]
fn the_demo_lists_its_faults() {
    let said = golive(&["demo", "--list"]);
    assert_eq!((said.code, said.stdout.lines().count()), (0, FAULTS.len()));
    for (line, fault) in said.stdout.lines().zip(FAULTS) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[..2], [fault.name, fault.check]);
        assert!(line.ends_with(fault.says));
    }
}

/// Nothing but names is asked, and every request can be read.
#[test]
fn a_plan_is_told_without_a_packet() {
    let said = golive(&["plan", "app.example.com", "--resolve", "app.example.com:443:203.0.113.7", "-v"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    for words in
        ["203.0.113.7", "ports knocked", "2 handshakes,", "requests", "follow-ups", "curl ", "openssl s_client"]
    {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }
    let said = golive(&["plan", "app.example.com", "--resolve", "app.example.com:443:127.0.0.1"]);
    assert!(said.stdout.contains("no address of the site may be asked"), "{}", said.stdout);
}

/// A site that takes connections and says nothing: whenever it ends, there is a report, and what was not seen is said.
#[test]
fn a_run_that_is_stopped_leaves_its_reports() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("::{}", silent.local_addr().unwrap());
    let folder = Folder::new();
    let dir = folder.path().join("out");
    let args =
        ["scan", "app.example.com", "--resolve", "app.example.com:443:203.0.113.7", "--connect-to", &to, "-o"];
    // Every port is a door to the silent one, so no open port is believed.
    for (signal, limit, code) in [("INT", "30s", 130), ("TERM", "30s", 143), ("", "2s", 3)] {
        let child = program()
            .args(args)
            .arg(&dir)
            .args(["-m", limit])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if !signal.is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(700));
            let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
            assert!(kill.success());
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{signal} {output:?}");
        let report = Report::from_json(&folder.read("out/golive.json")).unwrap();
        assert!(report.interrupted && report.gate.result != Outcome::Go, "{signal}");
        assert!(report.findings.iter().any(|f| f.message.starts_with("not asked before")), "{signal}");
        assert!(folder.read("out/TEST-golive.xml").trim_end().ends_with("</testsuites>"));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2, "{signal}: something is left");
        fs::remove_dir_all(&dir).unwrap();
    }
}

/// The control of a scan: what it takes, what it cannot, what to run on the other side, and an end without complaint.
#[test]
fn a_control_listens_until_it_is_stopped() {
    let used = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let [used_port, free_port] = [&used, &free].map(|listener| listener.local_addr().unwrap().port());
    drop(free);
    for signal in ["INT", "TERM"] {
        let mut child = program()
            .args(["listen", "--address", "127.0.0.1", &used_port.to_string(), &free_port.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        assert_eq!(line(), format!("listening at 127.0.0.1 on port {free_port}"));
        assert_eq!(line(), "on the host that scans: golive scan SITE --control 127.0.0.1");
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", free_port)).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
        let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{signal}: {said}");
        assert_eq!(said, format!("note: port {used_port} not opened at 127.0.0.1: in use\n"));
    }
}

/// A machine that allows few open files: the pace is lower, and the verdict the same.
#[test]
fn few_open_files_change_the_pace_alone() {
    for (fault, code, last) in [(None, 0, "GO  "), (Some("redis-open"), 1, "NO-GO  1 of ")] {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_golive"), "demo"]);
        shell.args(fault.iter().flat_map(|fault| ["--fault", fault])).stdin(Stdio::null());
        let said = ran(&mut shell);
        let line = said.stdout.lines().last().unwrap_or_default();
        assert!(said.code == code && line.starts_with(last), "{said:?}");
        assert!(said.stderr.starts_with("note: this machine allows 64 open files: "), "{}", said.stderr);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    }
}

/// Nobody is there: that is waited for, said, and the scan tells why.
#[test]
fn a_site_that_never_comes_is_scanned_all_the_same() {
    let folder = Folder::new();
    let shut = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("::{}", shut.local_addr().unwrap());
    drop(shut);
    let at = ["scan", "app.example.com", "--resolve", "app.example.com:443:203.0.113.7", "--connect-to", &to];
    let json = folder.path().join("golive.json");
    let said = ran(program().args(at).args(["--wait", "1s", "--retry", "1", "--json"]).arg(&json));
    assert_eq!(said.code, 1, "{said:?}");
    let note = "note: https://app.example.com/ did not answer below 400 within 1 s; the scan goes on\n";
    assert_eq!(said.stderr, note);
    assert!(
        said.stdout.lines().any(|line| line.starts_with("  from  ") && line.contains("  waited ")),
        "{said:?}"
    );
    let report = Report::from_json(&folder.read("golive.json")).unwrap();
    assert!(report.waited_ms >= 1_000 && !report.interrupted);
    let again = golive(&["judge", json.to_str().unwrap()]);
    assert!(again.stdout.contains("  waited "), "{again:?}");

    let child = program().args(at).args(["--wait", "600s"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).trim_end().ends_with("interrupted"), "{output:?}");
}
