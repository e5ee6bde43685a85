//! Sets and maps that grow one by one, found by hash. They keep the order in which elements came.
//!
//! The standard library compiles its table anew for each type of element, which makes more than half a kilobyte each time in a
//! component. Here one table, of positions, serves all types, and few elements need none. What is built at once is a case for
//! [`sorted`](crate::sorted).

use std::{
    borrow::Borrow,
    collections::HashMap as Table,
    fmt,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
};

/// Values by key.
#[derive(Clone)]
pub struct HashMap<K, V> {
    /// `None`: there are few elements, which are looked through.
    places: Option<Box<Places>>,
    /// `None`: removed.
    entries: Vec<Option<(K, V)>>,
    removed: usize,
}

/// Elements, each once.
#[derive(Clone)]
pub struct HashSet<T>(HashMap<T, ()>);

/// The place of a key in a map, taken or free.
pub struct Entry<'a, K, V> {
    map: &'a mut HashMap<K, V>,
    place: Result<usize, (Option<u64>, K)>,
}

/// So many elements are looked through faster than a key is hashed.
const FEW: usize = 16;

impl<K, V> HashMap<K, V> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().flatten().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().flatten().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().flatten().map(|(_, value)| value)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn len(&self) -> usize {
        self.entries.len().saturating_sub(self.removed)
    }
}

impl<K: Hash + Eq, V> HashMap<K, V> {
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(self.hash(key), key)?;
        self.entries.get(place)?.as_ref().map(|(_, value)| value)
    }

    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(self.hash(key), key)?;
        self.entries.get_mut(place)?.as_mut().map(|(_, value)| value)
    }

    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(self.hash(key), key).is_some()
    }

    /// The value that `value` takes the place of. The key that was there first stays.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let hash = self.hash(&key);
        match self.place(hash, &key) {
            Some(place) => {
                let known = &mut self.entries.get_mut(place)?.as_mut()?.1;
                Some(std::mem::replace(known, value))
            }
            None => {
                self.push(hash, key, value);
                None
            }
        }
    }

    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let hash = self.hash(&key);
        let place = self.place(hash, &key).ok_or((hash, key));
        Entry { map: self, place }
    }

    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(self.hash(key), key)?;
        let (_, value) = self.entries.get_mut(place)?.take()?;
        self.removed = self.removed.saturating_add(1);
        Some(value)
    }

    /// `None`: the elements are few.
    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> Option<u64> {
        self.places.as_ref().map(|places| places.hash(key))
    }

    fn place<Q: Eq + ?Sized>(&self, hash: Option<u64>, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        let is_it = |entry: &Option<(K, V)>| matches!(entry, Some((known, _)) if known.borrow() == key);
        match self.places.as_ref().zip(hash) {
            Some((places, hash)) => places.find(hash, &|place| self.entries.get(place).is_some_and(is_it)),
            None => self.entries.iter().position(is_it),
        }
    }

    fn push(&mut self, hash: Option<u64>, key: K, value: V) -> usize {
        let place = self.entries.len();
        self.entries.push(Some((key, value)));
        match (&mut self.places, hash) {
            (Some(places), Some(hash)) => places.push(hash),
            _ if place >= FEW => {
                let mut places = Places::default();
                for entry in &self.entries {
                    let hash = entry.as_ref().map(|(key, _)| places.hash(key));
                    places.push(hash.unwrap_or_default());
                }
                self.places = Some(Box::new(places));
            }
            _ => {}
        }
        place
    }
}

impl<'a, K: Hash + Eq, V> Entry<'a, K, V> {
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    #[expect(
        clippy::unreachable,
        reason = "a vector has no way to add an element and give it back without a check"
    )]
    pub fn or_insert_with(self, value: impl FnOnce() -> V) -> &'a mut V {
        let place = match self.place {
            Ok(place) => place,
            Err((hash, key)) => self.map.push(hash, key, value()),
        };
        match self.map.entries.get_mut(place) {
            Some(Some((_, value))) => value,
            _ => unreachable!("the place was found or made above"),
        }
    }
}

impl<T: Hash + Eq> HashSet<T> {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it is new.
    pub fn insert(&mut self, element: T) -> bool {
        self.0.insert(element, ()).is_none()
    }

    pub fn contains<Q: Hash + Eq + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(element)
    }

    /// Whether it was there.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.remove(element).is_some()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.keys()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<K: Hash + Eq, V> Extend<(K, V)> for HashMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, more: I) {
        for (key, value) in more {
            self.insert(key, value);
        }
    }
}

impl<T: Hash + Eq> Extend<T> for HashSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        for element in more {
            self.insert(element);
        }
    }
}

impl<K: Hash + Eq, V> FromIterator<(K, V)> for HashMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::default();
        map.extend(pairs);
        map
    }
}

impl<T: Hash + Eq> FromIterator<T> for HashSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut set = Self::default();
        set.extend(elements);
        set
    }
}

impl<K, V> Default for HashMap<K, V> {
    fn default() -> Self {
        Self {
            places: None,
            entries: Vec::new(),
            removed: 0,
        }
    }
}

impl<T> Default for HashSet<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Hash + Eq, V: PartialEq> PartialEq for HashMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Hash + Eq, V: Eq> Eq for HashMap<K, V> {}

impl<K, V> IntoIterator for HashMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Option<(K, V)>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter().flatten()
    }
}

impl<T> IntoIterator for HashSet<T> {
    type Item = T;
    type IntoIter = std::iter::Map<std::iter::Flatten<std::vec::IntoIter<Option<(T, ())>>>, fn((T, ())) -> T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.entries.into_iter().flatten().map(|(element, ())| element)
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for HashMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for HashSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Positions by hash.
#[derive(Clone, Default)]
struct Places {
    /// Keys come from providers: nobody there may choose them so that all have one hash.
    state: RandomState,
    /// The latest position of a hash.
    latest: Table<u64, usize, BuildHasherDefault<Itself>>,
    /// For each position, the one before it with the same hash.
    earlier: Vec<Option<usize>>,
}

impl Places {
    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.state.hash_one(key)
    }

    fn find(&self, hash: u64, is: &dyn Fn(usize) -> bool) -> Option<usize> {
        let mut next = self.latest.get(&hash).copied();
        while let Some(place) = next {
            if is(place) {
                return next;
            }
            next = self.earlier.get(place).copied().flatten();
        }
        None
    }

    /// Adds the next position.
    fn push(&mut self, hash: u64) {
        let place = self.earlier.len();
        self.earlier.push(self.latest.insert(hash, place));
    }
}

/// A hash that is hashed already.
#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = self.0.rotate_left(8) ^ hash;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_what_the_trees_of_the_standard_library_are(
            steps in prop::collection::vec((0..4_u8, 0..40_u8, any::<u8>()), 0..120),
        ) {
            let mut map = HashMap::new();
            let mut tree = BTreeMap::new();
            for (step, key, value) in steps {
                match step {
                    0 | 1 => prop_assert_eq!(map.insert(key, value), tree.insert(key, value)),
                    2 => prop_assert_eq!(map.remove(&key), tree.remove(&key)),
                    _ => prop_assert_eq!(map.entry(key).or_insert(value), tree.entry(key).or_insert(value)),
                }
                prop_assert_eq!((map.len(), map.is_empty()), (tree.len(), tree.is_empty()));
                prop_assert_eq!((map.get(&key), map.contains_key(&key)), (tree.get(&key), tree.contains_key(&key)));
            }
            let pairs: BTreeMap<_, _> = map.iter().map(|(key, value)| (*key, *value)).collect();
            prop_assert_eq!(pairs, tree);
        }
    }

    #[test]
    fn elements_keep_their_order() {
        let mut set: HashSet<_> = ["c", "a", "b", "a"].into_iter().collect();
        assert!(set.remove("c") && !set.remove("c") && set.insert("c"));
        assert!(set.iter().eq(&["a", "b", "c"]));
        assert!(set.into_iter().eq(["a", "b", "c"]));
    }

    #[test]
    fn keys_with_one_hash_are_told_apart() {
        let mut places = Places::default();
        for hash in [7, 7, 8] {
            places.push(hash);
        }
        assert_eq!(places.find(7, &|place| place == 0), Some(0));
        assert_eq!(places.find(7, &|place| place == 1), Some(1));
        assert_eq!(places.find(7, &|place| place == 2), None);
    }
}
