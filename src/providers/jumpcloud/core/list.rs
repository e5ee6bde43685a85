//! Lists: their pages, their counts, and the rows that are not shown.

use serde_json::value::RawValue;

use crate::{
    client::{
        Answer,
        lenient::{Fields, Number, cut, elements},
    },
    error::{FaultKind, ProviderFault},
    hashed::{HashMap, HashSet},
    provider::Context,
};

use super::{
    super::{config::Config, documents::Listed},
    get, refused_to_read, send,
};

/// The rows of a list, as far as they were shown.
#[derive(Debug)]
pub struct List<T> {
    /// Each once.
    pub rows: Vec<T>,
    /// Rows of one key that say different things, all of them. For guards alone: each may be true, and none proves anything.
    pub contradicted: Vec<T>,
    /// Rows that could not be read, cut, or that are contradicted.
    pub unread: Vec<String>,
    pub extent: Extent,
}

/// How much of a list was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// So many rows that JumpCloud counts are not in it: rows that the caller may not see, or of what was deleted.
    Lacks(u64),
    /// Its counts do not say: why.
    Unclear(&'static str),
}

/// What a list says about its own length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// `totalCount` always: the lists of V1.
    Always,
    /// `totalCount`, `x-total-count` or nothing at all: the lists of V2. One without a count ends with an empty page.
    Perhaps,
}

/// The largest page.
const PAGE: u64 = 100;
/// Pages that may be empty one after the other before the count.
const MOST_EMPTY: u32 = 3;

/// Every row of a list. A short page is not its end: JumpCloud leaves out rows that the caller may not see. Source:
/// `TheJumpCloud/support` (issues 239 and 369).
///
/// # Errors
/// A page could not be read, or is no list.
pub async fn list<T: Listed>(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    count: Count,
    what: &'static str,
) -> Result<List<T>, ProviderFault> {
    let mut pages = Pages::default();
    let (mut skip, mut empty) = (0_u64, 0_u32);
    loop {
        cx.client.budget().page(what)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = format!("{path}{separator}limit={PAGE}&skip={skip}");
        let answer = send(config, cx, &get(config, &page)).await?;
        if !answer.is_given() {
            let refused = refused_to_read(config, cx, &answer, what);
            return Err(if skip == 0 { refused } else { refused.of_later_page() });
        }
        let document: Box<RawValue> = answer.json(what)?;
        let (rows, counted) = page_of(&answer, &document, what)?;
        if counted == Counted::Nothing && count == Count::Always {
            return Err(answer.fault(
                FaultKind::BadAnswer,
                format!("JumpCloud's list of {what} does not say how many there are"),
            ));
        }
        empty = if rows.is_empty() { empty.saturating_add(1) } else { 0 };
        skip = skip.saturating_add(PAGE);
        let is_last = match counted {
            Counted::Rows(total) => skip >= total || empty >= MOST_EMPTY,
            Counted::Nothing | Counted::Unreadable => rows.is_empty(),
        };
        pages.add(rows, counted);
        if is_last {
            return Ok(pages.list());
        }
    }
}

/// What a page says about the length of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Rows(u64),
    Nothing,
    Unreadable,
}

impl Counted {
    /// What two counts of one list say together.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, counted) | (counted, Self::Nothing) => counted,
            (one, other) if one == other => one,
            _ => Self::Unreadable,
        }
    }
}

/// The rows of one page, and the count of the whole list.
fn page_of<'a>(answer: &Answer, text: &'a RawValue, what: &str) -> Result<(Vec<&'a RawValue>, Counted), ProviderFault> {
    let in_header = answer
        .values("x-total-count")
        .map(|text| text.trim().parse().map_or(Counted::Unreadable, Counted::Rows))
        .reduce(Counted::and)
        .unwrap_or(Counted::Nothing);
    let no_list = || {
        answer.fault(
            FaultKind::BadAnswer,
            format!("JumpCloud's answer has no list when reading {what}"),
        )
    };
    if let Ok(rows) = elements(text.get()) {
        return Ok((rows, in_header));
    }
    let page = Fields::of(text.get()).map_err(|_| no_list())?;
    let rows = match page.get(&["results"]) {
        Ok(Some(rows)) if rows.get() == "null" => Vec::new(),
        Ok(Some(rows)) => elements(rows.get()).map_err(|_| no_list())?,
        Ok(None) | Err(_) => return Err(no_list()),
    };
    // A count that stands there twice is unread, too.
    let total = page.read::<Option<Number>>(&["totalCount"]);
    let in_body = match total.map(|total| total.map(|total| total.as_u64())) {
        Ok(Some(Some(total))) => Counted::Rows(total),
        Ok(None) => Counted::Nothing,
        Ok(Some(None)) | Err(_) => Counted::Unreadable,
    };
    Ok((rows, in_body.and(in_header)))
}

/// The pages of a list that were read so far.
struct Pages<T> {
    rows: Vec<T>,
    /// Later rows of a key whose rows contradict each other.
    contradicting: Vec<T>,
    /// Where the first row of such a key stands.
    disputed: HashSet<usize>,
    unread: Vec<String>,
    known: HashMap<String, usize>,
    counted: Option<Counted>,
    fault: Option<&'static str>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            contradicting: Vec::new(),
            disputed: HashSet::new(),
            unread: Vec::new(),
            known: HashMap::new(),
            counted: None,
            fault: None,
        }
    }
}

impl<T: Listed> Pages<T> {
    fn add(&mut self, rows: Vec<&RawValue>, counted: Counted) {
        if counted == Counted::Unreadable {
            self.fault = Some("its count cannot be read");
        }
        if self.counted.replace(counted).is_some_and(|before| before != counted) {
            self.fault = Some("its count changed while it was read");
        }
        let earlier = self.rows.len();
        for row in rows {
            let Some(read) = T::of(row) else {
                self.unread.push(cut(row.get()));
                continue;
            };
            let next = self.rows.len();
            let position = *self.known.entry(read.key()).or_insert(next);
            if position == next {
                self.rows.push(read);
            } else if self.contradicts(position, &read) {
                self.unread.push(cut(row.get()));
                self.contradicting.push(read);
            } else if position < earlier && counted == Counted::Nothing {
                // A row that moved to another page may have pushed one out of sight, and no count tells.
                self.fault = Some("it shows a row on two pages");
            }
        }
    }

    /// Whether a further row of a key says something else than the one before: then none of that key can be relied on.
    fn contradicts(&mut self, position: usize, read: &T) -> bool {
        let Some(first) = self.rows.get(position) else {
            return false;
        };
        if first != read && self.disputed.insert(position) {
            self.unread.push(cut(&first.key()));
        }
        self.disputed.contains(&position)
    }

    fn list(self) -> List<T> {
        let (mut rows, mut contradicted) = (Vec::with_capacity(self.rows.len()), self.contradicting);
        for (position, row) in self.rows.into_iter().enumerate() {
            if self.disputed.contains(&position) {
                contradicted.push(row);
            } else {
                rows.push(row);
            }
        }
        let length = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        let (read, unread) = (length(rows.len()), length(self.unread.len()));
        let extent = match (self.fault, self.counted) {
            (Some(why), _) => Extent::Unclear(why),
            (None, Some(Counted::Rows(total))) if read > total => Extent::Unclear("it has more rows than it counts"),
            (None, Some(Counted::Rows(total))) => match total.saturating_sub(read.saturating_add(unread)) {
                0 => Extent::Whole,
                hidden => Extent::Lacks(hidden),
            },
            (None, _) => Extent::Whole,
        };
        List {
            rows,
            contradicted,
            unread: self.unread,
            extent,
        }
    }
}

impl<T> List<T> {
    /// Why something may be missing, for people.
    pub fn gap(&self, what: &str) -> Option<String> {
        match &self.extent {
            Extent::Unclear(why) => Some(format!("JumpCloud's list of {what} cannot be relied on: {why}")),
            Extent::Lacks(hidden) => Some(format!(
                "JumpCloud counts {hidden} more in the list of {what} than it shows"
            )),
            Extent::Whole if !self.contradicted.is_empty() => Some(format!(
                "{} rows in JumpCloud's list of {what} contradict each other, or cannot be read",
                self.unread.len()
            )),
            Extent::Whole if !self.unread.is_empty() => Some(format!(
                "{} rows in JumpCloud's list of {what} cannot be read",
                self.unread.len()
            )),
            Extent::Whole => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::documents::GraphObject, *};

    #[test]
    fn counts_that_contradict_each_other_are_none() {
        let counted = |headers: &[&str], body: &str| {
            let header = |count: &&str| (String::from("x-total-count"), (*count).to_owned());
            let answer = Answer::of_headers(headers.iter().map(header).collect());
            let text: Box<RawValue> = serde_json::from_str(body).unwrap();
            page_of(&answer, &text, "roles").unwrap().1
        };
        assert_eq!(counted(&[], "[]"), Counted::Nothing);
        assert_eq!(counted(&["1", " 1"], "[]"), Counted::Rows(1));
        assert_eq!(counted(&["1", "150"], "[]"), Counted::Unreadable);
        let body = r#"{"results": [], "totalCount": 1}"#;
        assert_eq!(counted(&["1"], body), Counted::Rows(1));
        assert_eq!(counted(&["2"], body), Counted::Unreadable);
    }

    #[test]
    fn a_row_that_comes_again_on_a_later_page_may_hide_another_one_where_no_count_tells() {
        let extent = |pages: &[&str], counted: Counted| {
            let mut list = Pages::<GraphObject>::default();
            for page in pages {
                list.add(elements(page).unwrap(), counted);
            }
            list.list().extent
        };
        let (one, other) = (r#"[{"id": "a"}, {"id": "a"}]"#, r#"[{"id": "b"}]"#);
        assert_eq!(extent(&[one, other, "[]"], Counted::Nothing), Extent::Whole);
        assert!(matches!(
            extent(&[one, one, "[]"], Counted::Nothing),
            Extent::Unclear(_)
        ));
        assert_eq!(extent(&[one, one], Counted::Rows(1)), Extent::Whole);
    }
}
