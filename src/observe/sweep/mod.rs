//! Many ports of one address at once, in a thread of its own: thousands of sockets would starve everyone else.

#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
mod pace;
#[cfg(target_os = "linux")]
mod ports;
#[cfg(target_os = "linux")]
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::net::Net;
use super::port;
use crate::observation::{ErrorKind, ProbeError, Stage, Sweep, Swept};
use crate::target::Host;

/// Asks every port, those that are silent again and again, and says what is known of each.
///
/// # Errors
/// This machine cannot ask.
pub async fn sweep(net: &Arc<Net>, host: Option<&Host>, question: &Sweep) -> (u8, Result<Swept, ProbeError>) {
    let window = window(question.ports.len());
    let Ok(sockets) = net.sockets(window).await else { return (0, Err(local("has no socket to spare"))) };
    let window = sockets.num_permits();
    let (answer, answered) = oneshot::channel();
    let halt = Halt(Arc::new(AtomicBool::new(false)));
    let (net, host, asked, halted) = (net.clone(), host.cloned(), question.clone(), halt.0.clone());
    let thread = std::thread::Builder::new().name("sweep".into()).spawn(move || {
        // Whoever asked may be gone by now.
        let _ = answer.send(run(&net, host.as_ref(), &asked, window, &halted));
    });
    if let Err(error) = thread {
        return (0, Err(local(&format!("starts no thread: {error}"))));
    }
    match answered.await {
        Ok(Ok(swept)) => (swept.rounds, Ok(swept)),
        Ok(Err(error)) => (0, Err(error)),
        Err(_) => (0, Err(local("lost the thread that swept; please report it"))),
    }
}

/// Sockets that are open at a time: a short sweep keeps all of its own to the end.
fn window(ports: usize) -> usize {
    /// More fill the tables of routers on the way and the memory of this machine's kernel.
    const MOST: usize = 8_192;
    (ports * usize::from(SHORT_ROUNDS + 1) + ports / 2 + 16).min(MOST)
}

/// Up to so many ports, each gets as many fresh sockets as a port that is named.
const SHORT: usize = 512;
const SHORT_ROUNDS: u8 = port::SOCKETS;

/// Ends the thread when nobody waits for it any more.
struct Halt(Arc<AtomicBool>);

impl Drop for Halt {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn local(what: &str) -> ProbeError {
    ProbeError::new(Stage::Connect, ErrorKind::Local, format!("this machine {what}"))
}

#[cfg(target_os = "linux")]
use engine::run;

#[cfg(not(target_os = "linux"))]
fn run(_: &Net, _: Option<&Host>, _: &Sweep, _: usize, _: &AtomicBool) -> Result<Swept, ProbeError> {
    Err(local("is no Linux: ports are swept there alone"))
}

#[cfg(test)]
mod tests;
