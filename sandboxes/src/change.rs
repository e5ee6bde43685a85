//! What real providers, proxies and old clients do to a value in a provider's document.

use serde_json::{Value, json};

/// What happens to a value. It keeps what is held visible to a careful reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Removed,
    Null,
    /// A text becomes an object, everything else a text.
    OtherType,
    /// A text becomes a number that it is not.
    Number,
    EmptyText,
    BlankText,
    OtherCase,
    ExtraSpaces,
    Decomposed,
    LookAlike,
    NumberAsText,
    HugeNumber,
    OneMore,
    LateDate,
    DuplicateRow,
    NullRow,
    UnknownRow,
    OutOfOrder,
}

impl Change {
    pub const ALL: [Self; 18] = [
        Self::Removed,
        Self::Null,
        Self::OtherType,
        Self::Number,
        Self::EmptyText,
        Self::BlankText,
        Self::OtherCase,
        Self::ExtraSpaces,
        Self::Decomposed,
        Self::LookAlike,
        Self::NumberAsText,
        Self::HugeNumber,
        Self::OneMore,
        Self::LateDate,
        Self::DuplicateRow,
        Self::NullRow,
        Self::UnknownRow,
        Self::OutOfOrder,
    ];

    /// The changed value; `None` where the change does not fit it, and where it leaves no value.
    pub fn of(self, old: &Value) -> Option<Value> {
        let text = old.as_str();
        let rows = old.as_array().filter(|rows| !rows.is_empty());
        let with = |change: fn(&mut Vec<Value>)| {
            rows.map(|rows| {
                let mut rows = rows.clone();
                change(&mut rows);
                Value::Array(rows)
            })
        };
        match self {
            Self::Removed => None,
            Self::Null => Some(Value::Null),
            Self::OtherType => Some(if text.is_some() {
                json!({"value": old})
            } else {
                json!("other")
            }),
            Self::Number => text.map(|_| json!(7)),
            Self::EmptyText => text.map(|_| json!("")),
            Self::BlankText => text.map(|_| json!(" \u{a0}")),
            Self::OtherCase => text.map(|text| {
                let upper = text.to_uppercase();
                json!(if upper == text { text.to_lowercase() } else { upper })
            }),
            Self::ExtraSpaces => text.map(|text| json!(format!(" {}  ", text.replace(' ', "  ")))),
            Self::Decomposed => text.map(|text| {
                json!(
                    text.replace('é', "e\u{301}")
                        .replace('ü', "u\u{308}")
                        .replace('ö', "o\u{308}")
                )
            }),
            Self::LookAlike => text.map(|text| json!(text.replace('a', "\u{430}").replace('U', "u"))),
            Self::NumberAsText => old.as_number().map(|number| json!(number.to_string())),
            Self::HugeNumber => old.as_number().map(|_| json!(1e300)),
            Self::OneMore => old.as_u64().map(|number| json!(number.saturating_add(1))),
            Self::LateDate => text
                .filter(|text| {
                    let bytes = text.as_bytes();
                    bytes.len() > 9 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
                })
                .map(|_| json!("9999-12-31T23:59:59-01:00")),
            Self::DuplicateRow => with(|rows| rows.push(rows[0].clone())),
            Self::NullRow => with(|rows| rows.insert(0, Value::Null)),
            Self::UnknownRow => with(|rows| rows.insert(0, json!({"unknown": ["row"]}))),
            Self::OutOfOrder => with(|rows| rows.reverse()),
        }
    }
}
