//! The query grammar: `a=b`, `a[b]=c`, `a[]=b`, `a[0][b]=c`, brackets encoded or not.
//!
//! Arrays of objects with empty brackets follow Rack: a new element begins when the key is already set on the current one.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Checked, envelope::Rejection};

/// The most pairs in one query.
const MOST_PAIRS: usize = 1_000;
/// The most brackets behind one name.
const DEEPEST: usize = 6;

/// The query's names and their values: texts, objects and arrays of them. A repeated plain name becomes an array.
pub fn parse(query: &str) -> Checked<Map<String, Value>> {
    let mut root = Node::Object(Vec::new());
    for (count, (key, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
        if count >= MOST_PAIRS {
            return Err(malformed(&key, "the query has too many parameters"));
        }
        let (name, path) = split(&key)?;
        let Node::Object(fields) = &mut root else {
            continue;
        };
        let node = child(fields, name);
        match node {
            // Whether a repetition is a list or a contradiction, the parameter knows.
            Node::Text(_) | Node::Repeated(_) if path.is_empty() => node.repeat(value.into_owned()),
            _ => insert(node, &path, value.into_owned(), &key)?,
        }
    }
    match root.into_value() {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

/// A value while the query is being read.
enum Node {
    Empty,
    Text(String),
    /// A plain name, more than once.
    Repeated(Vec<String>),
    Object(Vec<(String, Node)>),
    /// Empty brackets.
    List(Vec<Node>),
    /// Numbered brackets: sorted at the end, with no limit but the number of pairs.
    Numbered(BTreeMap<u32, Node>),
}

enum Step {
    Key(String),
    Index(u32),
    Append,
}

impl Node {
    fn into_value(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => Value::String(text),
            Self::Repeated(texts) => Value::Array(texts.into_iter().map(Value::String).collect()),
            Self::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(name, node)| (name, node.into_value()))
                    .collect(),
            ),
            Self::List(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Numbered(items) => Value::Array(items.into_values().map(Self::into_value).collect()),
        }
    }

    fn repeat(&mut self, text: String) {
        match std::mem::replace(self, Self::Empty) {
            Self::Text(first) => *self = Self::Repeated(vec![first, text]),
            Self::Repeated(mut texts) => {
                texts.push(text);
                *self = Self::Repeated(texts);
            }
            other => *self = other,
        }
    }

    /// Whether setting `path` here would meet a value that is already set.
    fn has(&self, path: &[Step]) -> bool {
        match (self, path) {
            (Self::Object(fields), [Step::Key(name), rest @ ..]) => {
                fields.iter().any(|(known, node)| known == name && node.has(rest))
            }
            (Self::Empty, _) | (Self::List(_), [Step::Append, ..]) => false,
            (Self::Numbered(items), [Step::Index(index), rest @ ..]) => {
                items.get(index).is_some_and(|node| node.has(rest))
            }
            _ => true,
        }
    }
}

fn insert(node: &mut Node, path: &[Step], value: String, key: &str) -> Checked<()> {
    let Some((step, rest)) = path.split_first() else {
        return match node {
            Node::Empty => {
                *node = Node::Text(value);
                Ok(())
            }
            Node::Text(_) => Err(malformed(key, "is given twice")),
            _ => Err(malformed(key, "is given as a plain value and with brackets")),
        };
    };
    if matches!(node, Node::Empty) {
        *node = match step {
            Step::Key(_) => Node::Object(Vec::new()),
            Step::Append => Node::List(Vec::new()),
            Step::Index(_) => Node::Numbered(BTreeMap::new()),
        };
    }
    match (node, step) {
        (Node::Object(fields), Step::Key(name)) => insert(child(fields, name.clone()), rest, value, key),
        (Node::Numbered(items), Step::Index(index)) => {
            insert(items.entry(*index).or_insert(Node::Empty), rest, value, key)
        }
        (Node::List(items), Step::Append) => {
            if rest.is_empty() || items.last().is_none_or(|last| last.has(rest)) {
                items.push(Node::Empty);
            }
            match items.last_mut() {
                Some(last) => insert(last, rest, value, key),
                None => Ok(()),
            }
        }
        _ => Err(malformed(key, "mixes kinds of brackets under one name")),
    }
}

fn child(fields: &mut Vec<(String, Node)>, name: String) -> &mut Node {
    let index = fields.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
        fields.push((name, Node::Empty));
        fields.len() - 1
    });
    &mut fields[index].1
}

/// `a[b][]` is `a` and the steps `b`, append.
fn split(key: &str) -> Checked<(String, Vec<Step>)> {
    let Some((name, mut rest)) = key.split_once('[') else {
        return Ok((key.to_owned(), Vec::new()));
    };
    let mut steps = Vec::new();
    loop {
        let (inner, after) = rest
            .split_once(']')
            .ok_or_else(|| malformed(key, "has a bracket that is not closed"))?;
        steps.push(match inner {
            "" => Step::Append,
            digits if digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Step::Index(
                digits
                    .parse()
                    .map_err(|_| malformed(key, "has an index that is too large"))?,
            ),
            name => Step::Key(name.to_owned()),
        });
        if steps.len() > DEEPEST {
            return Err(malformed(key, "is nested too deep"));
        }
        if after.is_empty() {
            return Ok((name.to_owned(), steps));
        }
        rest = after
            .strip_prefix('[')
            .ok_or_else(|| malformed(key, "has text behind its brackets"))?;
    }
}

fn malformed(key: &str, why: &str) -> Rejection {
    let name = key.split('[').next().unwrap_or(key);
    Rejection::field(name, format!("the query parameter `{name}` {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_every_form_that_the_sdks_send() {
        for (query, expected) in [
            ("a=b&c=", json!({"a": "b", "c": ""})),
            ("a%5Bb%5D%5Bc%5D=d", json!({"a": {"b": {"c": "d"}}})),
            ("foo[]=bar&foo[][bar1]=baz1", json!({"foo": ["bar", {"bar1": "baz1"}]})),
            (
                "roles[][id]=a&roles[][workspace]=w1&roles[][id]=b",
                json!({"roles": [{"id": "a", "workspace": "w1"}, {"id": "b"}]}),
            ),
            (
                "roles[25][id]=z&roles[3][id]=y",
                json!({"roles": [{"id": "y"}, {"id": "z"}]}),
            ),
            ("q[n][x][]=1&q[n][x][]=2", json!({"q": {"n": {"x": ["1", "2"]}}})),
            ("n=a+b%26", json!({"n": "a b&"})),
            ("f=a&f=b&f=c", json!({"f": ["a", "b", "c"]})),
        ] {
            assert_eq!(Value::Object(parse(query).unwrap()), expected, "{query}");
        }
    }

    #[test]
    fn refuses_what_is_ambiguous() {
        for query in [
            "a[0]=x&a[]=y",
            "a=x&a[b]=y",
            "a[b=c",
            "a[b]c=d",
            "a[1][1][1][1][1][1][1]=x",
            "a[b]=x&a[b]=y",
        ] {
            assert_eq!(parse(query).unwrap_err().status(), 400, "{query}");
        }
    }
}
