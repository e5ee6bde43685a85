//! Tables that fit the terminal.

use std::fmt;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, TableComponent, Width, presets};

use super::width;

/// Narrower than this, a table is a list of its rows: one field a line.
const NARROWEST: u16 = 60;

/// Rows with headings, shown as the terminal's width allows.
pub struct Rows {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    columns: Option<u16>,
}

/// An empty table for this terminal.
pub fn table<const N: usize>(headings: [&'static str; N]) -> Rows {
    Rows {
        headings: headings.into(),
        rows: Vec::new(),
        columns: width(),
    }
}

impl Rows {
    /// A row of as many cells as there are headings.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        // Whoever calls has escaped it; a line break is the table's own.
        self.rows.push(cells.into());
    }

    /// The columns that say something.
    fn used(&self) -> Vec<usize> {
        (0..self.headings.len())
            .filter(|&column| {
                self.rows
                    .iter()
                    .any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()))
            })
            .collect()
    }

    fn as_table(&self) -> Table {
        let used = self.used();
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_style(TableComponent::HeaderLines, '─')
            .set_style(TableComponent::MiddleHeaderIntersections, '─')
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(used.iter().filter_map(|&column| self.headings.get(column)));
        if let Some(columns) = self.columns {
            table.set_width(columns);
        } else {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        for row in &self.rows {
            table.add_row(used.iter().filter_map(|&column| row.get(column)));
        }
        for column in table.column_iter_mut() {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(6)));
        }
        table
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.columns.is_none_or(|columns| columns >= NARROWEST) {
            return write!(f, "{}", self.as_table());
        }
        let used = self.used();
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            for (heading, cell) in used
                .iter()
                .filter_map(|&column| Some((self.headings.get(column)?, row.get(column)?)))
            {
                if !cell.is_empty() {
                    writeln!(f, "{heading}: {}", cell.replace('\n', " "))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::visible;

    fn rows(columns: Option<u16>) -> String {
        let mut rows = Rows {
            columns,
            ..table(["role", "unused", "outcome", "why"])
        };
        rows.push([
            visible("Real Time Responder - Read Only Analyst (remote_responder_one)"),
            String::new(),
            String::from("refused"),
            String::from("the removal would take more than was requested, and nothing of it was sent"),
        ]);
        rows.to_string()
    }

    #[test]
    fn a_table_is_as_wide_as_the_terminal_and_no_wider() {
        for columns in [60, 80, 120] {
            let shown = rows(Some(columns));
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(columns), "{columns}:\n{shown}");
            assert!(shown.contains("refused") && !shown.contains("unused"), "{shown}");
        }
        assert!(
            rows(None).contains("Analyst (remote_responder_one)"),
            "no terminal, no line break"
        );
    }

    #[test]
    fn a_narrow_terminal_gets_a_field_a_line() {
        let shown = rows(Some(40));
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(shown.contains("outcome: refused\n"), "{shown}");
    }
}
