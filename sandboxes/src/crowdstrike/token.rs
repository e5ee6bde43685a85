//! OAuth2 client credentials, and what a bearer token may see.

use std::time::Duration;

use serde_json::json;

use crate::request::Received;

use super::{
    http::{Handled, Reply, form, parameters, refusal},
    state::State,
};

/// The answer to a missing scope and to a CID without authority alike.
const DENIED: &str = "access denied, authorization failed";

pub struct Client {
    pub id: String,
    pub secret: String,
    pub cid: String,
    pub may_write: bool,
}

pub struct Token {
    text: String,
    /// Unix time.
    pub expires: Duration,
    view: View,
}

/// What a token may see and do.
#[derive(Clone)]
pub struct View {
    /// The CID in view.
    cid: String,
    /// The CIDs that it may act on.
    authority: Vec<String>,
    /// The CIDs whose users it can see: the client's own and its children.
    family: Vec<String>,
    may_write: bool,
}

/// `POST /oauth2/token`. `grant_type` is not declared, and yet sent by gofalcon.
pub fn issue(state: &mut State, call: &Received) -> Handled {
    let [id, secret, member, grant_type] = fields(call, ["client_id", "client_secret", "member_cid", "grant_type"])?;
    if grant_type.is_some_and(|kind| kind != "client_credentials") {
        return Err(refusal(400, "unsupported grant_type"));
    }
    let (Some(id), Some(secret)) = (id, secret) else {
        return Err(refusal(400, "client_id and client_secret are required"));
    };
    let Some(client) = state.clients.iter().find(|client| client.id == id) else {
        let message = format!("Failed to generate access token for clientID={id}");
        return Err(refusal(400, &message));
    };
    if client.secret != secret {
        let message = "Failed to issue access token - Client authentication failed";
        return Err(refusal(403, message));
    }
    let (home, may_write) = (client.cid.clone(), client.may_write);
    let children = state.children_of(&home);
    let family: Vec<String> = std::iter::once(home.clone()).chain(children.iter().cloned()).collect();
    let (cid, authority) = match member {
        None => (home, family.clone()),
        Some(member) if !is_cid(&member) => return Err(invalid_cid(&member)),
        Some(member) if children.contains(&member) => (member.clone(), vec![member]),
        Some(_) => return Err(refusal(403, DENIED)),
    };
    let text = format!("falcon-token-{}-{id}", state.tokens.len());
    let lifetime = state.token_lifetime;
    state.tokens.push(Token {
        text: text.clone(),
        expires: state.clock.unix() + lifetime,
        view: View {
            cid,
            authority,
            family,
            may_write,
        },
    });
    Ok(Reply {
        status: 201,
        document: json!({"access_token": text, "token_type": "bearer", "expires_in": lifetime.as_secs()}),
    })
}

/// `POST /oauth2/revoke`: the token ends. Whether the client has to show itself, as gofalcon does, is not looked at: falconpy shows
/// its bearer token instead.
pub fn revoke(state: &mut State, call: &Received) -> Handled {
    let [token, _] = fields(call, ["token", "client_id"])?;
    let token = token.ok_or_else(|| refusal(400, "token is required"))?;
    let issued = state.tokens.iter_mut().filter(|issued| issued.text == token);
    issued.for_each(|issued| issued.expires = Duration::ZERO);
    Ok(Reply {
        status: 200,
        document: json!({}),
    })
}

/// The fields of a form that comes without a query.
fn fields<const N: usize>(call: &Received, names: [&str; N]) -> Result<[Option<String>; N], Reply> {
    if !call.is_form() {
        return Err(refusal(400, "content type must be application/x-www-form-urlencoded"));
    }
    parameters(call, [])?;
    form(call, names)
}

/// What the bearer token may see.
pub fn view(state: &State, call: &Received) -> Result<View, Reply> {
    let now = state.clock.unix();
    call.credentials("Bearer")
        .and_then(|bearer| {
            let valid = |token: &&Token| token.text == bearer && token.expires > now;
            state.tokens.iter().find(valid)
        })
        .map(|token| token.view.clone())
        .ok_or_else(|| refusal(401, "access denied, invalid bearer token"))
}

/// The CID that a request means, unless calls about it are refused.
pub fn cid_of(state: &State, view: &View, cid: Option<&str>) -> Result<String, Reply> {
    let cid = view.choose(cid)?;
    match state.quirks.refused_cids.iter().find(|(refused, ..)| *refused == cid) {
        Some((_, status, message)) => Err(refusal(*status, message)),
        None => Ok(cid),
    }
}

impl View {
    /// The CID that a request means: the one it names, if the token has authority over it, else the one in view.
    fn choose(&self, cid: Option<&str>) -> Result<String, Reply> {
        match cid {
            None | Some("") => Ok(self.cid.clone()),
            Some(cid) if !is_cid(cid) => Err(invalid_cid(cid)),
            Some(cid) if self.authority.iter().any(|known| known == cid) => Ok(cid.to_owned()),
            Some(_) => Err(refusal(403, DENIED)),
        }
    }

    /// Refuses a client without the write scope.
    pub fn require_write(&self) -> Result<(), Reply> {
        if self.may_write {
            Ok(())
        } else {
            Err(refusal(403, DENIED))
        }
    }

    /// Whether users of that home CID can be seen.
    pub fn sees(&self, home: &str) -> bool {
        self.family.iter().any(|cid| cid == home)
    }
}

fn invalid_cid(cid: &str) -> Reply {
    refusal(400, &format!("invalid cid='{cid}' specified"))
}

/// 32 lower-case hexadecimal digits, without a checksum.
fn is_cid(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
