//! The trails of operators' changes: every change has its entry with who made it, whatever stops it on its way, and a trail that
//! somebody forges does not hold.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::catalogue::{
    DatesEdit, Precondition, ResourceEvent, ResourceTrails, Resources, Run, Stops, verify,
};
use holdfast_app::kernel::BrokenTrail;
use holdfast_app::operations::audit_verification::ResourceAuditVerification;
use holdfast_app::{Caller, Failure, Mutation};
use holdfast_domain::catalogue::DateFactsEdit;
use holdfast_domain::{Resource, ResourceId, TrailSubject};
use holdfast_testkit::{Database, Fault, Faults, Store, charge_rules, nightly_resource};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::reconciliation_world::{set, text};
use crate::world::{NIGHT, World, operator};

const JUNE_1: Date = date(2030, 6, 1);

/// Whether everything that the trail says was written, and is remembered.
pub(crate) async fn whole_trail(w: &World, id: &ResourceId) -> Vec<ResourceEvent> {
    let resource = w.resources.get(id).await.expect("a resource");
    let trail = w.store.trails.resource_trail(&TrailSubject::Resource(id.clone())).await.expect("a trail");
    assert_eq!(verify(&resource.trail, &trail), Ok(()), "{trail:?}");
    trail
}

/// Who did what, with the fields before and after.
fn said(trail: &[ResourceEvent]) -> Vec<(&str, &str, &Value, &Value)> {
    trail.iter().map(|entry| (entry.actor.as_str(), entry.kind.as_str(), &entry.from, &entry.to)).collect()
}

fn edit(days: i64, capacity: Option<u32>, closed: Option<bool>) -> DatesEdit {
    let to = JUNE_1.checked_add(jiff::ToSpan::days(days)).expect("a date");
    DatesEdit { from: JUNE_1, to, set: DateFactsEdit { capacity, closed, ..DateFactsEdit::default() } }
}

/// An operator's edits, over a store of their own.
struct Desk<'a> {
    resources: &'a Resources,
    caller: Caller,
    by: Mutation,
}

impl Desk<'_> {
    async fn put(&self, room: &Resource) -> Result<(), Failure> {
        let put =
            self.resources.put(&self.caller, &room.id, &room.terms, &Precondition::None, Run::Real, &self.by);
        put.await.map(drop)
    }

    async fn set(&self, room: &Resource, edit: &DatesEdit) -> Result<(), Failure> {
        let set = self.resources.set_inventory(
            &self.caller,
            &room.id,
            edit,
            &Precondition::None,
            Run::Real,
            &self.by,
        );
        set.await.map(drop)
    }
}

fn desk<'a>(w: &'a World, name: &str) -> Desk<'a> {
    Desk { resources: &w.resources, caller: operator(), by: w.by(name) }
}

#[tokio::test]
async fn two_operators_changes_name_both_with_before_and_after() {
    let mut room = nightly_resource("room", 5, 600);
    let w = World::start().await;
    desk(&w, "desk-1").put(&room).await.expect("created");
    room.terms.base_price = holdfast_testkit::money(13_900);
    desk(&w, "desk-2").put(&room).await.expect("replaced");
    desk(&w, "desk-1").set(&room, &edit(3, Some(4), None)).await.expect("set");
    let trail = whole_trail(&w, &room.id).await;
    let price = |base: i64| json!({ "pricing": { "currency": "EUR", "base": base } });
    let dates = |capacity: Value| json!({ "dates": [{ "from": "2030-06-01", "to": "2030-06-04", "capacity": capacity }] });
    let said = said(&trail);
    assert_eq!(said[0], ("desk-1", "resource.created", &json!({}), &trail[0].to));
    assert_eq!((&trail[0].to["capacity"], &trail[0].to["timeZone"]), (&json!(5), &json!("America/New_York")));
    let rest = [
        ("desk-2", "resource.replaced", &price(12_900), &price(13_900)),
        ("desk-1", "inventory.set", &dates(Value::Null), &dates(json!(4))),
    ];
    assert_eq!(said[1..], rest);
    assert!(trail.iter().all(|entry| entry.actor_kind == "operator" && entry.at == w.now()), "{trail:?}");
}

#[tokio::test]
async fn what_changes_nothing_or_is_refused_has_no_entry() {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    w.place(&room, "k", NIGHT, 3).await.expect("a hold");
    let desk = desk(&w, "desk-1");
    let mut smaller = room.clone();
    smaller.terms.capacity = 2;
    let refused = desk.put(&smaller).await;
    assert!(matches!(refused, Err(Failure::CapacityInUse { .. })), "{refused:?}");
    assert_eq!(whole_trail(&w, &room.id).await.len(), 1, "it was created");
    desk.set(&room, &edit(2, Some(4), None)).await.expect("set");
    let before = whole_trail(&w, &room.id).await;
    desk.put(&room).await.expect("the same");
    desk.set(&room, &edit(2, Some(4), Some(false))).await.expect("the same");
    let refused = desk.set(&room, &edit(2, Some(2), None)).await;
    assert!(matches!(refused, Err(Failure::CapacityInUse { .. })), "{refused:?}");
    let dry =
        w.resources.put(&operator(), &room.id, &room.terms, &Precondition::None, Run::Dry, &desk.by).await;
    dry.expect("it would be");
    assert_eq!(whole_trail(&w, &room.id).await, before);
}

/// Terms that allow less are announced first: that has an entry, since guests meet it. Dates of which some allow less and others more
/// are written in two steps.
#[tokio::test]
async fn each_step_that_changes_something_has_an_entry() {
    let mut room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    let desk = desk(&w, "desk-1");
    room.terms.capacity = 4;
    desk.put(&room).await.expect("replaced");
    desk.set(&room, &edit(1, Some(2), None)).await.expect("set");
    desk.set(&room, &edit(2, Some(3), None)).await.expect("set");
    let trail = whole_trail(&w, &room.id).await;
    let capacity = |places: u32| json!({ "capacity": places });
    let june = |from: i8, capacity: Value| {
        let to = date(2030, 6, from + 1).to_string();
        json!({ "dates": [{ "from": date(2030, 6, from).to_string(), "to": to, "capacity": capacity }] })
    };
    let expected = [
        ("desk-1", "resource.announced", capacity(5), capacity(4)),
        ("desk-1", "resource.replaced", capacity(5), capacity(4)),
        ("desk-1", "inventory.set", june(1, Value::Null), june(1, json!(2))),
        ("desk-1", "inventory.set", june(2, Value::Null), june(2, json!(3))),
        ("desk-1", "inventory.set", june(1, json!(2)), june(1, json!(3))),
    ];
    let said = said(&trail);
    let expected: Vec<_> = expected.iter().map(|(by, kind, from, to)| (*by, *kind, from, to)).collect();
    assert_eq!(said[1..], expected);
}

/// What the entries of a trail say is in force: capacity, and capacity and stop-sell of the first dates of June.
fn replayed(trail: &[ResourceEvent]) -> (Value, Vec<(Value, bool)>) {
    let mut capacity = Value::Null;
    let mut dates = vec![(Value::Null, false); 3];
    for entry in trail {
        if matches!(entry.kind.as_str(), "resource.created" | "resource.replaced")
            && let Some(places) = entry.to.get("capacity")
        {
            capacity = places.clone();
        }
        for range in entry.to["dates"].as_array().into_iter().flatten() {
            let day =
                |name: &str| range[name].as_str().and_then(|date| date.parse::<Date>().ok()).expect("a date");
            for (offset, facts) in (0_i8..).zip(&mut dates) {
                if (day("from")..day("to")).contains(&date(2030, 6, 1 + offset)) {
                    if let Some(places) = range.get("capacity") {
                        facts.0 = places.clone();
                    }
                    facts.1 = range.get("closed").map_or(facts.1, |closed| closed == &json!(true));
                }
            }
        }
    }
    (capacity, dates)
}

async fn in_force(w: &World, id: &ResourceId) -> (Value, Vec<(Value, bool)>) {
    let resource = w.resources.get(id).await.expect("a resource");
    let facts = w.store.catalogue.facts(id).await.expect("facts");
    let dates = (1..=3).map(|day| facts.of(date(2030, 6, day)));
    (json!(resource.terms.capacity), dates.map(|facts| (json!(facts.capacity), facts.closed)).collect())
}

/// An operator's process is killed at each of its calls, and another one finishes the edit: whatever is in force at any time, the
/// trail says who set it.
#[tokio::test]
async fn nothing_is_in_force_without_its_entry_wherever_an_edit_stops() {
    let mut kills = 0;
    for (what, of_dates) in [("terms", false), ("dates", true)] {
        for passes in 0..100 {
            let room = nightly_resource("room", 5, 600);
            let w = World::with(&room).await;
            w.place(&room, "k", NIGHT, 1).await.expect("a hold");
            desk(&w, "desk-0").set(&room, &edit(1, Some(2), None)).await.expect("set");
            let mut other = room.clone();
            other.terms.capacity = 3;
            let faults = Faults::default();
            faults.strike(Fault::Killed, passes, 1);
            let store = w.database.store_under(&faults);
            let theirs = Resources::new(store.catalogue, store.properties, store.rates, charge_rules());
            let dates = edit(3, Some(3), Some(false));
            let first = Desk { resources: &theirs, caller: operator(), by: w.by("desk-1") };
            let done = async |desk: &Desk<'_>| {
                if of_dates { desk.set(&room, &dates).await } else { desk.put(&other).await }
            };
            let ended = tokio::select! {
                ended = done(&first) => { ended.expect("nothing is in the way"); true }
                () = faults.strikes() => false,
            };
            let trail = whole_trail(&w, &room.id).await;
            assert_eq!(replayed(&trail), in_force(&w, &room.id).await, "{what} after {passes} calls");
            if ended {
                break;
            }
            kills += 1;
            done(&desk(&w, "desk-2")).await.expect("finished");
            let trail = whole_trail(&w, &room.id).await;
            let now = in_force(&w, &room.id).await;
            assert_eq!(replayed(&trail), now, "{what} after {passes} calls, finished by another");
            assert_eq!(if of_dates { &now.1[2].0 } else { &now.0 }, &json!(3));
        }
    }
    assert!(kills > 10, "{kills}");
}

#[tokio::test]
async fn a_trail_comes_in_pages() {
    let mut room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    for capacity in 6..=10 {
        room.terms.capacity = capacity;
        desk(&w, "desk-1").put(&room).await.expect("replaced");
    }
    let trails = trails(&w);
    let whole = whole_trail(&w, &room.id).await;
    let (mut read, mut after) = (Vec::new(), Some(0));
    while let Some(from) = after {
        let (page, next) = trails.of(&operator(), &room.id, from, 2).await.expect("a page");
        assert!((1..=2).contains(&page.len()), "{page:?}");
        read.extend(page);
        after = next;
    }
    assert_eq!((read.len(), &read), (6, &whole));
    assert_eq!(trails.of(&operator(), &room.id, 6, 2).await.expect("a page"), (Vec::new(), None));
    let nobody = ResourceId::parse("nobody").expect("an id");
    assert!(matches!(trails.of(&operator(), &nobody, 0, 2).await, Err(Failure::NotFound("resource"))));
}

fn trails(w: &World) -> ResourceTrails {
    ResourceTrails::new(w.store.catalogue.clone(), w.store.trails.clone(), w.store.switch.clone())
}

fn verification(w: &World) -> ResourceAuditVerification {
    let Store { catalogue, properties, trails, switch, inspection, .. } = w.store.clone();
    ResourceAuditVerification::new(catalogue, properties, trails, switch, inspection)
}

/// A resource with a trail of three entries, and the check of stored trails.
async fn with_three() -> (Arc<World>, Resource, ResourceAuditVerification) {
    let mut room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    for capacity in [6, 7] {
        room.terms.capacity = capacity;
        desk(&w, "desk-1").put(&room).await.expect("replaced");
    }
    let verification = verification(&w);
    (w, room, verification)
}

async fn remove(w: &World, sequence: u64) {
    let entry = w.database.client.delete_item().table_name(Database::LEDGER);
    let entry = entry.key("pk", text("RE#room")).key("sk", text(&format!("A#{sequence:012}")));
    entry.send().await.expect("removed");
}

#[tokio::test]
async fn a_forged_trail_does_not_hold() {
    let forgeries: [(&str, &str, AttributeValue); 4] = [
        ("the actor", "by", text("nobody")),
        ("what was before", "fr", text(r#"{"capacity":1}"#)),
        ("what is since", "to", text(r#"{"capacity":70}"#)),
        ("the kind of actor", "bk", text("guest")),
    ];
    for (what, attribute, value) in forgeries {
        let (w, room, verification) = with_three().await;
        let whole = verification.of(&room.id).await.expect("a look");
        assert_eq!((whole.trails, whole.entries, whole.broken), (1, 3, vec![]));
        set(&w, ("RE#room", "A#000000000002"), attribute, value).await;
        let (all, next) = verification.part(None).await.expect("a look");
        assert_eq!((all.broken, next), (vec![("room".to_owned(), BrokenTrail::Altered(2))], None), "{what}");
    }
}

#[tokio::test]
async fn an_entry_that_was_removed_and_a_trail_that_was_are_found() {
    let (w, room, verification) = with_three().await;
    let found = async || verification.of(&room.id).await.expect("a look").broken;
    remove(&w, 3).await;
    assert_eq!(found().await, [("room".to_owned(), BrokenTrail::Missing(3))]);
    remove(&w, 2).await;
    remove(&w, 1).await;
    assert_eq!(found().await, [("room".to_owned(), BrokenTrail::Missing(1))]);
    let nobody = ResourceId::parse("nobody").expect("an id");
    let of_nobody = verification.of(&nobody).await.expect("a look").broken;
    assert_eq!(of_nobody, [("nobody".to_owned(), BrokenTrail::Unknown)]);
}

/// Of all resources, of one, and of one while an edit of it is on its way.
#[tokio::test]
async fn a_stop_of_new_holds_names_who_set_it_and_who_ended_it() {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    let stops = Stops::new(w.store.switch.clone());
    let held = async |name: &str| {
        // Longer than a process remembers a stop.
        w.pass(2);
        w.place(&room, name, NIGHT, 1).await
    };
    for subject in [TrailSubject::AllResources, TrailSubject::Resource(room.id.clone())] {
        let name = subject.name();
        stops.set(&operator(), &subject, true, &w.by("desk-1")).await.expect("stopped");
        stops.set(&operator(), &subject, true, &w.by("desk-2")).await.expect("stopped already");
        let refused = held(&format!("during-{name}")).await;
        assert!(matches!(refused, Err(Failure::HoldsStopped)), "{name}: {refused:?}");
        stops.set(&operator(), &subject, false, &w.by("desk-2")).await.expect("ended");
        held(&format!("after-{name}")).await.expect("a hold");
    }
    desk(&w, "desk-3").set(&room, &edit(1, Some(4), None)).await.expect("set");
    let (stopped, not) = (json!({ "stopped": true }), json!({ "stopped": false }));
    let expected = [("desk-1", "holds.stopped", &not, &stopped), ("desk-2", "holds.resumed", &stopped, &not)];
    let of_room = whole_trail(&w, &room.id).await;
    assert_eq!(said(&of_room)[1..3], expected);
    assert_eq!(of_room[3].kind, "inventory.set");
    let (of_all, next) = trails(&w).of_all_resources(0, 100).await.expect("a page");
    assert_eq!((said(&of_all), next), (expected.to_vec(), None));
    let (first, next) = trails(&w).of_all_resources(0, 1).await.expect("a page");
    assert_eq!((&first[..], next), (&of_all[..1], Some(1)));

    let checked = verification(&w).of_all_resources().await.expect("a look");
    assert_eq!((checked.entries, checked.broken), (2, vec![]));
    set(&w, ("RE#*", "A#000000000001"), "by", text("nobody")).await;
    let checked = verification(&w).of_all_resources().await.expect("a look");
    assert_eq!(checked.broken, [("*".to_owned(), BrokenTrail::Altered(1))]);
    let nobody = TrailSubject::parse("nobody").expect("an id");
    let refused = stops.set(&operator(), &nobody, true, &w.by("desk-1")).await;
    assert!(matches!(refused, Err(Failure::NotFound("resource"))), "{refused:?}");
}
