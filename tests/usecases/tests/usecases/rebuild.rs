//! The read model made again from the ledger: whatever it was before, and whatever happens meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{
    encode_listed_month, encode_listed_page, encode_listed_taxes, encode_listing,
};
use holdfast_app::StoreError;
use holdfast_app::catalogue::CatalogueReader;
use holdfast_app::search::{Entry, Listing, Progress, Projection, SearchRebuild};
use holdfast_domain::catalogue::{Facts, Label, Month, MonthFacts};
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Page, Resource, ResourceId, TrailHead};
use holdfast_testkit::{Database, Fault, Faults, nightly_resource};
use jiff::civil::date;

use crate::properties::id as property;
use crate::property_taxes::{project as project_taxes, put_taxes, vat};
use crate::search_rates::{card, put_card, set_price};
use crate::world::{NIGHT, SPAN, World};

fn rebuild_through(w: &World, catalogue: Arc<dyn CatalogueReader>) -> SearchRebuild {
    let store = &w.store;
    SearchRebuild::new(
        catalogue,
        store.rates.clone(),
        store.properties.clone(),
        store.inspection.clone(),
        store.index_entries.clone(),
        store.index_writer.clone(),
    )
}

/// Runs all parts.
async fn rebuild(rebuild: &SearchRebuild) -> Result<Progress, StoreError> {
    let (mut all, mut cursor) = (Progress::default(), None);
    loop {
        let (progress, next) = rebuild.remove_part(cursor.as_deref()).await?;
        all.extend(progress);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let (progress, next) = rebuild.put_taxes_part(cursor.as_deref()).await?;
        all.extend(progress);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let (progress, next) = rebuild.put_part(cursor.as_deref()).await?;
        all.extend(progress);
        cursor = next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

async fn rebuilt(w: &World) -> Progress {
    rebuild(&rebuild_through(w, w.store.catalogue.clone())).await.expect("a rebuild")
}

/// What the read model should be.
async fn of_ledger(w: &World) -> Vec<Entry> {
    let mut entries = Vec::new();
    for resource in w.store.inspection.resources_part(None).await.expect("resources").items {
        let pages = w.store.catalogue.stored_pages(&resource).await.expect("pages");
        let facts = w.store.catalogue.facts(&resource.id).await.expect("facts");
        let (cards, dated) = w.store.rates.all_rates(&resource.id).await.expect("rates");
        for listing in w.store.index_writer.listings(&resource) {
            let listed = |page: &Page| Entry::Page(listing.clone(), Box::new(page.clone()));
            entries.extend(pages.iter().map(listed));
            let month = |(month, facts): (Month, &MonthFacts)| {
                Entry::Facts(listing.clone(), resource.id.clone(), month, facts.clone())
            };
            entries.extend(facts.months().map(month));
            let cards = cards.as_ref().map(|cards| Box::new(cards.listed()));
            entries.extend(cards.map(|cards| Entry::Rates(listing.clone(), cards)));
            let month = |(month, rates): (Month, &MonthRates)| {
                Entry::MonthRates(listing.clone(), resource.id.clone(), month, rates.clone())
            };
            entries.extend(dated.months().map(month));
            entries.push(listed_resource(listing, &resource));
        }
    }
    for property in w.store.inspection.properties_part(None).await.expect("properties").items {
        entries.push(Entry::Taxes(Box::new(property.taxes())));
    }
    sorted(entries)
}

/// A resource without its trail and the count of what was set for its dates, which no listing is written anew for.
fn listed_resource(listing: Listing, resource: &Resource) -> Entry {
    let trail = TrailHead::default();
    Entry::Resource(listing, Box::new(Resource { facts_revision: 0, trail, ..resource.clone() }))
}

/// What it is.
async fn of_read_model(w: &World) -> Vec<Entry> {
    let part = w.store.index_entries.entries_part(None).await.expect("entries");
    assert_eq!((part.unreadable, part.next), (vec![], None));
    let comparable = |entry| match entry {
        Entry::Resource(listing, resource) => listed_resource(listing, &resource),
        other @ (Entry::Facts(..)
        | Entry::Rates(..)
        | Entry::MonthRates(..)
        | Entry::Taxes(_)
        | Entry::Page(..)) => other,
    };
    sorted(part.items.into_iter().map(comparable).collect())
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| format!("{entry:?}"));
    entries
}

fn at_place(resource: &Resource, location: &str) -> Resource {
    let mut moved = resource.clone();
    moved.terms.location = Label::parse(location).expect("a label");
    moved
}

/// Two rooms with pages of two months, and what was set for dates of a month with a page and of one without.
async fn rooms() -> (Arc<World>, Resource, Resource) {
    let w = World::start().await;
    let a = w.put(&nightly_resource("room-a", 9, 600)).await;
    let b = w.put(&nightly_resource("room-b", 9, 600)).await;
    w.held(&a, "a", NIGHT).await;
    w.held(&b, "b", SPAN).await;
    put_card(&w, &a, card()).await;
    set_price(&w, &a, 7_700).await;
    put_taxes(&w, vec![vat("10")]).await;
    let a = w.set(&a.id, (date(2030, 6, 20), 3), None, Some(true)).await.expect("a stop-sell");
    let b = w.set(&b.id, (date(2030, 9, 1), 5), Some(4), None).await.expect("a capacity");
    (w, a, b)
}

/// What is set for the dates of a month.
async fn facts_of(w: &World, resource: &Resource, month: &str) -> (Month, MonthFacts) {
    let (month, facts) = (Month::parse(month).expect("a month"), w.store.catalogue.facts(&resource.id).await);
    let facts = facts.expect("facts");
    let of_month = facts.months().find(|(of, _)| *of == month);
    (month, of_month.expect("what was set").1.clone())
}

async fn put_item(w: &World, item: Item) {
    let put = w.database.client.put_item().table_name(Database::SEARCH).set_item(Some(item));
    put.send().await.expect("an item");
}

#[tokio::test]
async fn a_read_model_that_is_gone_is_made_again_and_another_time_changes_nothing() {
    let (w, ..) = rooms().await;
    assert_eq!(of_read_model(&w).await, []);
    let first = rebuilt(&w).await;
    assert_eq!((first.resources, first.pages, first.properties, first.entries), (2, 3, 1, 0));
    assert_eq!(of_read_model(&w).await, of_ledger(&w).await);
    let again = rebuilt(&w).await;
    assert_eq!(
        (again.entries, again.removed),
        (19, vec![]),
        "each but the taxes where its texts in comparable form say, and as they came"
    );
    assert_eq!(of_read_model(&w).await, of_ledger(&w).await);
}

#[tokio::test]
async fn what_the_ledger_does_not_have_so_is_removed() {
    let (w, a, b) = rooms().await;
    w.project(&a, None).await;
    w.project(&b, None).await;
    let pages = w.store.catalogue.stored_pages(&a).await.expect("pages");
    // Of a resource that does not exist, of a place that it has left, and of a page that is gone.
    let ghost = nightly_resource("ghost", 3, 600);
    let elsewhere = at_place(&a, "BER");
    let mut gone = pages[0].clone();
    gone.key.page = "2031-01".to_owned();
    put_item(&w, encode_listing(&ghost)).await;
    put_item(&w, encode_listing(&elsewhere)).await;
    put_item(&w, encode_listed_page(&elsewhere, &pages[0])).await;
    put_item(&w, encode_listed_page(&a, &gone)).await;
    let (june, closed) = facts_of(&w, &a, "2030-06").await;
    put_item(&w, encode_listed_month(&ghost, june, &closed)).await;
    put_item(&w, encode_listed_month(&elsewhere, june, &closed)).await;
    put_item(&w, encode_listed_month(&a, Month::parse("2031-01").expect("a month"), &closed)).await;
    // Ahead of the ledger, other than the ledger, and not to be read.
    let mut ahead = pages[0].clone();
    ahead.seq += 7;
    put_item(&w, encode_listed_page(&a, &ahead)).await;
    let later = MonthFacts { revision: closed.revision + 7, ..closed.clone() };
    put_item(&w, encode_listed_month(&a, june, &later)).await;
    let (september, lowered) = facts_of(&w, &b, "2030-09").await;
    put_item(&w, encode_listed_month(&b, september, &MonthFacts { dates: closed.dates, ..lowered })).await;
    let mut other = b.clone();
    other.terms.name = Label::parse("Another").expect("a label");
    put_item(&w, encode_listing(&other)).await;
    let house = w.store.properties.property(&property("house")).await.expect("a read").expect("a property");
    put_item(&w, encode_listed_taxes(&PropertyTaxes { property: property("ghost"), ..house.taxes() })).await;
    put_item(&w, encode_listed_taxes(&PropertyTaxes { revision: 8, ..house.taxes() })).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    put_item(&w, Item::from([("pk".to_owned(), text("T#hotel#NYC")), ("sk".to_owned(), text("room-z"))]))
        .await;
    let mut removed = rebuilt(&w).await.removed;
    removed.sort();
    let expected = [
        "T#hotel#NYC|room-z",
        "ghost",
        "ghost/2030-06",
        "ghost/taxes",
        "house/taxes",
        "room-a",
        "room-a/2030-06",
        "room-a/2030-06",
        "room-a/2030-06",
        "room-a/2030-06",
        "room-a/2031-01",
        "room-a/2031-01",
        "room-b",
        "room-b/2030-09",
    ];
    assert_eq!(removed, expected);
    assert_eq!(of_read_model(&w).await, of_ledger(&w).await);
}

#[tokio::test]
async fn what_is_late_is_brought_up_to_date_and_never_taken_away() {
    let (w, a, b) = rooms().await;
    let house = w.store.properties.property(&property("house")).await.expect("a read").expect("a property");
    project_taxes(&w, &house).await;
    put_taxes(&w, vec![vat("20")]).await;
    w.project(&a, None).await;
    w.project(&b, None).await;
    w.held(&a, "later", NIGHT).await;
    w.set(&a.id, (date(2030, 6, 22), 3), Some(7), Some(false)).await.expect("more on sale");
    w.set(&b.id, (date(2030, 10, 1), 3), None, Some(true)).await.expect("a stop-sell");
    let mut renamed = b.clone();
    renamed.terms.name = Label::parse("Another").expect("a label");
    w.put(&renamed).await;
    let progress = rebuilt(&w).await;
    assert_eq!(progress.removed, Vec::<String>::new());
    assert_eq!(of_read_model(&w).await, of_ledger(&w).await);
}

/// What of a resource is read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Read {
    Facts,
    Pages,
}

/// A catalogue of which a resource moves, and is projected, just when this is read of it.
struct Moving {
    w: Arc<World>,
    when: Read,
    next: tokio::sync::Mutex<Vec<&'static str>>,
}

impl Moving {
    async fn reads(&self, read: Read, id: &ResourceId) -> Result<(), StoreError> {
        let next = if read == self.when { self.next.lock().await.pop() } else { None };
        if let Some(location) = next {
            let before = self.resource(id).await?.expect("the resource");
            let moved = self.w.put(&at_place(&before, location)).await;
            self.w.project(&moved, Some(&before)).await;
        }
        Ok(())
    }
}

#[async_trait]
impl CatalogueReader for Moving {
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError> {
        self.w.store.catalogue.resource(id).await
    }

    async fn facts_of(&self, resource: &ResourceId, months: &BTreeSet<Month>) -> Result<Facts, StoreError> {
        self.w.store.catalogue.facts_of(resource, months).await
    }

    async fn stored_among(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError> {
        self.w.store.catalogue.stored_among(resource, pages).await
    }

    async fn facts(&self, resource: &ResourceId) -> Result<Facts, StoreError> {
        self.reads(Read::Facts, resource).await?;
        self.w.store.catalogue.facts(resource).await
    }

    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError> {
        self.reads(Read::Pages, &resource.id).await?;
        self.w.store.catalogue.stored_pages(resource).await
    }
}

#[tokio::test]
async fn a_resource_that_moves_meanwhile_is_listed_where_it_is_and_nowhere_else() {
    for moves in [vec!["BER"], vec!["BER", "LON"], vec!["NYC", "BER"], vec!["BER", "NYC", "LON", "BER"]] {
        for when in [Read::Facts, Read::Pages] {
            let (w, ..) = rooms().await;
            let moving = Moving { w: w.clone(), when, next: tokio::sync::Mutex::new(moves.clone()) };
            rebuild(&rebuild_through(&w, Arc::new(moving))).await.expect("a rebuild");
            assert_eq!(of_read_model(&w).await, of_ledger(&w).await, "{moves:?} at {when:?}");
        }
    }
}

#[tokio::test]
async fn a_resource_that_never_rests_does_not_keep_a_rebuild_for_ever() {
    let (w, ..) = rooms().await;
    let moves = ["BER", "LON"].repeat(20);
    let moving = Moving { w: w.clone(), when: Read::Pages, next: tokio::sync::Mutex::new(moves) };
    let outcome = rebuild(&rebuild_through(&w, Arc::new(moving))).await;
    assert!(matches!(outcome, Err(StoreError::Contention(_))), "{outcome:?}");
}

#[tokio::test]
async fn one_that_was_broken_off_anywhere_is_begun_again() {
    for passes in (0..40).step_by(3) {
        let (w, a, _) = rooms().await;
        put_item(&w, encode_listing(&at_place(&a, "BER"))).await;
        let faults = Faults::default();
        let store = w.database.store_under(&faults);
        let broken_off = SearchRebuild::new(
            store.catalogue.clone(),
            store.rates.clone(),
            store.properties.clone(),
            store.inspection.clone(),
            store.index_entries.clone(),
            store.index_writer.clone(),
        );
        faults.strike(Fault::Broken, passes, 1_000);
        let outcome = rebuild(&broken_off).await;
        let struck = faults.end() > 0;
        assert_eq!(outcome.is_err(), struck, "{outcome:?}");
        rebuilt(&w).await;
        assert_eq!(of_read_model(&w).await, of_ledger(&w).await, "after {passes} calls");
        if !struck {
            return;
        }
    }
    panic!("every rebuild was broken off");
}

#[tokio::test]
async fn what_cannot_be_read_of_the_ledger_is_named() {
    let (w, ..) = rooms().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let item = Item::from([("pk".to_owned(), text("R#broken")), ("sk".to_owned(), text("R"))]);
    let put = w.database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
    put.send().await.expect("an item");
    let unreadable = rebuilt(&w).await.unreadable;
    assert_eq!(unreadable.iter().map(|one| one.item.as_str()).collect::<Vec<_>>(), ["R#broken/R"]);
}

#[tokio::test]
async fn the_projector_leaves_nothing_where_a_resource_was_and_nothing_of_a_schedule_that_is_over() {
    let (w, a, _) = rooms().await;
    let place = ("hotel", "NYC", "2030-06");
    w.project(&a, None).await;
    let moved = w.put(&at_place(&a, "BER")).await;
    w.project(&moved, Some(&a)).await;
    assert_eq!(w.store.index.pages(place.0, place.1, place.2).await.expect("pages"), []);
    assert_eq!(w.store.index.pages(place.0, "BER", place.2).await.expect("pages").len(), 1);
    let mut over = w.store.catalogue.stored_pages(&moved).await.expect("pages").remove(0);
    over.key.page = "2030-07".to_owned();
    w.store.index_writer.put_page(&moved, &over).await.expect("a page");
    let projection =
        Projection::new(w.store.catalogue.clone(), w.store.rates.clone(), w.store.index_writer.clone());
    projection.batch().on_page_removed(&over).await.expect("a projection");
    assert_eq!(w.store.index.pages(place.0, "BER", "2030-07").await.expect("pages"), []);
}
