//! What may import what: `docs/architecture.md` has the same table.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// From the ground up. A module may import what stands in an earlier row.
const LAYERS: [&[&str]; 10] = [
    &["digest", "hashed", "naming", "sorted", "transport"],
    &["contract"],
    &["error"],
    &["binding"],
    &["account"],
    &["client"],
    &["provider", "request"],
    &["engine", "providers", "receipt"],
    &["origins", "service"],
    &["by_account", "http_api"],
];

/// Files that may import from their own row or above.
const EXCEPTIONS: [(&str, &str); 4] = [
    // A name in JSON is registered with its provider.
    ("contract/json/names.rs", "providers"),
    // Messages are masked with the secrets that the client knows.
    ("contract/redact.rs", "client"),
    // The trait is given the validated request, and the request is normalized by the trait.
    ("provider/", "request"),
    ("request/", "provider"),
];

#[test]
fn no_module_imports_from_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let mut violations = Vec::new();
    for file in files {
        let path = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let module = path.split(['/', '.']).next().unwrap().to_owned();
        if ["lib", "layers"].contains(&module.as_str()) {
            continue;
        }
        let own = layer(&module).unwrap_or_else(|| panic!("{module} has no layer"));
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            let is_exception = EXCEPTIONS
                .iter()
                .any(|(of, what)| path.starts_with(of) && *what == import);
            let is_above = layer(&import).is_some_and(|layer| layer >= own) && import != module;
            if is_above && !is_exception {
                violations.push(format!("{path} imports {import}"));
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn imports_are_found_in_groups_and_in_paths() {
    let text = "use crate::{\n    account::{Secret, client},\n    engine,\n};\nfn f() -> crate::error::Error {}\n\
                // crate::http_api\n#[cfg(test)]\nmod tests { use crate::providers; }";
    assert_eq!(imports(text), ["account", "engine", "error"]);
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The source files that are no tests.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

/// The top-level modules that a source file names, without its comments and tests.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code: String = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let mut modules = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => modules.extend(members(group)),
            None => modules.push(identifier(rest)),
        }
    }
    modules.retain(|module| !module.is_empty());
    modules.sort();
    modules.dedup();
    modules
}

/// The first identifier of each member of a group of imports.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut members = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    members.iter().map(|member| identifier(member.trim())).collect()
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_lowercase() || *c == '_')
        .collect()
}
