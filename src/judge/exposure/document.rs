//! Is the API described to everybody?

use super::served::{unless_public, verdict};
use crate::finding::Verdict;
use crate::observation::{Ask, Content, Http, Mark, Seen};
use crate::spec::Spec;

pub(super) fn api_document_hidden(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Document);
    let verdicts = asked.map(|o| unless_public(spec, verdict(spec, seen, o, recognised), &o.question.path));
    verdicts.collect()
}

fn recognised(content: &Content) -> Option<String> {
    content.marks.iter().find_map(|mark| match mark {
        Mark::ApiDocument { name } => Some(name.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::{spec, timeout};

    #[test]
    fn a_description_is_hidden_or_meant_to_be_seen() {
        let described = |status| {
            let mut answer = response(status, &[("Content-Type", "text/html")], "the whole API");
            answer.content.marks = vec![Mark::Html, Mark::ApiDocument { name: "Swagger UI".into() }];
            Ok(exchange(vec![answer]))
        };
        let page = |status| Ok(exchange(vec![response(status, &[], "welcome")]));
        for (public, path, answer, want) in [
            (&[][..], "/docs", described(200), (Status::Fail, "is served: Swagger UI")),
            (
                &["/docs"],
                "/docs",
                described(200),
                (Status::Pass, "is served: Swagger UI, and exposure.public names /docs"),
            ),
            (
                &["/api/"],
                "/api/docs",
                described(200),
                (Status::Pass, "is served: Swagger UI, and exposure.public names /api/"),
            ),
            (
                &["/graphql"],
                "/graphql?query=x",
                described(200),
                (Status::Pass, "is served: Swagger UI, and exposure.public names /graphql"),
            ),
            (&["/doc"], "/docs", described(200), (Status::Fail, "is served: Swagger UI")),
            (&[], "/docs", described(401), (Status::Pass, "is answered with 401")),
            (&[], "/docs", page(404), (Status::Pass, "is answered with 404")),
            (&[], "/docs", Err(timeout()), (Status::Unknown, "no answer in 5 s")),
        ] {
            let mut spec = spec();
            spec.exposure.public = public.iter().map(ToString::to_string).collect();
            let seen = seen([
                (question(Ask::Visit, "/"), page(200)),
                (question(Ask::Again, "/"), page(200)),
                (question(Ask::Document, path), answer),
            ]);
            let verdicts = api_document_hidden(&spec, &seen);
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.message.as_str()), want, "{path} {public:?}");
        }
    }
}
