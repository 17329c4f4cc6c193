//! Descriptions of an API, and pages that show them.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::page;
use crate::observation::Mark;

/// What a page has, all of it.
const PAGES: [(&[&str], &str); 7] = [
    (&["id=\"swagger-ui\"", "swagger-ui-bundle"], "Swagger UI"),
    (&["id=\"swagger-ui\"", "SwaggerUIBundle"], "Swagger UI"),
    (&["<redoc", "redoc"], "ReDoc"),
    (&["@scalar/api-reference"], "Scalar"),
    (&["GraphiQL.createFetcher"], "GraphiQL"),
    (&["graphiql", "id=\"graphiql\""], "GraphiQL"),
    (&["GraphQLPlayground.init("], "GraphQL Playground"),
];

pub fn of_page(text: &str) -> Option<Mark> {
    let fits = |(parts, _): &&(&[&str], &str)| parts.iter().all(|part| text.contains(part));
    let found = PAGES.iter().find(fits).map(|(_, name)| *name);
    let titled = || page::title(text).filter(|title| title == "graphiql").map(|_| "GraphiQL");
    found.or_else(titled).map(document)
}

#[derive(Deserialize)]
struct Described {
    openapi: Option<String>,
    swagger: Option<String>,
    info: Option<IgnoredAny>,
    paths: Option<IgnoredAny>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "__schema")]
    schema: Option<IgnoredAny>,
}

pub fn of_json(text: &str) -> Option<Mark> {
    if !["\"openapi\"", "\"swagger\"", "\"__schema\""].iter().any(|key| text.contains(key)) {
        return None;
    }
    match serde_json::from_str(text).ok()? {
        Described { openapi: Some(_), info: Some(_), paths: Some(_), .. } => Some(document("an OpenAPI document")),
        Described { swagger: Some(_), info: Some(_), paths: Some(_), .. } => Some(document("a Swagger document")),
        Described { data: Some(Data { schema: Some(_) }), .. } => Some(document("a GraphQL schema")),
        _ => None,
    }
}

fn document(name: &str) -> Mark {
    Mark::ApiDocument { name: name.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_description_is_known_by_its_form() {
        for (text, want) in [
            ("<html><div id=\"swagger-ui\"></div><script src=\"x/swagger-ui-bundle.js\">", Some("Swagger UI")),
            (
                "<html><redoc spec-url=\"/openapi.json\"></redoc><script src=\"redoc.standalone.js\">",
                Some("ReDoc"),
            ),
            ("<html><title>GraphiQL</title>", Some("GraphiQL")),
            ("<html><div id=\"swagger-ui\">", None),
            ("<html><title>About GraphiQL</title>", None),
        ] {
            assert_eq!(of_page(text), want.map(document), "{text}");
        }
        for (text, want) in [
            (r#"{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}"#, Some("an OpenAPI document")),
            (r#"{"swagger":"2.0","info":{},"paths":{"/a":{}}}"#, Some("a Swagger document")),
            (r#"{"data":{"__schema":{"queryType":{"name":"Query"}}}}"#, Some("a GraphQL schema")),
            (r#"{"openapi":"3.1.0"}"#, None),
            (r#"{"openapi":3,"info":{},"paths":{}}"#, None),
            (r#"{"errors":[{"message":"Cannot query \"__schema\""}],"data":null}"#, None),
            (r#"["openapi"]"#, None),
        ] {
            assert_eq!(of_json(text), want.map(document), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in "(\\PC|\\{|\\}|\"openapi\":|\"info\":|\"paths\":|\"data\":|\"__schema\":|null|\"x\"){0,30}") {
            let _ = (of_page(&text), of_json(&text));
        }
    }
}
