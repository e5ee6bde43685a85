//! What a user holds: the lists of grants in the CID in view, at home and in the CIDs that the request names.

mod merged;

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
};

use futures_util::{StreamExt, future::join, stream};

use crate::{
    contract::{types::Mode, warning::Warning},
    error::{Error, FaultKind, ProviderFault},
    hashed::HashSet,
    provider::{Context, Gap, Snapshot},
    request::Entry,
    sorted::Set,
};

use super::{
    cid::Cid,
    config::Config,
    core::{self, Audience},
    documents::{ListedGrant, User},
    find::{self, Found},
    ids::Directories,
    mapping::{self, Assignment},
    view::{self, Told},
};

use self::merged::Merged;

/// Provider-specific data kept from a read for the later steps.
pub struct Detail {
    /// The id that came back: the only one that writes use.
    pub uuid: String,
    pub user: User,
    /// Whose calls know the user.
    pub audience: Audience,
    /// Every grant, each once.
    pub held: Vec<Assignment>,
    /// The user's home CID; `None` if CrowdStrike does not show it.
    pub home: Option<Cid>,
    /// The CID in view, if it is known.
    pub view: Option<Cid>,
    /// What became of the read of the CID in view.
    pub in_view: Place,
    /// Why it cannot be told which CID is in view, and so where to probe.
    pub view_doubt: Option<ViewDoubt>,
    /// Where a role is meant that names no CID: the CID in view, the home CID, and those that the lists of the two name.
    pub own: Vec<Cid>,
    /// What became of the read of each CID that was asked for by its id.
    pub places: BTreeMap<Cid, Place>,
}

/// Why it cannot be told which CID is in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewDoubt {
    /// Its list is empty.
    NoRows,
    /// No row names it.
    Unnamed,
    SeveralCids,
}

/// What became of the read of one CID.
#[derive(Debug, PartialEq)]
pub enum Place {
    Read,
    /// The documented 403: the credentials have no authority there.
    OutOfSight,
    /// Any other no. Nothing is proven there.
    Unclear(String),
    /// It may pass.
    Failed(ProviderFault),
}

/// What one operation keeps between its reads.
#[derive(Default)]
pub struct Memory {
    /// The CID in view. It is the token's own: a user without a role in view no longer shows it.
    view: OnceCell<Cid>,
    /// What others told of it, asked once.
    of_others: RefCell<Option<Result<Told, ProviderFault>>>,
    /// What the last read showed, and the next one can begin with.
    last: RefCell<Last>,
}

/// Whose calls knew the user, and where it is at home.
#[derive(Clone, Default)]
struct Last {
    /// The call that had the record.
    record: Audience,
    lists: Audience,
    home: Option<Cid>,
    was_read: bool,
}

impl Memory {
    /// Whose calls know the user, by the lookup that found it.
    pub fn expect(&self, audience: Audience) {
        let mut last = self.last.borrow_mut();
        (last.record, last.lists) = (audience, audience);
    }

    /// The CID in view by what others hold there, for a user who shows no row of it.
    ///
    /// # Errors
    /// A failed read that may pass.
    pub async fn view_of_others(
        &self,
        config: &Config,
        cx: &Context<'_>,
        detail: &Detail,
    ) -> Result<Told, ProviderFault> {
        if let Some(view) = self.view.get() {
            return Ok(Told::View(view.clone()));
        }
        if let Some(told) = self.of_others.borrow().clone() {
            return told;
        }
        let told = view::of_others(config, cx, &detail.uuid, detail.home.as_ref()).await;
        if let Ok(Told::View(cid)) = &told {
            self.view.get_or_init(|| cid.clone());
        }
        *self.of_others.borrow_mut() = Some(told.clone());
        told
    }
}

/// The CID in view, for people, where its id is not known.
pub const IN_VIEW: &str = "the CID in view";
/// For people, where the user's record shows no home CID.
pub const NO_HOME: &str =
    "CrowdStrike does not show the user's home CID, where the role may be held: name roles[].organization";
/// CIDs that are read at once.
const CONCURRENT_READS: usize = 8;

/// Reads the user and every grant, at once as far as it is known where to look.
///
/// # Errors
/// [`Error::UserNotFound`]; [`Error::Refused`] for a user with another login than was looked up; a list that fails, if every entry
/// needs it.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, uuid: &str) -> Result<(Snapshot, Detail), Error> {
    core::sign_in(config, cx).await?;
    let last = memory.last.borrow().clone();
    let view = memory.view.get().or(config.member_cid.as_ref());
    // The list of the CID in view is read in any case.
    let known: Vec<Cid> = places(cx, last.home.as_ref())
        .into_iter()
        .filter(|cid| view != Some(cid))
        .collect();
    let (found, lists) = join(
        find::user(config, cx, uuid, last.record),
        Lists::read(config, cx, uuid, &known, last.lists),
    )
    .await;
    let found = found?;
    if !last.was_read {
        find::check_login(&cx.request.user, &found.user)?;
    }
    let home = found.user.cid.as_str().and_then(|cid| Cid::parse(cid.trim()).ok());
    let (mut lists, audience) = known_lists(config, cx, &found, &known, (last.lists, uuid), lists).await;
    if let Err(fault) = &lists.in_view
        && !core::is_unknown_user(fault)
        && ends_call(cx, fault)
    {
        return Err(fault.clone().into());
    }
    if let Ok(rows) = &lists.in_view
        && let (None, Some(view)) = (
            memory.view.get(),
            config.member_cid.clone().or_else(|| view::only_cid(rows)),
        )
    {
        memory.view.get_or_init(|| view);
    }
    let view = memory.view.get().filter(|_| lists.in_view.is_ok());
    // A record that shows no home, or another one, does not make the one that it showed before another CID.
    let homes = home.iter().chain(&last.home);
    let open: Vec<Cid> = homes
        .map(Some)
        .chain([None])
        .flat_map(|home| places(cx, home))
        .collect::<Set<Cid>>()
        .into_iter()
        .filter(|cid| view != Some(cid) && !known.contains(cid))
        .collect();
    lists.add(config, cx, &found.uuid, &open, audience).await;
    let token_view = memory.view.get().or(config.member_cid.as_ref());
    let is_of_view = |(cid, list): &&(Cid, List)| Some(cid) == token_view && list.is_ok();
    let by_name = lists.at_places.iter().find(is_of_view).map(|(cid, _)| cid.clone());
    let mut view = view.cloned();
    let (in_view, rows_in_view) = match lists.in_view {
        Ok(rows) => (Place::Read, rows),
        Err(fault) if core::is_unknown_user(&fault) => {
            let is_unknown = |(_, list): &(Cid, List)| list.as_ref().is_err_and(core::is_unknown_user);
            if home.is_some() && lists.at_places.iter().all(is_unknown) {
                return Err(find::not_found(uuid, fault.into_details().answer));
            }
            // The user is known elsewhere, or may be.
            (Place::Unclear(fault.into_details().message), Vec::new())
        }
        // The same list was read by its CID.
        Err(_) if by_name.is_some() => {
            view = by_name;
            (Place::Read, Vec::new())
        }
        Err(fault) => (place_of(fault), Vec::new()),
    };
    *memory.last.borrow_mut() = Last {
        record: found.answered,
        lists: audience,
        home: home.clone().or(last.home),
        was_read: true,
    };
    let found = Found { audience, ..found };
    let is_told = view.is_some() || in_view != Place::Read;
    let view_doubt = match rows_in_view.as_slice() {
        _ if is_told => None,
        [] => Some(ViewDoubt::NoRows),
        rows if rows.iter().any(|row| row.cid.is_some()) => Some(ViewDoubt::SeveralCids),
        // That the home CID has the same rows does not make it the one in view.
        _ => Some(ViewDoubt::Unnamed),
    };
    let (mut reading, mut detail) = assemble(cx, found, home, view, rows_in_view, lists.at_places)?;
    if detail.home.is_none() {
        reading.unreadable.push(Gap::at(NO_HOME));
    }
    if in_view != Place::Read {
        reading.unreadable.push(Gap::at(IN_VIEW));
    }
    detail.in_view = in_view;
    detail.view_doubt = view_doubt;
    if !detail.is_whole() {
        reading.warnings.push(Warning::RolesNotWhole.text());
    }
    Ok((reading, detail))
}

/// The lists by the calls and by the id that turned out to be the user's, and whose calls those are.
async fn known_lists(
    config: &Config,
    cx: &Context<'_>,
    found: &Found,
    places: &[Cid],
    (asked, uuid): (Audience, &str),
    lists: Lists,
) -> (Lists, Audience) {
    let is_external = found.audience == Audience::All;
    let audience = if is_external { Audience::All } else { asked };
    let mut lists = if audience == asked && found.uuid == uuid {
        lists
    } else {
        Lists::read(config, cx, &found.uuid, places, audience).await
    };
    if audience == Audience::Internal && lists.in_view.as_ref().is_err_and(core::is_unknown_user) {
        // The older call may not know a user whom the newer one knows.
        let newer = Lists::read(config, cx, &found.uuid, places, Audience::All).await;
        match newer.in_view {
            Ok(_) => return (newer, Audience::All),
            // It does not know the user either, or this region does not have it.
            Err(fault) if core::is_unknown_user(&fault) || fault.kind == FaultKind::NotFound => {}
            // Whether it knows the user is open. What the older call showed elsewhere is none the worse for it.
            Err(fault) => lists.in_view = Err(fault),
        }
    }
    (lists, audience)
}

/// Names the roles whose rows show no name, as far as the directories of their CIDs do: for people.
pub async fn add_names(
    config: &Config,
    cx: &Context<'_>,
    directories: &Directories,
    reading: &mut Snapshot,
    detail: &mut Detail,
) {
    let is_nameless = |held: &&Assignment| held.role_name.is_none();
    let cids: HashSet<Cid> = detail
        .held
        .iter()
        .filter(is_nameless)
        .map(|held| held.cid.clone())
        .collect();
    for cid in cids {
        let Ok(listed) = directories.of(config, cx, &cid).await else {
            continue;
        };
        for (held, grant) in detail.held.iter_mut().zip(&mut reading.grants) {
            if held.cid == cid && held.role_name.is_none() {
                held.role_name = listed.with_id(&held.role_id).find_map(|role| role.name.clone());
                grant.role_name.clone_from(&held.role_name);
            }
        }
    }
}

type List = Result<Vec<ListedGrant>, ProviderFault>;

/// The lists of grants in the CID in view and in others, each by its CID.
struct Lists {
    in_view: List,
    at_places: Vec<(Cid, List)>,
}

impl Lists {
    async fn read(config: &Config, cx: &Context<'_>, uuid: &str, places: &[Cid], audience: Audience) -> Self {
        let (in_view, at_places) = join(
            core::grants(config, cx, uuid, None, audience),
            Self::at(config, cx, uuid, places, audience),
        )
        .await;
        Self { in_view, at_places }
    }

    /// The lists of further CIDs.
    async fn add(&mut self, config: &Config, cx: &Context<'_>, uuid: &str, places: &[Cid], audience: Audience) {
        self.at_places
            .extend(Self::at(config, cx, uuid, places, audience).await);
    }

    async fn at(config: &Config, cx: &Context<'_>, uuid: &str, places: &[Cid], audience: Audience) -> Vec<(Cid, List)> {
        stream::iter(places)
            .map(|cid| async move {
                let list = core::grants(config, cx, uuid, Some(cid), audience).await;
                (cid.clone(), list)
            })
            .buffered(CONCURRENT_READS)
            .collect()
            .await
    }
}

fn is_unscoped(entry: &Entry) -> bool {
    entry.selector().organizations.is_empty()
}

/// Whether the call ends if the CID in view or the home CID cannot be read: every entry means both. Where that may pass, a verify
/// still says what the other one shows.
fn ends_call(cx: &Context<'_>, fault: &ProviderFault) -> bool {
    let goes_on = cx.request.mode == Mode::Verify && !core::is_no(fault);
    cx.request.reads_everything() || (!goes_on && cx.request.entries.iter().all(is_unscoped))
}

/// The home CID and those that the request names, each once.
fn places(cx: &Context<'_>, home: Option<&Cid>) -> Vec<Cid> {
    let mut seen = HashSet::new();
    let named = cx
        .request
        .entries
        .iter()
        .flat_map(|entry| &entry.selector().organizations);
    home.cloned()
        .into_iter()
        .chain(named.filter_map(|cid| Cid::parse(cid).ok()))
        .filter(|cid| seen.insert(cid.clone()))
        .collect()
}

fn assemble(
    cx: &Context<'_>,
    found: Found,
    home: Option<Cid>,
    view: Option<Cid>,
    in_view: Vec<ListedGrant>,
    lists: Vec<(Cid, List)>,
) -> Result<(Snapshot, Detail), Error> {
    let has_unscoped = cx.request.reads_everything() || cx.request.entries.iter().any(is_unscoped);
    let mut merged = Merged::new(&found.uuid);
    let own: Set<Cid> = view.iter().chain(&home).cloned().collect();
    let own_lists = lists
        .iter()
        .filter(|(cid, _)| own.contains(cid))
        .filter_map(|(_, list)| list.as_ref().ok());
    let named = own_lists.chain([&in_view]).flatten().filter_map(|row| row.cid.as_ref());
    let own: Set<Cid> = named.chain(&own).cloned().collect();
    let mut places = BTreeMap::new();
    let mut unreadable = Vec::new();
    let mut warnings = Vec::new();
    for (cid, list) in lists {
        let place = match list {
            Ok(rows) => {
                merged.add(rows, Some(&cid));
                Place::Read
            }
            // The list of the CID in view is the same one.
            Err(_) if view.as_ref() == Some(&cid) => Place::Read,
            Err(fault) => {
                unreadable.push(Gap::at(cid.to_string()));
                place_of(fault)
            }
        };
        // Every entry that names no CID means the home CID, too, and so does a call that names no entry.
        if has_unscoped && home.as_ref() == Some(&cid) {
            match &place {
                Place::Failed(fault) if ends_call(cx, fault) => return Err(fault.clone().into()),
                Place::OutOfSight => warnings.push(Warning::CidNotVisible.about(&cid)),
                Place::Read | Place::Unclear(_) | Place::Failed(_) => {}
            }
        }
        places.insert(cid, place);
    }
    merged.add_in_view(in_view, view.as_ref(), home.as_ref());
    let Merged { held, unread, raw, .. } = merged;
    let detail = Detail {
        uuid: found.uuid,
        user: found.user,
        audience: found.audience,
        held,
        home,
        view,
        in_view: Place::Read,
        view_doubt: None,
        own: own.into_iter().collect(),
        places,
    };
    let reading = Snapshot {
        grants: detail.held.iter().map(mapping::grant).collect(),
        unread,
        emails: mapping::email(&detail.user)
            .map(str::to_lowercase)
            .into_iter()
            .collect(),
        username: detail.user.uid.as_str().map(str::to_owned),
        other_ids: Vec::new(),
        documents: vec![("user", found.raw), ("roles", format!("[{}]", raw.join(",")))],
        may_be_protected: None,
        is_sparse: false,
        unreadable,
        warnings,
    };
    Ok((reading, detail))
}

fn place_of(fault: ProviderFault) -> Place {
    if core::is_no_authority(&fault) {
        Place::OutOfSight
    } else if core::is_no(&fault) {
        Place::Unclear(fault.into_details().message)
    } else {
        Place::Failed(fault)
    }
}

impl Detail {
    /// Where a role is looked for that names no CID and is not shown: in view, and at home.
    pub fn own_cids(&self) -> Vec<Cid> {
        let home = self.home.iter().filter(|home| self.view.as_ref() != Some(*home));
        self.view.iter().chain(home).cloned().collect()
    }

    /// Whether every list was read. A home CID out of sight is left out, and a warning names it.
    pub fn is_whole(&self) -> bool {
        let is_left_out = |cid: &Cid, place: &Place| *place == Place::OutOfSight && self.home.as_ref() == Some(cid);
        let mut places = self.places.iter();
        self.in_view == Place::Read && places.all(|(cid, place)| *place == Place::Read || is_left_out(cid, place))
    }

    /// The CIDs that an entry without a CID means, as far as they could be read.
    pub fn readable_own_cids(&self) -> Vec<Cid> {
        let is_read = |cid: &&Cid| matches!(self.places.get(*cid), None | Some(Place::Read));
        self.own.iter().filter(is_read).cloned().collect()
    }

    /// Every CID in which a role may be revoked, also where only others tell that it is in view.
    pub fn every_cid(&self, memory: &Memory) -> Vec<Cid> {
        let held = self.held.iter().map(|assignment| &assignment.cid);
        let cids = held.chain(memory.view.get()).cloned();
        let cids: Set<Cid> = cids.chain(self.visible_cids()).collect();
        cids.into_iter().collect()
    }

    /// Every CID of which anything was read.
    pub fn visible_cids(&self) -> Vec<Cid> {
        let mut seen = HashSet::new();
        let held = self.held.iter().map(|assignment| &assignment.cid);
        self.view
            .iter()
            .chain(self.places.keys())
            .chain(held)
            .filter(|cid| matches!(self.places.get(*cid), None | Some(Place::Read)))
            .filter(|cid| seen.insert(*cid))
            .cloned()
            .collect()
    }
}
