//! OAuth2 client credentials, and what a bearer token may see.

use serde_json::json;

use super::{
    http::{Call, Handled, Reply, refusal},
    state::{State, Token},
};

/// The CIDs of a token.
pub struct View {
    /// The CID in view.
    pub cid: String,
    pub authority: Vec<String>,
}

pub fn issue(state: &mut State, call: &Call) -> Handled {
    if call.content_type.split(';').next() != Some("application/x-www-form-urlencoded") {
        return Err(refusal(415, "content type must be application/x-www-form-urlencoded"));
    }
    if !call.query.is_empty() {
        return Err(refusal(400, "unexpected query parameters"));
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let known = ["client_id", "client_secret", "member_cid", "grant_type"];
    if form.iter().any(|(key, _)| !known.contains(&key.as_str())) {
        return Err(refusal(400, "unexpected form field"));
    }
    let (Some(id), Some(secret)) = (field("client_id"), field("client_secret")) else {
        return Err(refusal(400, "client_id and client_secret are required"));
    };
    let Some(client) = state.clients.iter().find(|client| client.id == id) else {
        return Err(refusal(
            400,
            &format!("Failed to generate access token for clientID={id}"),
        ));
    };
    if client.secret != secret {
        return Err(refusal(
            403,
            "Failed to issue access token - Client authentication failed",
        ));
    }
    let home = client.cid.clone();
    let children: Vec<String> = state
        .children
        .iter()
        .filter(|(parent, _)| *parent == home)
        .map(|(_, child)| child.clone())
        .collect();
    let (cid, authority) = match field("member_cid") {
        None => (home.clone(), std::iter::once(home).chain(children).collect()),
        Some(member) if children.iter().any(|child| child == member) => (member.to_owned(), vec![member.to_owned()]),
        Some(_) => return Err(refusal(403, "access denied, authorization failed")),
    };
    let text = format!("falcon-token-{}-{id}", state.tokens.len());
    let lifetime = state.token_lifetime;
    state.tokens.push(Token {
        text: text.clone(),
        cid,
        authority,
        expires: state.clock.unix() + lifetime,
    });
    Ok(Reply {
        status: 201,
        document: json!({"access_token": text, "token_type": "bearer", "expires_in": lifetime.as_secs()}),
    })
}

/// What the bearer token may see.
pub fn view(state: &State, authorization: &str) -> Result<View, Reply> {
    let now = state.clock.unix();
    authorization
        .strip_prefix("Bearer ")
        .and_then(|bearer| {
            state
                .tokens
                .iter()
                .find(|token| token.text == bearer && token.expires > now)
        })
        .map(|token| View {
            cid: token.cid.clone(),
            authority: token.authority.clone(),
        })
        .ok_or_else(|| refusal(401, "access denied, invalid bearer token"))
}

impl View {
    /// The CID that a request means: the one it names, if the token has authority over it, else the one in view.
    pub fn choose(&self, cid: Option<&str>) -> Result<String, Reply> {
        match cid {
            None | Some("") => Ok(self.cid.clone()),
            Some(cid) if !is_cid(cid) => Err(refusal(400, &format!("invalid cid='{cid}' specified"))),
            Some(cid) if self.authority.iter().any(|known| known == cid) => Ok(cid.to_owned()),
            Some(_) => Err(refusal(403, "access denied, authorization failed")),
        }
    }
}

/// 32 lower-case hexadecimal digits, without a checksum.
fn is_cid(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
