//! BlackLine's documents. No official document is public: where the fields of a row stand is a setting, so rows are read by JSON
//! pointers. What cannot be read is kept as unread; it is never taken for absence.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::{
    client::lenient::{self as json, Flag, FromJson, Id, Number, Text, Word, document, elements},
    provider::UnreadRow,
};

use super::{config::Fields, ids};

/// A JSON value as it came: numbers keep all their digits.
pub type Raw = Box<RawValue>;

/// `GET /v1/users/{id}`, and a row of the search. The names of the fields: Saviynt's connector guide.
pub struct User {
    pub id: Id,
    pub email: Word,
    pub login_id: Word,
    pub first_name: Word,
    pub last_name: Word,
    pub full_name: Word,
    pub job_title: Text,
    pub phone_number: Text,
    pub is_active: Flag,
    pub last_updated: Text,
}

document! {
    User:
        id, email, login_id = "loginId", first_name = "firstName", last_name = "lastName", full_name = "fullName",
        job_title = "jobTitle", phone_number = "phoneNumber", is_active = "isActive", last_updated = "lastUpdated",
}

/// A row of `GET /v1/roles`, and of the teams and entities of a user.
pub struct NamedRow {
    pub id: Id,
    pub name: Word,
}

document! { NamedRow: id, name }

/// A role in a product, as a row of the user's roles shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub role_id: String,
    /// Every name that the row has for the role.
    pub role_names: Vec<String>,
    /// The product's code, without blanks around it.
    pub product_id: String,
    pub product_names: Vec<String>,
}

impl User {
    /// The user of an object; `None` for any other value.
    pub fn of_row(row: &RawValue) -> Option<Self> {
        Self::from_json(row).ok()
    }

    /// The id in the one spelling that requests have.
    pub fn id(&self) -> Option<String> {
        self.id.as_str().map(ids::normalized)
    }

    /// The address, if there is one that can be read.
    pub fn email(&self) -> Option<&str> {
        self.email.as_str().map(str::trim).filter(|email| email.contains('@'))
    }
}

impl NamedRow {
    /// `None` without an id that can be read.
    pub fn of_row(row: &RawValue) -> Option<(String, Option<String>)> {
        let Self { id, name } = Self::from_json(row).ok()?;
        Some((ids::normalized(id.as_str()?), name.into_string()))
    }
}

impl Pair {
    /// The pair of a row.
    ///
    /// # Errors
    /// The row with whatever can be told of it, if an id is missing or contradicts another one.
    pub fn of_row(fields: &Fields, row: &RawValue) -> Result<Self, UnreadRow> {
        let parsed = &Parsed::of(row);
        let role_ids = all(parsed, &fields.role_id, role_id);
        let product_ids = all(parsed, &fields.product_id, product_id);
        let role_names = all(parsed, &fields.role_name, word);
        // Beside an id that cannot be read, another one says nothing for certain.
        let has_odd_role = has_odd(parsed, &fields.role_id, role_id);
        let has_odd_product = has_odd(parsed, &fields.product_id, product_id);
        match (role_ids.as_slice(), product_ids.as_slice()) {
            ([role_id], [product_id]) if !has_odd_role && !has_odd_product => Ok(Self {
                role_id: role_id.clone(),
                role_names,
                product_id: product_id.clone(),
                product_names: all(parsed, &fields.product_name, word),
            }),
            // Role ids are numbers: another text is none.
            (_, products) => {
                let mut unread = UnreadRow::new(row.get());
                if let ([product], false) = (products, has_odd_product) {
                    unread.scope.workspace = Some(product.clone());
                }
                if !has_odd_role || role_ids.is_empty() {
                    unread.ids = role_ids;
                    unread.names = role_names;
                }
                Err(unread)
            }
        }
    }

    /// The name by which the role is shown.
    pub fn role_name(&self) -> Option<&String> {
        self.role_names.first()
    }

    /// The role and the product, which tell a pair from others.
    pub fn key(&self) -> (&str, &str) {
        (&self.role_id, &self.product_id)
    }
}

/// The value that a JSON pointer (RFC 6901) leads to.
pub fn at<'a>(document: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    Parsed::of(document).at(pointer)
}

/// A value whose own fields are read once, however many pointers lead into it.
struct Parsed<'a> {
    value: &'a RawValue,
    fields: Option<json::Fields<'a>>,
}

impl<'a> Parsed<'a> {
    fn of(value: &'a RawValue) -> Self {
        Self {
            value,
            fields: json::Fields::of(value.get()).ok(),
        }
    }

    fn at(&self, pointer: &str) -> Option<&'a RawValue> {
        if pointer.is_empty() {
            return Some(self.value);
        }
        let (token, rest) = match pointer.strip_prefix('/')?.find('/') {
            Some(end) => pointer.split_at_checked(end.saturating_add(1))?,
            None => (pointer, ""),
        };
        let token = token.strip_prefix('/')?.replace("~1", "/").replace("~0", "~");
        let value = match &self.fields {
            // The last one of a key that stands there twice, as most parsers do.
            Some(fields) => fields.iter().filter(|(key, _)| *key == token).last()?.1,
            None => elements(self.value.get()).ok()?.into_iter().nth(token.parse().ok()?)?,
        };
        if rest.is_empty() { Some(value) } else { at(value, rest) }
    }
}

/// The rows of a list; `None` if the value is no list.
pub fn rows(list: &RawValue) -> Option<Vec<Raw>> {
    Some(elements(list.get()).ok()?.into_iter().map(ToOwned::to_owned).collect())
}

/// A string or number as text.
pub fn text(value: &RawValue) -> Option<String> {
    match value.get().bytes().next() {
        Some(b'"' | b'-' | b'0'..=b'9') => Text::from_json(value).ok()?.into_string(),
        _ => None,
    }
}

/// A whole number.
pub fn number(value: &RawValue) -> Option<u64> {
    Number::from_json(value).ok()?.as_u64()
}

fn word(value: &RawValue) -> Option<String> {
    Word::from_json(value).ok()?.into_string()
}

fn id(value: &RawValue) -> Option<String> {
    Id::from_json(value).ok()?.into_string()
}

fn role_id(value: &RawValue) -> Option<String> {
    ids::number(id(value)?.trim())
}

fn product_id(value: &RawValue) -> Option<String> {
    Some(word(value)?.trim().to_owned())
}

/// Whether one of the pointers leads to something that cannot be read.
fn has_odd(row: &Parsed<'_>, pointers: &[String], read: fn(&RawValue) -> Option<String>) -> bool {
    let mut values = pointers.iter().filter_map(|pointer| row.at(pointer));
    values.any(|value| !matches!(value.get(), "null" | "\"\"") && read(value).is_none())
}

/// The different values that the pointers lead to, in their order.
fn all(row: &Parsed<'_>, pointers: &[String], read: impl Fn(&RawValue) -> Option<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    pointers
        .iter()
        .filter_map(|pointer| read(row.at(pointer)?))
        .filter(|value| seen.insert(value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Raw {
        serde_json::from_str(text).unwrap()
    }

    fn pair(text: &str) -> Result<Pair, UnreadRow> {
        Pair::of_row(&Fields::default(), &raw(text))
    }

    #[test]
    fn a_pair_is_read_in_every_documented_shape_and_spelling() {
        for row in [
            r#"{"role": {"id": 5, "name": "Reviewer"}, "product": {"id": "A"}}"#,
            r#"{"productId": "A", "roleName": "Reviewer", "roleId": "005", "extra": [null]}"#,
            r#"{"role": {"id": 5.0, "name": "Reviewer"}, "roleId": " 5 ", "product": {"id": "A"}}"#,
        ] {
            let pair = pair(row).unwrap();
            assert_eq!(
                (pair.key(), pair.role_names.as_slice()),
                (("5", "A"), [String::from("Reviewer")].as_slice()),
                "{row}"
            );
        }
        let long = pair(r#"{"roleId": 123456789012345678901234567890, "productId": "A"}"#).unwrap();
        assert_eq!(long.role_id, "123456789012345678901234567890");
    }

    #[test]
    fn a_row_without_one_role_and_one_product_is_unread_and_keeps_what_it_says() {
        let unread = |text: &str| pair(text).unwrap_err();
        for row in [
            "null",
            "[5, \"A\"]",
            "7",
            "{}",
            r#"{"role": {"id": "other"}}"#,
            r#"{"role": {"id": true}, "product": {"id": ["A"]}}"#,
        ] {
            let unread = unread(row);
            assert_eq!((unread.ids.len(), unread.scope.workspace), (0, None), "{row}");
        }
        let no_product = unread(r#"{"role": {"id": 5, "name": "Reviewer"}, "product": {"id": true}}"#);
        assert_eq!(
            (no_product.ids, no_product.names),
            (vec!["5".into()], vec!["Reviewer".into()])
        );
        let no_role = unread(r#"{"role": null, "product": {"id": "A"}}"#);
        assert_eq!(no_role.scope.workspace.as_deref(), Some("A"));
        let contradicting = unread(r#"{"role": {"id": 5}, "roleId": 6, "productId": "A"}"#);
        assert_eq!(contradicting.ids, ["5", "6"]);
    }

    #[test]
    fn a_pointer_leads_through_objects_and_lists() {
        let document = raw(r#"{"a/b": [{"c~": 1}]}"#);
        assert_eq!(at(&document, "/a~1b/0/c~0").map(RawValue::get), Some("1"));
        assert!(at(&document, "/a~1b/1").is_none() && at(&document, "/a~1b/0/c~0/d").is_none());
        assert!(at(&document, "a").is_none() && at(&document, "").is_some());
    }

    #[test]
    fn an_address_is_a_text_with_an_at_sign() {
        for (email, shown) in [
            ("\" ann@example.com\"", Some("ann@example.com")),
            ("true", None),
            ("\"n/a\"", None),
            ("7", None),
        ] {
            let user = User::of_row(&raw(&format!(r#"{{"id": 7, "email": {email}}}"#))).unwrap();
            assert_eq!(user.email(), shown, "{email}");
        }
    }
}
