//! Scripts over JMAP (RFC 8620, RFC 9661): a session, `SieveScript/get` and the blobs; `SieveScript/set` to switch off.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::http::{Site, get, path_of, post};
use crate::pull::{Key, Script};

/// The capability of RFC 9661.
const SIEVE: &str = "urn:ietf:params:jmap:sieve";

/// One user at a server.
struct Visit<'s> {
    site: &'s Site,
    auth: String,
    account: String,
    api: String,
    download: String,
}

impl<'s> Visit<'s> {
    /// Logs in and finds the account.
    async fn begin(site: &'s Site, key: &Key, user: &str) -> anyhow::Result<Self> {
        let login = format!("{}:{}", key.name(user), key.password);
        let auth = format!("Basic {}", base64_simd::STANDARD.encode_to_string(login.as_bytes()));
        let session = get(site, &auth, "/.well-known/jmap").await?;
        let session: Value = serde_json::from_slice(&session).context("the session is no JSON")?;
        let named = key.form.is_none();
        let account = account(&session, user, named).context("no account with Sieve scripts")?;
        let api = path_of(text(&session, "/apiUrl").context("the session has no apiUrl")?);
        let download = path_of(text(&session, "/downloadUrl").context("the session has no downloadUrl")?);
        Ok(Self { site, auth, account, api, download })
    }

    /// Calls one method; its answer.
    async fn call(&self, method: &str, arguments: Value) -> anyhow::Result<Value> {
        let using = json!(["urn:ietf:params:jmap:core", SIEVE]);
        let request = json!({ "using": using, "methodCalls": [[method, arguments, "0"]] });
        let answer = post(self.site, &self.auth, &self.api, &request).await?;
        let mut answer: Value = serde_json::from_slice(&answer).context("the answer is no JSON")?;
        let said = text(&answer, "/methodResponses/0/0").unwrap_or("nothing");
        ensure!(said == method, "the server answers {} to {method}", said.escape_debug());
        Ok(answer.pointer_mut("/methodResponses/0/1").map(Value::take).unwrap_or_default())
    }

    async fn blob(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        let path = self
            .download
            .replace("{accountId}", &escaped(&self.account))
            .replace("{blobId}", &escaped(id))
            .replace("{name}", "script")
            .replace("{type}", "application%2Fsieve");
        get(self.site, &self.auth, &path).await
    }
}

/// Reads the scripts of one user.
///
/// # Errors
/// When the server cannot be reached, refuses, or speaks no JMAP.
pub async fn scripts(site: &Site, key: &Key, user: &str) -> anyhow::Result<Vec<Script>> {
    let visit = Visit::begin(site, key, user).await?;
    let answer = visit.call("SieveScript/get", json!({ "accountId": visit.account, "ids": null })).await?;
    let list = answer.get("list").and_then(Value::as_array).context("the server does not list scripts")?;
    let mut out = Vec::new();
    for one in list {
        out.push(Script {
            user: user.to_owned(),
            name: text(one, "/name").unwrap_or_default().to_owned(),
            active: one.get("isActive").and_then(Value::as_bool).unwrap_or(false),
            text: visit.blob(text(one, "/blobId").context("a script has no blob")?).await?,
        });
    }
    Ok(out)
}

/// Switches a user's scripts off (RFC 9661 section 2.4).
///
/// # Errors
/// When the server refuses.
pub async fn deactivate(site: &Site, key: &Key, user: &str) -> anyhow::Result<()> {
    let visit = Visit::begin(site, key, user).await?;
    let off = json!({ "accountId": visit.account, "onSuccessDeactivateScript": true });
    visit.call("SieveScript/set", off).await.map(drop)
}

/// The account of this name; where we logged in as the user (and only then), also the one the server calls primary.
/// An administrator's own account must never pass for a user's.
fn account(session: &Value, user: &str, named: bool) -> Option<String> {
    let accounts = session.get("accounts")?.as_object()?;
    let found = accounts.iter().find(|(_, a)| text(a, "/name").is_some_and(|n| n.eq_ignore_ascii_case(user)));
    match found {
        Some((id, _)) => Some(id.clone()),
        None if named => None,
        None => session.get("primaryAccounts")?.get(SIEVE)?.as_str().map(str::to_owned),
    }
}

/// The text at a place of a document.
fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
