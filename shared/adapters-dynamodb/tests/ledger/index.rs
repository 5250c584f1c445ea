//! The read model: later pages win, moved resources move.

use holdfast_adapters_dynamodb::DynamoSearchIndex;
use holdfast_app::search::{SearchIndex, SearchIndexWriter};
use holdfast_domain::catalogue::Label;
use holdfast_testkit::{Database, nightly_resource};

use crate::harness::Harness;

#[tokio::test]
async fn a_page_that_arrives_late_does_not_undo_a_later_one() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let index = DynamoSearchIndex::new(h.database.client.clone(), Database::SEARCH.to_owned());
    index.put_resource(&room, None).await.expect("a listing");
    h.placed(&room, "a", ("2030-06-01", "2030-06-02"), 1).await;
    let early = h.page(&room, "2030-06").await;
    h.placed(&room, "b", ("2030-06-01", "2030-06-02"), 1).await;
    let late = h.page(&room, "2030-06").await;
    for page in [&late, &early, &late] {
        index.put_page(&room, page).await.expect("kept or passed over");
    }
    assert_eq!(index.pages("hotel", "NYC", "2030-06").await.expect("pages"), [late]);
    assert_eq!(index.pages("hotel", "NYC", "2030-07").await.expect("pages"), []);
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), [room]);
}

#[tokio::test]
async fn a_resource_that_moved_is_listed_where_it_is() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let index = DynamoSearchIndex::new(h.database.client.clone(), Database::SEARCH.to_owned());
    index.put_resource(&room, None).await.expect("a listing");
    let mut terms = room.terms.clone();
    terms.location = Label::parse("BER").expect("a label");
    let moved = room.replace(terms);
    index.put_resource(&moved, Some(("hotel", "NYC"))).await.expect("a move");
    assert_eq!(index.resources("hotel", "NYC").await.expect("listings"), []);
    assert_eq!(index.resources("hotel", "BER").await.expect("listings"), [moved]);
}
