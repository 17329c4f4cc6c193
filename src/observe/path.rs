//! SYNs with a limited TTL: which hops they cross. Each socket is given up before the kernel sends its SYN again, and
//! a connection that comes about is closed at once.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::dial::{Failure, dial_within};
use super::net::Net;
use crate::observation::{
    Crossing, Crossings, ErrorKind, Passage, ProbeError, Reply, Route, Seek, Stage, Step, Steps,
};
use crate::target::{Family, Host};

/// Asked in one batch each, until the target answers.
const BATCHES: [RangeInclusive<u8>; 4] = [1..=8, 9..=16, 17..=24, 25..=32];

/// Linux routers answer one asker about six times at once, then once a second (net.ipv4.icmp_ratelimit).
const PACE: Duration = Duration::from_secs(1);

/// A port is behind a filter when it was silent so often while the open one answered.
const ROUNDS: usize = 3;

/// However many ports there are and however slow a router is.
const MOST_ROUNDS: usize = 24;

/// # Errors
/// This machine cannot ask, or the address is led elsewhere.
pub async fn route(net: &Net, host: Option<&Host>, question: &Route) -> (u8, Result<Steps, ProbeError>) {
    if let Err(error) = has_path(net, host, &[question.to]) {
        return (0, Err(error));
    }
    let _turn = net.turn().await;
    let mut asker = Asker { net, sent: 0 };
    let steps = asker.steps(question.to).await;
    let on_link = net.is_on_link(question.to.ip());
    (asker.sent, steps.map(|steps| Steps { steps, on_link }))
}

/// # Errors
/// This machine cannot ask, or a port is led elsewhere.
pub async fn passage(net: &Net, host: Option<&Host>, question: &Passage) -> (u8, Result<Crossings, ProbeError>) {
    let all: Vec<SocketAddr> = question.ports.iter().map(|port| (question.to, *port).into()).collect();
    if let Err(error) = has_path(net, host, &all) {
        return (0, Err(error));
    }
    let _turn = net.turn().await;
    let mut asker = Asker { net, sent: 0 };
    let ports = asker.crossings(question).await;
    (asker.sent, Ok(Crossings { ports }))
}

fn has_path(net: &Net, host: Option<&Host>, all: &[SocketAddr]) -> Result<(), ProbeError> {
    let no = |detail: String| Err(ProbeError::new(Stage::Connect, ErrorKind::Local, detail));
    if !cfg!(target_os = "linux") {
        return no("paths are seen from Linux alone".into());
    }
    match all.iter().find(|at| net.is_led_elsewhere(host, **at)) {
        Some(at) => no(format!("connections to {at} are led elsewhere, so they have no path of their own")),
        None => Ok(()),
    }
}

struct Asker<'a> {
    net: &'a Net,
    sent: u8,
}

impl Asker<'_> {
    async fn steps(&mut self, to: SocketAddr) -> Result<Vec<Step>, ProbeError> {
        let mut steps: Vec<Step> = vec![];
        for batch in BATCHES {
            let first = steps.len();
            let asked: Vec<(SocketAddr, u8)> = batch.map(|ttl| (to, ttl)).collect();
            let replies = self.replies(&asked).await?;
            steps.extend(asked.iter().zip(replies).map(|((_, ttl), reply)| Step { ttl: *ttl, reply }));
            let end = target(&steps[first..], to).map_or(steps.len(), |at| first + at);
            // A lost packet is no silent router.
            let silent: Vec<usize> = (first..end).filter(|at| steps[*at].reply == Reply::Silent).collect();
            let again: Vec<(SocketAddr, u8)> = silent.iter().map(|at| (to, steps[*at].ttl)).collect();
            for (at, reply) in silent.into_iter().zip(self.replies(&again).await?) {
                steps[at].reply = reply;
            }
            if target(&steps[first..], to).is_some() {
                let last = steps.iter().position(|step| step.reply == Reply::Open);
                steps.truncate(last.map_or(steps.len(), |last| last + 1));
                break;
            }
        }
        Ok(steps)
    }

    /// All at once: most routers answer all. Whatever stays silent is asked at the pace of those that do not.
    async fn crossings(&mut self, question: &Passage) -> Vec<Crossing> {
        let crossing = |port: &u16| Crossing { port: *port, replies: vec![], beside: vec![], last: None };
        let mut crossings: Vec<Crossing> = question.ports.iter().map(crossing).collect();
        self.ask(question, &mut crossings).await;
        match question.seek {
            Seek::Refusal => {
                for _ in 1..ROUNDS {
                    self.ask(question, &mut crossings).await;
                }
            }
            Seek::Arrival if crossings.iter().any(is_silent) => self.insist(question, &mut crossings).await,
            Seek::Arrival => {}
        }
        crossings
    }

    /// Asks for all silent ports; whether all of them were asked and stay silent.
    async fn ask(&mut self, question: &Passage, crossings: &mut [Crossing]) -> bool {
        let mut silent: Vec<&mut Crossing> = crossings.iter_mut().filter(|crossing| is_silent(crossing)).collect();
        let asked: Vec<(SocketAddr, u8)> =
            silent.iter().map(|crossing| ((question.to, crossing.port).into(), question.ttl)).collect();
        let replies = self.each(&asked).await;
        for (crossing, reply) in silent.iter_mut().zip(replies) {
            crossing.replies.push(reply.unwrap_or(Reply::Unsent));
        }
        silent.iter().all(|crossing| crossing.replies.last() == Some(&Reply::Silent))
    }

    /// A router that answers once a second answers the first SYN that comes so far. So when none of the silent ports
    /// is answered, and the open one right after them is, then none of them came so far.
    async fn insist(&mut self, question: &Passage, crossings: &mut [Crossing]) {
        let pace = self.net.pace(Family::of(question.to)).await;
        let (mut lost, mut limited, mut asked) = (0, 0, Instant::now());
        for _ in 0..MOST_ROUNDS {
            sleep_until(asked + PACE).await;
            asked = Instant::now();
            if self.ask(question, crossings).await {
                let open = [((question.to, question.beside).into(), question.ttl)];
                let reply = self.each(&open).await.pop().and_then(Result::ok).unwrap_or(Reply::Unsent);
                crossings.iter_mut().filter(|crossing| is_silent(crossing)).for_each(|c| c.beside.push(reply));
                match reply {
                    Reply::Expired { .. } => lost += 1,
                    _ => limited += 1,
                }
            }
            if lost == ROUNDS || limited == ROUNDS || !crossings.iter().any(is_silent) {
                break;
            }
        }
        drop(pace);
        if lost == ROUNDS {
            self.walk_down(question, crossings).await;
        }
    }

    /// Which hop is the last that a silent port's SYNs reach.
    async fn walk_down(&mut self, question: &Passage, crossings: &mut [Crossing]) {
        for _ in 0..2 {
            sleep(PACE).await;
            let mut lost: Vec<&mut Crossing> =
                crossings.iter_mut().filter(|crossing| is_silent(crossing) && crossing.last.is_none()).collect();
            let hops = |crossing: &&mut Crossing| {
                let at = (question.to, crossing.port).into();
                (1..question.ttl).map(move |ttl| (at, ttl))
            };
            let asked: Vec<(SocketAddr, u8)> = lost.iter().flat_map(hops).collect();
            for ((at, ttl), reply) in asked.iter().zip(self.each(&asked).await) {
                let crossing = lost.iter_mut().find(|crossing| crossing.port == at.port());
                if let (Some(crossing), Ok(reply @ Reply::Expired { .. })) = (crossing, reply) {
                    crossing.last = Some(Step { ttl: *ttl, reply });
                }
            }
        }
    }

    async fn replies(&mut self, asked: &[(SocketAddr, u8)]) -> Result<Vec<Reply>, ProbeError> {
        self.each(asked).await.into_iter().collect()
    }

    /// One SYN each, all at once; the replies in order.
    async fn each(&mut self, asked: &[(SocketAddr, u8)]) -> Vec<Result<Reply, ProbeError>> {
        let mut tasks = JoinSet::new();
        for (index, (to, ttl)) in asked.iter().copied().enumerate() {
            self.sent = self.sent.saturating_add(1);
            let wait = wait(self.net, to);
            tasks.spawn(async move {
                // Dropping the stream closes the connection.
                (index, timeout(wait, dial_within(to, ttl)).await.map(|dialled| dialled.map(drop)))
            });
        }
        let mut replies = vec![Ok(Reply::Silent); asked.len()];
        for (index, met) in tasks.join_all().await {
            replies[index] = match met {
                Err(_) => Ok(Reply::Silent),
                Ok(dialled) => self.reply(asked[index].0, dialled),
            };
        }
        replies
    }

    fn reply(&self, to: SocketAddr, dialled: Result<(), Failure>) -> Result<Reply, ProbeError> {
        Ok(match dialled {
            Ok(()) | Err(Failure::Reset) => Reply::Open,
            Err(Failure::Refused) => Reply::Refused,
            Err(Failure::Rejected { offender }) => Reply::Rejected { by: offender },
            Err(Failure::Unreachable { offender, .. }) => Reply::Unreachable { by: offender },
            Err(Failure::Expired { offender }) => {
                Reply::Expired { by: offender, own: self.net.is_this_machine(offender) }
            }
            Err(failure @ Failure::Local { .. }) => return Err(self.net.error(to, &failure)),
        })
    }
}

fn is_silent(crossing: &Crossing) -> bool {
    matches!(crossing.replies.last(), None | Some(Reply::Silent | Reply::Unsent))
}

/// Where the target itself answers.
fn target(steps: &[Step], to: SocketAddr) -> Option<usize> {
    steps.iter().position(|step| step.is_at(to.ip()))
}

/// Below a second, at which the kernel would send the SYN again.
fn wait(net: &Net, to: SocketAddr) -> Duration {
    let most = Duration::from_millis(900);
    net.round_trip(to.ip()).map_or(most, |round_trip| (round_trip * 3).clamp(Duration::from_millis(250), most))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;
    use crate::observe::{Door, Way};
    use crate::spec::Spec;

    fn net(doors: Vec<Door>) -> Net {
        Net::new(Way { doors, ..Way::default() }, &Spec::of("app.example.com".parse().unwrap()))
    }

    #[tokio::test]
    async fn a_neighbour_answers_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let (sent, steps) = route(&net(vec![]), None, &Route { to }).await;
        let want = Steps { steps: vec![Step { ttl: 1, reply: Reply::Open }], on_link: true };
        assert_eq!((sent, steps), (8, Ok(want)));
    }

    #[tokio::test]
    async fn a_port_is_asked_until_something_tells() {
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let shut = TcpSocket::new_v4().unwrap();
        shut.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let shut = shut.local_addr().unwrap();
        let to = Ipv4Addr::LOCALHOST.into();
        for seek in [Seek::Arrival, Seek::Refusal] {
            let question = Passage { to, beside: open.port(), ttl: 3, seek, ports: vec![shut.port()] };
            let (sent, crossings) = passage(&net(vec![]), None, &question).await;
            let replies = crossings.unwrap().ports.remove(0).replies;
            assert_eq!((sent, replies), (1, vec![Reply::Refused]));
        }
    }

    #[tokio::test]
    async fn what_is_led_elsewhere_has_no_path() {
        let to: SocketAddr = "203.0.113.7:443".parse().unwrap();
        let net = net(vec![Door { host: None, port: Some(443), to: "127.0.0.1:1".parse().unwrap() }]);
        let (sent, steps) = route(&net, None, &Route { to }).await;
        assert_eq!((sent, steps.unwrap_err().kind), (0, ErrorKind::Local));
        let question = Passage { to: to.ip(), beside: 443, ttl: 3, seek: Seek::Arrival, ports: vec![443] };
        let (sent, crossings) = passage(&net, None, &question).await;
        assert_eq!((sent, crossings.unwrap_err().kind), (0, ErrorKind::Local));
    }
}
