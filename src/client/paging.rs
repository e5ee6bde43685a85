//! Page loops: by offset, by cursor and by link. A list that cannot be read whole is said to be so, or is an error.

use std::hash::{BuildHasher, RandomState};

use crate::{
    error::{FaultKind, ProviderFault},
    hashed::HashSet,
};

use super::{BaseUrl, Client};

/// The longest cursor or link in bytes. It goes into a URL.
const LONGEST_CURSOR: usize = 8 * 1024;

/// One page of a list, as a provider's document gives it.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// How many rows the whole list has, where the provider says so.
    pub total: Option<u64>,
    /// The cursor or link of the next page. `None` and the empty text end the list.
    pub next: Option<String>,
}

/// All pages of a list.
#[derive(Clone, Debug)]
pub struct List<T> {
    pub rows: Vec<T>,
    /// How many rows the provider counts. `None`: it does not say.
    pub total: Option<u64>,
}

/// Tells a row that comes again on a later page: it moved while the pages were read, and may have pushed another one out of sight.
#[derive(Default)]
pub struct Repeats {
    state: RandomState,
    /// Hashes of the rows of earlier pages. Two rows of one hash make a list unread that is not: never the other way round.
    earlier: HashSet<u64>,
}

impl Repeats {
    /// Whether a row of this page stood on an earlier one. Two equal rows on one page are no such thing.
    pub fn has_any<'a>(&mut self, page: impl Iterator<Item = &'a str>) -> bool {
        let rows: Vec<u64> = page.map(|row| self.state.hash_one(row)).collect();
        let has_any = rows.iter().any(|row| self.earlier.contains(row));
        self.earlier.extend(rows);
        has_any
    }
}

impl<T> Page<T> {
    pub const fn new(rows: Vec<T>) -> Self {
        Self {
            rows,
            total: None,
            next: None,
        }
    }
}

impl<T> List<T> {
    /// Returns true if no row is missing by the provider's own count. A provider may leave out rows that the credentials may not
    /// see: they are counted, and may be what is looked for.
    pub fn is_whole(&self) -> bool {
        self.missing() == 0
    }

    /// The rows that the provider counts and does not show.
    pub fn missing(&self) -> u64 {
        self.total.map_or(0, |total| total.saturating_sub(count(&self.rows)))
    }
}

/// Reads a list by offset. `page` gets the offset of its first row. The next page starts `limit` further on, wherever the rows of
/// this one ended: a provider may skip rows. The provider's count ends the list; without one only an empty page does.
///
/// # Errors
/// What `page` gives; [`FaultKind::BadAnswer`] for a later page that is refused, for a count that changes, or that is less than the rows; [`FaultKind::TooLarge`]
/// past the operation's bound.
pub async fn by_offset<T>(
    client: &Client<'_>,
    what: &str,
    limit: u64,
    mut page: impl AsyncFnMut(u64) -> Result<Page<T>, ProviderFault>,
) -> Result<List<T>, ProviderFault> {
    let mut list = Accumulated::new(what);
    let mut offset = 0_u64;
    loop {
        client.budget().page(what)?;
        let page = page(offset).await;
        let page = if offset == 0 {
            page?
        } else {
            page.map_err(ProviderFault::of_later_page)?
        };
        let length = count(&page.rows);
        // A provider that ignores the limit sends more rows than were asked for.
        offset = offset.saturating_add(limit.max(length).max(1));
        list.add(page.rows, page.total)?;
        let is_over = match list.total {
            Some(total) => offset >= total || list.is_counted_out(),
            None => length == 0,
        };
        if is_over {
            return Ok(list.into_list());
        }
    }
}

/// Reads a list by cursor. `page` gets the cursor of the page before it, and none for the first page.
///
/// # Errors
/// As [`by_offset`]; [`FaultKind::BadAnswer`] for a cursor that comes again.
pub async fn by_cursor<T>(
    client: &Client<'_>,
    what: &str,
    mut page: impl AsyncFnMut(Option<&str>) -> Result<Page<T>, ProviderFault>,
) -> Result<List<T>, ProviderFault> {
    let mut list = Accumulated::new(what);
    let mut seen = HashSet::new();
    let mut cursor: Option<String> = None;
    loop {
        client.budget().page(what)?;
        let page = page(cursor.as_deref()).await;
        let page = match cursor {
            None => page?,
            Some(_) => page.map_err(ProviderFault::of_later_page)?,
        };
        list.add(page.rows, page.total)?;
        let Some(next) = page.next.filter(|next| !next.is_empty()) else {
            return Ok(list.into_list());
        };
        if next.len() > LONGEST_CURSOR {
            return Err(list.contradiction("has a cursor that is too long"));
        }
        if !seen.insert(next.clone()) {
            return Err(list.contradiction("repeats a page"));
        }
        cursor = Some(next);
    }
}

/// Reads a list by links: `page` gets an absolute URL. A link is followed only below the account's own origin.
///
/// # Errors
/// As [`by_cursor`]; [`FaultKind::BadAnswer`] for a link that does not lead below the account's own address.
pub async fn by_link<T>(
    client: &Client<'_>,
    base: &BaseUrl,
    what: &str,
    first: String,
    mut page: impl AsyncFnMut(&str) -> Result<Page<T>, ProviderFault>,
) -> Result<List<T>, ProviderFault> {
    by_cursor(client, what, async |link: Option<&str>| {
        let page = page(link.unwrap_or(&first)).await?;
        let Some(next) = page.next.as_deref().filter(|next| !next.is_empty()) else {
            return Ok(page);
        };
        let next = base.follow(next).ok_or_else(|| {
            ProviderFault::new(
                FaultKind::BadAnswer,
                format!("the provider's next page of {what} is no link below the account's own address"),
            )
        })?;
        Ok(Page {
            next: Some(next),
            ..page
        })
    })
    .await
}

/// The pages so far.
struct Accumulated<'a, T> {
    what: &'a str,
    rows: Vec<T>,
    total: Option<u64>,
}

impl<'a, T> Accumulated<'a, T> {
    const fn new(what: &'a str) -> Self {
        Self {
            what,
            rows: Vec::new(),
            total: None,
        }
    }

    fn add(&mut self, rows: Vec<T>, total: Option<u64>) -> Result<(), ProviderFault> {
        if let (Some(before), Some(now)) = (self.total, total)
            && before != now
        {
            return Err(self.contradiction("changed while it was read"));
        }
        self.total = self.total.or(total);
        self.rows.extend(rows);
        if self.total.is_some_and(|total| count(&self.rows) > total) {
            return Err(self.contradiction("has more rows than it counts"));
        }
        Ok(())
    }

    fn is_counted_out(&self) -> bool {
        self.total.is_some_and(|total| count(&self.rows) >= total)
    }

    fn contradiction(&self, what: &str) -> ProviderFault {
        ProviderFault::new(
            FaultKind::BadAnswer,
            format!("the provider's list of {} {what}", self.what),
        )
    }

    fn into_list(self) -> List<T> {
        List {
            rows: self.rows,
            total: self.total,
        }
    }
}

/// How many rows there are, to be held against a provider's count.
pub fn count<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}
