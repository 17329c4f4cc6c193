//! What is shown while somebody develops: debug pages, stack traces, development servers.

use super::page;
use crate::observation::Mark;

/// The title of a page, in lower case: the text is in it.
const TITLES: [(&str, &str); 4] = [
    ("// werkzeug debugger", "Werkzeug's debugger"),
    ("starlette debugger", "Starlette's debug page"),
    ("action controller: exception caught", "Rails' debug page"),
    ("whoops! there was an error", "Whoops' debug page"),
];

/// What the text of a page has, all of it. In a page that tells of such pages, `<` and quotes are references.
const TEXTS: [(&[&str], &str); 11] = [
    (&["<code>DEBUG = True</code>", "Django"], "Django's debug page"),
    (&["id=\"djDebug\""], "Django's debug toolbar"),
    (&["window.ignite("], "Laravel's debug page"),
    (&["new PhpDebugBar.DebugBar("], "Laravel's debug bar"),
    (&["class=\"exception-summary", "Symfony Exception"], "Symfony's debug page"),
    (&["<h1>Server Error in '", "<b>Stack Trace:</b>"], "ASP.NET's debug page"),
    (&["src=\"/_next/static/development/"], "Next.js' development server"),
    (&["\"buildId\":\"development\""], "Next.js' development server"),
    (&["\\\"b\\\":\\\"development\\\""], "Next.js' development server"),
    (&["src=\"/@vite/client\""], "Vite's development server"),
    (&["<b>Fatal error</b>:", "</b> on line <b>"], "PHP's errors"),
];

pub fn of_page(text: &str) -> Vec<Mark> {
    let title = page::title(text).unwrap_or_default();
    let titled = TITLES.iter().find(|(part, _)| title.contains(part)).map(|(_, name)| *name);
    let named = titled.or_else(|| named(text));
    let mut marks: Vec<Mark> = named.map(debug).into_iter().collect();
    // finalhandler, in Express: the stack stands in the page with its spaces kept.
    let is_express = title == "error" && text.contains("<br> &nbsp; &nbsp;at ");
    let is_tomcat = title.starts_with("http status 5") && text.contains("\tat ");
    marks.extend(is_express.then(|| trace("JavaScript")));
    marks.extend(is_tomcat.then(|| trace("Java")));
    marks
}

/// What an answer in JSON has, all of it.
const KEYS: [(&[&str], &str); 6] = [
    (&["Traceback (most recent call last):\\n", "\\n  File \\\""], "Python"),
    (&["\"stack\":", "\\n    at "], "JavaScript"),
    (&["\"exception\":", "\"trace\":", "\"line\":", ".php\""], "PHP"),
    (&["\"trace\":", "\\n\\tat "], "Java"),
    (&["\"exceptionDetails\":", "\"stackFrames\":"], ".NET"),
    (&["\"exception\":", "\\n   at ", " in "], ".NET"),
];

pub fn of_json(text: &str) -> Option<Mark> {
    let fits = |(keys, _): &&(&[&str], &str)| keys.iter().all(|key| text.contains(key));
    KEYS.iter().find(fits).map(|(_, language)| trace(language))
}

pub fn of_text(text: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = named(text).map(debug).into_iter().collect();
    marks.extend(traced(text).map(trace));
    // vite/dist/client: what a page of the development server loads.
    let is_vite = text.starts_with("import ") && text.contains("[vite]") && text.contains("createHotContext");
    marks.extend(is_vite.then(|| debug("Vite's development server")));
    marks
}

fn named(text: &str) -> Option<&'static str> {
    let fits = |(parts, _): &&(&[&str], &'static str)| parts.iter().all(|part| text.contains(part));
    // `display_errors` writes warnings before a page that is whole.
    let warns = ["Warning", "Notice", "Deprecated", "Parse error"].iter().any(|kind| {
        let begin = format!("<br />\n<b>{kind}</b>:");
        text.contains(&begin) && text.contains("</b> on line <b>")
    });
    let php = warns.then_some("PHP's errors");
    TEXTS.iter().find(fits).map(|(_, name)| *name).or(php)
}

/// The language whose interpreter or runtime writes its stacks so.
fn traced(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim_end);
    let follows = |first: &dyn Fn(&str) -> bool, second: &str| {
        let mut pairs = text.lines().zip(text.lines().skip(1));
        pairs.any(|(line, next)| first(line.trim_end()) && next.starts_with(second))
    };
    if follows(&|line| line == "Traceback (most recent call last):", "  File \"") {
        Some("Python")
    } else if follows(&|line| line.contains("Error: "), "    at ") {
        Some("JavaScript")
    } else if follows(&|line| line.contains("Exception") || line.contains("Error"), "\tat ") {
        Some("Java")
    } else if follows(&|line| line.contains("Exception"), "   at ") {
        Some(".NET")
    } else if lines.any(|line| line.starts_with("goroutine ") && line.ends_with("[running]:")) {
        Some("Go")
    } else if text.contains("PHP Fatal error:") || text.contains("\nStack trace:\n#0 ") {
        Some("PHP")
    } else {
        None
    }
}

fn debug(name: &str) -> Mark {
    Mark::Debug { name: name.into() }
}

fn trace(language: &str) -> Mark {
    Mark::StackTrace { language: language.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn debug_pages_are_known_by_their_form() {
        for (text, want) in [
            (
                "<!doctype html><title>ValueError: boom\n // Werkzeug Debugger</title>",
                vec![debug("Werkzeug's debugger")],
            ),
            ("<html><title>Starlette Debugger</title>", vec![debug("Starlette's debug page")]),
            (
                "<html><title>Page not found at /x</title><p>because you have <code>DEBUG = True</code> in your Django settings",
                vec![debug("Django's debug page")],
            ),
            (
                "<html><title>Error</title><pre>Error: boom<br> &nbsp; &nbsp;at /srv/app.js:1:51</pre>",
                vec![trace("JavaScript")],
            ),
            (
                "<html><script src=\"/_next/static/development/_buildManifest.js\">",
                vec![debug("Next.js' development server")],
            ),
            (
                "<html><script>self.__next_f.push([1,\"0:{\\\"P\\\":null,\\\"b\\\":\\\"development\\\"\"])",
                vec![debug("Next.js' development server")],
            ),
            ("<html><script type=module src=\"/@vite/client\">", vec![debug("Vite's development server")]),
            ("<html><title>HTTP Status 500</title><pre>java.lang.X\n\tat a.b(C.java:1)", vec![trace("Java")]),
            (
                "<html><br />\n<b>Fatal error</b>:  x in <b>/srv/a.php</b> on line <b>3</b>",
                vec![debug("PHP's errors")],
            ),
            ("<html><title>About the Werkzeug debugger</title>", vec![]),
            ("<html><pre>Traceback (most recent call last):\n  File \"a.py\"</pre>", vec![]),
            ("<html><code>&lt;script src=\"&#47;@vite/client\"</code> DEBUG = True in Django", vec![]),
            ("<html><title>Error</title><p>An error occurred at noon", vec![]),
        ] {
            assert_eq!(of_page(text), want, "{text}");
        }
    }

    #[test]
    fn stacks_are_known_by_their_frames() {
        for (text, want) in [
            ("Traceback (most recent call last):\n  File \"/srv/a.py\", line 1, in f\n", Some("Python")),
            ("Error\nTraceback (most recent call last):\r\n  File \"/srv/a.py\"\n", Some("Python")),
            ("TypeError: x is undefined\n    at f (/srv/a.js:1:2)\n", Some("JavaScript")),
            ("java.lang.NullPointerException\n\tat a.b(C.java:1)\n", Some("Java")),
            ("System.Exception: x\n   at A.B() in C.cs:line 1\n", Some(".NET")),
            ("panic: x\n\ngoroutine 17 [running]:\nmain.f()\n", Some("Go")),
            ("PHP Fatal error:  Uncaught x in /srv/a.php:3\nStack trace:\n#0 {main}", Some("PHP")),
            ("Traceback (most recent call last):\n", None),
            ("Internal Server Error", None),
            ("Error: we are at lunch\nback at two", None),
        ] {
            assert_eq!(of_text(text), want.map(trace).into_iter().collect::<Vec<_>>(), "{text}");
        }
        for (text, want) in [
            (r#"{"detail":"Traceback (most recent call last):\n  File \"/srv/a.py\", line 1"}"#, Some("Python")),
            (r#"{"message":"x","stack":"Error: x\n    at f (/srv/a.js:1:2)"}"#, Some("JavaScript")),
            (r#"{"message":"x","exception":"E","file":"/srv/a.php","line":3,"trace":[]}"#, Some("PHP")),
            (r#"{"status":500,"trace":"java.lang.X\n\tat a.b(C.java:1)"}"#, Some("Java")),
            (r#"{"detail":"Not Found"}"#, None),
            (r#"{"stack":["a","b"],"trace":"01-ab"}"#, None),
        ] {
            assert_eq!(of_json(text), want.map(trace), "{text}");
        }
        let client =
            "import \"/@vite/env\";\nconsole.debug(\"[vite] connecting...\");\nfunction createHotContext() {}";
        assert_eq!(of_text(client), [debug("Vite's development server")]);
        let warning = "<br />\n<b>Warning</b>:  x in <b>/srv/a.php</b> on line <b>3</b><br />\n<!doctype html>";
        assert_eq!(of_text(warning), [debug("PHP's errors")]);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in "(\\PC|\n|<title>|Error: |Traceback \\(most recent call last\\):\n|  File \"|    at |\tat |<br />|on line){0,40}") {
            let _ = (of_page(&text), of_text(&text), of_json(&text));
        }
    }
}
