//! The read model: later pages win, also over those that the release before wrote; moved resources move.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::items;
use holdfast_app::search::SearchIndex;
use holdfast_domain::catalogue::{DateFactsEdit, Facts, Label, Month, MonthFacts};
use holdfast_domain::{BookingId, Page, PageChange, PageKey, Resource, ResourceId, SlotKey, SlotPlaces};
use holdfast_testkit::{Database, nightly_resource};
use jiff::civil::date;

use crate::harness::Harness;

const MONTH: &str = "2030-06";

fn month(room: &Resource) -> PageKey {
    PageKey::first(room.id.clone(), MONTH)
}

/// The page after so many writes, each of which books a place of its first night.
fn written(room: &Resource, writes: u32) -> Page {
    let places = SlotPlaces::uniform([SlotKey::parse("01").expect("a slot")], 1).expect("a place");
    let booking = BookingId::parse("bkg_1").expect("an id");
    (0..writes).fold(room.fresh_page(&month(room), &Facts::default()), |page, _| {
        let (booking, places) = (booking.clone(), places.clone());
        page.apply(&[PageChange::Reacquired { booking, places }])
    })
}

async fn shown(index: &Arc<dyn SearchIndex>, room: &Resource) -> Page {
    let terms = &room.terms;
    let pages = index.pages(terms.resource_type.as_str(), terms.location.as_str(), MONTH).await;
    let mut pages = pages.expect("an answer");
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

#[tokio::test]
async fn a_page_that_arrives_late_does_not_undo_a_later_one() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    writer.put_resource(&room).await.expect("a listing");
    h.placed(&room, "a", ("2030-06-01", "2030-06-02"), 1).await;
    let early = h.page(&room, "2030-06").await;
    h.placed(&room, "b", ("2030-06-01", "2030-06-02"), 1).await;
    let late = h.page(&room, "2030-06").await;
    for page in [&late, &early, &late] {
        writer.put_page(&room, page).await.expect("kept or passed over");
    }
    assert_eq!(index.pages("hotel", "NYC", "2030-06").await.expect("pages"), [late]);
    assert_eq!(index.pages("hotel", "NYC", "2030-07").await.expect("pages"), []);
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), [room]);
}

#[tokio::test]
async fn a_resource_that_moved_is_listed_where_it_is() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    writer.put_resource(&room).await.expect("a listing");
    let mut terms = room.terms.clone();
    terms.location = Label::parse("BER").expect("a label");
    let moved = room.replace(terms);
    writer.put_resource(&moved).await.expect("a listing");
    for listing in writer.listings(&room) {
        writer.remove_resource(&listing, &room).await.expect("a removal");
    }
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), []);
    assert_eq!(index.resources("hotel", "BER").await.expect("listings"), [moved]);
}

#[tokio::test]
async fn a_removal_that_arrives_late_removes_nothing_later() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    let later = room.replace(room.terms.clone());
    writer.put_resource(&later).await.expect("a listing");
    writer.put_page(&later, &written(&later, 2)).await.expect("a projection");
    let listings = writer.listings(&room);
    for listing in &listings {
        writer.remove_resource(listing, &room).await.expect("passed over");
        writer.remove_page(listing, &written(&room, 1)).await.expect("passed over");
    }
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), std::slice::from_ref(&later));
    assert_eq!(shown(index, &later).await.seq, 2);
    for listing in &listings {
        writer.remove_resource(listing, &later).await.expect("a removal");
        writer.remove_page(listing, &written(&later, 2)).await.expect("a removal");
        writer.remove_page(listing, &written(&later, 2)).await.expect("nothing is there");
    }
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), []);
    assert_eq!(index.pages("hotel", "NYC", MONTH).await.expect("pages"), []);
}

/// What is set for a month after so many edits, each of which closes a day more.
fn edited(edits: i8) -> (Month, MonthFacts) {
    let month = Month::parse(MONTH).expect("a month");
    let facts = (1..=edits).fold(Facts::default(), |facts, day| {
        let next = facts
            .with([date(2030, 6, day)], DateFactsEdit { closed: Some(true), ..DateFactsEdit::default() });
        let changed = next.changed_since(&facts);
        facts.written(&changed)
    });
    let facts = facts.months().next().expect("what was set").1.clone();
    assert_eq!(facts.revision, u64::try_from(edits).expect("a count"));
    (month, facts)
}

async fn set(index: &Arc<dyn SearchIndex>, room: &Resource) -> Vec<(ResourceId, MonthFacts)> {
    let (terms, month) = (&room.terms, Month::parse(MONTH).expect("a month"));
    let facts = index.facts(terms.resource_type.as_str(), terms.location.as_str(), month).await;
    facts.expect("an answer")
}

#[tokio::test]
async fn what_was_set_for_dates_and_arrives_late_does_not_undo_what_was_set_later() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    for (edits, shown) in [(2, 2), (1, 2), (2, 2), (3, 3), (1, 3)] {
        let (month, facts) = edited(edits);
        writer.put_facts(&room, month, &facts).await.expect("kept or passed over");
        assert_eq!(set(index, &room).await, [(room.id.clone(), edited(shown).1)], "after {edits}");
    }
    let july = Month::parse("2030-07").expect("a month");
    assert_eq!(index.facts("hotel", "NYC", july).await.expect("an answer"), []);
}

#[tokio::test]
async fn a_late_removal_of_what_was_set_for_dates_removes_nothing_later() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    let ((month, earlier), (_, later)) = (edited(1), edited(2));
    writer.put_facts(&room, month, &later).await.expect("a projection");
    let listings = writer.listings(&room);
    for listing in &listings {
        writer.remove_facts(listing, &room.id, month, &earlier).await.expect("passed over");
    }
    assert_eq!(set(index, &room).await, [(room.id.clone(), later.clone())]);
    for listing in &listings {
        writer.remove_facts(listing, &room.id, month, &later).await.expect("a removal");
        writer.remove_facts(listing, &room.id, month, &later).await.expect("nothing is there");
    }
    assert_eq!(set(index, &room).await, []);
}

/// What was set for its dates is listed under the texts as they came, and in comparable form; of two the later is right.
#[tokio::test]
async fn what_was_set_for_dates_is_found_by_the_place_however_that_is_written() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let ((month, earlier), (_, later)) = (edited(1), edited(2));
    h.store.index_writer.put_facts(&room, month, &later).await.expect("a projection");
    let put = h.database.client.put_item().table_name(Database::SEARCH);
    let as_it_came = items::encode_listed_month(&room, month, &earlier);
    put.set_item(Some(as_it_came)).send().await.expect("written");
    for place in ["NYC", "nyc"] {
        let found = h.store.index.facts("hotel", place, month).await.expect("an answer");
        assert_eq!(found, [(room.id.clone(), later.clone())], "{place}");
    }
}

#[tokio::test]
async fn the_latest_write_of_a_page_is_shown_whichever_comes_first() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    for writes in [2, 1, 3, 2] {
        writer.put_page(&room, &written(&room, writes)).await.expect("a projection");
    }
    assert_eq!(shown(index, &room).await.seq, 3);
    let mut terms = room.terms.clone();
    terms.time_zone = jiff::tz::TimeZone::UTC;
    let later = room.replace(terms);
    writer
        .put_page(&later, &later.fresh_page(&month(&later), &Facts::default()))
        .await
        .expect("a projection");
    writer.put_page(&room, &written(&room, 4)).await.expect("a projection");
    let page = shown(index, &room).await;
    assert_eq!(
        (page.schedule_revision, page.seq),
        (2, 0),
        "a later schedule is later, however few writes it has"
    );
}

#[tokio::test]
async fn a_page_written_by_the_release_before_is_brought_up_to_date() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    writer.put_page(&room, &written(&room, 1)).await.expect("a projection");
    // That release numbered a write by revision * 2^40 + sequence, in `order` alone.
    let earlier = (1_u64 << 40) + 1;
    let update = h.database.client.update_item().table_name(Database::SEARCH);
    let update = update
        .key("pk", AttributeValue::S(format!("T#hotel#NYC#{MONTH}")))
        .key("sk", AttributeValue::S("room".to_owned()))
        .condition_expression("attribute_exists(pk)")
        .update_expression("SET #o = :o REMOVE wn")
        .expression_attribute_names("#o", "order")
        .expression_attribute_values(":o", AttributeValue::N(earlier.to_string()));
    update.send().await.expect("an item");
    writer.put_page(&room, &written(&room, 2)).await.expect("a projection");
    assert_eq!(shown(index, &room).await.seq, 2);
    // And after a roll-back its condition still lets its next write pass.
    let items = h.database.client.scan().table_name(Database::SEARCH).send().await.expect("a scan");
    let order = items.items().iter().find_map(|item| item.get("order")?.as_n().ok()).expect("a number");
    assert!(order.parse::<u64>().expect("a number") < earlier);
}

#[tokio::test]
async fn a_resource_is_found_by_its_place_however_that_is_written() {
    let mut room = nightly_resource("room", 9, 600);
    room.terms.location = Label::parse("Zu\u{308}rich").expect("a label");
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    writer.put_resource(&room).await.expect("a projection");
    writer.put_page(&room, &written(&room, 1)).await.expect("a projection");
    for place in ["Zu\u{308}rich", "Zürich", "ZÜRICH", "ｚürich"] {
        let found = index.resources("Hotel", place).await.expect("a search");
        assert_eq!(found, std::slice::from_ref(&room), "{place}, as it came");
        assert_eq!(index.pages("HOTEL", place, MONTH).await.expect("a search").len(), 1, "{place}");
    }
    assert_eq!(index.resources("hotel", "Zurich").await.expect("a search"), []);
    let mut next = room.clone();
    next.revision = 2;
    next.terms.location = Label::parse("Genève").expect("a label");
    writer.put_resource(&next).await.expect("a projection");
    for listing in writer.listings(&room) {
        writer.remove_resource(&listing, &room).await.expect("a removal");
    }
    for (place, count) in [("Zu\u{308}rich", 0), ("zürich", 0), ("GENÈVE", 1), ("Genève", 1)] {
        assert_eq!(index.resources("hotel", place).await.expect("a search").len(), count, "{place}");
    }
}

/// The release before lists a resource under the texts as they came, and nowhere else.
#[tokio::test]
async fn what_the_release_before_listed_is_found_and_what_it_lists_later_counts() {
    let room = nightly_resource("room", 9, 600);
    let h = Harness::with(&room).await;
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    let before = async |item: holdfast_adapters_dynamodb::Item| {
        let put = h.database.client.put_item().table_name(Database::SEARCH).set_item(Some(item));
        put.send().await.expect("written");
    };
    before(items::encode_listing(&room)).await;
    before(items::encode_listed_page(&room, &written(&room, 1))).await;
    assert_eq!(index.resources("hotel", "NYC").await.expect("a search").len(), 1);
    assert_eq!(shown(index, &room).await.seq, 1);
    writer.put_page(&room, &written(&room, 2)).await.expect("a projection");
    assert_eq!(shown(index, &room).await.seq, 2, "of two the later");
    before(items::encode_listed_page(&room, &written(&room, 3))).await;
    assert_eq!(shown(index, &room).await.seq, 3, "of two the later");
    writer.put_resource(&room).await.expect("a projection");
    assert_eq!(index.resources("hotel", "nyc").await.expect("a search").len(), 1);
    assert_eq!(index.resources("hotel", "NYC").await.expect("a search").len(), 1, "once");
}

#[tokio::test]
async fn a_text_that_grows_when_it_is_compared_still_fits_a_key() {
    let mut room = nightly_resource("room", 9, 600);
    let longest = "\u{FDFA}".repeat(120);
    room.terms.location = Label::parse(&longest).expect("a label");
    room.terms.resource_type = Label::parse(&longest).expect("a label");
    let h = Harness::with(&room).await;
    h.store.index_writer.put_resource(&room).await.expect("a projection");
    h.store.index_writer.put_page(&room, &written(&room, 1)).await.expect("a projection");
    assert_eq!(h.store.index.resources(&longest, &longest).await.expect("a search").len(), 1);
}
