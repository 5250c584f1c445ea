//! A page command as one conditional write. The condition says what [`holdfast_domain::Page::decide`] says, without
//! reading the page first; `tests/ledger.rs` holds the two against each other.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::bookings::Placement;
use holdfast_domain::inventory::HOLDS_PER_PAGE_MAX;
use holdfast_domain::{BookingId, GuestMark, HoldId, HoldLimits, PageChange, PageCommand, PageHold, SlotKey};
use jiff::Timestamp;

use crate::page::item::{ACTIVE, CONFIRMING, encode_changes, encode_hold, join_slots};
use crate::table::item::{millis, n, s};

/// An update with its condition.
#[derive(Debug, Default)]
pub(crate) struct Expression {
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

    /// Names the slots `#s0`, `#s1`, …, and gives the placeholders.
    fn slots(&mut self, slots: &[SlotKey]) -> Vec<String> {
        slots
            .iter()
            .enumerate()
            .map(|(index, slot)| {
                let placeholder = format!("#s{index}");
                self.name(&placeholder, slot.as_str());
                placeholder
            })
            .collect()
    }

    fn hold(&mut self, hold: &HoldId) {
        self.name("#ho", "ho");
        self.name("#h", hold.as_str());
    }

    fn quantity(&mut self, quantity: u32) {
        self.value(":q", n(quantity));
    }

    /// The hold takes just these places: what is counted elsewhere is what was counted for it.
    fn takes(&mut self, slots: &[SlotKey], quantity: u32) {
        self.quantity(quantity);
        self.value(":sl", join_slots(slots));
        self.condition("#ho.#h.q = :q AND #ho.#h.sl = :sl");
    }

    fn free_up(&mut self, slots: &[String]) {
        self.name("#av", "av");
        for slot in slots {
            self.set(format!("#av.{slot} = #av.{slot} + :q"));
        }
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

    /// As long as the guest has few enough places on the page, no limit is passed, whichever slots they are in. Whether it
    /// is passed by more than that, only reading tells; `None` if it has to be read anyway.
    fn within_limits(&mut self, entry: &PageHold, limits: Option<&HoldLimits>) -> Option<()> {
        self.tally(&entry.guest);
        self.name("#gm", "gm");
        self.condition("size(#gn) < #gm");
        let Some(limits) = limits else { return Some(()) };
        let room = limits.certainly_within().checked_sub(entry.quantity)?;
        if limits.cool_down_seconds > 0 {
            // A guest who waits is named by a cool-down, or by the tally of a dead hold.
            self.name("#cd", "cd");
            self.condition("attribute_not_exists(#gn.#g) AND attribute_not_exists(#cd.#g)");
        } else {
            self.value(":room", n(room));
            self.condition("(attribute_not_exists(#gn.#g) OR #gn.#g <= :room)");
        }
        Some(())
    }

    /// Counts a new hold's places for its guest.
    fn count(&mut self, entry: &PageHold) {
        self.tally(&entry.guest);
        self.value(":none", n(0));
        self.set("#gn.#g = if_not_exists(#gn.#g, :none) + :q");
    }

    fn tally(&mut self, guest: &GuestMark) {
        self.name("#gn", "gn");
        self.name("#g", guest.as_str());
    }

    /// A hold whose end begins a cool-down is ended by reading.
    fn without_cool_down(&mut self) {
        self.condition("attribute_not_exists(#ho.#h.cd)");
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

/// The blind write of a command, or `None` where the page has to be read first. It is for a page of the placement's schedule.
pub(crate) fn blind_write(
    command: &PageCommand,
    placement: &Placement,
    now: Timestamp,
    trace: Option<&str>,
) -> Option<Expression> {
    let mut e = Expression::default();
    e.name("#sv", "sv");
    e.value(":sv", n(placement.schedule_revision));
    e.condition("#sv = :sv");
    let change = match command {
        PageCommand::Place { hold, entry, limits } => {
            e.hold(hold);
            e.within_limits(entry, limits.as_ref())?;
            e.name("#av", "av");
            e.name("#cl", "cl");
            e.quantity(entry.quantity);
            e.value(":h", encode_hold(entry));
            e.value(":max", n(HOLDS_PER_PAGE_MAX));
            e.condition("attribute_not_exists(#ho.#h) AND size(#ho) < :max");
            for slot in e.slots(&entry.slots) {
                e.condition(format!("#av.{slot} >= :q AND attribute_not_exists(#cl.{slot})"));
                e.set(format!("#av.{slot} = #av.{slot} - :q"));
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
        PageCommand::Release { hold } => {
            e.hold(hold);
            e.live_and_active(now);
            e.without_cool_down();
            e.takes(&placement.slots, placement.quantity);
            let slots = e.slots(&placement.slots);
            e.free_up(&slots);
            e.remove("#ho.#h");
            PageChange::Released { hold: hold.clone() }
        }
        PageCommand::Abandon { hold, booking } => {
            e.hold(hold);
            e.claimed_by(booking);
            e.without_cool_down();
            e.takes(&placement.slots, placement.quantity);
            let slots = e.slots(&placement.slots);
            e.free_up(&slots);
            e.remove("#ho.#h");
            PageChange::Released { hold: hold.clone() }
        }
        PageCommand::Expire { hold } => {
            e.hold(hold);
            e.without_cool_down();
            e.value(":a", s(ACTIVE));
            e.value(":c", s(CONFIRMING));
            e.value(":now", millis(now));
            e.condition("((#ho.#h.s = :a AND #ho.#h.e <= :now) OR (#ho.#h.s = :c AND #ho.#h.d <= :now))");
            e.takes(&placement.slots, placement.quantity);
            let slots = e.slots(&placement.slots);
            e.free_up(&slots);
            e.remove("#ho.#h");
            PageChange::Expired { hold: hold.clone() }
        }
        PageCommand::Confirm { hold, booking, slots, quantity } => {
            e.hold(hold);
            e.claimed_by(booking);
            e.value(":now", millis(now));
            e.condition("#ho.#h.d > :now");
            e.name("#co", "co");
            e.takes(slots, *quantity);
            e.value(":zero", n(0));
            for slot in e.slots(slots) {
                e.set(format!("#co.{slot} = if_not_exists(#co.{slot}, :zero) + :q"));
            }
            e.remove("#ho.#h");
            PageChange::Confirmed { hold: hold.clone(), booking: booking.clone() }
        }
        PageCommand::Return { hold, entry } => {
            e.hold(hold);
            e.name("#co", "co");
            e.quantity(entry.quantity);
            e.value(":h", encode_hold(entry));
            e.condition("attribute_not_exists(#ho.#h)");
            for slot in e.slots(&entry.slots) {
                e.condition(format!("#co.{slot} >= :q"));
                e.set(format!("#co.{slot} = #co.{slot} - :q"));
            }
            e.set("#ho.#h = :h");
            e.count(entry);
            PageChange::Returned { hold: hold.clone(), entry: entry.clone() }
        }
        PageCommand::Free { booking, slots, quantity } => {
            e.name("#co", "co");
            e.quantity(*quantity);
            let slots_named = e.slots(slots);
            for slot in &slots_named {
                e.condition(format!("#co.{slot} >= :q"));
                e.set(format!("#co.{slot} = #co.{slot} - :q"));
            }
            e.free_up(&slots_named);
            PageChange::Freed { booking: booking.clone(), slots: slots.clone(), quantity: *quantity }
        }
        PageCommand::Extend { .. }
        | PageCommand::Prolong { .. }
        | PageCommand::SetInventory { .. }
        | PageCommand::SetDefaultCapacity { .. } => return None,
    };
    e.outbox(change, now, trace);
    Some(e)
}
