//! Packs the OpenAPI document: as text it would be the largest piece of data in the component, which few calls need.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let document = "src/http_api/openapi.json";
    println!("cargo::rerun-if-changed={document}");
    let short = minified(&fs::read_to_string(document)?);
    let packed = miniz_oxide::deflate::compress_to_vec(short.as_bytes(), 10);
    let folder = env::var("OUT_DIR")?;
    fs::write(Path::new(&folder).join("openapi.deflate"), packed)?;
    Ok(())
}

/// JSON without the white space between its tokens: the file is readable, and what is served is short.
fn minified(document: &str) -> String {
    let (mut in_text, mut is_escaped) = (false, false);
    let is_kept = |letter: &char| {
        let is_end = *letter == '"' && !is_escaped;
        is_escaped = in_text && *letter == '\\' && !is_escaped;
        in_text ^= is_end;
        in_text || !letter.is_ascii_whitespace()
    };
    document.chars().filter(is_kept).collect()
}
