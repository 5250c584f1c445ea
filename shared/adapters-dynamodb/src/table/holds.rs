//! The table of hold records.

use aws_sdk_dynamodb::Client;

/// The table of hold records. Hash key `pk`, TTL attribute `ttl`.
#[derive(Debug, Clone)]
pub struct HoldsTable {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl HoldsTable {
    /// The table of that name.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}
