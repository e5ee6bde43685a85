use serde_json::json;

use super::*;
use crate::offboard::task::examples;

/// A person and a role whose names are not what they should be.
fn report(person: &str, role: &str) -> (String, String, String) {
    let mut begin = examples::begin();
    begin.people[0].person = person.to_owned();
    let mut task = examples::planned();
    task.apply(&examples::intent());
    let mut body = examples::answer(422, &[("viewer", "removed"), ("editor", "refused")]);
    body["role_outcomes"][1]["grants"][0]["role_name"] = json!(role);
    body["role_outcomes"][1]["grants"][0]["message"] = json!("protected, \"by\" <the> account");
    task.apply(&examples::result(422, body));
    task.apply(&examples::verified(
        422,
        examples::answer(422, &[("editor", "held")]),
        false,
    ));
    let tasks = [task];
    let report = Report::new(&begin, &tasks, None, "2026-01-31T09:30:00Z", &[]);
    (report.csv().unwrap(), report.json_lines(), report.html())
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_text() {
    for begin in ["=", "+", "-", "@", "\t", "\r"] {
        let (csv, ..) = report(&format!("{begin}HYPERLINK(\"x\")"), &format!("{begin}cmd"));
        let rows = csv::Reader::from_reader(csv.as_bytes())
            .into_records()
            .map(Result::unwrap)
            .collect::<Vec<_>>();
        assert_eq!(rows.len(), 2);
        for row in &rows {
            assert_eq!(&row[0], format!("'{begin}HYPERLINK(\"x\")"));
        }
        assert_eq!(&rows[0][7], format!("'{begin}cmd"));
    }
}

#[test]
fn the_page_has_no_markup_but_its_own() {
    let (_, _, page) = report("<script>alert(1)</script>", "\" onload='x'&");
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"),
        "{page}"
    );
    assert!(
        page.contains("&quot; onload=&#39;x&#39;&amp;") && page.contains("&lt;the&gt; account"),
        "{page}"
    );
}

#[test]
fn two_roles_of_one_name_keep_their_own_reasons() {
    let mut task = examples::planned();
    task.apply(&examples::intent());
    let mut body = examples::answer(422, &[("viewer", "removed"), ("editor", "refused")]);
    for entry in 0..2 {
        body["role_outcomes"][entry]["grants"][0]["role_name"] = json!("Helper");
    }
    // The same role, held directly and through a group.
    let inherited = json!({"outcome": "inherited", "grants": [{"role_id": "editor", "role_name": "Helper", "scope": {}, "direct": false,
        "outcome": "inherited"}]});
    body["role_outcomes"].as_array_mut().unwrap().push(inherited.clone());
    body["role_outcomes"][1]["grants"][0]["message"] = json!("protected");
    task.apply(&examples::result(422, body));
    let mut held = examples::answer(422, &[("editor", "held")]);
    held["role_outcomes"].as_array_mut().unwrap().push(inherited);
    task.apply(&examples::verified(422, held, false));
    let (begin, tasks) = (examples::begin(), [task]);
    let csv = Report::new(&begin, &tasks, None, "2026-01-31T09:30:00Z", &[])
        .csv()
        .unwrap();
    let rows = csv::Reader::from_reader(csv.as_bytes())
        .into_records()
        .map(Result::unwrap);
    let cells: Vec<[String; 3]> = rows.map(|row| [6, 11, 18].map(|at| row[at].to_owned())).collect();
    let expected = [
        [
            "editor",
            "inherited",
            "it was not there when the plan was made, so that nobody confirmed its removal",
        ],
        ["editor", "directly", "protected"],
        ["viewer", "directly", ""],
    ];
    assert_eq!(cells, expected.map(|row| row.map(str::to_owned)));
}

#[test]
fn every_file_says_what_is_gone_and_what_is_still_to_do() {
    let (csv, lines, page) = report("Ann", "Editor");
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(csv.as_bytes())
        .into_records()
        .map(Result::unwrap)
        .collect();
    let cells: Vec<[&str; 4]> = rows.iter().map(|row| [&row[6], &row[12], &row[14], &row[18]]).collect();
    assert_eq!(
        cells,
        [
            ["editor", "refused", "held", "protected, \"by\" <the> account"],
            ["viewer", "removed", "gone", ""]
        ]
    );
    let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
    assert_eq!(
        (&line["standing"], &line["still_to_do"][0]["what"]),
        (&json!("not_gone"), &json!("Editor"))
    );
    assert_eq!(line["grants"][1]["check"], "gone");
    for text in [
        "Still to do, and why",
        "Open sessions",
        "Keys and tokens",
        "The user account itself",
        "protected",
    ] {
        assert!(page.contains(text), "{text}");
    }
}
