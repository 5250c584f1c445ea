//! A table brought back to what another one holds.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::{CONFIDENTIAL_KINDS, HOLDS_KINDS, Item, Restored, TableRestore};
use holdfast_app::StoreError;
use holdfast_testkit::{Database, Fault};

use crate::harness::Harness;
use crate::receipts::{content, issued, number, property};

/// More than one batch of reads, and several of writes.
const ITEMS: usize = 130;

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// An item of any table; only the ledger has a range key.
fn item(table: &str, number: usize, content: &str) -> Item {
    let mut item =
        Item::from([("pk".into(), text(format!("K#{number}"))), ("content".into(), text(content))]);
    if table == Database::LEDGER {
        item.insert("sk".into(), text("S"));
    }
    item
}

async fn put(h: &Harness, table: &str, item: Item) {
    h.database.client.put_item().table_name(table).set_item(Some(item)).send().await.expect("an item");
}

async fn contents(h: &Harness, table: &str) -> HashMap<String, Item> {
    let items = h.database.items(table).await;
    items.into_iter().map(|item| (format!("{:?}", (&item["pk"], item.get("sk"))), item)).collect()
}

async fn run(restore: &TableRestore) -> Result<Restored, StoreError> {
    let (mut all, mut cursor) = (Restored::default(), None);
    loop {
        let (part, next) = restore.put_part(cursor).await?;
        all.extend(part);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let (part, next) = restore.remove_part(cursor).await?;
        all.extend(part);
        cursor = next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// A table of which a third was changed, a third removed and a third added after the point in time.
async fn changed(h: &Harness, table: &str) -> String {
    for number in 0..ITEMS {
        put(h, table, item(table, number, "then")).await;
    }
    let restored = h.database.restored(table).await;
    for number in 0..ITEMS / 3 {
        put(h, table, item(table, number, "now")).await;
        put(h, table, item(table, ITEMS + number, "now")).await;
        let mut key = item(table, ITEMS / 3 + number, "");
        key.remove("content");
        h.database
            .client
            .delete_item()
            .table_name(table)
            .set_key(Some(key))
            .send()
            .await
            .expect("a deletion");
    }
    restored
}

#[tokio::test]
async fn a_table_is_brought_back_to_what_was_restored() {
    for table in [Database::LEDGER, Database::HOLDS, Database::CONFIDENTIAL] {
        let h = Harness::start().await;
        let restored = changed(&h, table).await;
        let (before, wanted) = (contents(&h, table).await, contents(&h, &restored).await);
        let restore = |dry_run| TableRestore::new(h.database.client.clone(), &restored, table, dry_run);
        let differences = (2 * (ITEMS / 3), ITEMS / 3);

        let dry = run(&restore(true)).await.expect("a dry run");
        assert_eq!((dry.put, dry.removed), differences);
        assert_eq!(contents(&h, table).await, before, "a dry run changes nothing");

        let real = run(&restore(false)).await.expect("a run");
        assert_eq!((real.put, real.removed), differences);
        assert_eq!(contents(&h, table).await, wanted);
        assert_eq!(contents(&h, &restored).await, wanted, "what was restored is only read");

        let again = run(&restore(false)).await.expect("another run");
        assert_eq!((again.put, again.removed), (0, 0));
    }
}

/// The money was paid, whatever the table says: a settlement may not pay it once more.
#[tokio::test]
async fn a_note_that_a_refund_was_paid_otherwise_outlives_the_restore() {
    let h = Harness::start().await;
    let note = |booking: &str, at: u32| {
        let number = AttributeValue::N(at.to_string());
        let pk = text(format!("X#paid_otherwise#{booking}"));
        Item::from([("pk".into(), pk), ("sk".into(), text("X")), ("at".into(), number)])
    };
    let case = || Item::from([("pk".into(), text("X#refund_failed#bkg_1")), ("sk".into(), text("X"))]);
    for booking in ["bkg_changed", "bkg_deleted"] {
        put(&h, Database::LEDGER, note(booking, 1)).await;
    }
    let restored = h.database.restored(Database::LEDGER).await;
    for added in [note("bkg_changed", 2), note("bkg_added", 2), case()] {
        put(&h, Database::LEDGER, added).await;
    }
    let mut deleted = note("bkg_deleted", 1);
    deleted.remove("at");
    let delete = h.database.client.delete_item().table_name(Database::LEDGER).set_key(Some(deleted));
    delete.send().await.expect("a deletion");
    let restore = TableRestore::new(h.database.client.clone(), &restored, Database::LEDGER, false);
    for (put, removed) in [(1, 1), (0, 0)] {
        let mut all = run(&restore).await.expect("a run");
        all.kept.sort();
        assert_eq!((all.put, all.removed), (put, removed));
        assert_eq!(all.kept, ["X#paid_otherwise#bkg_added|X", "X#paid_otherwise#bkg_changed|X"]);
    }
    let mut left = h.database.items(Database::LEDGER).await;
    left.sort_by_key(|item| format!("{:?}", item["pk"]));
    assert_eq!(left, [note("bkg_added", 2), note("bkg_changed", 2), note("bkg_deleted", 1)]);
}

/// Guests have the numbers that were given after the point in time: no other receipt may have them.
#[tokio::test]
async fn series_of_receipts_go_on_after_a_restore_and_receipts_that_go_are_named() {
    let h = Harness::start().await;
    let issue = async |booking: &str, house: &str| {
        number(issued(h.store.receipts.as_ref(), &content(booking, 4, property(house), &h)).await)
    };
    assert_eq!(issue("bkg_1", "hotel-7").await, 1);
    let restored = h.database.restored(Database::LEDGER).await;
    assert_eq!((issue("bkg_2", "hotel-7").await, issue("bkg_3", "hotel-8").await), (2, 1));
    let restore = TableRestore::new(h.database.client.clone(), &restored, Database::LEDGER, false);
    for removed in [2, 0] {
        let mut all = run(&restore).await.expect("a run");
        all.kept.sort();
        assert_eq!((all.put, all.removed), (0, removed));
        assert_eq!(all.kept, ["N#property/hotel-7|N", "N#property/hotel-8|N"]);
        all.receipts.sort_by_key(|receipt| receipt.content.booking.clone());
        let named = all.receipts.iter().map(|receipt| (receipt.content.booking.as_str(), receipt.number));
        assert_eq!(named.collect::<Vec<_>>(), [("bkg_2", 2), ("bkg_3", 1)][..removed]);
    }
    assert_eq!((issue("bkg_2", "hotel-7").await, issue("bkg_3", "hotel-8").await), (3, 2));
}

#[tokio::test]
async fn a_restore_that_breaks_off_is_begun_again() {
    let h = Harness::start().await;
    let restored = changed(&h, Database::LEDGER).await;
    let wanted = contents(&h, &restored).await;
    let restore = TableRestore::new(h.database.client.clone(), &restored, Database::LEDGER, false);
    // Among the batches of writes.
    h.database.faults.strike(Fault::Broken, 4, 100);
    assert!(matches!(run(&restore).await, Err(StoreError::Unavailable(_))));
    assert!(h.database.faults.end() > 0);
    assert_ne!(contents(&h, Database::LEDGER).await, wanted);
    run(&restore).await.expect("another run");
    assert_eq!(contents(&h, Database::LEDGER).await, wanted);
}

/// The keys of both have one shape: contacts would be put where a stream carries them on, and the records of holds be removed.
#[tokio::test]
async fn the_tables_in_another_order_are_refused_before_anything_is_put_or_removed() {
    let h = Harness::start().await;
    let pairs = [
        (Database::HOLDS, Database::CONFIDENTIAL, "C#bkg_1", &HOLDS_KINDS),
        (Database::CONFIDENTIAL, Database::HOLDS, "H#hld_1", &CONFIDENTIAL_KINDS),
    ];
    for (table, other, key, kinds) in pairs {
        put(&h, other, Item::from([("pk".into(), text(key))])).await;
        let restored = h.database.restored(other).await;
        let before = contents(&h, table).await;
        let restore = TableRestore::new(h.database.client.clone(), &restored, table, false).of_kinds(kinds);
        assert!(matches!(run(&restore).await, Err(StoreError::Corrupt { .. })), "{table}");
        assert_eq!(contents(&h, table).await, before);
    }
}

#[tokio::test]
async fn a_table_of_other_keys_is_refused_before_anything_is_removed() {
    let h = Harness::start().await;
    for number in 0..3 {
        put(&h, Database::LEDGER, item(Database::LEDGER, number, "then")).await;
        put(&h, Database::HOLDS, item(Database::HOLDS, number, "then")).await;
    }
    let before = contents(&h, Database::LEDGER).await;
    let restored = h.database.restored(Database::HOLDS).await;
    let restore = TableRestore::new(h.database.client.clone(), &restored, Database::LEDGER, false);
    assert!(matches!(run(&restore).await, Err(StoreError::Unavailable(_))));
    assert_eq!(contents(&h, Database::LEDGER).await, before);
}
