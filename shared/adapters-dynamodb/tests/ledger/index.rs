//! The read model: later pages win, also over those that the release before wrote; moved resources move.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::search::SearchIndex;
use holdfast_domain::catalogue::{Facts, Label};
use holdfast_domain::{BookingId, Page, PageChange, PageKey, Resource, SlotKey, SlotPlaces};
use holdfast_testkit::{Database, nightly_resource};

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
    writer.put_resource(&room, None).await.expect("a listing");
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
    writer.put_resource(&room, None).await.expect("a listing");
    let mut terms = room.terms.clone();
    terms.location = Label::parse("BER").expect("a label");
    let moved = room.replace(terms);
    writer.put_resource(&moved, Some(("hotel", "NYC"))).await.expect("a move");
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), []);
    assert_eq!(index.resources("hotel", "BER").await.expect("listings"), [moved]);
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
