//! The meaning of a role that no reading shows: only an acknowledged revoke proves that it is not held.

use std::rc::Rc;

use crate::{
    contract::{reason::Reason, types::Mode, warning::Warning},
    error::{Error, ProviderFault},
    naming::same,
    provider::{Absence, Context, Directory, Grant, GrantKind, Held, KnownAs, KnownRole},
    request::Selector,
    sorted::Set,
};

use super::{
    cid::Cid,
    config::Config,
    ids::{self, Directories, Listed},
    mapping::{self, Assignment},
    read::{Detail, Memory, NO_HOME, Place, ViewDoubt},
    view::Told,
};

/// What the reads of one operation share.
pub struct Reads<'a> {
    pub config: &'a Config,
    pub cx: &'a Context<'a>,
    pub directories: &'a Directories,
    pub memory: &'a Memory,
}

impl Reads<'_> {
    /// The directories of these CIDs together.
    async fn listed(&self, cids: &[Cid]) -> Result<Rc<Listed>, ProviderFault> {
        self.directories.of_all(self.config, self.cx, cids).await
    }

    /// The CIDs that may have the role: a custom role exists in one only, and is refused elsewhere. If no directory has it, the
    /// refusals of all CIDs are the proof.
    async fn where_listed(&self, id: &str, cids: &[Cid]) -> Vec<Cid> {
        let mut listed = Vec::with_capacity(cids.len());
        for cid in cids {
            let directory = self.directories.of(self.config, self.cx, cid).await;
            let is_ruled_out = directory.is_ok_and(|listed| listed.is_whole() && !listed.has(id));
            if !is_ruled_out {
                listed.push(cid.clone());
            }
        }
        if listed.is_empty() { cids.to_vec() } else { listed }
    }
}

/// For one organization at most.
///
/// # Errors
/// A read that the selector needs failed, and may pass.
pub async fn of(reads: &Reads<'_>, selector: &Selector, detail: &Detail) -> Result<Absence, Error> {
    let &Reads { config, cx, .. } = reads;
    let is_open = named_cids(selector).is_empty()
        && matches!(detail.view_doubt, Some(ViewDoubt::NoRows | ViewDoubt::Unnamed))
        && why_open(detail).is_none();
    // Nothing is probed in a verify, and without any grant it proves nothing, unless there is no such role.
    if is_open && cx.request.mode == Mode::Verify && detail.held.is_empty() {
        let absence = at_known_places(reads, selector, detail, None).await?;
        if !matches!(absence, Absence::NotFound(_)) {
            return Ok(absence);
        }
    }
    let mut view = None;
    if is_open {
        view = match reads.memory.view_of_others(config, cx, detail).await? {
            Told::View(cid) => Some(cid),
            // Where nobody shows a role, the home CID is the one in view: an API client's own CID has somebody who administers it.
            Told::Nobody if detail.held.is_empty() => None,
            Told::Nobody | Told::Unclear => {
                return Ok(not_visible(unknown_view(
                    "no row that is shown there names it, of this user or of others",
                )));
            }
        };
    }
    at_known_places(reads, selector, detail, view).await
}

/// The same with the CID in view, if others had to tell it.
async fn at_known_places(
    reads: &Reads<'_>,
    selector: &Selector,
    detail: &Detail,
    view: Option<Cid>,
) -> Result<Absence, Error> {
    let is_verify = reads.cx.request.mode == Mode::Verify;
    let places = match places(selector, detail, view) {
        Ok(places) => places,
        Err(Hidden::Unclear(message)) => return Ok(not_visible(message)),
        Err(Hidden::Failed(fault)) => return Err(fault.into()),
    };
    if is_verify && let Some(cid) = places.hidden.first() {
        return Ok(not_visible(out_of_sight(cid)));
    }
    match (&selector.id, &selector.name) {
        (Some(id), name) => of_id(reads, id, name.as_deref(), &places, detail).await,
        (None, name) => {
            let name = name.as_deref().unwrap_or_default();
            let known = reads.listed(&places.visible).await?;
            Ok(match role_called(name, &known, &places.hidden) {
                Ok(role) => {
                    let cids = reads.where_listed(&role.id, &places.visible).await;
                    Absence::Probe(probes(&role.id, role.name.as_deref(), cids))
                }
                Err(absence) => absence,
            })
        }
    }
}

/// The CIDs that a selector means.
struct Places {
    visible: Vec<Cid>,
    /// The home CID, if the credentials have no authority there.
    hidden: Vec<Cid>,
}

/// Why nothing can be proven at the places that a selector means.
enum Hidden {
    Unclear(String),
    Failed(ProviderFault),
}

/// The CIDs that a selector names.
pub fn named_cids(selector: &Selector) -> Vec<Cid> {
    let named = selector.organizations.iter();
    named.filter_map(|cid| Cid::parse(cid).ok()).collect()
}

/// The fault of the read of a place that a selector means.
pub fn failed_read<'a>(selector: &Selector, detail: &'a Detail) -> Option<&'a ProviderFault> {
    let named = named_cids(selector);
    let is_unscoped = named.is_empty();
    let cids = if is_unscoped { detail.own_cids() } else { named };
    let in_view = Some(&detail.in_view).filter(|_| is_unscoped);
    let places = cids.iter().filter_map(|cid| detail.places.get(cid));
    places.chain(in_view).find_map(|place| match place {
        Place::Failed(fault) => Some(fault),
        Place::Read | Place::OutOfSight | Place::Unclear(_) => None,
    })
}

fn places(selector: &Selector, detail: &Detail, view: Option<Cid>) -> Result<Places, Hidden> {
    let named = named_cids(selector);
    let is_named = !named.is_empty();
    if !is_named && let Some(why) = why_open(detail).or_else(|| nowhere_to_probe(detail)) {
        return Err(Hidden::Unclear(why));
    }
    let own = || {
        let cids: Set<Cid> = view.into_iter().chain(detail.own_cids()).collect();
        cids.into_iter().collect()
    };
    let mut places = Places {
        visible: Vec::new(),
        hidden: Vec::new(),
    };
    for cid in if is_named { named } else { own() } {
        match detail.places.get(&cid) {
            None | Some(Place::Read) => places.visible.push(cid),
            Some(Place::OutOfSight) => places.hidden.push(cid),
            Some(Place::Unclear(why)) => return Err(Hidden::Unclear(why.clone())),
            Some(Place::Failed(fault)) => return Err(Hidden::Failed(fault.clone())),
        }
    }
    match places.hidden.first() {
        // Without a CID a role means what the credentials see; a warning names a home that they do not.
        Some(cid) if is_named || places.visible.is_empty() => Err(Hidden::Unclear(out_of_sight(cid))),
        _ => Ok(places),
    }
}

fn out_of_sight(cid: &Cid) -> String {
    format!("the credentials cannot read the user's roles in the CID {cid}")
}

/// Why a place could not be read.
fn unread(place: &Place) -> Option<String> {
    match place {
        Place::Read => None,
        Place::OutOfSight => Some(String::from("the credentials have no authority there")),
        Place::Unclear(why) => Some(why.clone()),
        Place::Failed(fault) => Some(fault.message.clone()),
    }
}

/// Why a role that names no CID may be held in view or at home, whatever is shown; `None` if that is certain either way.
pub fn why_open(detail: &Detail) -> Option<String> {
    if let Some(why) = unread(&detail.in_view) {
        return Some(format!("the user's roles in the CID in view could not be read: {why}"));
    }
    if let Some(why) = no_home(detail) {
        return Some(why);
    }
    let home = detail.home.as_ref()?;
    let place = detail.places.get(home)?;
    // A home CID out of sight is left out: the role means what the credentials see.
    let why = unread(place).filter(|_| *place != Place::OutOfSight)?;
    Some(format!(
        "the user's roles in the home CID {home} could not be read: {why}"
    ))
}

/// Why nothing is known of a CID that a selector names, whatever a list of several CIDs shows of it.
pub fn unread_named(selector: &Selector, detail: &Detail) -> Option<String> {
    named_cids(selector)
        .iter()
        .find_map(|cid| match detail.places.get(cid)? {
            Place::OutOfSight => Some(out_of_sight(cid)),
            place => unread(place).map(|why| format!("the user's roles in the CID {cid} could not be read: {why}")),
        })
}

/// A role that is not shown is revoked in view and at home, and for that both have to be known.
fn nowhere_to_probe(detail: &Detail) -> Option<String> {
    (detail.view_doubt == Some(ViewDoubt::SeveralCids)).then(|| unknown_view("its list has rows of several CIDs"))
}

fn unknown_view(why: &str) -> String {
    format!("which CID is in view cannot be told ({why}), and the role may be held there: name roles[].organization")
}

fn no_home(detail: &Detail) -> Option<String> {
    detail.home.is_none().then(|| String::from(NO_HOME))
}

/// What it means that no role at all is shown. A list may be stale and may leave roles out, and there is no role to revoke for proof.
pub fn nothing_held() -> Absence {
    not_visible(String::from(
        "CrowdStrike shows no role of the user, and its reads may leave roles out: only revoking a role would prove that it is not held",
    ))
}

async fn of_id(
    reads: &Reads<'_>,
    id: &str,
    name: Option<&str>,
    places: &Places,
    detail: &Detail,
) -> Result<Absence, Error> {
    let known = match reads.listed(&places.visible).await {
        Ok(known) => known,
        // A directory that cannot be read rules nothing out, and the revoke needs none.
        Err(fault) if name.is_none() => Rc::new(Listed::new(Directory::none(fault.into_details().message))),
        Err(fault) => return Err(fault.into()),
    };
    let names: Set<&str> = known.with_id(id).filter_map(|role| role.name.as_deref()).collect();
    if let Some(contradiction) = name.and_then(|name| contradiction(id, name, &names, &known)) {
        return Ok(contradiction);
    }
    if !known.has(id) {
        // CrowdStrike may take two spellings for one id, or acknowledge what it does not know.
        if let Some(like) = known.like(id) {
            return Ok(Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!("no role has the id `{id}`, and `{}` may be meant", like.id),
            });
        }
        if let Some(gap) = known.gap()
            && may_be_a_name(id, &known, places, detail)
        {
            return Ok(not_visible(format!(
                "whether `{id}` is the name of a role and not its id cannot be told: {gap}"
            )));
        }
    }
    let mode = reads.cx.request.mode;
    let is_unlisted = known.is_whole() && !known.has(id) && places.hidden.is_empty();
    let message = || format!("CrowdStrike's directory has no role `{id}`; only revoking it would prove that");
    if is_unlisted && mode == Mode::Verify {
        return Ok(Absence::NotFound(message()));
    }
    let cids = reads.where_listed(id, &places.visible).await;
    let grants = probes(id, names.first().copied(), cids);
    Ok(if is_unlisted && mode == Mode::Plan {
        Absence::Unlisted {
            grants,
            message: message(),
        }
    } else {
        Absence::Probe(grants)
    })
}

/// Whether a text that is asked for as an id may be what a role is called: a revoke of it that is acknowledged proves nothing then.
fn may_be_a_name(text: &str, known: &Listed, places: &Places, detail: &Detail) -> bool {
    let is_nameless =
        |held: &&Assignment| held.role_name.is_none() && known.with_id(&held.role_id).all(|role| role.name.is_none());
    let mut held = detail.held.iter().filter(|held| places.visible.contains(&held.cid));
    !ids::is_role(text) && (!ids::may_be_default_role(text) || held.any(|held| is_nameless(&held)))
}

/// Id and name both given, and the directory has another name for the id, or none.
fn contradiction(id: &str, name: &str, names: &Set<&str>, known: &Listed) -> Option<Absence> {
    if names.iter().any(|own| same(own, name)) {
        return None;
    }
    let message = match names.first() {
        Some(other) => format!("the role with the id `{id}` is called `{other}`, not `{name}`"),
        // No name can contradict a role that does not exist.
        None if known.is_whole() => return None,
        None => format!("whether the role with the id `{id}` is called `{name}` cannot be told: leave the name out"),
    };
    Some(Absence::Unclear {
        reason: Reason::NameMismatch,
        message,
    })
}

/// The one role of that name, or why there is none to revoke.
fn role_called<'a>(name: &str, known: &'a Listed, hidden: &[Cid]) -> Result<&'a KnownRole, Absence> {
    let called: Vec<&KnownRole> = known.called(name).collect();
    let ids: Set<&str> = called.iter().map(|role| role.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    match (called.first(), ids.len(), known.gap()) {
        (Some(role), 1, None) => Ok(role),
        (_, 2.., _) => Err(Absence::Unclear {
            reason: Reason::Ambiguous,
            message: format!(
                "the name `{name}` matches several roles ({}): use a role id instead",
                ids.join(", ")
            ),
        }),
        (_, _, Some(gap)) => Err(not_visible(format!(
            "which role is called `{name}` cannot be told: {gap}"
        ))),
        _ => Err(no_role_called(name, known, hidden)),
    }
}

fn no_role_called(name: &str, known: &Listed, hidden: &[Cid]) -> Absence {
    if let Some(like) = known.like(name) {
        return Absence::Unclear {
            reason: Reason::Ambiguous,
            message: format!("no role is called `{name}`, and `{}` may be meant", like.id),
        };
    }
    match hidden.first() {
        // A custom role of that CID may have the name.
        Some(cid) => not_visible(format!(
            "no role is called `{name}` in view, and the credentials cannot read the roles of the CID {cid}"
        )),
        None => Absence::NotFound(format!("CrowdStrike has no role called `{name}`")),
    }
}

fn probes(id: &str, name: Option<&str>, cids: Vec<Cid>) -> Vec<Grant> {
    let grant = |cid: Cid| Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_id: id.to_owned(),
        role_name: name.map(str::to_owned),
        warnings: vec![Warning::NotShownInCid.about(&cid)],
        scope: mapping::scope(&cid),
        held: Held::Direct,
        effects: Vec::new(),
    };
    cids.into_iter().map(grant).collect()
}

const fn not_visible(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message,
    }
}
