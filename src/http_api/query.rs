//! The query grammar: `a=b`, `a[b]=c`, `a[]=b`, `a[0][b]=c`, brackets encoded or not.
//!
//! Arrays of objects with empty brackets follow Rack: a new element begins when the key is already set on the current one.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Checked,
    envelope::Rejection,
    names::{self, Place},
};

/// The parameter whose keys and indexes are passed to the provider unchanged.
const VERBATIM: &str = "remote_query";

/// The most pairs in a query: a thousand roles with three fields each, and the other parameters.
const MOST_PAIRS: usize = 4_000;
/// The most brackets after a name.
const DEEPEST: usize = 6;

/// The names that are read, and their values: texts, objects and arrays of them. A repeated plain name becomes an array.
pub fn parse(query: &str, place: Place) -> Checked<Map<String, Value>> {
    let mut root = Vec::new();
    let mut count = 0_usize;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // It could be any name.
        let key = decoded(key).map_err(|lossy| malformed(&lossy, "has a name that is not UTF-8"))?;
        let name = key.split('[').next().unwrap_or_default();
        if !names::is_read_in_query(name, place)? {
            continue;
        }
        let value = decoded(value).map_err(|_| malformed(&key, "has a value that is not UTF-8"))?;
        count = count.saturating_add(1);
        if count > MOST_PAIRS {
            return Err(malformed(&key, "exceeds the limit of 4,000 pairs"));
        }
        let path = split(&key)?;
        with_child(&mut root, name, |node| match node {
            // Whether a repetition is a list or an error depends on the parameter.
            Node::Text(_) | Node::Repeated(_) if path.is_empty() => {
                node.repeat(value);
                Ok(())
            }
            _ => insert(node, &path, value, &key),
        })?;
    }
    Ok(root.into_iter().map(|(name, node)| (name, node.into_value())).collect())
}

/// Decodes percent-encoding and plus signs. The error is the lossy text, if it is not UTF-8.
fn decoded(text: &str) -> Result<String, String> {
    let spaced = text.replace('+', " ");
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(&spaced).collect();
    String::from_utf8(bytes).map_err(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A value while the query is being read.
enum Node {
    Empty,
    Text(String),
    /// A plain name that is given more than once.
    Repeated(Vec<String>),
    Object(Vec<(String, Node)>),
    /// Empty brackets.
    List(Vec<Node>),
    /// Numbered brackets, sorted by number.
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
        (Node::Object(fields), Step::Key(name)) => with_child(fields, name, |node| insert(node, rest, value, key)),
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

/// Changes the field of that name, which is empty if it is new.
fn with_child<T>(fields: &mut Vec<(String, Node)>, name: &str, change: impl FnOnce(&mut Node) -> T) -> T {
    if let Some((_, node)) = fields.iter_mut().find(|(known, _)| *known == name) {
        return change(node);
    }
    let mut node = Node::Empty;
    let result = change(&mut node);
    fields.push((name.to_owned(), node));
    result
}

/// The steps behind the name: `a[b][]` has `b` and append.
fn split(key: &str) -> Checked<Vec<Step>> {
    let Some((name, mut rest)) = key.split_once('[') else {
        return Ok(Vec::new());
    };
    let is_index = |text: &str| name != VERBATIM && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut steps = Vec::new();
    loop {
        let (inner, after) = rest
            .split_once(']')
            .ok_or_else(|| malformed(key, "has a bracket that is not closed"))?;
        steps.push(match inner {
            "" => Step::Append,
            digits if is_index(digits) => Step::Index(
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
            return Ok(steps);
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
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(query: &str) -> Checked<Map<String, Value>> {
        super::parse(query, Place::Query)
    }
    use crate::{account::settings::General, provider::capability::Capability, request::pass_through};

    #[test]
    fn reads_every_form_that_the_sdks_send() {
        for (query, expected) in [
            ("id=b&workspace_id=", json!({"id": "b", "workspace_id": ""})),
            ("roles%5Bb%5D%5Bc%5D=d", json!({"roles": {"b": {"c": "d"}}})),
            (
                "roles[]=bar&roles[][bar1]=baz1",
                json!({"roles": ["bar", {"bar1": "baz1"}]}),
            ),
            (
                "roles[][id]=a&roles[][workspace]=w1&roles[][id]=b",
                json!({"roles": [{"id": "a", "workspace": "w1"}, {"id": "b"}]}),
            ),
            (
                "organizations[25][id]=z&organizations[3][id]=y",
                json!({"organizations": [{"id": "y"}, {"id": "z"}]}),
            ),
            (
                "remote_query[n][x][]=1&remote_query[n][x][]=2",
                json!({"remote_query": {"n": {"x": ["1", "2"]}}}),
            ),
            ("id=a+b%26%2B", json!({"id": "a b&+"})),
            ("id=a&&id=b&id=c", json!({"id": ["a", "b", "c"]})),
            ("id", json!({"id": ""})),
        ] {
            assert_eq!(Value::Object(parse(query).unwrap()), expected, "{query}");
        }
    }

    #[test]
    fn what_passes_to_the_provider_keeps_its_keys_and_indexes() {
        let query = "remote_query[f][2024]=x&remote_query[n][x][0]=1&remote_query[n][x][1]=2&remote_query[7]=s";
        let expected = json!({"remote_query": {"f": {"2024": "x"}, "n": {"x": {"0": "1", "1": "2"}}, "7": "s"}});
        assert_eq!(Value::Object(parse(query).unwrap()), expected);
    }

    #[test]
    fn refuses_what_is_ambiguous() {
        for query in [
            "roles[0]=x&roles[]=y",
            "roles=x&roles[b]=y",
            "roles[b=c",
            "roles[b]c=d",
            "roles[1][1][1][1][1][1][1]=x",
            "roles[b]=x&roles[b]=y",
            "roles.0.id=x",
            "options[strict_scope]=true",
            "id=%ff",
            "id%C3=x",
            "%ff=x",
            "roles[0][id%ff]=x",
        ] {
            assert_eq!(parse(query).unwrap_err().status(), 400, "{query}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_whatever_its_form_and_an_ignored_one_is_not_even_read() {
        for query in [
            "utm[=1",
            "x=1",
            "workspaces[]=A",
            "x[1][1][1][1][1][1][1]=x",
            "nul=",
            "_=17",
            "=",
        ] {
            assert_eq!(parse(&format!("id=u&{query}")).unwrap_err().status(), 400, "{query}");
        }
        let ignored = "truto_key_by=id&truto_super_query[=1&truto_ignore_limit=%ff&truto_body_passthrough[a]b=1";
        assert!(parse(ignored).unwrap().is_empty());
    }

    #[test]
    fn a_thousand_roles_fit_and_there_is_an_end() {
        let query = |roles: usize| -> String {
            let role = |n: usize| format!("&roles[{n}][id]=r{n}&roles[{n}][name]=n&roles[{n}][workspace]=w");
            (0..roles).map(role).collect::<Vec<_>>().concat()
        };
        assert_eq!(parse(&query(1_000)).unwrap()["roles"].as_array().unwrap().len(), 1_000);
        assert_eq!(parse(&query(1_334)).unwrap_err().status(), 400);
    }

    proptest! {
        /// Or it is refused: nothing that passes to the provider is changed or lost on the way.
        #[test]
        fn what_passes_comes_out_as_it_came_in(
            keys in proptest::collection::vec((r"[a-c0-9]{1,2}", r"(\[[a-c0-9]{0,2}\]){0,3}"), 1..6),
        ) {
            let pair = |(n, (name, rest)): (usize, &(String, String))| format!("remote_query[{name}]{rest}=v{n}");
            let query: Vec<String> = keys.iter().enumerate().map(pair).collect();
            let Ok(fields) = parse(&query.join("&")) else {
                return Ok(());
            };
            let text = fields["remote_query"].to_string();
            let Ok(mut passed) = pass_through::query(Some(&text), &General::default(), &Capability::EXAMPLE) else {
                return Ok(());
            };
            let mut sent: Vec<(String, String)> =
                keys.iter().enumerate().map(|(n, (name, rest))| (format!("{name}{rest}"), format!("v{n}"))).collect();
            sent.sort();
            passed.sort();
            prop_assert_eq!(passed, sent);
        }

        #[test]
        fn no_query_is_too_strange_to_be_read_or_refused(query in r"[a-z_%&=\[\].0-9+\u{e9}]{0,40}|roles[\[\]0-9a=&%]{0,30}") {
            if let Ok(fields) = parse(&query) {
                prop_assert!(fields.keys().all(|name| names::Place::Query.names().contains(&name.as_str())));
            }
        }
    }
}
