//! Are the names of what a folder holds listed?

use super::served::{unless_public, verdict};
use crate::finding::Verdict;
use crate::observation::{Ask, Content, Http, Mark, Observation, Seen};
use crate::spec::Spec;

/// The usual folders, those of the paths, and every path that is a folder itself.
pub(super) fn directory_listing_off(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Folder || is_folder(o));
    let verdicts = asked.map(|o| unless_public(spec, verdict(spec, seen, o, recognised), &o.question.path));
    verdicts.collect()
}

fn is_folder(o: &Observation<Http>) -> bool {
    o.question.ask == Ask::Visit && o.question.path.split('?').next().is_some_and(|path| path.ends_with('/'))
}

fn recognised(content: &Content) -> Option<String> {
    content.marks.contains(&Mark::Listing).then(|| "a list of what the folder holds".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};

    #[test]
    fn a_list_is_known_by_its_content() {
        let listed = |status| {
            let mut answer = response(status, &[("Content-Type", "text/html")], "Index of /static/");
            answer.content.marks = vec![Mark::Html, Mark::Listing];
            Ok(exchange(vec![answer]))
        };
        let page = |status, words: &str| Ok(exchange(vec![response(status, &[], words)]));
        for (public, visit, folder, want) in [
            (
                &[][..],
                page(200, "welcome"),
                listed(200),
                (Status::Fail, "is served: a list of what the folder holds"),
            ),
            (&[], page(200, "welcome"), page(403, "no"), (Status::Pass, "is answered with 403")),
            (
                &[],
                page(200, "welcome"),
                page(200, "x"),
                (Status::Pass, "is answered with 200 and another content"),
            ),
            (&[], page(200, "welcome"), Err(timeout()), (Status::Unknown, "no answer in 5 s")),
            (
                &["/static/"],
                page(200, "welcome"),
                listed(200),
                (Status::Pass, "is served: a list of what the folder holds, and exposure.public names /static/"),
            ),
            (&[], page(429, "x"), page(404, "x"), (Status::Unknown, "429: the site limits how often we may ask")),
        ] {
            let mut spec = spec();
            spec.exposure.public = public.iter().map(ToString::to_string).collect();
            let seen = seen([
                (question(Ask::Visit, "/"), visit.clone()),
                (question(Ask::Again, "/"), visit),
                (question(Ask::Folder, "/static/"), folder),
            ]);
            let verdicts = directory_listing_off(&spec, &seen);
            let found = verdicts.iter().find(|v| v.subject.to_string().contains("/static/")).unwrap();
            assert_eq!((found.status, found.message.as_str()), want);
            assert_eq!(verdicts.len(), 2);
        }
    }
}
