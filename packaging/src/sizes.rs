//! How large each component is, as it lies on the disk and as it travels.

use std::{fmt::Write as _, fs, io::Write as _, path::Path};

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

pub fn table(dist: &Path) -> Result<String> {
    let mut rows = Vec::new();
    for entry in fs::read_dir(dist).with_context(|| format!("{} is not there: run `make dist`", dist.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "wasm") {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            rows.push((name, bytes.len(), zipped(&bytes)?));
        }
    }
    if rows.is_empty() {
        bail!("{} has no components: run `make dist`", dist.display());
    }
    rows.sort();
    let mut table = String::from("| file | bytes | gzip -9 |\n|---|---:|---:|\n");
    for (name, raw, zipped) in rows {
        writeln!(table, "| `{name}` | {} | {} |", grouped(raw), grouped(zipped))?;
    }
    Ok(table)
}

fn zipped(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
