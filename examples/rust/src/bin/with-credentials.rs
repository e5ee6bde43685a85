//! `with-credentials USER ROLE`: this program holds the credentials itself and hands them over with the call.

use std::{env, process::ExitCode};

use unassign_role_examples::{
    one_role, tell,
    users::{Account, ClientCredentials, Credentials, Endpoint, Narrowing, Provider, unassign_role},
};

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(user), Some(role)) = (arguments.next(), arguments.next()) else {
        eprintln!("with-credentials USER ROLE");
        return ExitCode::from(2);
    };
    let variable = |name| env::var(name).map_err(|_| eprintln!("{name} is not set"));
    let (Ok(url), Ok(client_id), Ok(client_secret)) = (
        variable("CROWDSTRIKE_URL"),
        variable("CROWDSTRIKE_CLIENT_ID"),
        variable("CROWDSTRIKE_CLIENT_SECRET"),
    ) else {
        return ExitCode::from(2);
    };
    let account = Account {
        provider: Provider::Crowdstrike,
        base_url: Endpoint::Url(url),
        credentials: Credentials::ClientCredentials(ClientCredentials {
            client_id,
            client_secret,
            member_cid: Narrowing::Anywhere,
        }),
        settings: String::from("{}"),
    };
    let (request, options) = one_role(user, role);
    tell(unassign_role(&account, &request, &options))
}
