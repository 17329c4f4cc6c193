//! Pages and the scripts that they load from their own origin, read as streams and searched for secrets. Nothing that
//! was read is kept.

mod scripts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hyper::body::Bytes;
use tokio::time::{timeout, timeout_at};
use url::Url;

use super::content::is_challenge;
use super::dialogue::{Dialogue, MOST_HOPS, Over, location, target};
use super::http::{Coming, Raw};
use super::jar::Jar;
use super::record::coding;
use super::secrets::{Finder, Found, Values};
use crate::observation::{
    End, Extent, Left, Method, Part, ProbeError, ReadThrough, Search, Searched, Secret, Stopped,
};
use crate::plan::{self, Follow};
use crate::target::Endpoint;

use scripts::scripts;

/// A content may take so many times as long as an answer has.
const PATIENCE: u32 = 4;

/// Reads every page of the question, then what they load.
pub async fn search(dialogue: &Dialogue<'_>, values: &Values, question: &Search) -> Searched {
    let reader = Reader { dialogue, values, room: AtomicU64::new(Search::MOST_BYTES) };
    let page = |path: &String| Errand {
        path: path.clone(),
        part: Part::Page,
        at: question.at.clone(),
        target: path.clone(),
    };
    let mut searched = Searched::default();
    let pages = reader.all(question.paths.iter().map(page).collect()).await;
    let errands = errands(&pages);
    let most = errands.len().min(Search::MOST_SCRIPTS);
    let beyond = errands[most..].iter().map(|errand| errand.path.clone()).collect::<Vec<_>>();
    let read = reader.all(errands[..most].to_vec()).await;
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for reading in pages.into_iter().chain(read) {
        match reading {
            Ok(Reading { read, found, .. }) => {
                searched.secrets.extend(found.into_iter().map(|found| secret(&read, found)));
                searched.read.push(read);
            }
            Err(path) => *left.entry(path).or_default() += 1,
        }
    }
    beyond.into_iter().for_each(|path| *left.entry(path).or_default() += 1);
    searched.left = left.into_iter().map(|(path, scripts)| Left { path, scripts }).collect();
    searched
}

/// What is to be read.
#[derive(Clone)]
struct Errand {
    path: String,
    part: Part,
    at: Endpoint,
    target: String,
}

struct Reading {
    read: ReadThrough,
    found: Vec<Found>,
    /// The place of a page, and what it loads.
    loads: Option<(Endpoint, Vec<Url>)>,
}

/// The path of an errand that was left, since the bytes of the search had run out before.
type Unread = String;

/// The scripts of all pages, each for the first page that loads it.
fn errands(pages: &[Result<Reading, Unread>]) -> Vec<Errand> {
    let mut met = BTreeSet::new();
    let mut all = vec![];
    for page in pages {
        let Ok(Reading { read, loads: Some((at, urls)), .. }) = page else { continue };
        for url in urls.iter().filter(|url| met.insert((*url).clone())) {
            let (path, at, target) = (read.path.clone(), at.clone(), target(url));
            all.push(Errand { path, part: Part::Script, at, target });
        }
    }
    all
}

fn secret(read: &ReadThrough, found: Found) -> Secret {
    let Found { kind, at, length, variable } = found;
    Secret { path: read.path.clone(), url: read.url.clone(), kind, at, length, variable }
}

struct Reader<'a> {
    dialogue: &'a Dialogue<'a>,
    values: &'a Values,
    /// Bytes that may still be read.
    room: AtomicU64,
}

impl Reader<'_> {
    /// Six at a time, as browsers have it for one host.
    async fn all(&self, errands: Vec<Errand>) -> Vec<Result<Reading, Unread>> {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let work = || self.work(&errands, &next, &done);
        tokio::join!(work(), work(), work(), work(), work(), work());
        done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }

    async fn work(
        &self,
        errands: &[Errand],
        next: &AtomicUsize,
        done: &Mutex<BTreeMap<usize, Result<Reading, Unread>>>,
    ) {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(errand) = errands.get(index) else { return };
            let reading = if self.room.load(Ordering::Relaxed) > 0 || errand.part == Part::Page {
                Ok(self.read(errand).await)
            } else {
                Err(errand.path.clone())
            };
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(index, reading);
        }
    }

    /// Follows the redirects of a page inside the site, those of a script inside its origin.
    async fn read(&self, errand: &Errand) -> Reading {
        let Dialogue { net, spec, recorder, .. } = self.dialogue;
        let (mut at, mut to) = (errand.at.clone(), errand.target.clone());
        let mut met = BTreeSet::from([(at.origin(), to.clone())]);
        let mut jar = Jar::default();
        let mut hops = 0;
        loop {
            let through = |at: &Endpoint, to: &str, outcome: Result<Extent, ProbeError>| ReadThrough {
                path: errand.path.clone(),
                part: errand.part,
                url: recorder.url(&at.url(to)),
                outcome,
            };
            let mut request = plan::hop(spec, &at, Method::Get, to.clone());
            request.fields.extend(jar.field(&at, &to));
            let place = net.place(at.ip).await;
            let (coming, place) = match self.dialogue.begin(&at, &request, Over::Http1, &Bytes::new(), place).await
            {
                (_, Ok(begun)) => begun,
                (_, Err(error)) => {
                    return Reading { read: through(&at, &to, Err(error)), found: vec![], loads: None };
                }
            };
            jar.keep(&at, &to, &coming.raw, super::now());
            let step = location(&request, &coming.raw).map(|next| (self.step(errand, &at, &next), next));
            let stopped = match step {
                None => None,
                Some((Err(stopped), _)) => Some(stopped),
                Some((Ok(step), next)) => {
                    let led = target(&next);
                    let is_new = met.insert((step.origin(), led.clone())) || jar.is_new();
                    match (is_new, hops < MOST_HOPS) {
                        (true, true) => {
                            (at, to, hops) = (step, led, hops + 1);
                            continue;
                        }
                        (false, _) => Some(Stopped::Loop),
                        (true, false) => Some(Stopped::TooMany),
                    }
                }
            };
            let status = coming.raw.status;
            let is_page = errand.part == Part::Page && stopped.is_none() && is_markup(&coming.raw);
            let Content { bytes, end, coded, found, markup, challenge } = self.content(coming, is_page).await;
            drop(place);
            let extent = Extent { status, bytes, end, coded, challenge, stopped };
            let url = Url::parse(&at.url(&to)).ok().filter(|_| is_page);
            let loads = url.map(|url| scripts(&markup, &url));
            let read = through(&at, &to, Ok(extent));
            return Reading { read, found, loads: loads.map(|urls| (at, urls)) };
        }
    }

    fn step(&self, errand: &Errand, at: &Endpoint, next: &Url) -> Result<Endpoint, Stopped> {
        let step = self.dialogue.step(Follow::Site, next, at.ip)?;
        match errand.part {
            Part::Script if step.origin() != at.origin() => Err(Stopped::OffSite),
            _ => Ok(step),
        }
    }

    async fn content(&self, mut coming: Coming, is_page: bool) -> Content {
        let net = self.dialogue.net;
        let limit = net.limits().exchange();
        let until = (coming.until + limit * (PATIENCE - 1)).min(net.ends());
        let coded = coding(&coming.raw);
        let mut finder = Finder::new(self.values);
        let (mut bytes, mut markup) = (0, vec![]);
        let end = loop {
            if coded.is_some() {
                break End::Whole;
            }
            let part = match timeout_at(until, timeout(limit, coming.next())).await {
                Ok(Ok(Some(Ok(part)))) => part,
                Ok(Ok(Some(Err(_)))) => break End::Broken,
                Ok(Ok(None)) => break End::Whole,
                Ok(Err(_)) | Err(_) => break End::Late,
            };
            let taken = &part[..self.take(part.len())];
            bytes += taken.len() as u64;
            finder.read(taken);
            if is_page {
                let room = (Search::MARKUP_BYTES as usize).saturating_sub(markup.len());
                markup.extend_from_slice(&taken[..taken.len().min(room)]);
            }
            if taken.len() < part.len() {
                break End::Bound;
            }
        };
        let markup = String::from_utf8_lossy(&markup).into_owned();
        let challenge = is_challenged(&coming.raw) || is_challenge(&markup);
        Content { bytes, end, coded, found: finder.finish(), markup, challenge }
    }

    /// So many of the bytes that are left.
    fn take(&self, wanted: usize) -> usize {
        let less = |room: u64| Some(room.saturating_sub(wanted as u64));
        let (Ok(room) | Err(room)) = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        wanted.min(usize::try_from(room).unwrap_or(usize::MAX))
    }
}

struct Content {
    bytes: u64,
    end: End,
    coded: Option<String>,
    found: Vec<Found>,
    /// The begin of a page.
    markup: String,
    challenge: bool,
}

/// HTML, or a content of which nobody says what it is.
fn is_markup(raw: &Raw) -> bool {
    let media = raw.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    media.is_none_or(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase().contains("html"))
}

fn is_challenged(raw: &Raw) -> bool {
    let is = |(name, value): &(String, Vec<u8>)| {
        name.eq_ignore_ascii_case("cf-mitigated") && value.eq_ignore_ascii_case(b"challenge")
    };
    raw.fields.iter().any(is)
}
