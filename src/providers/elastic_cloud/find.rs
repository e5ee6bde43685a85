//! The user, and the organization that is read.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{
    client::{
        Answer, Elements,
        lenient::{Fields, FromJson, Row, Rows, Text, cut},
    },
    contract::reason::Reason,
    error::{Error, FaultKind, ProviderFault},
    hashed::HashSet,
    naming::same_address,
    provider::Context,
    sorted::Set,
};

use super::{
    config::Config,
    core::{self, List},
    documents::{self, Invitation, Item, Member},
    ids,
};

/// A member and the text of its element.
#[derive(Clone, Debug)]
pub struct Found {
    pub member: Member,
    pub raw: String,
}

/// What a scan of the members list found.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The members whose id or e-mail address is the one that is looked for.
    pub found: Vec<Found>,
    /// Other members who may administer the organization.
    pub other_admins: usize,
    pub admins: usize,
    pub unread: Vec<Unattributed>,
    /// Elements without a user id.
    nameless: usize,
    passed: Passed,
}

/// An element without one user id that shows whose it may be.
#[derive(Clone, Debug)]
pub struct Unattributed {
    pub ids: Vec<String>,
    pub emails: Vec<String>,
    pub raw: String,
}

/// The members that a search by e-mail address passed over: until it finds the user, an element without that address may be the
/// user's, too.
#[derive(Clone, Debug, Default)]
struct Passed {
    /// Hashes of their ids. One that two ids share costs another scan and nothing else.
    ids: HashSet<u64>,
    is_full: bool,
}

/// Elements of one member, and elements without a user id, that are kept at most.
const MOST_KEPT: usize = 64;
/// Members that are remembered as passed over at most.
const MOST_PASSED: usize = 1 << 16;

impl Passed {
    fn add(&mut self, id: &str) {
        if self.ids.len() < MOST_PASSED {
            self.ids.insert(hash(id));
        } else {
            self.is_full = true;
        }
    }

    fn may_have(&self, id: &str) -> bool {
        self.is_full || self.ids.contains(&hash(id))
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

impl Scan {
    /// The one id of everybody who was found.
    fn ids(&self) -> Set<&str> {
        self.found
            .iter()
            .filter_map(|found| found.member.user_id.as_str())
            .collect()
    }

    fn has(&self, id: &str) -> bool {
        self.found.iter().any(|found| found.member.user_id.as_str() == Some(id))
    }
}

/// The organization: the account's, else the one that the request names, else the only one.
pub async fn organization(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    if let Some(id) = &config.organization {
        return Ok(id.clone());
    }
    let named: Set<&String> = cx
        .request
        .entries
        .iter()
        .flat_map(|entry| &entry.selector().organizations)
        .collect();
    let mut named = named.into_iter();
    if let (Some(id), None) = (named.next(), named.next()) {
        return Ok(id.clone());
    }
    let shown = core::organizations(config, cx).await?;
    let only = match shown.organizations.rows() {
        [Row::Read(one)] if shown.next_page.as_str().is_none() && !shown.next_page.is_unread() => one.id.as_str(),
        _ => None,
    };
    only.map(str::to_owned).ok_or_else(|| Error::Refused {
        reason: Reason::Ambiguous,
        message: String::from("the key sees no or several organizations: set settings.organization_id"),
    })
}

/// The id of the one user who is asked for, and the scan that found them.
pub async fn user(config: &Config, cx: &Context<'_>, organization: &str) -> Result<(String, Scan), Error> {
    let wanted = &cx.request.user;
    let scan = scan(config, cx, organization, wanted).await?;
    let ids: Vec<String> = scan.ids().into_iter().map(str::to_owned).collect();
    let mut ids = ids.into_iter();
    match (ids.next(), ids.next()) {
        // An element of the same id that shows another address, or none, holds roles of the user's all the same.
        (Some(id), None) if scan.passed.may_have(&id) => {
            let scan = self::scan(config, cx, organization, &id).await?;
            Ok((id, scan))
        }
        (Some(id), None) => Ok((id, scan)),
        (Some(_), Some(_)) => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!("several members have the id or e-mail address `{wanted}`"),
        }),
        // The user may be one of them.
        (None, _) if scan.nameless > 0 => {
            Err(ProviderFault::new(FaultKind::BadAnswer, "a member in Elastic Cloud's list has no user_id").into())
        }
        // A key with fewer rights sees fewer members.
        (None, _) if scan.admins == 0 => Err(Error::Refused {
            reason: Reason::NotVisible,
            message: format!(
                "whether `{wanted}` is a member cannot be told: {NO_CONTROL}{}",
                of_invitation(config, cx, organization).await
            ),
        }),
        (None, _) => Err(not_found(config, cx, organization).await),
    }
}

/// An owner in the list of members shows that the key sees them all, and all of their assignments.
pub const NO_CONTROL: &str =
    "the members list shows nobody who may administer the organization, so that it may not show everything";

/// Scans the members list for a user id or e-mail address: only who is looked for is kept.
pub async fn scan(config: &Config, cx: &Context<'_>, organization: &str, wanted: &str) -> Result<Scan, Error> {
    let each = |scan: &mut Scan, member: Row<Member>, element: &str| {
        note(scan, member, element, organization, wanted);
        if scan.found.len() > MOST_KEPT || scan.unread.len() > MOST_KEPT {
            let message = "Elastic Cloud's members list shows the same user, or members without user_id, too often";
            return Err(ProviderFault::new(FaultKind::BadAnswer, message));
        }
        Ok(())
    };
    match core::elements(config, cx, organization, List::Members, each).await? {
        Elements::Whole(scan) => Ok(scan),
        Elements::Refused(answer) => Err(members_error(config, cx, organization, &answer)),
    }
}

fn note(scan: &mut Scan, member: Row<Member>, element: &str, organization: &str, wanted: &str) {
    let (id, member) = match member {
        Row::Read(member) if member.user_id.as_str().is_some() => {
            (member.user_id.as_str().unwrap_or_default().to_owned(), member)
        }
        _ => {
            scan.nameless = scan.nameless.saturating_add(1);
            let shown = Unattributed {
                ids: texts(element, "user_id"),
                emails: texts(element, "email"),
                raw: cut(element),
            };
            // One that shows nobody is somebody else's: there is one element a member.
            if !(shown.ids.is_empty() && shown.emails.is_empty()) {
                scan.unread.push(shown);
            }
            return;
        }
    };
    let by_email = wanted.contains('@');
    let has_email = |member: &Member| member.email.as_str().is_some_and(|email| same_address(email, wanted));
    let is_wanted = id == wanted || (by_email && (has_email(&member) || scan.has(&id)));
    if by_email && !is_wanted {
        scan.passed.add(&id);
    }
    let is_admin = is_admin(&member, organization);
    scan.admins = scan.admins.saturating_add(usize::from(is_admin));
    scan.other_admins = scan.other_admins.saturating_add(usize::from(is_admin && !is_wanted));
    if is_wanted {
        scan.found.push(Found {
            member,
            raw: element.to_owned(),
        });
    }
}

/// The texts under a key of an element, however often it stands there.
fn texts(element: &str, key: &str) -> Vec<String> {
    let fields = Fields::of(element).ok();
    let fields = fields.iter().flat_map(Fields::iter);
    let values = fields.filter(|(name, _)| *name == key);
    let ids = values.filter_map(|(_, value)| Text::from_json(value).ok());
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Whether a member may administer the organization. To be the owner of another one says nothing about this one.
fn is_admin(member: &Member, organization: &str) -> bool {
    let shown = member.role_assignments.as_ref();
    let Some(kinds) = shown.and_then(|shown| Fields::of(shown.get()).ok()) else {
        return false;
    };
    kinds
        .iter()
        .filter(|(kind, _)| *kind == "organization")
        .filter_map(|(_, list)| Rows::<Item>::from_json(list).ok())
        .any(|rows| {
            rows.read()
                .filter(|item| documents::is_at(item, organization))
                .filter_map(|item| documents::text(&item.role_id))
                .any(|role| ids::canonical("organization", role) == ids::ORGANIZATION_ADMIN)
        })
}

/// An invitation is no membership, and its roles cannot be taken away one by one.
async fn not_found(config: &Config, cx: &Context<'_>, organization: &str) -> Error {
    let (wanted, why) = (&cx.request.user, of_invitation(config, cx, organization).await);
    Error::UserNotFound {
        answer: None,
        message: format!("no member of the organization has the id or e-mail address `{wanted}`{why}"),
    }
}

/// What an invitation of the user says, for people.
async fn of_invitation(config: &Config, cx: &Context<'_>, organization: &str) -> &'static str {
    let wanted = &cx.request.user;
    let invited = if wanted.contains('@') {
        invitation(config, cx, organization, wanted).await
    } else {
        None
    };
    match invited {
        Some(false) => "; an invitation for it is pending, whose roles cannot be changed: delete the invitation",
        Some(true) => "; an invitation for it has expired",
        None => "",
    }
}

/// Whether nobody has accepted an invitation for an e-mail address yet, and whether it has expired.
async fn invitation(config: &Config, cx: &Context<'_>, organization: &str, email: &str) -> Option<bool> {
    let each = |found: &mut Option<bool>, invitation: Row<Invitation>, _: &str| {
        if let Row::Read(invitation) = invitation
            && invitation.accepted_at.is_none()
            && invitation
                .email
                .as_str()
                .is_some_and(|invited| same_address(invited, email))
        {
            *found = Some(invitation.expired.as_bool() == Some(true));
        }
        Ok(())
    };
    match core::elements(config, cx, organization, List::Invitations, each).await {
        Ok(Elements::Whole(found)) => found,
        Ok(Elements::Refused(_)) | Err(_) => None,
    }
}

fn members_error(config: &Config, cx: &Context<'_>, organization: &str, answer: &Answer) -> Error {
    if core::status_of(answer) == 404 && core::has_code(answer, "organization.not_found") {
        let message = format!("Elastic Cloud knows no organization `{organization}`, or the key does not belong to it");
        return if config.organization.is_some() {
            Error::account("settings.organization_id", message)
        } else {
            Error::Refused {
                reason: Reason::NotVisible,
                message,
            }
        };
    }
    core::fault(cx, answer, "Elastic Cloud refuses to read the members").into()
}
