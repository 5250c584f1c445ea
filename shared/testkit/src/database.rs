//! A DynamoDB of one's own: dynoxide in this process, spoken to by the real SDK over HTTP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::oneshot;

use crate::{Faults, Meter, TestClock};

const LEDGER: &str = "ledger";
const HOLDS: &str = "holds";
const CONFIDENTIAL: &str = "confidential";
const SEARCH: &str = "search";

/// A running database with the tables of the CDK app. Ends with its value.
pub struct Database {
    /// A client of it.
    pub client: Client,
    /// What goes wrong on the way to it.
    pub faults: Faults,
    address: SocketAddr,
    engine: dynoxide::Database,
    stop: Option<oneshot::Sender<()>>,
}

impl Database {
    /// Name of the ledger's table.
    pub const LEDGER: &'static str = LEDGER;
    /// Name of the table of hold records.
    pub const HOLDS: &'static str = HOLDS;
    /// Name of the confidential table.
    pub const CONFIDENTIAL: &'static str = CONFIDENTIAL;
    /// Name of the read model's table.
    pub const SEARCH: &'static str = SEARCH;

    /// Starts a database in memory whose TTL goes by `clock`, with the tables made.
    pub async fn start(clock: &TestClock) -> Self {
        let engine =
            dynoxide::Database::memory_with_clock(Arc::new(clock.clone())).expect("a database in memory");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let (stop, stopped) = oneshot::channel::<()>();
        let served = dynoxide::server::serve_with_shutdown(listener, engine.clone(), async {
            stopped.await.ok();
        });
        tokio::spawn(served);
        let faults = Faults::default();
        let client = client(address, &faults);
        make_tables(&client).await;
        Self { client, faults, address, engine, stop: Some(stop) }
    }

    /// Another client of it, that alone meets `faults`.
    #[must_use]
    pub fn client_under(&self, faults: &Faults) -> Client {
        client(self.address, faults)
    }

    /// Another client of it, whose consumed capacity is added up.
    #[must_use]
    pub fn metered_client(&self) -> (Client, Meter) {
        let meter = Meter::default();
        let metered = meter.http_client(Faults::default().http_client());
        (client_over(self.address, metered), meter)
    }

    /// Restores a table to this point in time, as DynamoDB does: into another table, which holds the items of now. Gives its name.
    pub async fn restored(&self, table: &str) -> String {
        let name = format!("{table}-restored");
        let keys = if [HOLDS, CONFIDENTIAL].contains(&table) { &["pk"][..] } else { &["pk", "sk"] };
        let kinds = [KeyType::Hash, KeyType::Range];
        self.client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys.iter().zip(kinds).map(|(of, kind)| key(of, kind)).collect()))
            .set_attribute_definitions(Some(keys.iter().copied().map(text).collect()))
            .send()
            .await
            .expect("a restored table");
        for item in self.items(table).await {
            let put = self.client.put_item().table_name(&name).set_item(Some(item));
            put.send().await.expect("a restored item");
        }
        name
    }

    /// Every item of a table.
    pub async fn items(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let pages = self.client.scan().table_name(table).into_paginator().items().send();
        pages.collect::<Result<_, _>>().await.expect("a scan")
    }

    /// Deletes what the TTL says, as DynamoDB does some day. Gives how many items went.
    #[must_use]
    pub fn sweep_ttl(&self) -> usize {
        self.engine.sweep_ttl().expect("a sweep")
    }
}

/// On a busy machine the database may be slow: what goes wrong is what a test wants to go wrong, never a lost second. Clients of
/// the SDK share one budget of retries in a process unless they are told otherwise: then one test's outage would take from
/// another test the retry that it counts on.
fn client(address: SocketAddr, faults: &Faults) -> Client {
    client_over(address, faults.http_client())
}

fn client_over(address: SocketAddr, http_client: SharedHttpClient) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "testkit"))
        .endpoint_url(format!("http://{address}"))
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .retry_partition(RetryPartition::custom("one database").token_bucket(TokenBucket::default()).build())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
    }
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key")
}

fn text(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .expect("an attribute")
}

fn index(name: &str, hash: &str, range: &str) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(hash, KeyType::Hash))
        .key_schema(key(range, KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .expect("an index")
}

async fn make_tables(client: &Client) {
    client
        .create_table()
        .table_name(LEDGER)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .set_attribute_definitions(Some(
            ["pk", "sk", "guest", "guest_sort", "due", "due_at"].map(text).to_vec(),
        ))
        .global_secondary_indexes(index("by-guest", "guest", "guest_sort"))
        .global_secondary_indexes(index("by-end", "due", "due_at"))
        .send()
        .await
        .expect("the ledger's table");
    for table in [HOLDS, CONFIDENTIAL] {
        client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key("pk", KeyType::Hash))
            .attribute_definitions(text("pk"))
            .send()
            .await
            .expect("a table without a range key");
        client
            .update_time_to_live()
            .table_name(table)
            .time_to_live_specification(
                TimeToLiveSpecification::builder()
                    .enabled(true)
                    .attribute_name("ttl")
                    .build()
                    .expect("a TTL"),
            )
            .send()
            .await
            .expect("a table's TTL");
    }
    client
        .create_table()
        .table_name(SEARCH)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .set_attribute_definitions(Some(["pk", "sk"].map(text).to_vec()))
        .send()
        .await
        .expect("the read model's table");
}
