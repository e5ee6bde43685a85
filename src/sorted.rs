//! Sorting, and sets and maps that are built at once and then read: sorted lists with binary search.
//!
//! The standard library compiles its sort, and the trees that it builds by it, anew for each type of element, which makes several
//! kilobytes each time in a component. Here one sort, of positions, serves all types. What grows one by one is no case for these.

use std::{borrow::Borrow, cmp::Ordering};

use serde::{Deserialize, Deserializer, Serialize};

/// Elements in order, each once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Set<T>(Vec<T>);

/// Values by key, in the order of the keys. Of two values with one key the later one counts.
#[derive(Clone, Debug)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<T> Set<T> {
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn first(&self) -> Option<&T> {
        self.0.first()
    }
}

impl<T: Ord> Set<T> {
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.binary_search_by(|known| known.borrow().cmp(element)).is_ok()
    }

    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|element| other.contains(element))
    }

    /// Each time everything behind the element is moved: outside of tests, elements come all at once.
    #[cfg(test)]
    pub fn insert(&mut self, element: T) {
        if let Err(position) = self.0.binary_search(&element) {
            self.0.insert(position, element);
        }
    }
}

impl<K: Ord, V> Map<K, V> {
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let position = self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        self.0.get(position).map(|(_, value)| value)
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements = Vec::from_iter(elements);
        sort_unique(&mut elements, |elements, one, other| {
            elements.get(one).cmp(&elements.get(other))
        });
        Self(elements)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut pairs = Vec::from_iter(pairs);
        sort_unique(&mut pairs, |pairs, one, other| {
            let key = |position: usize| pairs.get(position).map(|(key, _)| key);
            key(one).cmp(&key(other))
        });
        Self(pairs)
    }
}

/// Everything is put in order anew: for many at once.
impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        let mut elements = std::mem::take(&mut self.0);
        elements.extend(more);
        *self = Self::from_iter(elements);
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Set<T> {
    fn from(elements: [T; N]) -> Self {
        Self::from_iter(elements)
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

/// Sorts stably.
pub fn sort<T: Ord>(elements: &mut [T]) {
    let order = order(elements.len(), &|one, other| {
        elements.get(one).cmp(&elements.get(other))
    });
    swap(elements, &swaps(order));
}

/// Sorts stably, by a key.
pub fn sort_by_key<T, K: Ord>(elements: &mut [T], key: impl Fn(&T) -> K) {
    let key = |position: usize| elements.get(position).map(&key);
    let order = order(elements.len(), &|one, other| key(one).cmp(&key(other)));
    swap(elements, &swaps(order));
}

/// Sorts; of equals only the last one stays.
fn sort_unique<T>(elements: &mut Vec<T>, compare: impl Fn(&[T], usize, usize) -> Ordering) {
    // Most come in order: one comparison each is all that they cost then.
    if is_in_order(elements.len(), &|one, other| compare(elements, one, other)) {
        return;
    }
    let (order, kept) = unique_order(elements.len(), &|one, other| compare(elements, one, other));
    swap(elements, &swaps(order));
    elements.truncate(kept);
}

/// Whether each element is before the next one.
fn is_in_order(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> bool {
    (1..length).all(|position| compare(position.saturating_sub(1), position).is_lt())
}

/// The positions of elements in their order.
fn order(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_unstable_by(|&one, &other| compare(one, other).then(one.cmp(&other)));
    order
}

/// The same, with what equals a later element behind all others, and how many these are.
fn unique_order(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> (Vec<usize>, usize) {
    let (mut kept, mut left) = (Vec::with_capacity(length), Vec::new());
    let mut order = order(length, compare).into_iter().peekable();
    while let Some(position) = order.next() {
        let is_last = order.peek().is_none_or(|&next| compare(position, next).is_ne());
        if is_last { &mut kept } else { &mut left }.push(position);
    }
    let count = kept.len();
    kept.append(&mut left);
    (kept, count)
}

/// What has to be swapped, one pair after the other, so that each position gets the element that its number in the order says.
fn swaps(mut order: Vec<usize>) -> Vec<(usize, usize)> {
    let mut swaps = Vec::new();
    for start in 0..order.len() {
        let mut position = start;
        while let Some(place) = order.get_mut(position) {
            let from = std::mem::replace(place, position);
            if from == start || from == position {
                break;
            }
            swaps.push((position, from));
            position = from;
        }
    }
    swaps
}

fn swap<T>(elements: &mut [T], swaps: &[(usize, usize)]) {
    for &(one, other) in swaps {
        elements.swap(one, other);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_what_the_trees_of_the_standard_library_are(
            pairs in prop::collection::vec((0..40_u8, any::<u8>()), 0..60),
            others in prop::collection::vec(0..40_u8, 0..60),
        ) {
            let (map, tree): (Map<u8, u8>, BTreeMap<u8, u8>) = (pairs.iter().copied().collect(), pairs.iter().copied().collect());
            let keys = || pairs.iter().map(|(key, _)| *key);
            let (set, keys): (Set<u8>, BTreeSet<u8>) = (keys().collect(), keys().collect());
            prop_assert!(set.iter().eq(&keys));
            prop_assert_eq!((set.len(), set.is_empty()), (keys.len(), keys.is_empty()));
            for key in 0..=40 {
                prop_assert_eq!(map.get(&key), tree.get(&key));
                prop_assert_eq!(set.contains(&key), keys.contains(&key));
            }
            let (other, tree): (Set<u8>, BTreeSet<u8>) = (others.iter().copied().collect(), others.into_iter().collect());
            prop_assert_eq!(set.is_subset(&other), keys.is_subset(&tree));
            let (mut sorted, mut expected) = (pairs.clone(), pairs.clone());
            sort(&mut sorted);
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
            let (mut sorted, mut expected) = (pairs.clone(), pairs);
            sort_by_key(&mut sorted, |(key, _)| *key);
            expected.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(sorted, expected);
            let json = serde_json::to_string(&keys).unwrap();
            prop_assert_eq!(serde_json::to_string(&set).unwrap(), json.as_str());
            prop_assert_eq!(serde_json::from_str::<Set<u8>>(&json).unwrap(), set);
        }
    }
}
