use super::*;

fn parse(text: &str) -> Result<List, String> {
    List::parse(text.as_bytes()).map_err(|faults| faults.to_string())
}

fn emails(text: &str) -> Vec<String> {
    let list = parse(text).unwrap();
    list.leavers.into_iter().filter_map(|leaver| leaver.email).collect()
}

#[test]
fn every_separator_a_mark_in_front_and_quoted_cells_are_read() {
    for (separator, line_end) in [(",", "\n"), (";", "\r\n"), ("\t", "\r\n")] {
        let rows = [
            ["person", "email", "accounts", "id:acme-slack"],
            [
                "\"Lee, Ann \"\"A\"\"\"",
                "ann@example.com",
                "\"acme-slack;production\"",
                "",
            ],
            ["", " sam@example.com ", "", "U0SAM"],
        ];
        let text = rows.map(|row| row.join(separator)).join(line_end);
        let list = parse(&format!("\u{feff}{text}")).unwrap();
        let [ann, sam] = list.leavers.as_slice() else {
            panic!("{list:?}")
        };
        assert_eq!(
            (ann.person.as_str(), ann.accounts.len(), ann.line),
            ("Lee, Ann \"A\"", 2, 2),
            "{separator}"
        );
        assert_eq!(
            (sam.person.as_str(), sam.ids["acme-slack"].as_str()),
            ("sam@example.com", "U0SAM")
        );
        assert!(sam.accounts.is_empty());
    }
}

#[test]
fn one_column_is_a_list_and_blank_lines_are_none() {
    assert_eq!(
        emails("email\nann@example.com\n\n  \nsam@example.com\n"),
        ["ann@example.com", "sam@example.com"]
    );
    assert_eq!(parse("\n\nemail\nann@example.com\n").unwrap().leavers[0].line, 4);
}

#[test]
fn json_lines_are_read() {
    let list = parse("{\"person\": \"Ann\", \"email\": \"ann@example.com\", \"accounts\": [\"production\"]}\n\n{\"ids\": {\"acme-slack\": \"U0SAM\"}}\n").unwrap();
    assert_eq!(list.leavers[0].accounts, ["production"]);
    assert_eq!(
        (list.leavers[1].person.as_str(), list.leavers[1].line),
        ("U0SAM at acme-slack", 3)
    );
}

#[test]
fn a_person_who_stands_there_twice_is_one_and_it_is_said() {
    let list = parse("email,accounts,id:a\nann@example.com,x,\nANN@example.com,y,7\n").unwrap();
    let [ann] = list.leavers.as_slice() else {
        panic!("{list:?}")
    };
    assert_eq!(
        (ann.accounts.as_slice(), ann.ids["a"].as_str()),
        (["x", "y"].map(String::from).as_slice(), "7")
    );
    assert_eq!(list.notes.len(), 1);
    assert!(
        list.notes[0].starts_with("line 3: ANN@example.com stands in line 2"),
        "{list:?}"
    );
    // One of the lines means all accounts.
    assert!(
        parse("email,accounts\nann@example.com,x\nann@example.com,\n")
            .unwrap()
            .leavers[0]
            .accounts
            .is_empty()
    );
    // A line with ids only means the accounts of the ids, beside a line that names accounts, and beside another one with ids.
    for (text, accounts) in [
        ("email,accounts,id:a\nann@example.com,a,7\n,,7\n", &["a"][..]),
        ("email,accounts,id:a\n,,7\nann@example.com,a,7\n", &["a"]),
        (
            "email,accounts,id:a,id:b\n,,7,\n,,7,8\nann@example.com,x,,8\n",
            &["a", "b", "x"],
        ),
        ("email,accounts,id:a\n,,7\nann@example.com,,7\n", &[]),
        ("email,accounts,id:a\nann@example.com,,7\n,,7\n", &[]),
    ] {
        let list = parse(text).unwrap();
        assert_eq!(
            (list.leavers.len(), &list.leavers[0].accounts[..]),
            (1, &accounts.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
            "{text}"
        );
    }
    // By an id alone.
    assert_eq!(parse("email,id:a\nann@example.com,7\n,7\n").unwrap().leavers.len(), 1);
}

#[test]
fn every_fault_has_its_line() {
    for (text, fault) in [
        ("", "line 1: the list is empty"),
        ("email\n", "line 1: the list is empty"),
        (
            "ann@example.com\nsam@example.com\n",
            "line 1: the first line has to name the columns, and `ann@example.com` is none",
        ),
        (
            "email,accont\nann@example.com,a\n",
            "line 1: the first line has to name the columns, and `accont` is none",
        ),
        ("email,mail\na@b,c@d\n", "line 1: the column `mail` stands there twice"),
        ("email\nann@example.com\nann\n", "line 3: `ann` is no e-mail address"),
        ("person,email\nAnn,\n", "line 2: nobody is named"),
        (
            "person,email\n\"Ann,ann@example.com\nSam,sam@example.com\n",
            "line 2: the name goes over several lines or holds a control character: is a quotation mark not closed?",
        ),
        (
            "person,email\n\"Ann,ann@example.com\nSam,sam@example.com\n\"Kim\",kim@example.com\n",
            "line 2: the name goes over several lines",
        ),
        (
            "{\"person\": \"Ann\\nSam\", \"email\": \"ann@example.com\"}\n",
            "line 1: the name goes over several lines",
        ),
        (
            "email\nann@example.com,x\n",
            "line 2: `x` stands beyond the last column",
        ),
        (
            "person,email,accounts\nAnn,ann@example.com,a\nSam Hill,sam.hill@example.com",
            "line 3: the row has 2 of 3 cells",
        ),
        (
            "email,id:a\nann@example.com,undefined\n",
            "line 2: `undefined` is no user id for the account `a`",
        ),
        (
            "email,id:a\nann@example.com,7\nann@example.com,8\n",
            "line 3: ann@example.com has another id at `a` than in line 2",
        ),
        (
            "email,id:a\nann@example.com,7\nsam@example.com,7\n",
            "line 3: sam@example.com has another e-mail address than in line 2",
        ),
        (
            "email,id:a\nann@example.com,\n,7\nann@example.com,7\n",
            "line 4: ann@example.com would be one with several people, of the lines 2 and 3",
        ),
        (
            "{\"email\": \"ann@example.com\", \"role\": \"x\"}\n",
            "line 1: this is no leaver: unknown field `role`",
        ),
        (
            "{\"email\": \"ann@example.com\"}\n{\"email\": \n",
            "line 2: this is no leaver",
        ),
        (
            "{\"ids\": {\"a\": \"1\", \"a\": \"2\"}}\n",
            "line 1: this is no leaver: `ids` has `a` twice",
        ),
        (
            "{\"email\": \"ann@example.com\", \"accounts\": []}\n",
            "line 1: `accounts` is an empty list",
        ),
    ] {
        let said = parse(text).unwrap_err();
        assert!(said.starts_with(fault), "{text:?}: {said}");
    }
    let utf16 = List::parse(&[0xFF, 0xFE, b'e', 0]).unwrap_err().to_string();
    assert!(utf16.contains("UTF-16"), "{utf16}");
    let latin = List::parse(b"person,email\nJos\xe9,a@b\n").unwrap_err();
    assert_eq!(latin.0[0].line, 2);
}

#[test]
fn a_cell_that_never_ends_is_not_quoted_whole() {
    let said = parse(&format!("email\n{}\n", "x".repeat(1 << 20))).unwrap_err();
    assert!(said.chars().count() < 500 && said.starts_with("line 2: `xxx"), "{said}");
}

#[test]
fn all_faults_are_said_at_once() {
    let said = parse("email\nann\nsam@example.com\nkim\n").unwrap_err();
    assert_eq!(said.lines().count(), 2, "{said}");
}
