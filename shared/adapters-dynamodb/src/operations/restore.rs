//! Brings a table back to what another one holds. DynamoDB restores to a point in time into a new table, and whatever reads the
//! stream of the old one, or may use it, goes on with the old one: so what the new one holds is put back there.
//!
//! For operators, while nobody else writes. It may be broken off and begun again: another run does no harm.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use holdfast_app::StoreError;
use holdfast_domain::Booking;
use holdfast_domain::receipts::Receipt;

use crate::stored::notes::is_paid_otherwise;
use crate::stored::receipts::{decode_receipt, is_receipt, is_series};
use crate::stored::records::{BOOKING_SK, decode_booking};
use crate::table::error::{Passing, unavailable};
use crate::table::item::{Item, Reader};
use crate::table::ledger::get_many;
use crate::table::transact::{Tries, built};

/// The most writes of one `BatchWriteItem` (DynamoDB's limit).
const BATCH_WRITES_MAX: usize = 25;

/// How partition keys of the table of hold records begin (`docs/storage.md`).
pub const HOLDS_KINDS: [&str; 3] = ["H#", "G#", "Q#"];
/// How partition keys of the confidential table begin.
pub const CONFIDENTIAL_KINDS: [&str; 3] = ["T#", "A#", "C#"];

/// What a part of the comparison came to.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Restored {
    /// Items looked at.
    pub compared: usize,
    /// Items that were put: missing, or other than the restored ones.
    pub put: usize,
    /// Items that were removed: there are none such among the restored ones.
    pub removed: usize,
    /// Keys of what is left as it is, though there is none such among the restored ones, or another: notes that a refund was paid
    /// otherwise, since that money is paid whatever the table says, and how far series of receipts have come, since guests have the numbers.
    pub kept: Vec<String>,
    /// Receipts of after the point in time, which are removed, or replaced by those of then.
    pub receipts: Vec<Receipt>,
    /// The bookings among both.
    pub bookings: Vec<TurnedBooking>,
    /// Keys of bookings and receipts that cannot be read; they were put or removed as they are.
    pub unreadable: Vec<String>,
}

/// A booking that is not what it was before.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnedBooking {
    /// As it was; none if there was none.
    pub was: Option<Booking>,
    /// As it is restored; none if it was made after the point in time.
    pub is: Option<Booking>,
}

impl Restored {
    /// Adds what another part came to.
    pub fn extend(&mut self, other: Self) {
        self.compared += other.compared;
        self.put += other.put;
        self.removed += other.removed;
        self.kept.extend(other.kept);
        self.receipts.extend(other.receipts);
        self.bookings.extend(other.bookings);
        self.unreadable.extend(other.unreadable);
    }

    /// Names a receipt that is there no more.
    fn note_receipt(&mut self, was: Option<&Item>) {
        let Some(was) = was.filter(|was| is_receipt(was)) else { return };
        match decode_receipt(was) {
            Ok(receipt) => self.receipts.push(receipt),
            Err(_) => self.unreadable.push(name_of(was)),
        }
    }

    fn note(&mut self, was: Option<&Item>, is: Option<&Item>) {
        let Some(name) = was.or(is).map(name_of) else { return };
        if !name.ends_with(&format!("|{BOOKING_SK}")) {
            return;
        }
        match (was.map(decode_booking).transpose(), is.map(decode_booking).transpose()) {
            (Ok(was), Ok(is)) => self.bookings.push(TurnedBooking { was, is }),
            (Err(_), _) | (_, Err(_)) => self.unreadable.push(name),
        }
    }
}

/// Whether an item stays as it is, whatever was restored.
fn is_left(item: &Item) -> bool {
    is_paid_otherwise(item) || is_series(item)
}

/// A table, and the one that was restored from it.
#[derive(Debug, Clone)]
pub struct TableRestore {
    client: Client,
    restored: String,
    table: String,
    /// How partition keys of the table begin; nothing where its keys have another shape than those of every other table.
    kinds: &'static [&'static str],
    dry_run: bool,
}

impl TableRestore {
    /// Brings `table` back to what `restored` holds; a dry run only says what differs.
    #[must_use]
    pub fn new(client: Client, restored: &str, table: &str, dry_run: bool) -> Self {
        Self { client, restored: restored.to_owned(), table: table.to_owned(), kinds: &[], dry_run }
    }

    /// Refuses a restored table whose partition keys begin otherwise: it is another table's.
    #[must_use]
    pub fn of_kinds(self, kinds: &'static [&'static str]) -> Self {
        Self { kinds, ..self }
    }

    fn check_kinds(&self, items: &[Item]) -> Result<(), StoreError> {
        let is_known = |item: &Item| {
            let pk = item.get("pk").and_then(|pk| pk.as_s().ok());
            self.kinds.is_empty() || pk.is_some_and(|pk| self.kinds.iter().any(|kind| pk.starts_with(kind)))
        };
        items.iter().find(|item| !is_known(item)).map_or(Ok(()), |stranger| {
            let reason = format!("{} has no such items: what was restored is another table's", self.table);
            Err(StoreError::Corrupt { item: name_of(stranger), reason })
        })
    }

    /// Puts what is missing or differs, of the restored items after `cursor`; gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] on an outage; [`StoreError::Corrupt`] if an item is of another table, before anything is put of this part.
    pub async fn put_part(&self, cursor: Option<Item>) -> Result<(Restored, Option<Item>), StoreError> {
        let (items, next) = self.read_part(&self.restored, cursor).await?;
        self.check_kinds(&items)?;
        let present = self.same_of(&self.table, &items).await?;
        let mut part = Restored { compared: items.len(), ..Restored::default() };
        let mut writes = Vec::new();
        for item in items {
            let was = present.get(&name_of(&item));
            if was == Some(&item) {
                continue;
            }
            if was.is_some() && is_left(&item) {
                part.kept.push(name_of(&item));
                continue;
            }
            part.put += 1;
            part.note(was, Some(&item));
            part.note_receipt(was);
            let put = PutRequest::builder().set_item(Some(item)).build().map_err(built)?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        self.write(writes).await?;
        Ok((part, next))
    }

    /// Removes what was not restored, of the table's items after `cursor`; gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] on an outage.
    pub async fn remove_part(&self, cursor: Option<Item>) -> Result<(Restored, Option<Item>), StoreError> {
        let (items, next) = self.read_part(&self.table, cursor).await?;
        let restored = self.same_of(&self.restored, &items).await?;
        let mut part = Restored { compared: items.len(), ..Restored::default() };
        let mut writes = Vec::new();
        for item in items.iter().filter(|item| !restored.contains_key(&name_of(item))) {
            if is_left(item) {
                part.kept.push(name_of(item));
                continue;
            }
            part.removed += 1;
            part.note(Some(item), None);
            part.note_receipt(Some(item));
            let delete = DeleteRequest::builder().set_key(Some(key_of(item))).build().map_err(built)?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
        self.write(writes).await?;
        Ok((part, next))
    }

    async fn read_part(
        &self,
        table: &str,
        cursor: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let scan = self.client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(cursor);
        let output = scan.send().await.map_err(unavailable)?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }

    /// The items of a table with the keys of those, by name.
    async fn same_of(&self, table: &str, items: &[Item]) -> Result<HashMap<String, Item>, StoreError> {
        let keys = items.iter().map(key_of).collect();
        let found = get_many(&self.client, table, keys, true).await?;
        Ok(found.into_iter().map(|item| (name_of(&item), item)).collect())
    }

    async fn write(&self, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        if self.dry_run {
            return Ok(());
        }
        for chunk in writes.chunks(BATCH_WRITES_MAX) {
            let mut wanted = Some(chunk.to_vec());
            let mut tries = Tries::default();
            // Ends: what stays unwritten has its budget of tries.
            while let Some(writes) = wanted.take() {
                let request = self.client.batch_write_item().request_items(&self.table, writes);
                let output = request.send().await.map_err(unavailable)?;
                wanted = output
                    .unprocessed_items
                    .and_then(|mut rest| rest.remove(&self.table))
                    .filter(|rest| !rest.is_empty());
                if wanted.is_some() {
                    let error = StoreError::Unavailable("writes of a batch stay undone".into());
                    tries.pause(Passing::Throttled(error), &self.table).await?;
                }
            }
        }
        Ok(())
    }
}

/// The key of an item of any table: hold records have no range key.
fn key_of(item: &Item) -> Item {
    ["pk", "sk"].into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}

fn name_of(item: &Item) -> String {
    let reader = Reader::new(item);
    format!("{}|{}", reader.opt_text("pk").unwrap_or_default(), reader.opt_text("sk").unwrap_or_default())
}
