//! The typed calls by account id: accounts and secrets come from the component's own configuration, and what the caller may do stands
//! there, too.

use std::rc::Rc;

use crate::{
    Call,
    binding::jwk::PrivateKey,
    contract::{
        bounded,
        types::{Account, Failure, Options, ReadOptions, Request, RoleDirectory, Success, User, UserReading},
        types_by_account::{AccountSummary, Caller},
    },
    naming,
    service::{
        self, AccountPlace, Actor, Denial, Described, Entitlement, Host, Operation, Record, Refusal, RefusalKind, open,
        random_request_id,
    },
};

/// The accounts that the caller may use. None, if nothing is configured for it. One that is missing or broken is left out.
pub async fn list_accounts(host: &dyn Host) -> Vec<AccountSummary> {
    service::held_back_denials(host);
    let request_id = random_request_id(host);
    let mut accounts = Vec::new();
    let entitlement = match service::caller(host).await {
        Ok(entitlement) => entitlement,
        Err(refusal) => {
            misconfigured(host, &request_id, None, &refusal);
            return accounts;
        }
    };
    for id in entitlement.accounts.iter().cloned() {
        match service::known(host, &id).await {
            Ok(Some((account, _))) => accounts.push(AccountSummary {
                id,
                provider: account.provider,
                status: account.status.name().to_owned(),
            }),
            Ok(None) => {}
            // The list has no place for it, and whoever keeps the configuration finds it in the record.
            Err(refusal) => {
                misconfigured(host, &request_id, Some(&id), &refusal);
            }
        }
    }
    accounts
}

/// Writes the line of a part of the configuration that is at fault; says whether that is what was refused.
fn misconfigured(host: &dyn Host, request_id: &str, account: Option<&str>, refusal: &Refusal) -> bool {
    if let Some(variable) = &refusal.variable {
        let field = refusal.field.as_deref();
        service::invalid_configuration(host, request_id, variable, account, field, &refusal.message);
    }
    refusal.variable.is_some()
}

/// Takes the roles away, verifies that they are gone, and answers with the user as it is now.
///
/// # Errors
/// The failure says what was done and what was not, entry by entry.
pub async fn unassign_role(
    host: &dyn Host,
    account_id: &str,
    request: Request,
    mut options: Options,
    caller: Caller,
) -> Result<Success, Failure> {
    let operation = Operation::of(options.mode, request.everything);
    let call = Begun::new(host, account_id, operation, caller);
    let (opened, entitlement) = call.open().await?;
    options.allow.retain(|effect| entitlement.allow.contains(effect));
    let receipt_key = service::signing_key(host).await.map_err(|why| call.refuse(why))?;
    let mut record = call.record(&opened, Some(&request.id), receipt_key).await?;
    record.requested(&request, &options);
    let (account, _) = opened;
    let operation = Call {
        account_id,
        account,
        request,
        options,
        traceparent: None,
        audit: &record,
    };
    let result = crate::operate(host.transport(), host.caches(), operation, None).await;
    let receipt = record.finished(result.as_ref());
    bounded::answer(match result {
        Ok(success) => Ok(Success {
            receipt,
            user: shown(success.user, &entitlement),
            ..success
        }),
        Err(failure) => Err(Failure {
            receipt,
            user: failure.user.map(|user| shown(user, &entitlement)),
            ..failure
        }),
    })
}

/// Reads a user and everything that it holds. Nothing is written.
///
/// # Errors
/// The failure names the cause.
pub async fn read_user(
    host: &dyn Host,
    account_id: &str,
    id: &str,
    options: ReadOptions,
    caller: Caller,
) -> Result<UserReading, Failure> {
    let call = Begun::new(host, account_id, Operation::ReadUser, caller);
    let (opened, entitlement) = call.open().await?;
    let record = call.record(&opened, Some(id), None).await?;
    let (account, _) = opened;
    let reading = crate::observe_user(host.transport(), host.caches(), account, id, options, None, &record).await;
    record.read(reading.as_ref().err());
    reading.map(|reading| UserReading {
        user: shown(reading.user, &entitlement),
        ..reading
    })
}

/// The user as the caller may see it: the provider's own documents only with `raw`.
fn shown(user: User, entitlement: &Entitlement) -> User {
    User {
        remote_data: user.remote_data.filter(|_| entitlement.may.raw),
        ..user
    }
}

/// Lists the roles of a tenant. Nothing is written.
///
/// # Errors
/// The failure names the cause.
pub async fn list_roles(
    host: &dyn Host,
    account_id: &str,
    options: ReadOptions,
    caller: Caller,
) -> Result<RoleDirectory, Failure> {
    let call = Begun::new(host, account_id, Operation::ListRoles, caller);
    let (opened, _) = call.open().await?;
    let record = call.record(&opened, None, None).await?;
    let (account, _) = opened;
    let directory = crate::observe_roles(host.transport(), host.caches(), account, options, None, &record).await;
    record.read(directory.as_ref().err());
    directory
}

/// A call that has come in.
struct Begun<'a> {
    host: &'a dyn Host,
    account_id: &'a str,
    operation: Operation,
    actor: Option<String>,
    request_id: String,
}

impl<'a> Begun<'a> {
    fn new(host: &'a dyn Host, account_id: &'a str, operation: Operation, caller: Caller) -> Self {
        service::held_back_denials(host);
        Self {
            host,
            account_id,
            operation,
            actor: caller.actor,
            request_id: random_request_id(host),
        }
    }

    /// The account, if the caller may use it for this.
    async fn open(&self) -> Result<((Account, AccountPlace), Rc<Entitlement>), Failure> {
        self.permitted().await.map_err(|refusal| self.refuse(refusal))
    }

    async fn permitted(&self) -> Result<((Account, AccountPlace), Rc<Entitlement>), Refusal> {
        if self.actor.as_deref().is_some_and(|actor| !naming::is_label(actor)) {
            let message = "caller.actor must be 1 to 128 printable characters";
            return Err(Refusal {
                field: Some(String::from("caller.actor")),
                ..Refusal::new(RefusalKind::InvalidRequest, message)
            });
        }
        let entitlement = service::caller(self.host).await?;
        entitlement.permit(self.operation, false)?;
        let opened = open(self.host, &entitlement, self.account_id, self.operation).await?;
        Ok((opened, entitlement))
    }

    /// The failure of a refused call, which the record has, too.
    fn refuse(&self, refusal: Refusal) -> Failure {
        let actor = self.actor.as_deref().filter(|actor| naming::is_label(actor));
        if !misconfigured(self.host, &self.request_id, Some(self.account_id), &refusal) {
            let denial = Denial {
                request_id: &self.request_id,
                status: refusal.kind.status(),
                code: refusal.kind.code(),
                mode: Some(self.operation.name()),
                claimed_actor: actor,
                account: Some(self.account_id),
                field: refusal.field.as_deref(),
                ..Denial::default()
            };
            service::denied(self.host, &denial);
        }
        refusal.into_failure()
    }

    async fn record(
        &self,
        (account, place): &(Account, AccountPlace),
        user: Option<&str>,
        receipt_key: Option<Rc<PrivateKey>>,
    ) -> Result<Record<'a>, Failure> {
        let call = Described {
            request_id: &self.request_id,
            actor: Actor::Caller(self.actor.as_deref()),
            operation: self.operation,
            account_id: self.account_id,
            account,
            place,
            user,
            traceparent: None,
            receipt_key,
            receipt_in_record: false,
        };
        Record::begin(self.host, call).await.map_err(|why| self.refuse(why))
    }
}
