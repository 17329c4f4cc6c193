//! What a secret is for, as its name and its URL tell.

use crate::observation::OwnVariable;

/// A secret that the deployment chooses itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It signs or encrypts.
    Signing,
    Fernet,
    Datastore,
    /// Of an account that is there from the beginning.
    Account,
}

impl Role {
    pub fn of(variable: &OwnVariable) -> Option<Self> {
        let name = variable.name.to_ascii_uppercase();
        let is = |names: &[&str]| names.contains(&name.as_str());
        let is_account = ["ADMIN_PASSWORD", "SUPERUSER_PASSWORD", "PGADMIN_DEFAULT_PASSWORD"];
        if name.ends_with("FERNET_KEY") {
            Some(Self::Fernet)
        } else if is_account.iter().any(|ending| name.ends_with(ending)) || is_seed(&name) {
            Some(Self::Account)
        } else if scheme(variable).is_some_and(|scheme| store(scheme).is_some()) || is(DATASTORES) {
            Some(Self::Datastore)
        } else if is(SIGNING) || FRAMEWORKS.iter().any(|prefix| name.strip_prefix(prefix) == Some("SECRET_KEY")) {
            Some(Self::Signing)
        } else {
            None
        }
    }

    pub fn least(self) -> usize {
        match self {
            // RFC 7518 §3.2: a key of HS256 has 256 bits at least.
            Self::Signing | Self::Fernet => 32,
            Self::Datastore => 16,
            Self::Account => 12,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Signing => "a signing or encryption key",
            Self::Fernet => "a key of Fernet",
            Self::Datastore => "the password of a datastore",
            Self::Account => "the password of a seed account",
        }
    }
}

/// What a secret opens: two names of one thing may have one value. `None`: that cannot be told.
pub fn purpose(variable: &OwnVariable) -> Option<String> {
    let name = variable.name.to_ascii_uppercase();
    if let Some(scheme) = scheme(variable) {
        return store(scheme).map(String::from);
    }
    let words: Vec<&str> = crate::spec::words(&name).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let opened = OPENED.iter().find(|(_, list)| has(list)).map(|(what, _)| *what);
    // A test signs in with an account that has a name of its own as well.
    let is_test = has(&["SMOKE", "E2E", "TEST"]);
    match (is_test, opened) {
        (true, _) => None,
        (false, Some(what)) => Some(what.into()),
        // Auth.js v5 renamed it.
        (false, None) => Some(name.replace("NEXTAUTH_", "AUTH_")),
    }
}

fn scheme(variable: &OwnVariable) -> Option<&str> {
    variable.value.as_ref()?.scheme.as_deref()
}

fn store(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "postgresql" | "postgres" | "pgsql" | "mysql" | "mysql2" | "mariadb" | "cockroachdb" => "sql",
        "redis" | "rediss" | "valkey" => "redis",
        "mongodb" => "mongo",
        "amqp" | "amqps" => "amqp",
        "clickhouse" => "clickhouse",
        _ => return None,
    })
}

fn is_seed(name: &str) -> bool {
    name.ends_with("PASSWORD") && crate::spec::words(name).any(|word| word == "SEED")
}

/// Words in names, and what they open.
const OPENED: &[(&str, &[&str])] = &[
    ("sql", &["POSTGRES", "POSTGRESQL", "PG", "PGPASSWORD", "MYSQL", "MARIADB", "DB", "DATABASE", "SQL"]),
    ("redis", &["REDIS", "VALKEY"]),
    ("mongo", &["MONGO", "MONGODB"]),
    ("amqp", &["RABBITMQ", "AMQP"]),
    ("clickhouse", &["CLICKHOUSE"]),
    ("mail", &["SMTP", "MAIL", "EMAIL", "MAILER"]),
    ("object store", &["S3", "AWS", "MINIO", "R2", "SPACES"]),
    ("github", &["GITHUB", "GH"]),
];

const DATASTORES: &[&str] = &[
    "POSTGRES_PASSWORD",
    "POSTGRESQL_PASSWORD",
    "PGPASSWORD",
    "DB_PASSWORD",
    "DATABASE_PASSWORD",
    "REDIS_PASSWORD",
    "VALKEY_PASSWORD",
    "MYSQL_PASSWORD",
    "MYSQL_ROOT_PASSWORD",
    "MARIADB_PASSWORD",
    "MARIADB_ROOT_PASSWORD",
    "MONGO_PASSWORD",
    "MONGO_INITDB_ROOT_PASSWORD",
    "RABBITMQ_PASSWORD",
    "ELASTIC_PASSWORD",
    "CLICKHOUSE_PASSWORD",
    "MINIO_ROOT_PASSWORD",
];

/// Names alone tell little: `LINKEDIN_CLIENT_SECRET` has the length that its vendor gave it. These are drawn by the
/// deployment.
const SIGNING: &[&str] = &[
    "SECRET",
    "SECRET_KEY",
    "APP_SECRET",
    "APP_KEY",
    "APP_SECRET_KEY",
    "JWT_SECRET",
    "JWT_SECRET_KEY",
    "JWT_KEY",
    "JWT_SIGNING_KEY",
    "SESSION_SECRET",
    "SESSION_SECRET_KEY",
    "SESSION_KEY",
    "COOKIE_SECRET",
    "COOKIE_KEY",
    "CSRF_SECRET",
    "CSRF_SECRET_KEY",
    "AUTH_SECRET",
    "NEXTAUTH_SECRET",
    "BETTER_AUTH_SECRET",
    "SIGNING_KEY",
    "SIGNING_SECRET",
    "ENCRYPTION_KEY",
    "TOKEN_SECRET",
    "ACCESS_TOKEN_SECRET",
    "REFRESH_TOKEN_SECRET",
    "IRON_SESSION_PASSWORD",
];

const FRAMEWORKS: &[&str] = &["DJANGO_", "FLASK_", "FASTAPI_", "STARLETTE_"];

#[cfg(test)]
mod tests {
    use super::super::tests::secret;
    use super::*;

    #[test]
    fn a_name_tells_what_a_secret_is_for() {
        for (name, scheme, role, opens) in [
            ("APP_SECRET", None, Some(Role::Signing), Some("APP_SECRET")),
            ("DJANGO_SECRET_KEY", None, Some(Role::Signing), Some("DJANGO_SECRET_KEY")),
            ("AIRFLOW__CORE__FERNET_KEY", None, Some(Role::Fernet), Some("AIRFLOW__CORE__FERNET_KEY")),
            ("NEXTAUTH_SECRET", None, Some(Role::Signing), Some("AUTH_SECRET")),
            ("POSTGRES_PASSWORD", None, Some(Role::Datastore), Some("sql")),
            ("DATABASE_URL", Some("postgresql"), Some(Role::Datastore), Some("sql")),
            ("CELERY_BROKER_URL", Some("redis"), Some(Role::Datastore), Some("redis")),
            ("EMAIL_URL", Some("smtp"), None, None),
            ("SEED_ADMIN_PASSWORD", None, Some(Role::Account), Some("SEED_ADMIN_PASSWORD")),
            ("DJANGO_SUPERUSER_PASSWORD", None, Some(Role::Account), Some("DJANGO_SUPERUSER_PASSWORD")),
            ("SMOKE_PASSWORD", None, None, None),
            ("SMTP_PASSWORD", None, None, Some("mail")),
            ("LINKEDIN_CLIENT_SECRET", None, None, Some("LINKEDIN_CLIENT_SECRET")),
            ("STRIPE_SECRET_KEY", None, None, Some("STRIPE_SECRET_KEY")),
        ] {
            let mut variable = secret(1, name, 40);
            if let Some(value) = &mut variable.value {
                value.scheme = scheme.map(String::from);
            }
            assert_eq!((Role::of(&variable), purpose(&variable).as_deref()), (role, opens), "{name}");
        }
    }
}
