//! What the generated code of `accounts` makes of some arguments, this module makes of them, too.

// The areas are aligned; the names are those of the generated code.
#![allow(clippy::cast_ptr_alignment, clippy::used_underscore_items)]

use std::cell::RefCell;

use super::*;
use crate::contract::{
    exports,
    failure::blank_failure,
    generated::exports::unified::user_directory::accounts as generated,
    types::{Account, Binding, Expectation, FailureKind, Mode, Narrowing, Profile, Provider, StrictScope, UnknownRole},
};

type ReadUser = unsafe fn(*mut u8, usize, *mut u8, usize, i32, i32, i32, *mut u8, usize) -> *mut u8;
type ListRoles = unsafe fn(*mut u8, usize, i32, i32, i32, *mut u8, usize) -> *mut u8;

#[derive(Clone, Debug, PartialEq)]
enum Seen {
    UnassignRole(String, Request, Options, Caller),
    ReadUser(String, String, ReadOptions, Caller),
    ListRoles(String, ReadOptions, Caller),
    /// By `users`.
    WithCredentials(Account),
}

thread_local! {
    static SEEN: RefCell<Vec<Seen>> = const { RefCell::new(Vec::new()) };
}

const MESSAGE: &str = "this caller may not do this";

struct Witness;

impl Witness {
    fn failure(seen: Seen) -> Failure {
        SEEN.with_borrow_mut(|all| all.push(seen));
        blank_failure(FailureKind::NotPermitted, 403, String::from(MESSAGE))
    }
}

impl Guest for Witness {
    fn list_accounts() -> Vec<AccountSummary> {
        Vec::new()
    }

    fn unassign_role(account: String, request: Request, options: Options, caller: Caller) -> Result<Success, Failure> {
        Err(Self::failure(Seen::UnassignRole(account, request, options, caller)))
    }

    fn read_user(account: String, id: String, options: ReadOptions, caller: Caller) -> Result<UserReading, Failure> {
        Err(Self::failure(Seen::ReadUser(account, id, options, caller)))
    }

    fn list_roles(account: String, options: ReadOptions, caller: Caller) -> Result<RoleDirectory, Failure> {
        Err(Self::failure(Seen::ListRoles(account, options, caller)))
    }
}

impl users::Guest for Witness {
    fn providers() -> Vec<Profile> {
        Vec::new()
    }

    fn unassign_role(account: Account, _: Request, _: Options) -> Result<Success, Failure> {
        Err(Self::failure(Seen::WithCredentials(account)))
    }

    fn read_user(account: Account, _: String, _: ReadOptions) -> Result<UserReading, Failure> {
        Err(Self::failure(Seen::WithCredentials(account)))
    }

    fn list_roles(account: Account, _: ReadOptions) -> Result<RoleDirectory, Failure> {
        Err(Self::failure(Seen::WithCredentials(account)))
    }
}

/// The arguments of `unassign-role` as a host writes them.
struct Arguments(Vec<u8>);

impl Arguments {
    const SIZE: usize = 8 + 42 * POINTER;

    fn new() -> Self {
        let mut arguments = Self(vec![0; Self::SIZE]);
        for (place, text) in [
            (0, "crowdstrike-eu"),
            (2 * POINTER, "5c0ffee0"),
            (10 * POINTER, "eu-1"),
            (16 * POINTER, r#"{"note":"x"}"#),
            (8 + 23 * POINTER, "2026-01-31T09:30:00Z"),
            (8 + 26 * POINTER, "kim@example.com"),
            (8 + 28 * POINTER, "kim"),
            (8 + 32 * POINTER, "{plan}"),
            (8 + 37 * POINTER, "TICKET-7"),
            (8 + 40 * POINTER, "the leaver's job"),
        ] {
            arguments.text(place, text);
        }
        for list in [5, 7, 19] {
            arguments.list(list * POINTER, NonNull::<u8>::dangling().as_ptr(), 0);
        }
        for (place, case) in [
            (9 * POINTER, 1),
            (15 * POINTER, 1),
            // `verify`, a deadline of 25 s, `strict`, `absent`, `email-and-username`, and `plan`.
            (18 * POINTER, 2),
            (21 * POINTER, 1),
            (8 + 21 * POINTER, 1),
            (9 + 21 * POINTER, 1),
            (8 + 22 * POINTER, 1),
            (8 + 25 * POINTER, 3),
            (8 + 30 * POINTER, 1),
            (8 + 31 * POINTER, 1),
            (8 + 36 * POINTER, 1),
            (8 + 39 * POINTER, 1),
        ] {
            arguments.0[place] = case;
        }
        arguments.0[4 + 21 * POINTER..][..4].copy_from_slice(&25_000_u32.to_le_bytes());
        arguments
    }

    fn text(&mut self, place: usize, text: &str) {
        let (start, length) = owned(text);
        self.list(place, start, length);
    }

    fn list(&mut self, place: usize, start: *mut u8, length: usize) {
        self.0[place..][..POINTER].copy_from_slice(&start.expose_provenance().to_le_bytes());
        self.0[place + POINTER..][..POINTER].copy_from_slice(&length.to_le_bytes());
    }

    /// With the alignment that the function called with it frees.
    fn given_away(self) -> *mut u8 {
        let area: Box<[u64; Self::SIZE / 8]> = Box::new(std::array::from_fn(|word| {
            u64::from_le_bytes(self.0[word * 8..][..8].try_into().unwrap())
        }));
        Box::into_raw(area).cast()
    }
}

/// A text that the function called with it frees.
fn owned(text: &str) -> (*mut u8, usize) {
    let bytes: Box<[u8]> = text.as_bytes().into();
    (Box::into_raw(bytes).cast(), text.len())
}

fn seen() -> Vec<Seen> {
    SEEN.take()
}

/// The message of a result that is a failure.
unsafe fn message(result: *mut u8) -> String {
    unsafe {
        assert_eq!(*result, 1, "it is a failure");
        let start = result.add(2 * POINTER).cast::<*const u8>().read();
        let length = result.add(3 * POINTER).cast::<usize>().read();
        String::from_utf8(std::slice::from_raw_parts(start, length).to_vec()).unwrap()
    }
}

/// The generated code has one place for its results, and so these are no tests of their own.
#[test]
fn what_is_called_is_seen_and_what_it_answers_is_freed() {
    the_functions_see_the_same_as_by_the_generated_code();
    a_call_with_credentials_stays_one();
}

fn the_functions_see_the_same_as_by_the_generated_code() {
    unsafe {
        generated::__post_return_unassign_role::<Witness>(generated::_export_unassign_role_cabi::<Witness>(
            Arguments::new().given_away(),
        ));
        let result = _export_unassign_role_cabi::<Witness>(Arguments::new().given_away());
        assert_eq!(message(result), MESSAGE);
        __post_return_unassign_role::<Witness>(result);
    }
    let [expected, actual] = seen().try_into().unwrap();
    assert_eq!(actual, expected);
    let Seen::UnassignRole(account, request, options, caller) = actual else {
        panic!("{actual:?}");
    };
    assert_eq!((account.as_str(), request.id.as_str()), ("crowdstrike-eu", "5c0ffee0"));
    assert_eq!(request.workspace_id, Narrowing::Only(String::from("eu-1")));
    assert_eq!(
        (request.remote_query, request.remote_data.as_deref()),
        (None, Some(r#"{"note":"x"}"#))
    );
    assert_eq!((options.mode, options.deadline), (Mode::Verify, Some(25_000)));
    assert_eq!(
        (options.strict_scope, options.unknown_role),
        (StrictScope::Strict, UnknownRole::Absent)
    );
    assert!(matches!(options.expect, Expectation::EmailAndUsername(_)));
    assert_eq!(options.binding, Binding::Plan(String::from("{plan}")));
    assert_eq!(options.reference.as_deref(), Some("TICKET-7"));
    assert_eq!(caller.actor.as_deref(), Some("the leaver's job"));

    for (deadline, actor) in [(None, None), (Some(u32::MAX), Some("kim")), (Some(1), None)] {
        let number = || deadline.map_or((0, 0), |deadline: u32| (1, deadline.cast_signed()));
        let text = || actor.map_or((0, (std::ptr::null_mut(), 0)), |actor| (1, owned(actor)));
        let read = |export: ReadUser| {
            let ((account, account_length), (id, id_length)) = (owned("blackline"), owned("u1"));
            let ((has_deadline, deadline), (has_actor, (actor, length))) = (number(), text());
            unsafe {
                export(
                    account,
                    account_length,
                    id,
                    id_length,
                    has_deadline,
                    deadline,
                    has_actor,
                    actor,
                    length,
                )
            }
        };
        let list = |export: ListRoles| {
            let (account, account_length) = owned("blackline");
            let ((has_deadline, deadline), (has_actor, (actor, length))) = (number(), text());
            unsafe {
                export(
                    account,
                    account_length,
                    has_deadline,
                    deadline,
                    has_actor,
                    actor,
                    length,
                )
            }
        };
        unsafe {
            generated::__post_return_read_user::<Witness>(read(generated::_export_read_user_cabi::<Witness>));
            let result = read(_export_read_user_cabi::<Witness>);
            assert_eq!(message(result), MESSAGE);
            __post_return_read_user::<Witness>(result);
            generated::__post_return_list_roles::<Witness>(list(generated::_export_list_roles_cabi::<Witness>));
            let result = list(_export_list_roles_cabi::<Witness>);
            assert_eq!(message(result), MESSAGE);
            __post_return_list_roles::<Witness>(result);
        }
        let caller = Caller {
            actor: actor.map(String::from),
        };
        let options = ReadOptions { deadline };
        let account = String::from("blackline");
        let read = Seen::ReadUser(account.clone(), String::from("u1"), options, caller.clone());
        let list = Seen::ListRoles(account, options, caller);
        assert_eq!(seen(), [read.clone(), read, list.clone(), list]);
    }
}

fn a_call_with_credentials_stays_one() {
    let text = |text| {
        let (start, length) = owned(text);
        Text::new(start, length)
    };
    let arguments = WithCredentials {
        account: AccountFields {
            provider: 1,
            base_url: OptionalText {
                case: 0,
                text: Text::empty(),
            },
            credentials: CredentialsVariant {
                case: API_KEY,
                first: text("sesame"),
                others: [const { MaybeUninit::uninit() }; 4],
            },
            settings: text("{}"),
        },
        others: OptionalNumber { case: 0, number: 0 },
    };
    unsafe {
        let (id, length) = owned("blackline");
        let result = _export_list_roles_cabi::<Witness>(id, length, 0, 0, 0, std::ptr::null_mut(), 0);
        __post_return_list_roles::<Witness>(result);
        let result = exports::users::_export_list_roles_cabi::<Witness>(given_away(arguments));
        assert_eq!(message(result), MESSAGE);
        exports::users::__post_return_list_roles::<Witness>(result);
    }
    let seen = seen();
    let [Seen::ListRoles(..), Seen::WithCredentials(account)] = seen.as_slice() else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (account.provider, account.settings.as_str()),
        (Provider::Crowdstrike, "{}")
    );
}
