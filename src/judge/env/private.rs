//! Does nobody else read the files, and does no container hold the host?

use super::each;
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{FileFacts, FileForm, OwnService, Seen};
use crate::spec::Spec;

pub fn private(_: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(seen, "no file was read", |file, facts| match file.form {
        FileForm::Env => {
            let (status, message) = standing(facts);
            vec![Verdict::new(Subject::Name(file.name.clone()), status, message)]
        }
        FileForm::Compose => containers(&file.name, facts),
    })
}

fn standing(facts: &FileFacts) -> Word {
    match (facts.readable_by_others, facts.tracked) {
        (Some(true), Some(true)) => fail("every user of this machine may read it, and git tracks it"),
        (Some(true), _) => fail("every user of this machine may read it"),
        (_, Some(true)) => fail("git tracks it"),
        (Some(false), Some(false)) => pass("its owner and group alone may read it, and git does not track it"),
        (Some(false), None) => {
            unknown("its owner and group alone may read it; whether git tracks it cannot be told")
        }
        (None, _) => unknown("who may read it cannot be told"),
    }
}

fn containers(file: &str, facts: &FileFacts) -> Vec<Verdict> {
    let said = |service: &OwnService, line: u32, what: &str| {
        let subject = Subject::Entry { file: file.into(), name: service.name.clone() };
        Verdict::new(subject, Status::Fail, format!("line {line} {what}"))
    };
    let held = facts.services.iter().flat_map(|service| {
        let privileged = service.privileged.map(|line| said(service, line, "gives the container the whole host"));
        let socket = service.docker_socket.filter(|_| !has_reason(service));
        let socket = socket
            .map(|line| said(service, line, "mounts Docker's socket, which gives the container the whole host"));
        privileged.into_iter().chain(socket)
    });
    let mut all: Vec<Verdict> = held.collect();
    if all.is_empty() {
        let subject = Subject::Name(file.into());
        all.push(Verdict::new(subject, Status::Pass, "no container holds the host"));
    }
    all
}

/// Programs that work by asking Docker.
fn has_reason(service: &OwnService) -> bool {
    let names = [Some(&service.name), service.image.as_ref()];
    let names = names.into_iter().flatten().map(|name| name.to_ascii_lowercase());
    names.into_iter().any(|name| NEED_DOCKER.iter().any(|program| name.contains(program)))
}

const NEED_DOCKER: [&str; 13] = [
    "traefik",
    "socket-proxy",
    "nginx-proxy",
    "docker-gen",
    "caddy-docker-proxy",
    "watchtower",
    "portainer",
    "autoheal",
    "dozzle",
    "ofelia",
    "diun",
    "cadvisor",
    "promtail",
];
