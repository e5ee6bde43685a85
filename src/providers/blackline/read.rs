//! What a user holds: the pairs of role and product, the directory of roles, and what the user belongs to.

use std::{
    cell::{Cell, OnceCell, RefCell},
    pin::pin,
    rc::Rc,
    time::Duration,
};

use futures_util::future::{self, Either};

use crate::{
    contract::{
        types::{ListedRole, Mode, Scope, ScopeKind},
        warning::Warning,
    },
    error::{Error, FaultKind, ProviderFault},
    hashed::{HashMap, HashSet},
    provider::{Context, Coverage, Directory, Gap, KnownRole, RoleList, Snapshot, UnreadRow, role_index::RoleIndex},
    request::Entry,
};

use super::{
    config::{Config, Strategy},
    core::{self, Effort, List, Rows},
    documents::{NamedRow, Pair, Raw, User},
    find, ids, mapping,
    paths::Paths,
};

/// How long teams and entities, which decide nothing, are waited for once everything else is there.
const GRACE: Duration = Duration::from_millis(500);

/// Stands for what may be held beyond the pairs that a list shows.
const FURTHER_PAIRS: &str = "further roles of the user";

/// Provider-specific data kept from a read for the later steps.
pub struct Detail {
    pub user: User,
    /// The user's id, as requests spell it.
    pub id: String,
    pub pairs: Vec<Pair>,
    /// Every name that the rows show for a role.
    pub names: HashMap<String, Vec<String>>,
    /// How many rows could not be read.
    pub unread: usize,
    /// An entry that names no product means one pair at most.
    pub is_strict: bool,
    /// The path that answered.
    pub path: String,
    /// Why there may be more pairs.
    pub doubt: Option<String>,
    pub memberships: Memberships,
    /// Why a pair may be another one than it says, once that was looked up.
    pub unlisted: OnceCell<Option<String>>,
}

/// What one operation keeps between its reads.
#[derive(Default)]
pub struct Memory {
    /// The directory of roles, or why it could not be read, once it was asked for.
    directory: RefCell<Option<Result<Rc<RoleIndex>, ProviderFault>>>,
    /// Teams and entities of the user, once they were asked for: no write here changes them.
    memberships: RefCell<Option<Memberships>>,
    /// The most rows that a read of the pairs showed on one page without a next one.
    longest: Cell<usize>,
    /// The path of the pairs that answered: the other spellings need no second try.
    path: RefCell<Option<String>>,
    /// There is no call for a single user.
    pub is_searched: Cell<bool>,
    /// The read that the entries are matched with was made.
    was_read: Cell<bool>,
    /// Role and product of pairs that were left out of a set that was acknowledged: a stale read must not bring them back.
    pub removed: RefCell<HashSet<(String, String)>>,
}

/// Id and name of what the user belongs to; `None` where it was not read.
#[derive(Clone, Debug, Default)]
pub struct Memberships {
    pub teams: Option<Vec<(String, Option<String>)>>,
    pub entities: Option<Vec<(String, Option<String>)>>,
}

/// The pairs of a user, and the spelling of the path that answered.
pub struct Pairs {
    pub rows: Vec<Raw>,
    pub pairs: Vec<Pair>,
    /// Every name that the rows show for a role.
    pub names: HashMap<String, Vec<String>>,
    /// Every name that the rows show for a product.
    pub product_names: HashMap<String, Vec<String>>,
    pub unread: Vec<UnreadRow>,
    pub path: String,
    /// As [`Rows::page`].
    page: usize,
    /// Why there may be more of them.
    pub doubt: Option<String>,
}

impl Detail {
    /// Why a set of the pairs that are shown may lack some that are held.
    pub fn gap(&self) -> Option<String> {
        let unread = self.unread;
        let unread = (unread > 0).then(|| format!("{unread} of the user's roles cannot be read"));
        self.doubt.clone().or(unread)
    }
}

impl Memory {
    pub async fn directory(&self, config: &Config, cx: &Context<'_>) -> Result<Rc<RoleIndex>, ProviderFault> {
        let known = self.directory.borrow().clone();
        if let Some(directory) = known {
            return directory;
        }
        let read = directory(config, cx).await;
        let read = read.map(|directory| Rc::new(RoleIndex::new(directory)));
        *self.directory.borrow_mut() = Some(read.clone());
        read
    }

    /// The name that the directory has for a role, if it was read.
    pub fn name_of(&self, role: &str) -> Option<String> {
        let directory = self.directory.borrow();
        let index = directory.as_ref()?.as_ref().ok()?;
        index.name_of(role).map(str::to_owned)
    }

    pub async fn pairs(&self, config: &Config, cx: &Context<'_>, id: &str) -> Result<Pairs, ProviderFault> {
        let known = self.path.borrow().clone();
        let paths = match known {
            Some(path) => vec![path],
            None => {
                let spellings = config.paths.user_roles.iter();
                spellings.map(|spelling| Paths::of_user(spelling, id)).collect()
            }
        };
        let pairs = pairs(config, cx, paths, self.longest.get()).await?;
        *self.path.borrow_mut() = Some(pairs.path.clone());
        self.longest.set(self.longest.get().max(pairs.page));
        Ok(pairs)
    }

    pub fn is_removed(&self, pair: &Pair) -> bool {
        let key = (pair.role_id.clone(), pair.product_id.clone());
        self.removed.borrow().contains(&key)
    }

    async fn memberships(&self, config: &Config, cx: &Context<'_>, id: &str) -> Memberships {
        let known = self.memberships.borrow().clone();
        if let Some(memberships) = known {
            return memberships;
        }
        let (teams, entities) = future::join(
            memberships(config, cx, &config.paths.user_teams, id),
            memberships(config, cx, &config.paths.user_entities, id),
        )
        .await;
        Memberships { teams, entities }
    }
}

/// A fresh and complete read.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, id: &str) -> Result<(Snapshot, Detail), Error> {
    core::sign_in(config, cx).await?;
    let by_name = async {
        // Who else has the name is asked in any case.
        let mut selectors = cx.request.entries.iter().map(Entry::selector);
        let is_named = selectors.any(|selector| selector.id.is_none() && selector.name.is_some());
        // A new set is made only of roles that the directory has.
        if is_named || (config.strategy == Strategy::ReplaceSet && cx.request.mode != Mode::Verify) {
            drop(memory.directory(config, cx).await);
        }
    };
    let (fetched, ()) = future::join(fetch(config, cx, memory, id), by_name).await;
    let ((raw, user), found, memberships) = fetched?;
    // `absence` answers for the first list. A later one that may be cut off must not look like one that covers as much.
    let is_later = memory.was_read.replace(true);
    let unreadable = found.doubt.iter().filter(|_| is_later);
    // A reading is for people: the directory names what the rows do not.
    let needs_names = cx.request.reads_everything()
        && cx.request.is_read_only()
        && found.pairs.iter().any(|pair| pair.role_names.is_empty());
    if needs_names {
        drop(memory.directory(config, cx).await);
    }
    let name_of = |role: &str| needs_names.then(|| memory.name_of(role)).flatten();
    let shown: Vec<&str> = found.rows.iter().map(|row| row.get()).collect();
    let grant = |pair| mapping::grant(pair, &found.names, &found.product_names, name_of);
    let grants = found.pairs.iter().map(grant).collect();
    let detail = Detail {
        id: id.to_owned(),
        names: found.names,
        unread: found.unread.len(),
        is_strict: cx.request.strict_scope,
        path: found.path,
        doubt: found.doubt.clone(),
        memberships,
        unlisted: OnceCell::new(),
        pairs: found.pairs,
        user,
    };
    let reading = Snapshot {
        grants,
        unread: found.unread,
        other_ids: Vec::new(),
        emails: detail.user.email().iter().map(|email| email.to_lowercase()).collect(),
        username: detail.user.login_id.as_str().map(|login| login.trim().to_owned()),
        documents: vec![
            ("user", raw.get().to_owned()),
            ("roles", format!("[{}]", shown.join(","))),
        ],
        may_be_protected: None,
        is_sparse: false,
        unreadable: unreadable.map(|_| Gap::at(FURTHER_PAIRS)).collect(),
        warnings: found.doubt.iter().map(|_| Warning::ListMayBeCutOff.text()).collect(),
    };
    Ok((reading, detail))
}

/// The roles of the installation, the same in every product.
///
/// # Errors
/// If the list cannot be read.
pub async fn list_roles(config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<RoleList, ProviderFault> {
    let index = memory.directory(config, cx).await?;
    let Directory { roles, coverage } = &index.directory;
    let listed = |role: &KnownRole| ListedRole {
        id: Some(role.id.clone()),
        name: role.name.clone(),
        scopes: vec![ScopeKind::Workspace],
        scope: Scope {
            group: None,
            organization: None,
            workspace: None,
        },
        // A row of a user's roles with any other id cannot be read.
        removable: ids::number(&role.id).is_some(),
    };
    Ok(RoleList {
        roles: roles.iter().map(listed).collect(),
        unread: match coverage {
            Coverage::Whole => Vec::new(),
            Coverage::Partial(why) => vec![why.clone()],
        },
    })
}

/// Every name that the rows show for an id.
fn names_by(pairs: &[Pair], of: fn(&Pair) -> (&String, &[String])) -> HashMap<String, Vec<String>> {
    let mut by_id: HashMap<String, Vec<String>> = HashMap::new();
    let mut seen = HashSet::new();
    for (id, names) in pairs.iter().map(of) {
        for name in names {
            if seen.insert((id, name)) {
                by_id.entry(id.clone()).or_default().push(name.clone());
            }
        }
    }
    by_id
}

/// The user, the pairs, and what the user belongs to as far as it comes in time.
async fn fetch(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    id: &str,
) -> Result<((Raw, User), Pairs, Memberships), Error> {
    // The pairs cannot tell an unknown user from a wrong spelling of the path: the user is read, too.
    let needed = future::join(
        find::user(config, cx, id, &memory.is_searched),
        memory.pairs(config, cx, id),
    );
    let (user, pairs, memberships) = match future::select(pin!(needed), pin!(memory.memberships(config, cx, id))).await
    {
        Either::Left(((user, pairs), late)) => {
            let (user, pairs) = (user?, pairs?);
            match future::select(late, cx.client.transport().sleep(GRACE)).await {
                Either::Left((memberships, _)) => (user, pairs, memberships),
                Either::Right(_) => (user, pairs, Memberships::default()),
            }
        }
        Either::Right((memberships, needed)) => {
            let (user, pairs) = needed.await;
            (user?, pairs?, memberships)
        }
    };
    *memory.memberships.borrow_mut() = Some(memberships.clone());
    Ok((user, pairs, memberships))
}

/// The user's pairs, by the first spelling of the path that exists. A wrong spelling answers 404 or 405; the user is known to exist.
/// `longest`: rows of the longest single page of these lists so far.
async fn pairs(config: &Config, cx: &Context<'_>, paths: Vec<String>, longest: usize) -> Result<Pairs, ProviderFault> {
    let is_wrong_path = |fault: &ProviderFault| {
        let is_405 = || fault.answer.as_ref().is_some_and(|answer| answer.status == 405);
        fault.kind == FaultKind::NotFound || is_405()
    };
    let mut last = None;
    for path in paths {
        let list = List {
            longest,
            ..List::new(config, "the user's roles", &path)
        };
        match core::rows(config, cx, list).await {
            Ok(rows) => return Ok(read_pairs(config, rows, path)),
            Err(fault) if is_wrong_path(&fault) => last = Some(fault),
            Err(fault) => return Err(fault),
        }
    }
    let message = String::from("none of settings.paths.user_roles exists at this BlackLine");
    let kind = FaultKind::BadAnswer;
    Err(match last {
        Some(fault) => fault.with_kind(kind).with_message(message),
        None => ProviderFault::new(kind, message),
    })
}

/// A row that comes twice is one pair.
fn read_pairs(config: &Config, Rows { rows, page, doubt }: Rows, path: String) -> Pairs {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut unread = Vec::new();
    for row in &rows {
        match Pair::of_row(&config.fields, row) {
            Ok(pair) => pairs.push(pair),
            Err(row) => unread.push(row),
        }
    }
    let names = names_by(&pairs, |pair| (&pair.role_id, &pair.role_names));
    let product_names = names_by(&pairs, |pair| (&pair.product_id, &pair.product_names));
    let mut seen = HashSet::new();
    pairs.retain(|pair| seen.insert((pair.role_id.clone(), pair.product_id.clone())));
    Pairs {
        rows,
        pairs,
        names,
        product_names,
        unread,
        path,
        page,
        doubt,
    }
}

/// The directory of roles, each name of a role once. A role that shows no id or no name may be the one that is looked for.
async fn directory(config: &Config, cx: &Context<'_>) -> Result<Directory, ProviderFault> {
    let Rows { rows, doubt, .. } = core::rows(config, cx, List::new(config, "roles", &config.paths.roles)).await?;
    let mut roles: Vec<KnownRole> = rows
        .iter()
        .filter_map(|row| NamedRow::of_row(row))
        .map(|(id, name)| KnownRole { id, name })
        .collect();
    let is_whole = roles.len() == rows.len() && roles.iter().all(|role| role.name.is_some());
    let mut seen = HashSet::new();
    roles.retain(|role| seen.insert((role.id.clone(), role.name.clone())));
    let unread = (!is_whole).then(|| String::from("BlackLine's list of roles has rows that cannot be read"));
    Ok(Directory {
        roles,
        coverage: doubt.or(unread).map_or(Coverage::Whole, Coverage::Partial),
    })
}

/// Id and name of what the user belongs to; `None` where the path is switched off, or cannot be read at once: it decides nothing.
async fn memberships(config: &Config, cx: &Context<'_>, path: &str, id: &str) -> Option<Vec<(String, Option<String>)>> {
    if path.is_empty() {
        return None;
    }
    let path = Paths::of_user(path, id);
    let list = List {
        effort: Effort::Single,
        ..List::new(config, "what the user belongs to", &path)
    };
    let Rows { rows, .. } = core::rows(config, cx, list).await.ok()?;
    rows.iter().map(|row| NamedRow::of_row(row)).collect()
}
