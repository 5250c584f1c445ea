//! A page command as one conditional write. The condition says what [`holdfast_domain::Page::decide`] says, without
//! reading the page first; `tests/ledger/model.rs` holds the two against each other.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::inventory::{
    HOLDS_PER_PAGE_MAX, PageOperation, SHORT_HOLD_SLOTS_MAX, UNPAID_ENDS_FREE, UnpaidEnds,
};
use holdfast_domain::{
    BookingId, GuestMark, HoldId, HoldLimits, PageChange, PageCommand, PageHold, SlotPlaces,
};
use jiff::Timestamp;

use crate::page::item::{
    ACTIVE, CONFIRMING, COUNTED_COOL_DOWN, EXCESS, UNPAID_ENDS, encode_changes, encode_hold, encode_places,
};
use crate::table::item::{millis, n, s};

/// An update with its condition.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    /// How many slots are named.
    slots: usize,
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl Expression {
    fn name(&mut self, placeholder: &str, name: &str) {
        self.names.insert(placeholder.to_owned(), name.to_owned());
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.insert(placeholder.to_owned(), value);
    }

    fn set(&mut self, assignment: impl Into<String>) {
        self.sets.push(assignment.into());
    }

    fn remove(&mut self, path: impl Into<String>) {
        self.removes.push(path.into());
    }

    fn condition(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// `SET … REMOVE …`
    pub(crate) fn update(&self) -> String {
        let mut update = format!("SET {}", self.sets.join(", "));
        if !self.removes.is_empty() {
            update.push_str(" REMOVE ");
            update.push_str(&self.removes.join(", "));
        }
        update
    }

    /// All conditions together.
    pub(crate) fn all_conditions(&self) -> String {
        self.conditions.join(" AND ")
    }

    /// Names the slots `#s0`, `#s1`, …, and gives each with the placeholder of its quantity: `:q` for all of them as a rule,
    /// `:q`, `:q1`, … where they differ.
    fn places(&mut self, places: &SlotPlaces) -> Vec<(String, String)> {
        self.slots = places.slots().len();
        let mut quantities: Vec<u32> = Vec::new();
        places
            .iter()
            .enumerate()
            .map(|(index, (slot, quantity))| {
                let known = quantities.iter().position(|known| *known == quantity).unwrap_or_else(|| {
                    quantities.push(quantity);
                    quantities.len() - 1
                });
                let (slot_name, quantity_name) = (format!("#s{index}"), numbered(":q", known));
                self.name(&slot_name, slot.as_str());
                self.value(&quantity_name, n(quantity));
                (slot_name, quantity_name)
            })
            .collect()
    }

    fn hold(&mut self, hold: &HoldId) {
        self.name("#ho", "ho");
        self.name("#h", hold.as_str());
    }

    /// The hold takes just these places: what is counted elsewhere is what was counted for it.
    fn takes(&mut self, places: &SlotPlaces) {
        let (quantities, slots) = encode_places(places);
        self.value(":hq", quantities);
        self.value(":sl", slots);
        self.condition("#ho.#h.q = :hq AND #ho.#h.sl = :sl");
    }

    /// Places become free. On a page that has more taken than it may, reading tells how many do.
    fn free_up(&mut self, places: &[(String, String)]) {
        self.name("#av", "av");
        self.name("#xs", EXCESS);
        self.condition("attribute_not_exists(#xs)");
        for (slot, quantity) in places {
            self.set(format!("#av.{slot} = #av.{slot} + {quantity}"));
        }
    }

    /// Confirmed places are confirmed no more.
    fn unconfirm(&mut self, places: &[(String, String)]) {
        self.name("#co", "co");
        for (slot, quantity) in places {
            self.condition(format!("#co.{slot} >= {quantity}"));
            self.set(format!("#co.{slot} = #co.{slot} - {quantity}"));
        }
    }

    /// The hold ends, and its places become free.
    fn give_up(&mut self, places: &SlotPlaces) {
        self.takes(places);
        let places = self.places(places);
        self.free_up(&places);
        self.remove("#ho.#h");
    }

    fn claimed_by(&mut self, booking: &BookingId) {
        self.value(":c", s(CONFIRMING));
        self.value(":b", s(booking.as_str()));
        self.condition("#ho.#h.s = :c AND #ho.#h.b = :b");
    }

    fn live_and_active(&mut self, now: Timestamp) {
        self.value(":a", s(ACTIVE));
        self.value(":now", millis(now));
        self.condition("#ho.#h.s = :a AND #ho.#h.e > :now");
    }

    /// If the guest's places on the page are at most `room`, no limit can be exceeded, whichever slots they are in. Otherwise
    /// the page is read and decides; `None` if it has to be read anyway.
    fn within_limits(&mut self, entry: &PageHold, limits: Option<&HoldLimits>) -> Option<()> {
        self.tally(&entry.guest);
        self.name("#gm", "gm");
        self.condition("size(#gn) < #gm");
        let Some(limits) = limits else { return Some(()) };
        let room = limits.room_for(entry.places.most())?;
        if limits.cool_down_seconds != Some(0) {
            self.name("#cd", "cd");
            self.condition("attribute_not_exists(#cd.#g)");
        }
        match limits.cool_down_seconds {
            // A guest who waits is named by a cool-down, or by the tally of a dead hold.
            Some(1..) => self.condition("attribute_not_exists(#gn.#g)"),
            Some(0) => {
                self.value(":room", n(room));
                self.condition("(attribute_not_exists(#gn.#g) OR #gn.#g <= :room)");
            }
            // Or by the tally of as many dead holds as make, with the ends that are counted, one too many.
            None => {
                self.name("#ue", UNPAID_ENDS);
                self.value(":room", n(room.min(UNPAID_ENDS_FREE.try_into().unwrap_or(0))));
                let few = "#gn.#g <= :room AND attribute_not_exists(#ue.#g)";
                self.condition(format!("(attribute_not_exists(#gn.#g) OR ({few}))"));
            }
        }
        Some(())
    }

    /// Counts a new hold's places for its guest.
    fn count(&mut self, entry: &PageHold) {
        self.tally(&entry.guest);
        self.value(":none", n(0));
        self.value(":most", n(entry.places.most()));
        self.set("#gn.#g = if_not_exists(#gn.#g, :none) + :most");
    }

    fn tally(&mut self, guest: &GuestMark) {
        self.name("#gn", "gn");
        self.name("#g", guest.as_str());
    }

    /// The hold ends unpaid, at `ended`. One whose end begins a cool-down, or may, is ended by reading: of a guest, only the first
    /// end that is counted is not.
    fn unpaid_end(&mut self, counts_for: Option<&GuestMark>, ended: &str) {
        let Some(guest) = counts_for else {
            self.condition("attribute_not_exists(#ho.#h.cd)");
            return;
        };
        self.name("#ue", UNPAID_ENDS);
        self.name("#g", guest.as_str());
        self.value(":g", s(guest.as_str()));
        self.value(":by", n(COUNTED_COOL_DOWN));
        self.value(":gs", n(UnpaidEnds::GUESTS_MAX));
        self.condition(
            "#ho.#h.cd = :by AND #ho.#h.g = :g AND attribute_not_exists(#ue.#g) AND size(#ue) < :gs",
        );
        self.set(format!("#ue.#g = {ended}"));
    }

    fn outbox(&mut self, change: PageChange, now: Timestamp, trace: Option<&str>) {
        for (placeholder, name) in [("#seq", "seq"), ("#ch", "ch"), ("#at", "at"), ("#tr", "tr")] {
            self.name(placeholder, name);
        }
        self.value(":one", n(1));
        self.value(":ch", encode_changes(&[change]));
        self.value(":at", millis(now));
        self.value(":tr", s(trace.unwrap_or_default()));
        self.set("#seq = #seq + :one, #ch = :ch, #at = :at, #tr = :tr");
    }
}

/// `:q`, `:q1`, `:q2`, …
fn numbered(placeholder: &str, number: usize) -> String {
    if number == 0 { placeholder.to_owned() } else { format!("{placeholder}{number}") }
}

/// The blind write of a command, or `None` where the page has to be read first. It is for a page of the placement's slots and,
/// if they are given, under terms of that revision.
pub(crate) fn blind_write(
    operation: &PageOperation,
    terms_revision: Option<u64>,
    now: Timestamp,
    trace: Option<&str>,
) -> Option<Expression> {
    let PageOperation { placement, command } = operation;
    let mut e = Expression::default();
    e.name("#sv", "sv");
    e.value(":sv", n(placement.schedule_revision));
    e.condition("#sv <= :sv");
    if let Some(revision) = terms_revision {
        e.name("#rv", "rv");
        e.value(":rv", n(revision));
        e.condition("#rv = :rv");
    }
    let change = match command {
        PageCommand::Place { hold, entry, limits } => {
            e.hold(hold);
            e.within_limits(entry, limits.as_ref())?;
            e.name("#av", "av");
            e.name("#cl", "cl");
            e.value(":h", encode_hold(entry));
            e.value(":max", n(HOLDS_PER_PAGE_MAX));
            e.condition("attribute_not_exists(#ho.#h) AND size(#ho) < :max");
            for (slot, quantity) in e.places(&entry.places) {
                e.condition(format!("#av.{slot} >= {quantity} AND attribute_not_exists(#cl.{slot})"));
                e.set(format!("#av.{slot} = #av.{slot} - {quantity}"));
            }
            e.set("#ho.#h = :h");
            e.count(entry);
            PageChange::Placed { hold: hold.clone(), entry: entry.clone() }
        }
        PageCommand::Claim { hold, booking, deadline } => {
            e.hold(hold);
            e.live_and_active(now);
            e.value(":c", s(CONFIRMING));
            e.value(":b", s(booking.as_str()));
            e.value(":d", millis(*deadline));
            // A claim never shortens a hold's life: one that lives longer is claimed by reading.
            e.condition("#ho.#h.e <= :d");
            e.set("#ho.#h.s = :c, #ho.#h.b = :b, #ho.#h.d = :d");
            PageChange::Claimed { hold: hold.clone(), booking: booking.clone(), deadline: *deadline }
        }
        PageCommand::Unclaim { hold, booking } => {
            e.hold(hold);
            e.claimed_by(booking);
            e.value(":a", s(ACTIVE));
            e.set("#ho.#h.s = :a");
            e.remove("#ho.#h.b");
            e.remove("#ho.#h.d");
            PageChange::Unclaimed { hold: hold.clone() }
        }
        PageCommand::Release { hold, counts_for } => {
            e.hold(hold);
            e.live_and_active(now);
            e.unpaid_end(counts_for.as_ref(), ":now");
            e.give_up(&placement.places);
            PageChange::Released { hold: hold.clone() }
        }
        PageCommand::Abandon { hold, booking } => {
            e.hold(hold);
            e.claimed_by(booking);
            e.unpaid_end(None, ":now");
            e.give_up(&placement.places);
            PageChange::Released { hold: hold.clone() }
        }
        PageCommand::Expire { hold, counts_for } => {
            e.hold(hold);
            e.unpaid_end(counts_for.as_ref(), "#ho.#h.e");
            e.value(":a", s(ACTIVE));
            e.value(":c", s(CONFIRMING));
            e.value(":now", millis(now));
            e.condition("((#ho.#h.s = :a AND #ho.#h.e <= :now) OR (#ho.#h.s = :c AND #ho.#h.d <= :now))");
            e.give_up(&placement.places);
            PageChange::Expired { hold: hold.clone() }
        }
        PageCommand::Confirm { hold, booking, places } => {
            e.hold(hold);
            e.claimed_by(booking);
            e.value(":now", millis(now));
            e.condition("#ho.#h.d > :now");
            e.name("#co", "co");
            e.takes(places);
            e.value(":zero", n(0));
            for (slot, quantity) in e.places(places) {
                e.set(format!("#co.{slot} = if_not_exists(#co.{slot}, :zero) + {quantity}"));
            }
            e.remove("#ho.#h");
            PageChange::Confirmed { hold: hold.clone(), booking: booking.clone() }
        }
        PageCommand::Return { hold, entry } => {
            e.hold(hold);
            e.value(":h", encode_hold(entry));
            e.condition("attribute_not_exists(#ho.#h)");
            let places = e.places(&entry.places);
            e.unconfirm(&places);
            e.set("#ho.#h = :h");
            e.count(entry);
            PageChange::Returned { hold: hold.clone(), entry: entry.clone() }
        }
        PageCommand::Free { booking, places } => {
            let named = e.places(places);
            e.unconfirm(&named);
            e.free_up(&named);
            PageChange::Freed { booking: booking.clone(), places: places.clone() }
        }
        PageCommand::Extend { .. } | PageCommand::Prolong { .. } | PageCommand::Frame { .. } => return None,
    };
    e.outbox(change, now, trace);
    // DynamoDB takes 4 KB and 300 operators of expression. What names more slots is carried out by reading.
    (e.slots <= SHORT_HOLD_SLOTS_MAX).then_some(e)
}
