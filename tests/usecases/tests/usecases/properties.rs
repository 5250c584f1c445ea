//! Properties in the ledger: their trails, and the resources, holds and bookings that belong to them.

use std::sync::Arc;

use holdfast_app::bookings::BookingRequest;
use holdfast_app::catalogue::{
    Precondition, ResourceTrails, ResourceVersion, Run, StopCommit, Stops, verify,
};
use holdfast_app::kernel::BrokenTrail;
use holdfast_app::operations::audit_verification::ResourceAuditVerification;
use holdfast_app::properties::{Properties, PutProperty};
use holdfast_app::{Caller, Failure, LedgerError, StaffOf};
use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::{Address, AddressLine, Country, PropertyContact};
use holdfast_domain::{Currency, GuestId, Property, PropertyId, PropertyTerms, Resource, TrailSubject};
use holdfast_testkit::{Store, charge_rules, nightly_resource};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::bank::VISA;
use crate::reconciliation_world::{set, text};
use crate::world::{NIGHT, PATIENCE, World, guest, hold_request, key, operator};

pub(crate) fn id(name: &str) -> PropertyId {
    PropertyId::parse(name).expect("an id")
}

pub(crate) fn terms(name: &str) -> PropertyTerms {
    let line = |text| AddressLine::parse(text).expect("a line");
    let country = Country::parse("DE").expect("a country");
    PropertyTerms {
        kind: Label::parse("hotel").expect("a label"),
        name: Label::parse(name).expect("a label"),
        address: Address::new(vec![line("Platz 1")], line("Berlin"), None, None, country)
            .expect("an address"),
        position: None,
        time_zone: TimeZone::get("Europe/Berlin").expect("a zone"),
        currency: Currency::parse("EUR").expect("a currency"),
        contact: PropertyContact::default(),
        house_rules: None,
        taxes: Vec::new(),
    }
}

/// Staff of these properties.
pub(crate) fn staff(name: &str, properties: &[&str]) -> Caller {
    let properties = properties.iter().map(|name| id(name)).collect();
    Caller { staff: Some(StaffOf::Some(properties)), ..guest(name) }
}

pub(crate) fn properties(store: &Store) -> Properties {
    Properties::new(store.properties.clone(), store.trails.clone(), charge_rules())
}

/// Puts a property, as somebody.
async fn put(w: &World, caller: &Caller, name: &str, terms: &PropertyTerms) -> Result<PutProperty, Failure> {
    let by = w.by(caller.guest.as_str());
    properties(&w.store).put(caller, &id(name), terms, &Precondition::None, Run::Real, &by).await
}

/// A world with two houses and a room of the first.
pub(crate) async fn of_two_houses() -> (Arc<World>, Resource) {
    let w = World::start().await;
    for name in ["house", "other"] {
        put(&w, &operator(), name, &terms(name)).await.expect("a property");
    }
    let mut room = nightly_resource("room", 1000, 600);
    room.terms.property = Some(id("house"));
    let room = w.put(&room).await;
    w.flow.run_sagas(Arc::downgrade(&w));
    w.flow.run_settlements(Arc::downgrade(&w));
    (w, room)
}

async fn put_room(
    w: &World,
    caller: &Caller,
    room: &Resource,
    property: Option<&str>,
) -> Result<Resource, Failure> {
    let terms =
        holdfast_domain::catalogue::ResourceTerms { property: property.map(id), ..room.terms.clone() };
    let by = w.by(caller.guest.as_str());
    let put = w.resources.put(caller, &room.id, &terms, &Precondition::None, Run::Real, &by).await;
    put.map(|put| put.resource)
}

fn is_missing<T: std::fmt::Debug>(outcome: &Result<T, Failure>, what: &str) -> bool {
    matches!(outcome, Err(Failure::NotFound(name)) if *name == what)
}

fn is_unknown_property<T: std::fmt::Debug>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Invalid { field, .. }) if field.field == holdfast_app::Field::Property)
}

#[tokio::test]
async fn every_change_of_a_property_has_its_entry_and_the_same_terms_again_have_none() {
    let w = World::start().await;
    let made = put(&w, &operator(), "house", &terms("Old")).await.expect("a property");
    assert!(made.created && made.property.revision == 1);
    let own = staff("desk", &["house"]);
    let replaced = put(&w, &own, "house", &terms("New")).await.expect("a property");
    assert!(!replaced.created && replaced.property.revision == 2);
    let again = put(&w, &own, "house", &terms("New")).await.expect("a property");
    assert_eq!(again, PutProperty { property: replaced.property.clone(), created: false });
    let stored = w.store.properties.property(&id("house")).await.expect("a read").expect("a property");
    assert_eq!(stored, replaced.property);
    let trail = w.store.trails.resource_trail(&TrailSubject::Property(id("house"))).await.expect("a trail");
    assert_eq!(verify(&stored.trail, &trail), Ok(()));
    let said: Vec<_> = trail
        .iter()
        .map(|entry| (entry.actor.as_str(), entry.kind.as_str(), &entry.from, &entry.to))
        .collect();
    let (old, new) = (json!({ "name": "Old" }), json!({ "name": "New" }));
    assert_eq!(said[1..], [("desk", "property.replaced", &old, &new)]);
    assert_eq!((said[0].0, said[0].1, said[0].2), ("operator", "property.created", &json!({})));
    let read = properties(&w.store).trail(&own, &id("house"), 0, 1).await.expect("a page");
    assert_eq!(read, (trail[..1].to_vec(), Some(1)));
    // A resource of that name has a trail of its own.
    let resource = TrailSubject::parse("house").expect("a subject");
    assert_eq!(w.store.trails.resource_trail(&resource).await.expect("a trail"), []);
}

#[tokio::test]
async fn a_property_is_replaced_in_the_version_that_was_seen_and_by_one_at_a_time() {
    let w = World::start().await;
    let platform = operator();
    let put = async |name: &str, precondition: Precondition, run| {
        let by = w.by("desk");
        properties(&w.store).put(&platform, &id("house"), &terms(name), &precondition, run, &by).await
    };
    let none = |outcome: Result<PutProperty, Failure>| matches!(outcome, Err(Failure::PreconditionFailed));
    assert!(none(put("A", Precondition::Present, Run::Real).await));
    assert!(put("A", Precondition::Absent, Run::Dry).await.expect("it would").created);
    assert!(w.store.properties.property(&id("house")).await.expect("a read").is_none(), "nothing is written");
    let made = put("A", Precondition::Absent, Run::Real).await.expect("a property");
    assert!(none(put("A", Precondition::Absent, Run::Real).await));
    let seen = ResourceVersion::from(&made.property);
    put("B", Precondition::Match(vec![seen]), Run::Real).await.expect("replaced");
    assert!(none(put("C", Precondition::Match(vec![seen]), Run::Real).await));
    let both =
        futures::future::join_all(["D", "E", "F"].map(|name| put(name, Precondition::None, Run::Real)));
    for outcome in both.await {
        outcome.expect("one after the other");
    }
    let stored = w.store.properties.property(&id("house")).await.expect("a read").expect("a property");
    let trail = w.store.trails.resource_trail(&TrailSubject::Property(id("house"))).await.expect("a trail");
    assert_eq!((stored.revision, verify(&stored.trail, &trail)), (5, Ok(())));
}

#[tokio::test]
async fn a_forged_entry_of_a_property_is_found() {
    let w = World::start().await;
    put(&w, &operator(), "house", &terms("Old")).await.expect("a property");
    put(&w, &operator(), "house", &terms("New")).await.expect("a property");
    let Store { catalogue, properties, trails, switch, inspection, .. } = w.store.clone();
    let verification = ResourceAuditVerification::new(catalogue, properties, trails, switch, inspection);
    let (all, next) = verification.properties_part(None).await.expect("a look");
    assert_eq!((all.trails, all.entries, all.broken, next), (1, 2, Vec::new(), None));
    set(&w, ("RE#property/house", "A#000000000002"), "by", text("nobody")).await;
    let found = verification.of_property(&id("house")).await.expect("a look").broken;
    assert_eq!(found, [("property/house".to_owned(), BrokenTrail::Altered(2))]);
}

#[tokio::test]
async fn only_the_platform_makes_properties_and_only_their_own_staff_changes_them_besides() {
    let w = World::start().await;
    for caller in [staff("a", &[]), staff("b", &["house"]), guest("guest")] {
        assert!(is_missing(&put(&w, &caller, "house", &terms("House")).await, "property"), "{caller:?}");
    }
    put(&w, &operator(), "house", &terms("House")).await.expect("a property");
    for caller in [staff("a", &[]), staff("b", &["other"]), guest("guest")] {
        assert!(is_missing(&put(&w, &caller, "house", &terms("Mine")).await, "property"), "{caller:?}");
        let trail = properties(&w.store).trail(&caller, &id("house"), 0, 10).await;
        assert!(is_missing(&trail, "property"), "{caller:?}");
    }
    put(&w, &staff("c", &["house", "other"]), "house", &terms("Ours")).await.expect("their own");
}

#[tokio::test]
async fn a_resource_goes_from_property_to_property_only_by_staff_of_both() {
    let (w, room) = of_two_houses().await;
    let (house, other) = (staff("house", &["house"]), staff("other", &["other"]));
    let both = staff("both", &["house", "other"]);
    assert!(is_unknown_property(&put_room(&w, &house, &room, Some("other")).await), "into another's");
    assert!(is_missing(&put_room(&w, &other, &room, Some("other")).await, "resource"), "out of another's");
    assert!(is_missing(&put_room(&w, &other, &room, None).await, "resource"), "out of another's");
    assert!(is_unknown_property(&put_room(&w, &operator(), &room, Some("none")).await));
    assert_eq!(w.resources.get(&room.id).await.expect("a room").terms.property, Some(id("house")));
    let moved = put_room(&w, &both, &room, Some("other")).await.expect("theirs");
    assert_eq!(moved.terms.property, Some(id("other")));
    assert!(is_missing(&put_room(&w, &house, &room, Some("house")).await, "resource"), "theirs no more");
    // Of none, it is every operator's, and readable in the version that is written then.
    put_room(&w, &other, &room, None).await.expect("theirs");
    assert_eq!(w.resources.get(&room.id).await.expect("a room").terms.property, None);
    put_room(&w, &staff("nobody", &[]), &room, None).await.expect("everybody's");
    put_room(&w, &house, &room, Some("house")).await.expect("everybody's, now theirs");
    let trail = crate::trails::whole_trail(&w, &room.id).await;
    let of: Vec<_> = trail.iter().map(|entry| (&entry.from["propertyId"], &entry.to["propertyId"])).collect();
    let [house, other, none] = [json!("house"), json!("other"), json!(null)];
    assert_eq!(of, [(&none, &house), (&house, &other), (&other, &none), (&none, &house)]);
}

#[tokio::test]
async fn a_booking_stays_with_the_property_that_it_was_made_at() {
    let (w, room) = of_two_houses().await;
    let hold = w.held(&room, "k", NIGHT).await;
    assert_eq!(hold.order.property, Some(id("house")));
    let booking = w.ask(&hold, "pay", VISA).await.expect("a booking").booking;
    let later = w.held(&room, "later", NIGHT).await;
    put_room(&w, &operator(), &room, Some("other")).await.expect("moved");
    let (house, other) = (staff("house", &["house"]), staff("other", &["other"]));
    w.holds.get(&house, &later.id).await.expect("theirs");
    assert!(is_missing(&w.holds.get(&other, &later.id).await, "hold"));
    w.bookings.get_whole(&house, &booking.id).await.expect("theirs");
    assert!(is_missing(&w.bookings.get_whole(&other, &booking.id).await, "booking"));
    assert_eq!(
        w.held(&w.resources.get(&room.id).await.expect("a room"), "new", NIGHT).await.order.property,
        Some(id("other"))
    );
    // The events say it too.
    let trail = w.store.history.audit_page(&booking.id, 0, 10).await.expect("a trail");
    assert!(!trail.is_empty());
    let cancelled =
        w.cancellations.cancel(&house, &booking.id, &key("c", "c"), None, PATIENCE, &w.by("house")).await;
    assert!(cancelled.expect("theirs").booking.cancellation.expect("one").by_operator);
}

/// What was remembered of a resource a moment ago decides nothing of whose it is.
#[tokio::test]
async fn holds_for_a_guest_are_placed_by_staff_of_the_present_property() {
    let (w, room) = of_two_houses().await;
    let (house, other) = (staff("house", &["house"]), staff("other", &["other"]));
    let user = GuestId::parse("ada").expect("a guest");
    let place = async |caller: &Caller, name: &str| {
        let mut request = hold_request(&room, NIGHT, 1);
        request.user = Some(user.clone());
        w.holds.create(caller, &key(name, name), &request, &w.by("desk")).await
    };
    let placed = place(&house, "a").await.expect("theirs").hold;
    assert!(is_missing(&place(&other, "a").await, "resource"));
    put_room(&w, &operator(), &room, Some("other")).await.expect("moved");
    place(&other, "b").await.expect("theirs now");
    assert!(is_missing(&place(&house, "b").await, "resource"), "theirs no more");
    assert!(place(&house, "a").await.expect("as before").replayed, "the hold was placed at their house");
    w.holds.get(&house, &placed.id).await.expect("theirs");
    // An operator of others is a guest like any other, and is counted as one.
    let own =
        w.holds.create(&house, &key("own", "own"), &hold_request(&room, NIGHT, 1), &w.by("house")).await;
    let own = own.expect("a hold of their own").hold;
    let request =
        BookingRequest { hold: own.id, payment_method: Some(VISA.to_owned()), contact: None, wait: PATIENCE };
    let booked =
        w.requests.request(&house, &key("pay", "pay"), &request, &w.by("house")).await.expect("a booking");
    let cancelled = w
        .cancellations
        .cancel(&house, &booked.booking.id, &key("c", "c"), None, PATIENCE, &w.by("house"))
        .await;
    assert!(!cancelled.expect("their own").booking.cancellation.expect("one").by_operator);
}

/// What an operator did at a property is none of theirs once they have left it, also to the request that did it.
#[tokio::test]
async fn a_request_that_comes_again_after_its_operator_has_left_is_answered_as_a_strangers() {
    let (w, room) = of_two_houses().await;
    let (before, after) = (staff("desk", &["house"]), staff("desk", &["other"]));
    let mut request = hold_request(&room, NIGHT, 1);
    request.user = Some(GuestId::parse("ada").expect("a guest"));
    let (again, by) = (key("k", "k"), w.by("desk"));
    let hold = w.holds.create(&before, &again, &request, &by).await.expect("theirs").hold;
    let paid = BookingRequest {
        hold: hold.id.clone(),
        payment_method: Some(VISA.to_owned()),
        contact: None,
        wait: PATIENCE,
    };
    let booked = w.requests.request(&before, &again, &paid, &by).await.expect("a booking").booking;
    assert!(is_missing(&w.holds.create(&after, &again, &request, &by).await, "resource"));
    assert!(is_missing(&w.requests.request(&after, &again, &paid, &by).await, "hold"));
    assert!(is_missing(&w.bookings.get(&after, &booked.id).await, "booking"));
    assert!(w.holds.create(&before, &again, &request, &by).await.expect("theirs").replayed);
}

#[tokio::test]
async fn a_stop_is_refused_when_the_resource_has_left_the_property_meanwhile() {
    let (w, room) = of_two_houses().await;
    let (house, subject) = (staff("house", &["house"]), TrailSubject::Resource(room.id.clone()));
    let seen = w.store.switch.stop_of(&subject).await.expect("a read").expect("a stop");
    assert_eq!(seen.property, Some(id("house")));
    put_room(&w, &operator(), &room, Some("other")).await.expect("moved");
    let stale = StopCommit::new(&subject, &seen, true, &w.by("house"));
    let refused = w.store.switch.put_stop(&stale).await;
    assert!(matches!(refused, Err(LedgerError::ResourceChanged)), "{refused:?}");
    let stops = Stops::new(w.store.switch.clone());
    assert!(is_missing(&stops.set(&house, &subject, true, &w.by("house")).await, "resource"));
    let of_all = stops.set(&house, &TrailSubject::AllResources, true, &w.by("house")).await;
    assert!(matches!(of_all, Err(Failure::Forbidden(_))), "{of_all:?}");
    let property = TrailSubject::Property(id("house"));
    assert!(is_missing(&stops.set(&operator(), &property, true, &w.by("operator")).await, "resource"));
    let trails =
        ResourceTrails::new(w.store.catalogue.clone(), w.store.trails.clone(), w.store.switch.clone());
    assert!(is_missing(&trails.of(&house, &room.id, 0, 10).await, "resource"));
    w.held(&room, "k", NIGHT).await;
}

/// Search and its results know the property, in whichever version the read model has the resource.
#[tokio::test]
async fn search_offers_the_property_with_the_resource() {
    let (w, room) = of_two_houses().await;
    let listed = async || {
        w.project_latest(&room.id).await;
        let resources = w.store.index.resources("hotel", "NYC").await.expect("a read");
        resources.into_iter().map(|resource| resource.terms.property).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [Some(id("house"))]);
    put_room(&w, &operator(), &room, None).await.expect("of none");
    assert_eq!(listed().await, [None]);
}

/// A property that cannot be read hides no other, and is told.
#[tokio::test]
async fn a_property_that_cannot_be_read_is_named() {
    let w = World::start().await;
    for name in ["a", "b"] {
        put(&w, &operator(), name, &terms(name)).await.expect("a property");
    }
    set(&w, ("PR#a", "PR"), "rev", text("one")).await;
    let part = w.store.inspection.properties_part(None).await.expect("a look");
    let read: Vec<&Property> = part.items.iter().collect();
    assert_eq!((read.len(), &read[0].id), (1, &id("b")));
    assert_eq!(part.unreadable.len(), 1);
}
