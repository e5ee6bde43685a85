//! Lists of many pages.

use std::time::Duration;

use super::fake::{FakeTransport, Reaction};
use crate::{
    client::{
        BaseUrl, Client, Deadline, RateLimitPolicy,
        paging::{List, Page, by_cursor, by_link, by_offset},
    },
    error::{FaultKind, ProviderFault},
};

fn run<T>(list: impl AsyncFnOnce(&Client<'_>) -> T) -> T {
    let transport = FakeTransport::new(|_| Reaction::Silence);
    let deadline = Deadline::starting_now(&transport, Duration::from_secs(25));
    let client = Client::new(&transport, deadline, [], RateLimitPolicy::default());
    transport.run(list(&client))
}

/// Pages of a list by offset: (offset, rows, total).
fn offsets(pages: &[(u64, &[u32], Option<u64>)]) -> Result<List<u32>, ProviderFault> {
    run(async |client| {
        let mut pages = pages.iter();
        let list = by_offset(client, "roles", 2, async |offset| {
            let (expected, rows, total) = pages.next().expect("one page too many is asked for");
            assert_eq!(offset, *expected);
            Ok(Page {
                total: *total,
                ..Page::new(rows.to_vec())
            })
        })
        .await;
        assert!(list.is_err() || pages.next().is_none(), "a page is not read");
        list
    })
}

#[test]
fn the_count_ends_a_list_and_not_a_short_page() {
    let list = offsets(&[(0, &[1, 2], Some(5)), (2, &[3], Some(5)), (4, &[5], Some(5))]).unwrap();
    assert_eq!((list.rows.as_slice(), list.missing()), ([1, 2, 3, 5].as_slice(), 1));
    assert!(!list.is_whole());
    assert!(
        offsets(&[(0, &[1, 2], Some(3)), (2, &[3], Some(3))])
            .unwrap()
            .is_whole()
    );
    assert!(offsets(&[(0, &[], Some(0))]).unwrap().is_whole());
}

#[test]
fn without_a_count_only_an_empty_page_ends_a_list() {
    let list = offsets(&[(0, &[1], None), (2, &[2, 3], None), (4, &[], None)]).unwrap();
    assert_eq!(list.rows, [1, 2, 3]);
    assert!(list.is_whole());
}

#[test]
fn a_provider_that_ignores_the_limit_is_not_asked_for_the_same_rows() {
    assert!(offsets(&[(0, &[1, 2, 3, 4], Some(4))]).unwrap().is_whole());
    assert_eq!(
        offsets(&[(0, &[1, 2, 3], None), (3, &[], None)]).unwrap().rows,
        [1, 2, 3]
    );
}

#[test]
fn a_count_that_changes_or_is_too_small_makes_the_list_unread() {
    for pages in [
        [(0, [1, 2].as_slice(), Some(4)), (2, [3].as_slice(), Some(3))],
        [(0, &[1, 2], Some(1)), (2, &[], Some(1))],
        [(0, &[1, 2], None), (2, &[3], Some(2))],
    ] {
        assert_eq!(offsets(&pages).unwrap_err().kind, FaultKind::BadAnswer, "{pages:?}");
    }
}

#[test]
fn a_list_without_end_is_a_fault() {
    let fault = run(async |client| {
        by_offset(client, "roles", 1, async |_| Ok(Page::new(vec![1])))
            .await
            .map(drop)
    });
    let fault: ProviderFault = fault.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TooLarge);
    // A count that no list reaches is no way around it.
    let fault = run(async |client| {
        by_offset(client, "roles", 1, async |_| {
            Ok(Page::<u32> {
                total: Some(u64::MAX),
                ..Page::new(Vec::new())
            })
        })
        .await
        .map(drop)
    });
    let fault: ProviderFault = fault.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TooLarge);
}

fn cursors(next: &[&str]) -> Result<Vec<Option<String>>, ProviderFault> {
    run(async |client| {
        let mut next = next.iter();
        let list = by_cursor(client, "roles", async |cursor: Option<&str>| {
            Ok::<_, ProviderFault>(Page {
                next: next.next().map(|next| (*next).to_owned()),
                ..Page::new(vec![cursor.map(str::to_owned)])
            })
        })
        .await?;
        Ok(list.rows)
    })
}

#[test]
fn a_no_to_a_later_page_is_no_word_about_the_list() {
    for kind in [FaultKind::NotFound, FaultKind::Forbidden, FaultKind::Refused] {
        for (page, expected) in [(0, kind), (1, FaultKind::BadAnswer)] {
            let fault = |number: usize| (number == page).then(|| ProviderFault::new(kind, "no"));
            let by_cursor = run(async |client| {
                let mut number = 0;
                by_cursor(client, "roles", async |_: Option<&str>| {
                    number += 1;
                    let next = Page {
                        next: Some(number.to_string()),
                        ..Page::new(vec![number])
                    };
                    fault(number - 1).map_or(Ok(next), Err)
                })
                .await
            });
            assert_eq!(by_cursor.unwrap_err().kind, expected, "{kind:?} {page}");
            let by_offset = run(async |client| {
                by_offset(client, "roles", 1, async |offset: u64| {
                    fault(usize::try_from(offset).unwrap()).map_or(Ok(Page::new(vec![offset])), Err)
                })
                .await
            });
            assert_eq!(by_offset.unwrap_err().kind, expected, "{kind:?} {page}");
        }
    }
    // What may pass stays what it is.
    let limited = ProviderFault::new(FaultKind::RateLimited, "later").of_later_page();
    assert_eq!(limited.kind, FaultKind::RateLimited);
}

#[test]
fn cursors_are_followed_until_there_is_none() {
    let owned = |text: &str| Some(text.to_owned());
    assert_eq!(cursors(&["a", "b", ""]).unwrap(), [None, owned("a"), owned("b")]);
    assert_eq!(cursors(&["a"]).unwrap(), [None, owned("a")]);
}

#[test]
fn a_cursor_that_comes_again_or_is_too_long_is_a_fault() {
    let long = "x".repeat(9_000);
    for next in [["a", "a", ""], ["a", "b", "a"], [&long, "", ""]] {
        assert_eq!(cursors(&next).unwrap_err().kind, FaultKind::BadAnswer);
    }
}

fn links(next: &str) -> Result<Vec<String>, ProviderFault> {
    let base = BaseUrl::parse("https://h.test/api").unwrap();
    run(async |client| {
        let mut next = Some(next.to_owned()).into_iter();
        let first = base.join("/users");
        let list = by_link(client, &base, "users", first, async |url: &str| {
            Ok::<_, ProviderFault>(Page {
                next: next.next(),
                ..Page::new(vec![url.to_owned()])
            })
        })
        .await?;
        Ok(list.rows)
    })
}

#[test]
fn links_are_followed_only_below_the_own_origin() {
    for next in ["/api/users?page=2", "https://h.test/api/users?page=2"] {
        let urls = links(next).unwrap();
        assert_eq!(urls, ["https://h.test/api/users", "https://h.test/api/users?page=2"]);
    }
    for next in [
        "https://evil.test/users",
        "//evil.test/users",
        "https://h.test.evil.test/",
        "page=2",
    ] {
        let fault = links(next).unwrap_err();
        assert_eq!(fault.kind, FaultKind::BadAnswer, "{next}");
        assert!(
            fault.message.contains("no link below the account's own address"),
            "{next}"
        );
    }
}
