//! What the instance holds.

use std::time::Duration;

use crate::Clock;

/// A user, a role, a product.
pub type Pair = (u64, u64, String);

/// What no public source settles.
pub struct Uncertain {
    /// The spelling that exists.
    pub path: &'static str,
    pub token_path: &'static str,
    pub client_auth: &'static str,
    /// The rows of a page where no size is asked for, or heeded.
    pub page: usize,
    /// A next link is given where there are more rows.
    pub links: bool,
    /// `pageSize` is heeded by every list, and not by that of users alone.
    pub page_size_everywhere: bool,
    /// Next links lead here instead.
    pub next_host: Option<&'static str>,
    pub names_in_rows: bool,
    /// Rows have another shape.
    pub flat_rows: bool,
    /// There is no call for a single user, and this status says so.
    pub no_single_user: Option<u16>,
    /// The list of users shows all of them, whatever the filter.
    pub ignores_filters: bool,
    /// Filtering by id is refused.
    pub refuses_id_filter: bool,
    /// Users have a login.
    pub logins: bool,
    pub grant_type: &'static str,
    /// `POST` replaces the set.
    pub post_replaces: bool,
    pub product_names_in_rows: bool,
    /// A removal that does nothing answers 200 with an error code inside.
    pub errors_in_200: bool,
    /// The reads whose paths end like this answer 200 with an error code inside, beside an empty list.
    pub failing_read: Option<&'static str>,
    /// Lists say how many rows they have: so many more than they have.
    pub rows_kept_back: Option<usize>,
    /// The next link is an object.
    pub next_is_no_text: bool,
}

pub struct State {
    pub clock: Clock,
    /// Id, first and last name, e-mail address.
    pub users: Vec<(u64, String, String, String)>,
    pub roles: Vec<(u64, String)>,
    pub pairs: Vec<Pair>,
    /// User, id and name.
    pub teams: Vec<(u64, u64, String)>,
    /// User, id and name.
    pub entities: Vec<(u64, u64, String)>,
    /// Somebody else grants this after so many reads of a user's pairs.
    pub granted_after: Option<(usize, Pair)>,
    pub removed: Vec<(Duration, Pair)>,
    pub due: Vec<(Duration, Pair)>,
    pub writes: usize,
    pub uncertain: Uncertain,
    pub keeps: Vec<u64>,
    /// Roles that nobody may remove: whatever would is refused as a whole.
    pub locked: Vec<u64>,
    pub delays: Vec<(u64, Duration)>,
    pub lag: Duration,
    pub omissions: Vec<(u64, usize, usize)>,
    pub limited: usize,
    pub tokens: Vec<(String, Duration)>,
    pub issued: usize,
}

impl State {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            users: Vec::new(),
            roles: Vec::new(),
            pairs: Vec::new(),
            teams: Vec::new(),
            entities: Vec::new(),
            granted_after: None,
            removed: Vec::new(),
            due: Vec::new(),
            writes: 0,
            uncertain: Uncertain {
                path: "roles-products",
                token_path: "/authorize/connect/token",
                client_auth: "basic",
                page: 10_000,
                links: true,
                page_size_everywhere: false,
                next_host: None,
                names_in_rows: true,
                flat_rows: false,
                no_single_user: None,
                ignores_filters: false,
                refuses_id_filter: false,
                logins: true,
                grant_type: "password",
                post_replaces: false,
                product_names_in_rows: true,
                errors_in_200: false,
                failing_read: None,
                rows_kept_back: None,
                next_is_no_text: false,
            },
            keeps: Vec::new(),
            locked: Vec::new(),
            delays: Vec::new(),
            lag: Duration::ZERO,
            omissions: Vec::new(),
            limited: 0,
            tokens: Vec::new(),
            issued: 0,
        }
    }

    pub fn settle(&mut self) {
        let now = self.clock.unix();
        let due: Vec<_> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        for (at, pair) in due {
            self.remove(&pair, at);
        }
    }

    /// What a read shows now.
    pub fn shown(&mut self, user: u64) -> Vec<Pair> {
        self.settle();
        let now = self.clock.unix();
        let recent = self
            .removed
            .iter()
            .filter(|(at, _)| *at + self.lag > now)
            .map(|(_, pair)| pair);
        let mut shown: Vec<Pair> = self
            .pairs
            .iter()
            .chain(recent)
            .filter(|(holder, ..)| *holder == user)
            .cloned()
            .collect();
        for (role, skip, reads) in &mut self.omissions {
            if *skip > 0 {
                *skip -= 1;
            } else if *reads > 0 {
                *reads -= 1;
                shown.retain(|(_, held, _)| held != role);
            }
        }
        match &mut self.granted_after {
            Some((0, _)) => {
                if let Some((_, pair)) = self.granted_after.take() {
                    self.pairs.push(pair);
                }
            }
            Some((reads, _)) => *reads -= 1,
            None => {}
        }
        shown
    }

    pub fn take(&mut self, pair: &Pair) {
        if self.keeps.contains(&pair.1) {
            return;
        }
        let now = self.clock.unix();
        match self.delays.iter().find(|(role, _)| *role == pair.1) {
            Some((_, delay)) => self.due.push((now + *delay, pair.clone())),
            None => self.remove(pair, now),
        }
    }

    /// Assigns what is not assigned yet.
    pub fn give(&mut self, pair: Pair) {
        if !self.pairs.contains(&pair) {
            self.removed.retain(|(_, removed)| *removed != pair);
            self.pairs.push(pair);
        }
    }

    fn remove(&mut self, pair: &Pair, at: Duration) {
        let before = self.pairs.len();
        self.pairs.retain(|held| held != pair);
        if self.pairs.len() < before {
            self.removed.push((at, pair.clone()));
        }
    }
}
