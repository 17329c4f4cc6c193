//! Consoles, APIs that administer and datastores that speak HTTP, recognised by what they say.

use super::page;
use crate::observation::Mark;

/// Where a page or an answer says what it is.
const HEAD: usize = 16_384;

/// How the title of a page begins, in lower case.
const TITLES: [(&str, &str); 27] = [
    ("/debug/pprof/", "Go's pprof"),
    ("adminer", "Adminer"),
    ("apache activemq", "ActiveMQ"),
    ("apache server information", "Apache's server information"),
    ("apache status", "Apache's server status"),
    ("argo cd", "Argo CD"),
    ("consul", "Consul"),
    ("directus", "Directus"),
    ("grafana", "Grafana"),
    ("home page - select or create a notebook", "Jupyter"),
    ("jaeger ui", "Jaeger"),
    ("jupyter", "Jupyter"),
    ("kibana", "Kibana"),
    ("mailpit", "Mailpit"),
    ("mailhog", "MailHog"),
    ("minio console", "MinIO console"),
    ("n8n", "n8n"),
    ("netdata", "Netdata"),
    ("pgadmin", "pgAdmin"),
    ("phpmyadmin", "phpMyAdmin"),
    ("portainer", "Portainer"),
    ("prometheus", "Prometheus"),
    ("rabbitmq management", "RabbitMQ management"),
    ("supabase", "Supabase Studio"),
    ("symfony profiler", "Symfony's profiler"),
    ("traefik", "Traefik dashboard"),
    ("uptime kuma", "Uptime Kuma"),
];

/// The whole of it, where it is a common word.
const WHOLE: [(&str, &str); 1] = [("flower", "Flower")];

/// How it ends.
const ENDS: [(&str, &str); 2] = [("- adminer", "Adminer"), ("- phpinfo()", "phpinfo")];

/// What an answer in JSON has, all of it.
const KEYS: [(&[&str], &str); 12] = [
    (&["\"_links\"", "/actuator/env\""], "Spring Boot Actuator"),
    (&["\"_links\"", "/actuator/heapdump\""], "Spring Boot Actuator"),
    (&["\"_links\"", "/actuator/beans\""], "Spring Boot Actuator"),
    (&["\"activeProfiles\"", "\"propertySources\""], "Spring Boot Actuator"),
    (&["\"cmdline\"", "\"memstats\""], "Go's expvar"),
    (&["\"routers\"", "\"services\"", "@internal\""], "Traefik API"),
    (&["\"ApiVersion\"", "\"MinAPIVersion\""], "Docker API"),
    (&["\"tagline\"", "You Know, for Search"], "Elasticsearch"),
    (&["\"tagline\"", "opensearch.org"], "OpenSearch"),
    (&["\"couchdb\"", "\"Welcome\""], "CouchDB"),
    (&["\"apps\"", "\"http\"", "\"servers\""], "Caddy admin API"),
    (&["\"neo4j_version\"", "\"bolt"], "Neo4j"),
];

pub fn of_page(text: &str) -> Option<Mark> {
    let title = page::title(text)?;
    let begun = TITLES.iter().find(|(begin, _)| title.starts_with(begin));
    let found = begun.or_else(|| ENDS.iter().find(|(end, _)| title.ends_with(end)));
    let found = found.or_else(|| WHOLE.iter().find(|(whole, _)| title == *whole));
    mark(found.map(|(_, name)| *name))
}

pub fn of_json(text: &str) -> Option<Mark> {
    let head: String = text.chars().take(HEAD).collect();
    let fits = |(keys, _): &&(&[&str], &str)| keys.iter().all(|key| head.contains(key));
    mark(KEYS.iter().find(fits).map(|(_, name)| *name))
}

/// What an answer in plain text has, all of it.
const TEXTS: [(&[&str], &str); 4] = [
    (&["# HELP ", "# TYPE "], "Prometheus metrics"),
    (&["Active connections: ", "server accepts handled requests"], "nginx' status"),
    (&["Total Accesses: ", "Scoreboard: "], "Apache's server status"),
    (&["self.__BUILD_MANIFEST"], "a build manifest of Next.js"),
];

/// Each begins a line.
pub fn of_text(text: &str) -> Option<Mark> {
    let begins = |part: &str| text.lines().any(|line| line.trim_start().starts_with(part));
    let fits = |(parts, _): &&(&[&str], &str)| parts.iter().all(|part| begins(part));
    mark(TEXTS.iter().find(fits).map(|(_, name)| *name))
}

fn mark(name: Option<&str>) -> Option<Mark> {
    name.map(|name| Mark::Software { name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_is_known_by_what_it_says() {
        let name = |mark: Option<Mark>| match mark {
            Some(Mark::Software { name }) => name,
            _ => String::new(),
        };
        for (text, want) in [
            ("<!doctype html><html><head><title>Portainer</title>", "Portainer"),
            ("<html><head><title data-x>\n Traefik Proxy</title>", "Traefik dashboard"),
            ("<html><TITLE>pgAdmin 4</TITLE>", "pgAdmin"),
            ("<html><title>Welcome</title><p>Portainer", ""),
            ("<html><title>PHP 8.4.1 - phpinfo()</title>", "phpinfo"),
            ("<html><title>Login - Adminer</title>", "Adminer"),
            ("<html><title>Flower</title>", "Flower"),
            ("<html><title>Flowers for every day</title>", ""),
            ("<html><title", ""),
            ("<html>", ""),
        ] {
            assert_eq!(name(of_page(text)), want, "{text}");
        }
        for (text, want) in [
            (
                r#"{"Platform":{"Name":""},"Version":"28.0","ApiVersion":"1.48","MinAPIVersion":"1.24"}"#,
                "Docker API",
            ),
            (r#"{"name":"a","tagline":"You Know, for Search"}"#, "Elasticsearch"),
            (r#"{"couchdb":"Welcome","version":"3.4"}"#, "CouchDB"),
            (r#"{"apps":{"http":{"servers":{}}}}"#, "Caddy admin API"),
            (r#"{"activeProfiles":[],"propertySources":[]}"#, "Spring Boot Actuator"),
            (r#"{"_links":{"health":{"href":"https://a.example/actuator/health"}}}"#, ""),
            (r#"{"routers":{"api@internal":{"service":"api@internal"}},"services":{}}"#, "Traefik API"),
            (r#"{"status":"ok"}"#, ""),
        ] {
            assert_eq!(name(of_json(text)), want, "{text}");
        }
        for (text, want) in [
            ("# HELP up Is it up\n# TYPE up gauge\nup 1\n", "Prometheus metrics"),
            ("Active connections: 1 \nserver accepts handled requests\n 2 2 2 \n", "nginx' status"),
            ("self.__BUILD_MANIFEST = {};", "a build manifest of Next.js"),
            ("# HELP wanted\n", ""),
        ] {
            assert_eq!(name(of_text(text)), want, "{text}");
        }
    }
}
