//! Where the stack is and how one gets in.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::{Call, Trouble};

/// The repository's root.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

type Values = BTreeMap<String, String>;

static VALUES: OnceLock<Result<Values, Trouble>> = OnceLock::new();

/// Whose accounts an issuer of tokens has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Guests', and partners'.
    Guests,
    /// Staff's, and the operator's machines'.
    Staff,
}

/// The running stack.
#[derive(Debug, Clone)]
pub struct Stack {
    values: Values,
    http: reqwest::Client,
}

impl Stack {
    /// Takes the stack's values from the environment if `API_URL` is set there, else from `make -s env`.
    ///
    /// # Errors
    /// [`Trouble::NoStack`].
    pub fn connect() -> Result<Self, Trouble> {
        let values = VALUES.get_or_init(read_values).clone()?;
        // Built once per process; that another thread was first is no matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { values, http })
    }

    /// A value that `make env` prints.
    ///
    /// # Errors
    /// [`Trouble::Unexpected`] if it does not.
    pub fn value(&self, name: &str) -> Result<&str, Trouble> {
        self.values
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Trouble::unexpected(format!("`make env` says nothing of {name}")))
    }

    /// The connections.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A token for `sub` with `scope`, as `make token` prints it: of staff if it is to have the scope of operators.
    ///
    /// # Errors
    /// [`Trouble`] of the issuer.
    pub async fn token(&self, sub: &str, scope: &str) -> Result<String, Trouble> {
        let pool =
            if scope.split(' ').any(|one| one == "booking/operator") { Pool::Staff } else { Pool::Guests };
        self.token_of(pool, &[("sub", sub), ("scope", scope)]).await
    }

    /// A token of a pool's issuer from the form fields `sub`, `scope`, `expires_in` and those for odd ones (`tools/local/issuer.py`).
    ///
    /// # Errors
    /// [`Trouble`] of the issuer.
    pub async fn token_of(&self, pool: Pool, form: &[(&str, &str)]) -> Result<String, Trouble> {
        let path = match pool {
            Pool::Guests => "",
            Pool::Staff => "/staff",
        };
        let url = format!("{}{path}/token", self.value("ISSUER_URL")?);
        let answer: Value = self.http.post(url).form(form).send().await?.json().await?;
        match &answer["access_token"] {
            Value::String(token) => Ok(token.clone()),
            _ => Err(Trouble::unexpected(format!("the issuer answered {answer}"))),
        }
    }

    /// A call of the API; `path` begins with `/api`.
    ///
    /// # Errors
    /// [`Trouble::Unexpected`] if the API's address is not known.
    pub fn call(&self, method: reqwest::Method, path: &str) -> Result<Call, Trouble> {
        Ok(Call::new(self.http.request(method, format!("{}{path}", self.value("API_URL")?))))
    }

    /// A call of the API by way of its distribution; `path` begins with `/api`.
    ///
    /// # Errors
    /// [`Trouble::Unexpected`] if the distribution's address is not known.
    pub fn edge(&self, method: reqwest::Method, path: &str) -> Result<Call, Trouble> {
        let request = self.http.request(method, format!("{}{path}", self.value("EDGE_URL")?));
        Ok(Call::new(request).header("Host", self.value("EDGE_HOST")?))
    }
}

fn read_values() -> Result<Values, Trouble> {
    let own: Values = std::env::vars().collect();
    if own.contains_key("API_URL") {
        return Ok(own);
    }
    let printed = run_make(&["env"])?;
    let values = key_values(&printed);
    if values.contains_key("API_URL") {
        Ok(values)
    } else {
        Err(Trouble::NoStack("`make -s env` prints no API_URL".to_owned()))
    }
}

/// What `make -s` prints for `arguments`.
///
/// # Errors
/// [`Trouble::NoStack`] with its last words if it fails.
pub fn run_make(arguments: &[&str]) -> Result<String, Trouble> {
    let output = Command::new("make")
        .arg("-s")
        .args(arguments)
        .current_dir(Path::new(ROOT))
        // A `make` above this one must not pass its own options and targets down.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .map_err(|error| Trouble::NoStack(format!("make: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let words = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
        Err(Trouble::NoStack(words))
    }
}

/// Reads `KEY=VALUE` lines.
#[must_use]
pub fn key_values(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}
