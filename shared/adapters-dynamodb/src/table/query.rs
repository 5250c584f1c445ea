//! Queries that read a whole partition, or a whole part of one.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use holdfast_app::StoreError;

use crate::table::error::unavailable;
use crate::table::item::Item;

/// The most answers of 1 MiB (DynamoDB's limit) that one query takes, so that it ends and what it reads fits into a
/// function's memory.
pub(crate) const QUERY_MIB_MAX: usize = 64;

/// Reads every item that a query finds, in order. `pk` names the partition.
///
/// # Errors
/// [`StoreError::TooLarge`] beyond `mib_max`.
pub(crate) async fn read_all(
    query: QueryFluentBuilder,
    pk: &str,
    mib_max: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut answers = query.into_paginator().send();
    let mut items = Vec::new();
    for _ in 0..mib_max {
        let Some(answer) = answers.try_next().await.map_err(unavailable)? else { return Ok(items) };
        let is_last = answer.last_evaluated_key.is_none();
        items.extend(answer.items.unwrap_or_default());
        if is_last {
            return Ok(items);
        }
    }
    Err(StoreError::TooLarge { item: pk.to_owned(), mib_max })
}

#[cfg(test)]
mod tests {
    use holdfast_testkit::{Database, TestClock, at};

    use super::*;
    use crate::table::item::s;

    #[tokio::test]
    async fn a_query_goes_on_to_the_end_or_to_its_bound() {
        let database = Database::start(&TestClock::at(at("2030-05-01T09:00:00Z"))).await;
        for number in 0..6 {
            let item = Item::from([
                ("pk".to_owned(), s("X")),
                ("sk".to_owned(), s(number.to_string())),
                ("filling".to_owned(), s("x".repeat(390 * 1024))),
            ]);
            let put = database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
            put.send().await.expect("written");
        }
        let read = async |mib_max| {
            let query = database.client.query().table_name(Database::LEDGER);
            let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", s("X"));
            read_all(query, "X", mib_max).await
        };
        let items = read(3).await.expect("all of them");
        let order: Vec<&str> = items.iter().map(|item| item["sk"].as_s().expect("a text").as_str()).collect();
        assert_eq!(order, ["0", "1", "2", "3", "4", "5"]);
        match read(2).await {
            Err(StoreError::TooLarge { item, mib_max }) => assert_eq!((item.as_str(), mib_max), ("X", 2)),
            other => panic!("{other:?}"),
        }
    }
}
