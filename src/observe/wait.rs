//! The site is waited for until it answers; nothing of it is recorded.

use std::sync::Arc;
use std::time::Duration;

use tokio::pin;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Net, Run, TICK, Way, begin, known_places, look_up};
use crate::observation::{Ask, Fact, Http, Method, Probe, Stopped};
use crate::plan;
use crate::spec::Spec;

/// Between two visits.
const PACE: Duration = Duration::from_secs(1);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// Until the visit that was answered began: none when it was the first.
    pub time: Duration,
    pub answered: bool,
}

/// Visits the first path every second until one address answers below 400, the time is out, or `stop` turns true.
pub async fn wait(
    spec: &Arc<Spec>,
    way: &Way,
    limit: Duration,
    mut stop: watch::Receiver<bool>,
    waiting: &(dyn Fn(Duration) + Sync),
) -> Waited {
    let begun = Instant::now();
    let answer = async {
        loop {
            let time = begun.elapsed();
            if answers(spec, way).await {
                return if time < PACE { Duration::ZERO } else { time };
            }
            sleep(PACE).await;
        }
    };
    pin!(answer);
    loop {
        tokio::select! {
            biased;
            Ok(_) = stop.wait_for(|stop| *stop) => return Waited { time: begun.elapsed(), answered: false },
            time = &mut answer => return Waited { time, answered: true },
            () = sleep_until(begun + limit) => return Waited { time: begun.elapsed(), answered: false },
            () = sleep(TICK) => waiting(begun.elapsed()),
        }
    }
}

/// Names are looked up anew each time, and doors that were shut are tried again.
async fn answers(spec: &Arc<Spec>, way: &Way) -> bool {
    let net = Arc::new(Net::new(way.clone(), spec));
    let seen = look_up(spec, &net, begin(spec, &net)).await;
    let places = Arc::new(known_places(spec, &seen));
    let run = Arc::new(Run::new(spec.clone(), net, seen.nonce));
    let mut visits = JoinSet::new();
    for at in plan::places(spec, &seen).into_iter().filter(|at| at.origin() == spec.site) {
        let visit = Http { at, method: Method::Get, path: spec.paths[0].clone(), ask: Ask::Visit };
        visits.spawn(run.clone().ask(Probe::Http(visit), places.clone()));
    }
    while let Some(visit) = visits.join_next().await {
        if visit.is_ok_and(|fact| is_good(&fact)) {
            return true;
        }
    }
    false
}

/// Below 400, after the redirects inside the site.
fn is_good(fact: &Fact) -> bool {
    let Fact::Http(o) = fact else { return false };
    let good = |stopped: &Option<Stopped>| matches!(stopped, None | Some(Stopped::OffSite | Stopped::PlainHttp));
    o.outcome.as_ref().is_ok_and(|exchange| exchange.last().response.status < 400 && good(&exchange.stopped))
}
