//! Ctrl-C and its kin: the first asks to stop, the second quits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Exit;

/// Whether and how the run was asked to stop.
#[derive(Clone)]
pub struct Stop {
    asked: Arc<AtomicU8>,
    pub watch: watch::Receiver<bool>,
}

impl Stop {
    /// Listens from now on. Must be called inside the runtime.
    pub fn listen() -> Self {
        let (sender, watch) = watch::channel(false);
        let asked = Arc::new(AtomicU8::new(0));
        let stop = Self { asked: asked.clone(), watch };
        tokio::spawn(async move {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                // Without a listener the signal ends the process as it always does; the channel must stay open.
                return std::future::pending().await;
            };
            loop {
                let exit = tokio::select! {
                    _ = interrupt.recv() => Exit::Interrupted,
                    _ = terminate.recv() => Exit::Terminated,
                };
                if asked.swap(exit.code(), Ordering::SeqCst) != 0 {
                    std::process::exit(exit.code().into());
                }
                eprintln!("\rstopping; writing what is known (again to quit at once)");
                let _ = sender.send(true);
            }
        });
        stop
    }

    pub fn exit(&self) -> Option<Exit> {
        match self.asked.load(Ordering::SeqCst) {
            0 => None,
            code if code == Exit::Terminated.code() => Some(Exit::Terminated),
            _ => Some(Exit::Interrupted),
        }
    }
}
