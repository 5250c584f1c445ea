//! The audit trail's seals: whatever is done to an entry, the first one that is not as it was written is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::bookings::{AuditEvent, BookingHistory, BookingReader, verify};
use holdfast_app::kernel::BrokenTrail;
use holdfast_app::operations::audit_verification::{AuditVerification, Audited};
use holdfast_domain::{Booking, BookingId, BookingStatus, GuestId, Seal};
use holdfast_testkit::{Database, nightly_resource};
use jiff::SignedDuration;
use serde_json::json;

use crate::bank::VISA;
use crate::reconciliation_world::{set, text};
use crate::world::{NIGHT, World};

/// A booking that was paid and given up, with its trail.
async fn lived() -> (Arc<World>, Booking, Vec<AuditEvent>) {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.ask(&hold, "pay", VISA).await.expect("an answer").booking.id;
    w.cancel(&id, "cancel").await.expect("a cancellation");
    let booking = w.at_rest(&id).await;
    let trail = w.store.history.audit_trail(&id).await.expect("a trail");
    assert!(trail.len() >= 7, "{trail:?}");
    (w, booking, trail)
}

/// The seal is what an earlier release made of the same entry. It holds whatever order the fields come back in: serde_json keeps
/// them sorted only as long as no crate of the build switches on its `preserve_order`.
#[tokio::test]
async fn a_seal_is_of_the_content_and_not_of_the_order_of_its_fields() {
    let (_w, mut booking, _) = lived().await;
    let seal = Seal::parse("lxxosjpxldzgeo5wh6apqxamspilmj7m6o3h2q65r6g7re7xzwda").expect("a seal");
    let entry = |data: &str| AuditEvent {
        booking: BookingId::parse("bkg_sealed").expect("an id"),
        sequence: 1,
        kind: "booking.requested".to_owned(),
        at: "2026-06-01T10:00:00.250Z".parse().expect("a time"),
        actor: "guest-1".to_owned(),
        from: BookingStatus::Pending,
        to: BookingStatus::Pending,
        data: serde_json::from_str(data).expect("JSON"),
        trace: Some("00-1".to_owned()),
        seal: Some(seal.clone()),
        facts: None,
    };
    booking.version = 1;
    booking.seal = Some(seal.clone());
    for data in [
        r#"{"amount":25800,"guest":{"note":"\"Zoë\"","quantity":2},"paymentStatus":"pending","resourceId":"room"}"#,
        r#"{"resourceId":"room","paymentStatus":"pending","guest":{"quantity":2,"note":"\"Zoë\""},"amount":25800}"#,
    ] {
        assert_eq!(verify(&booking, &[entry(data)]), Ok(()), "{data}");
    }
    let altered = entry(
        r#"{"amount":25801,"guest":{"note":"\"Zoë\"","quantity":2},"paymentStatus":"pending","resourceId":"room"}"#,
    );
    assert_eq!(verify(&booking, &[altered]), Err(BrokenTrail::Altered(1)));
}

type Forgery = (&'static str, fn(&mut AuditEvent));

const FORGERIES: [Forgery; 8] = [
    ("kind", |event| event.kind.push('x')),
    ("time", |event| event.at += SignedDuration::from_millis(1)),
    ("actor", |event| event.actor = "nobody".to_owned()),
    ("status before", |event| event.from = BookingStatus::Completed),
    ("status after", |event| event.to = BookingStatus::Completed),
    ("facts", |event| event.data["amount"] = json!(1)),
    ("trace", |event| event.trace = Some("another".to_owned())),
    ("seal", |event| event.seal = Some(Seal::parse("forged").expect("a seal"))),
];

#[tokio::test]
async fn a_trail_as_it_was_written_holds() {
    let (_w, booking, trail) = lived().await;
    assert_eq!(verify(&booking, &trail), Ok(()));
    let ids: Vec<_> = trail.iter().map(AuditEvent::event_id).collect();
    let expected: Vec<_> = (1..=trail.len()).map(|n| format!("{}-{n:06}", booking.id)).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn whatever_of_an_entry_is_altered_the_entry_is_named() {
    let (_w, booking, trail) = lived().await;
    for (at, sequence) in (0..trail.len()).zip(1..) {
        for (what, forge) in FORGERIES {
            let mut forged = trail.clone();
            forge(&mut forged[at]);
            assert_eq!(verify(&booking, &forged), Err(BrokenTrail::Altered(sequence)), "{what}");
        }
        let mut unsealed = trail.clone();
        unsealed[at].seal = None;
        assert_eq!(verify(&booking, &unsealed), Err(BrokenTrail::Unsealed(sequence)));
    }
}

#[tokio::test]
async fn an_entry_that_was_removed_moved_or_added_is_named() {
    let (_w, booking, trail) = lived().await;
    for (at, sequence) in (0..trail.len()).zip(1..) {
        let mut shorter = trail.clone();
        shorter.remove(at);
        assert_eq!(verify(&booking, &shorter), Err(BrokenTrail::Missing(sequence)));
        if at > 0 {
            let mut moved = trail.clone();
            moved.swap(at - 1, at);
            assert_eq!(verify(&booking, &moved), Err(BrokenTrail::Missing(sequence - 1)));
        }
    }
    let mut longer = trail.clone();
    let last = trail.last().expect("an entry");
    longer.push(AuditEvent { sequence: last.sequence + 1, ..last.clone() });
    assert_eq!(verify(&booking, &longer), Err(BrokenTrail::Added(last.sequence + 1)));
}

#[tokio::test]
async fn a_trail_of_another_booking_s_making_is_not_its_own() {
    let (_w, booking, trail) = lived().await;
    let other = Booking { seal: trail[0].seal.clone(), ..booking.clone() };
    assert_eq!(verify(&other, &trail), Err(BrokenTrail::Replaced(booking.version)));
    let (_other_world, _, foreign) = lived().await;
    let mut mixed = trail.clone();
    mixed[2] = AuditEvent { actor: "another".to_owned(), ..foreign[2].clone() };
    assert_eq!(verify(&booking, &mixed), Err(BrokenTrail::Altered(3)));
}

#[tokio::test]
async fn a_stored_entry_that_somebody_rewrites_is_found() {
    use aws_sdk_dynamodb::types::AttributeValue;
    let (w, booking, _) = lived().await;
    let forged = w
        .database
        .client
        .update_item()
        .table_name(Database::LEDGER)
        .key("pk", AttributeValue::S(format!("B#{}", booking.id)))
        .key("sk", AttributeValue::S("E#000004".to_owned()))
        .update_expression("SET #by = :by")
        .expression_attribute_names("#by", "by")
        .expression_attribute_values(":by", AttributeValue::S("nobody".to_owned()));
    forged.send().await.expect("written");
    let whole = w.held(&nightly_resource("room", 1, 600), "another", NIGHT).await;
    let whole = w.ask(&whole, "pay again", VISA).await.expect("an answer").booking;

    let verification = AuditVerification::new(w.store.history.clone(), w.store.inspection.clone());
    let found = (booking.id.to_string(), BrokenTrail::Altered(4));
    let of_one = verification.of(&booking.id).await.expect("a look");
    assert_eq!((of_one.trails, of_one.broken), (1, vec![found.clone()]));
    assert_eq!(verification.of(&whole.id).await.expect("a look").broken, []);
    let (of_all, next) = verification.part(None).await.expect("a look");
    let entries = booking.version + w.booking(&whole.id).await.version;
    assert_eq!((of_all.trails, of_all.entries as u64), (2, entries));
    assert_eq!((of_all.broken, next), (vec![found], None));
    set(&w, (&format!("B#{}", whole.id), "B"), "st", text("nonsense")).await;
    let (of_all, _) = verification.part(None).await.expect("a look");
    assert_eq!((of_all.trails, of_all.broken.len()), (2, 2), "one that cannot be read is looked at too");
    let nobody = holdfast_domain::BookingId::parse("bkg_nobody").expect("an id");
    let of_nobody = verification.of(&nobody).await.expect("a look").broken;
    assert_eq!(of_nobody, [(nobody.to_string(), BrokenTrail::Unknown)]);
}

/// A history in which the booking has changed at each of the next readings.
struct Restless {
    inner: Arc<dyn BookingHistory>,
    changes: AtomicU64,
}

#[async_trait]
impl BookingReader for Restless {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        let left = self.changes.load(Ordering::Relaxed);
        self.changes.store(left.saturating_sub(1), Ordering::Relaxed);
        let booking = self.inner.booking(id).await?;
        Ok(booking.map(|booking| Booking { version: booking.version + left, ..booking }))
    }
}

#[async_trait]
impl BookingHistory for Restless {
    async fn bookings_of(
        &self,
        guest: &GuestId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError> {
        self.inner.bookings_of(guest, limit, cursor).await
    }

    async fn audit_trail(&self, booking: &BookingId) -> Result<Vec<AuditEvent>, StoreError> {
        self.inner.audit_trail(booking).await
    }

    async fn audit_page(
        &self,
        booking: &BookingId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        self.inner.audit_page(booking, after, limit).await
    }
}

#[tokio::test]
async fn a_booking_that_keeps_changing_is_read_again_eight_times_at_most() {
    let (w, booking, trail) = lived().await;
    let check = async |changes| {
        let history = Restless { inner: w.store.history.clone(), changes: AtomicU64::new(changes) };
        AuditVerification::new(Arc::new(history), w.store.inspection.clone()).of(&booking.id).await
    };
    // Each try reads the booking before the trail and after it.
    let whole = Audited { trails: 1, entries: trail.len(), broken: vec![] };
    assert_eq!(check(14).await.expect("the eighth try finds it at rest"), whole);
    let failed = check(15).await;
    assert!(
        matches!(&failed, Err(StoreError::Contention(id)) if *id == booking.id.to_string()),
        "{failed:?}"
    );
}
