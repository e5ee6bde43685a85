//! Tables for people.

use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};

/// A table with these headings.
pub fn table<const N: usize>(headings: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header(headings);
    table
}
