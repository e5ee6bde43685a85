//! What the instance holds.

use std::{collections::BTreeSet, time::Duration};

use crate::{Clock, behaviour::Behaviour, ledger::Ledger, sandbox::ProviderState};

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
    /// `pageSize` is heeded by every list, and not only by that of users.
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
    /// A token that is not valid any more is told by 400 and the text "Authentication failed".
    pub expiry_is_400: bool,
}

pub struct State {
    pub clock: Clock,
    /// Id, first and last name, e-mail address.
    pub users: Vec<(u64, String, String, String)>,
    pub roles: Vec<(u64, String)>,
    pub pairs: Ledger<Pair>,
    /// Names that the rows have instead of the directory's: role id and name.
    pub row_names: Vec<(u64, String)>,
    /// User, id and name.
    pub teams: Vec<(u64, u64, String)>,
    /// User, id and name.
    pub entities: Vec<(u64, u64, String)>,
    /// Somebody else grants this after so many reads of a user's pairs.
    pub granted_after: Option<(usize, Pair)>,
    pub writes: usize,
    pub uncertain: Uncertain,
    /// By the role's id.
    pub behaviour: Behaviour,
    /// Roles that nobody may remove: whatever would is refused as a whole.
    pub locked: Vec<u64>,
    pub tokens: Vec<(String, Duration)>,
    pub issued: usize,
}

impl ProviderState for State {
    fn behaviour(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    fn settle(&mut self) {
        self.pairs.settle(self.clock.unix());
    }

    /// All that anybody really holds, a line for every pair.
    fn holdings(&self) -> BTreeSet<String> {
        self.pairs.held().iter().map(|pair| format!("{pair:?}")).collect()
    }
}

impl State {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            users: Vec::new(),
            roles: Vec::new(),
            pairs: Ledger::default(),
            row_names: Vec::new(),
            teams: Vec::new(),
            entities: Vec::new(),
            granted_after: None,
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
                expiry_is_400: false,
            },
            behaviour: Behaviour::default(),
            locked: Vec::new(),
            tokens: Vec::new(),
            issued: 0,
        }
    }

    /// What a read shows now.
    pub fn shown(&mut self, user: u64) -> Vec<Pair> {
        self.settle();
        let mut shown = self.pairs.shown(self.clock.unix(), self.behaviour.lag);
        let omitted = self.behaviour.omitted();
        shown.retain(|(holder, role, _)| *holder == user && !omitted.contains(&role.to_string()));
        match &mut self.granted_after {
            Some((0, _)) => {
                if let Some((_, pair)) = self.granted_after.take() {
                    self.give(pair);
                }
            }
            Some((reads, _)) => *reads -= 1,
            None => {}
        }
        shown
    }

    pub fn take(&mut self, pair: &Pair) {
        let effect = self.behaviour.effect(&pair.1.to_string());
        self.pairs.take(pair, self.clock.unix(), effect);
    }

    /// Assigns what is not assigned yet.
    pub fn give(&mut self, pair: Pair) {
        self.pairs.add(pair, self.clock.unix());
    }

    /// The name of a role as a row of pairs has it.
    pub fn name_in_row(&self, role: u64) -> Option<&str> {
        let mut names = self.row_names.iter().chain(&self.roles);
        names.find(|(known, _)| *known == role).map(|(_, name)| name.as_str())
    }
}
