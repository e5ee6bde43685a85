//! Lists as spreadsheets write them: commas, semicolons or tabs, cells in quotation marks, a heading line.

use csv::{ReaderBuilder, StringRecord};

use super::{Fault, Leaver};

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Person,
    Email,
    Accounts,
    /// The user's id at this account.
    Id(String),
}

/// The rows that can be read, and what is wrong with the others.
pub fn parse(text: &str) -> (Vec<Leaver>, Vec<Fault>) {
    // The reader counts a line that ends in CRLF only with the next one.
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    // Lines without anything in front of the headings are no headings.
    let skipped = text.len() - text.trim_start_matches(['\n', ' ']).len();
    let (blank, text) = text.split_at(skipped);
    let offset = blank.matches('\n').count() as u64;
    if text.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(text.lines().next().unwrap_or_default()))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Column>> = None;
    let (mut leavers, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                faults.push(Fault::at(line + offset, format!("this is no CSV: {error}")));
                break;
            }
        };
        let line = record.position().map_or(1, csv::Position::line) + offset;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(columns) = &columns else {
            match headings(&record) {
                Ok(found) => columns = Some(found),
                Err(what) => return (Vec::new(), vec![Fault::at(line, what)]),
            }
            continue;
        };
        let leaver = row(columns, &record).and_then(Leaver::checked);
        match leaver.and_then(|leaver| has_every_cell(columns, &record).map(|()| leaver)) {
            Ok(leaver) => leavers.push(Leaver { line, ..leaver }),
            Err(what) => faults.push(Fault::at(line, what)),
        }
    }
    (leavers, faults)
}

/// The one of the three that the headings have most of, outside of quotation marks.
fn separator(headings: &str) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in headings.bytes() {
        if byte == b'"' {
            is_quoted = !is_quoted;
        }
        if let Some((_, count)) = counts
            .iter_mut()
            .find(|(separator, _)| *separator == byte && !is_quoted)
        {
            *count += 1;
        }
    }
    // The first of those that are equal: a comma.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(separator, _)| *separator)
}

/// A column that is not known is refused: `accont` would otherwise mean every account.
fn headings(record: &StringRecord) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for heading in record {
        let heading = heading.trim();
        let column = match heading.to_lowercase().as_str() {
            "person" | "name" => Column::Person,
            "email" | "e-mail" | "mail" => Column::Email,
            "accounts" | "account" => Column::Accounts,
            lower if lower.starts_with("id:") => Column::Id(heading.get(3..).unwrap_or_default().trim().to_owned()),
            _ => {
                return Err(format!(
                    "the first line has to name the columns, and `{heading}` is none: there are person, email, accounts, and id:ACCOUNT for the user's id at an account"
                ));
            }
        };
        if columns.contains(&column) {
            return Err(format!("the column `{heading}` stands there twice"));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn row(columns: &[Column], record: &StringRecord) -> Result<Leaver, String> {
    if let Some(surplus) = record.iter().skip(columns.len()).find(|cell| !cell.trim().is_empty()) {
        return Err(format!(
            "`{surplus}` stands beyond the last column: put cells that hold the separator into quotation marks"
        ));
    }
    let mut leaver = Leaver::default();
    for (column, cell) in columns.iter().zip(record) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        match column {
            Column::Person => cell.clone_into(&mut leaver.person),
            Column::Email => leaver.email = Some(cell.to_owned()),
            Column::Accounts => {
                let words = cell.split([',', ';', '|', ' ', '\n', '\r', '\t']);
                leaver.accounts = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
                if leaver.accounts.is_empty() {
                    return Err(String::from(
                        "`accounts` names none: leave the cell empty for all accounts",
                    ));
                }
            }
            Column::Id(account) => {
                leaver.ids.insert(account.clone(), cell.to_owned());
            }
        }
    }
    Ok(leaver)
}

/// A row that was cut off would otherwise mean all accounts.
fn has_every_cell(columns: &[Column], record: &StringRecord) -> Result<(), String> {
    if record.len() < columns.len() {
        return Err(format!(
            "the row has {} of {} cells: is the list cut off? An empty cell needs its separator, too",
            record.len(),
            columns.len()
        ));
    }
    Ok(())
}
