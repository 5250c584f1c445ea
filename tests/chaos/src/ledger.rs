//! The ledger as it is stored, read past the proxy and past the API.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::items::{decode_use, decode_use_count};
use holdfast_adapters_dynamodb::{
    DynamoBookingHistory, DynamoCatalogue, DynamoHolds, DynamoInspection, DynamoRates, DynamoReceipts,
    DynamoSearchIndexWriter, HoldsTable, Item, LedgerTable,
};
use holdfast_app::StoreError;
use holdfast_app::bookings::{BookingHistory, BookingReader};
use holdfast_app::catalogue::CatalogueReader;
use holdfast_app::holds::HoldReader;
use holdfast_app::operations::{LedgerInspection, Part};
use holdfast_app::rates::RateReader;
use holdfast_app::receipts::ReceiptReader;
use holdfast_app::search::{Entry, Listing, SearchIndexInspection, SearchIndexWriter};
use holdfast_client::{Stack, Trouble, now};
use holdfast_domain::catalogue::MonthFacts;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::uses::UseCount;
use holdfast_domain::receipts::Receipt;
use holdfast_domain::{Booking, BookingId, Hold, Page, Property, ResourceId};

use crate::audit::read_model::Mirror;
use crate::audit::{Edits, Facts, Snapshot, Use, facts};

/// Reads the ledger.
pub(crate) struct Reader {
    catalogue: DynamoCatalogue,
    rates: DynamoRates,
    holds: DynamoHolds,
    history: DynamoBookingHistory,
    inspection: DynamoInspection,
    entries: DynamoSearchIndexWriter,
    resources: BTreeSet<String>,
    receipts: DynamoReceipts,
    client: Client,
    ledger: String,
}

impl Reader {
    /// Of these resources only.
    ///
    /// # Errors
    /// [`Trouble`] if the stack's values name no table.
    pub(crate) fn new(stack: &Stack, resources: BTreeSet<String>) -> Result<Self, Trouble> {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(stack.value("AWS_REGION")?.to_owned()))
            .credentials_provider(Credentials::new("test", "test", None, None, "chaos"))
            .endpoint_url(stack.value("AWS_ENDPOINT_URL")?)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = Client::from_conf(config);
        let table = stack.value("LEDGER_TABLE")?.to_owned();
        let ledger = LedgerTable::new(client.clone(), table.clone());
        let entries = DynamoSearchIndexWriter::new(client.clone(), stack.value("SEARCH_TABLE")?.to_owned());
        let holds = HoldsTable::new(client.clone(), stack.value("HOLDS_TABLE")?.to_owned());
        Ok(Self {
            catalogue: DynamoCatalogue::new(ledger.clone()),
            rates: DynamoRates::new(ledger.clone()),
            holds: DynamoHolds::new(ledger.clone(), holds),
            history: DynamoBookingHistory::new(ledger.clone()),
            receipts: DynamoReceipts::new(ledger.clone()),
            inspection: DynamoInspection::new(ledger),
            entries,
            resources,
            client,
            ledger: table,
        })
    }

    /// Every stored page, and what is wrong with those that cannot be read.
    async fn pages(&self) -> Result<(Vec<Page>, Vec<String>), Trouble> {
        let (mut pages, mut unreadable) =
            every(async |cursor| self.inspection.pages_part(cursor.as_deref()).await).await?;
        pages.retain(|page| self.resources.contains(page.key.resource.as_str()));
        unreadable.retain(|what| self.resources.iter().any(|resource| what.contains(resource)));
        Ok((pages, unreadable))
    }

    /// Every stored booking, and what is wrong with those that cannot be read.
    async fn bookings(&self) -> Result<(Vec<Booking>, Vec<String>), Trouble> {
        let (mut bookings, unreadable) =
            every(async |cursor| self.inspection.bookings_part(cursor.as_deref()).await).await?;
        bookings.retain(|booking| self.resources.contains(booking.order.resource.as_str()));
        Ok((bookings, unreadable))
    }

    /// Holds on pages: those that someone will still come for, and the dead whose function died before it wrote their record,
    /// even if a later try wrote it, or an earlier life has one. When the timer of the latter rang it found nothing; they
    /// count for nothing, and whoever needs their places or the reconciliation drops them.
    pub(crate) async fn held(&self) -> Result<Held, Trouble> {
        let mut held = Held::default();
        for page in self.pages().await?.0 {
            for (id, entry) in &page.holds {
                let record = self.holds.hold(id).await.map_err(Trouble::unexpected)?.map(|known| known.hold);
                // Of this life, and by the try that placed it.
                let of_first_try = |hold: Hold| {
                    hold.first_expires_at == entry.first_expires_at
                        && hold.created_at.checked_add(hold.ttl()).ok() == Some(hold.first_expires_at)
                };
                if entry.is_live(now()) || record.is_some_and(of_first_try) {
                    held.awaited += 1;
                } else {
                    held.forsaken.push(id.to_string());
                }
            }
        }
        Ok(held)
    }

    /// Whether a booking is there, be it of this run or of another.
    pub(crate) async fn knows(&self, booking: &str) -> Result<bool, Trouble> {
        let Ok(id) = BookingId::parse(booking) else { return Ok(false) };
        Ok(self.history.booking(&id).await.map_err(Trouble::unexpected)?.is_some())
    }

    /// Whether the saga of this name has nothing to do until its customer acts.
    pub(crate) async fn waits_for_its_customer(&self, execution: &str) -> Result<bool, Trouble> {
        let name = execution.split("-resume-").next().unwrap_or(execution);
        let Ok(id) = BookingId::parse(name) else { return Ok(false) };
        let booking = self.history.booking(&id).await.map_err(Trouble::unexpected)?;
        Ok(booking.is_some_and(|booking| booking.action().is_some() && booking.payment_intent().is_some()))
    }

    /// Ledger and read model, each as a whole, also what is not of this run.
    pub(crate) async fn mirror(&self) -> Result<Mirror, Trouble> {
        let (read_model, unreadable) =
            every(async |cursor| self.entries.entries_part(cursor.as_deref()).await).await?;
        let (pages, _) = every(async |cursor| self.inspection.pages_part(cursor.as_deref()).await).await?;
        let (resources, _) =
            every(async |cursor| self.inspection.resources_part(cursor.as_deref()).await).await?;
        let mut listings: BTreeMap<ResourceId, BTreeSet<Listing>> = BTreeMap::new();
        let mut ledger = Vec::new();
        for resource in resources {
            let facts = self.catalogue.facts(&resource.id).await.map_err(Trouble::unexpected)?;
            let (cards, dated) = self.rates.all_rates(&resource.id).await.map_err(Trouble::unexpected)?;
            for listing in self.entries.listings(&resource) {
                let month = |(month, facts): (_, &MonthFacts)| {
                    Entry::Facts(listing.clone(), resource.id.clone(), month, facts.clone())
                };
                ledger.extend(facts.months().map(month));
                let cards = cards.as_ref().map(|cards| Box::new(cards.listed()));
                ledger.extend(cards.map(|cards| Entry::Rates(listing.clone(), cards)));
                let month = |(month, rates): (_, &MonthRates)| {
                    Entry::MonthRates(listing.clone(), resource.id.clone(), month, rates.clone())
                };
                ledger.extend(dated.months().map(month));
                ledger.push(Entry::Resource(listing.clone(), Box::new(resource.clone())));
                listings.entry(resource.id.clone()).or_default().insert(listing);
            }
        }
        for page in pages {
            let of_page = listings.get(&page.key.resource).into_iter().flatten();
            ledger.extend(of_page.map(|listing| Entry::Page(listing.clone(), Box::new(page.clone()))));
        }
        let (properties, _) =
            every(async |cursor| self.inspection.properties_part(cursor.as_deref()).await).await?;
        // One that had no taxes when its kind was not listed yet is listed when it is written again.
        let is_listed = |property: &&Property| {
            let is_its =
                |entry: &Entry| matches!(entry, Entry::Taxes(taxes) if taxes.property == property.id);
            !property.terms.taxes.is_empty() || read_model.iter().any(is_its)
        };
        let listed = properties.iter().filter(is_listed);
        ledger.extend(listed.map(|property| Entry::Taxes(Box::new(property.taxes()))));
        Ok(Mirror { ledger, read_model, unreadable })
    }

    /// All facts that the ledger has, also of those that are not of this run.
    pub(crate) async fn facts(&self) -> Result<Facts, Trouble> {
        let (resources, _) =
            every(async |cursor| self.inspection.resources_part(cursor.as_deref()).await).await?;
        let (pages, _) = every(async |cursor| self.inspection.pages_part(cursor.as_deref()).await).await?;
        let (bookings, _) =
            every(async |cursor| self.inspection.bookings_part(cursor.as_deref()).await).await?;
        let mut entries = Vec::new();
        for booking in bookings {
            entries.extend(self.history.audit_trail(&booking.id).await.map_err(Trouble::unexpected)?);
        }
        let (mut revisions, mut edits) = (BTreeMap::new(), Edits::new());
        for resource in resources {
            edits.extend(self.edits(&resource.id).await?);
            revisions.insert(resource.id.to_string(), resource.revision);
        }
        Ok(facts(&revisions, &edits, pages.iter(), entries.iter()))
    }

    /// How often something was set for the dates of a resource.
    async fn edits(&self, id: &ResourceId) -> Result<Edits, Trouble> {
        let facts = self.catalogue.facts(id).await.map_err(Trouble::unexpected)?;
        Ok(facts.months().map(|(month, facts)| ((id.to_string(), month), facts.revision)).collect())
    }

    /// The receipts of bookings.
    pub(crate) async fn receipts(&self, bookings: &[Booking]) -> Result<Vec<Receipt>, Trouble> {
        let mut receipts = Vec::new();
        for booking in bookings {
            receipts.extend(self.receipts.receipts(&booking.id).await.map_err(Trouble::unexpected)?);
        }
        Ok(receipts)
    }

    /// What is counted of the promotions of a resource: the counters, and each use.
    async fn uses(&self, id: &str) -> Result<(Vec<UseCount>, Vec<Use>), Trouble> {
        let query = self.client.query().table_name(&self.ledger).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(format!("PC#{id}")));
        let items = query.into_paginator().items().send().collect::<Result<Vec<Item>, _>>().await;
        let (mut counters, mut uses) = (Vec::new(), Vec::new());
        for item in items.map_err(Trouble::unexpected)? {
            let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).map_or("", String::as_str);
            match sk.split('#').collect::<Vec<_>>()[..] {
                ["C", _] => counters.push(decode_use_count(&item).map_err(Trouble::unexpected)?.0),
                ["U", code, hold, _] => {
                    let owner = decode_use(&item).map_err(Trouble::unexpected)?.owner;
                    let (resource, code, hold) = (id.to_owned(), code.to_owned(), hold.to_owned());
                    uses.push(Use { resource, code, hold, owner });
                }
                _ => {}
            }
        }
        Ok((counters, uses))
    }

    /// Pages, bookings, trails, revisions, places, edits of dates, and uses of promotions. Receipts may come later.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Trouble> {
        let ((pages, mut unreadable), (bookings, more)) = (self.pages().await?, self.bookings().await?);
        unreadable.extend(more);
        let mut snapshot = Snapshot { at: now(), pages, bookings, unreadable, ..Snapshot::default() };
        for booking in &snapshot.bookings {
            let trail = self.history.audit_trail(&booking.id).await.map_err(Trouble::unexpected)?;
            snapshot.trails.insert(booking.id.to_string(), trail);
        }
        for id in &self.resources {
            let parsed = ResourceId::parse(id).map_err(Trouble::unexpected)?;
            let resource = self.catalogue.resource(&parsed).await.map_err(Trouble::unexpected)?;
            snapshot.revisions.insert(id.clone(), resource.as_ref().map_or(0, |resource| resource.revision));
            snapshot.places.insert(id.clone(), resource.map_or(0, |resource| resource.terms.capacity));
            snapshot.edits.extend(self.edits(&parsed).await?);
            let (counters, uses) = self.uses(id).await?;
            snapshot.counters.extend(counters);
            snapshot.uses.extend(uses);
        }
        Ok(snapshot)
    }
}

/// Holds on pages.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// How many someone will still come for.
    pub(crate) awaited: usize,
    /// Ids of the dead that no timer will come for.
    pub(crate) forsaken: Vec<String>,
}

/// All parts of what is stored: what can be read, and why the rest cannot.
async fn every<T>(
    read: impl AsyncFn(Option<String>) -> Result<Part<T>, StoreError>,
) -> Result<(Vec<T>, Vec<String>), Trouble> {
    let (mut items, mut unreadable, mut cursor) = (Vec::new(), Vec::new(), None);
    loop {
        let part = read(cursor).await.map_err(Trouble::unexpected)?;
        unreadable.extend(part.unreadable.iter().map(|item| format!("{}: {}", item.item, item.reason)));
        items.extend(part.items);
        cursor = part.next;
        if cursor.is_none() {
            return Ok((items, unreadable));
        }
    }
}
