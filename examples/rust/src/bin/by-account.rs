//! `by-account ACCOUNT USER ROLE`: the account, its secrets and what this caller may do stand in the component's configuration.

use std::{env, process::ExitCode};

use unassign_role_examples::{
    accounts::{Caller, unassign_role},
    one_role, tell,
};

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(account), Some(user), Some(role)) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("by-account ACCOUNT USER ROLE");
        return ExitCode::from(2);
    };
    let (request, options) = one_role(user, role);
    let caller = Caller {
        actor: Some(String::from("example")),
    };
    tell(unassign_role(&account, &request, &options, &caller))
}
