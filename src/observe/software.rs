//! Consoles, APIs that administer and datastores that speak HTTP, recognised by what they say.

use crate::observation::Mark;

/// Where a page or an answer says what it is.
const HEAD: usize = 16_384;

/// How the title of a page begins, in lower case.
const TITLES: [(&str, &str); 24] = [
    ("adminer", "Adminer"),
    ("apache activemq", "ActiveMQ"),
    ("argo cd", "Argo CD"),
    ("consul", "Consul"),
    ("directus", "Directus"),
    ("flower", "Flower"),
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
    ("traefik", "Traefik dashboard"),
    ("uptime kuma", "Uptime Kuma"),
];

/// What an answer in JSON has, all of it.
const KEYS: [(&[&str], &str); 6] = [
    (&["\"ApiVersion\"", "\"MinAPIVersion\""], "Docker API"),
    (&["\"tagline\"", "You Know, for Search"], "Elasticsearch"),
    (&["\"tagline\"", "opensearch.org"], "OpenSearch"),
    (&["\"couchdb\"", "\"Welcome\""], "CouchDB"),
    (&["\"apps\"", "\"http\"", "\"servers\""], "Caddy admin API"),
    (&["\"neo4j_version\"", "\"bolt"], "Neo4j"),
];

pub fn of_page(text: &str) -> Option<Mark> {
    let head: String = text.chars().take(HEAD).collect::<String>().to_lowercase();
    let title = head.split_once("<title")?.1.split_once('>')?.1.split('<').next()?.trim();
    mark(TITLES.iter().find(|(begin, _)| title.starts_with(begin)).map(|(_, name)| *name))
}

pub fn of_json(text: &str) -> Option<Mark> {
    let head: String = text.chars().take(HEAD).collect();
    let fits = |(keys, _): &&(&[&str], &str)| keys.iter().all(|key| head.contains(key));
    mark(KEYS.iter().find(fits).map(|(_, name)| *name))
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
            (r#"{"status":"ok"}"#, ""),
        ] {
            assert_eq!(name(of_json(text)), want, "{text}");
        }
    }
}
