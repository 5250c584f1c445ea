//! Callers of the ledger whose every call is written down for the linearizability checker.

use std::collections::BTreeSet;

use holdfast_app::bookings::CommitError;
use holdfast_app::holds::{HoldRequest, Holds};
use holdfast_app::kernel::{Caller, RequestKey};
use holdfast_app::rates::RateChoice;
use holdfast_app::{Failure, LedgerError};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::catalogue::DateFactsEdit;
use holdfast_domain::inventory::{EXTENSIONS_MAX, HOLDS_PER_PAGE_MAX};
use holdfast_domain::{
    Booking, BookingEvent, BookingStatus, Fingerprint, Hold, InventoryMove, Page, PageRejection, PaymentStep,
    Resource, When,
};
use holdfast_linearizability::{Answer, Begun, Call, Edit, Inventory, Name, Recorder, Refusal, Slot};
use jiff::Timestamp;

use crate::harness::Harness;

/// How long a payment may take, in milliseconds, as the harness opens bookings.
const CLAIM: i64 = 900_000;

/// A ledger whose callers are watched.
pub(crate) struct Watched {
    pub(crate) h: Harness,
    pub(crate) recorder: Recorder,
}

fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn ttl(hold: &Hold) -> i64 {
    i64::from(hold.ttl_seconds) * 1000
}

/// What a refusal by a page tells the caller. What no call of this kind may be told is illegal to the specification.
fn refusal(rejection: &PageRejection) -> Answer {
    match rejection {
        PageRejection::SoldOut { available } => Answer::SoldOut { available: *available },
        PageRejection::TooManyHolds => Answer::PageFull,
        PageRejection::HoldMissing | PageRejection::HoldExpired => Answer::Refused(Refusal::Gone),
        PageRejection::HoldClaimed => Answer::Refused(Refusal::Claimed),
        PageRejection::HoldLive { .. } => Answer::Refused(Refusal::Live),
        PageRejection::NotExtendable => Answer::Refused(Refusal::Exhausted),
        PageRejection::CapacityInUse { in_use, .. } => Answer::InUse { in_use: *in_use },
        PageRejection::UnknownSlot(_)
        | PageRejection::ScheduleChanged
        | PageRejection::Reused
        | PageRejection::LimitReached { .. }
        | PageRejection::NotConfirmed => Answer::Free(0),
    }
}

/// The answer, or `None` where the ledger itself does not know what happened.
fn told<T>(outcome: &Result<T, LedgerError>, done: impl Fn(&T) -> Answer) -> Option<Answer> {
    match outcome {
        Ok(value) => Some(done(value)),
        Err(LedgerError::Rejected(rejection)) => Some(refusal(rejection)),
        Err(
            LedgerError::Store(_)
            | LedgerError::ResourceChanged
            | LedgerError::TooManyPages { .. }
            | LedgerError::PromotionUsedUp { .. },
        ) => None,
    }
}

/// What the use case tells the guest who asks for a hold.
fn told_of_asking(failure: &Failure) -> Option<Answer> {
    match failure {
        Failure::SoldOut { available } => Some(Answer::SoldOut { available: *available }),
        Failure::TooManyHolds => Some(Answer::PageFull),
        Failure::RequestInProgress => None,
        failure if failure.is_outage() => None,
        // Illegal to the specification.
        _ => Some(Answer::Free(0)),
    }
}

fn told_of_commit(outcome: &Result<Booking, CommitError>) -> Option<Answer> {
    match outcome {
        Ok(_) => Some(Answer::Done),
        Err(CommitError::Rejected(rejection)) => Some(refusal(rejection)),
        Err(
            CommitError::Store(_)
            | CommitError::Stale
            | CommitError::AttemptsChanged
            | CommitError::ResourceChanged
            | CommitError::TooManyPages { .. },
        ) => None,
    }
}

impl Watched {
    /// The object at its beginning: `pages` of the resources.
    pub(crate) fn inventory(&self, resources: &[Resource], pages: &[&str]) -> Inventory {
        let mut capacity = std::collections::BTreeMap::new();
        for resource in resources {
            for page in pages {
                for slot in resource.terms.schedule.page(page, &resource.terms.time_zone) {
                    capacity.insert(self.slot(resource, page, slot.key.as_str()), resource.terms.capacity);
                }
            }
        }
        Inventory {
            capacity,
            terms: self.terms(resources[0].terms.base_price.amount()),
            holds_per_page_max: HOLDS_PER_PAGE_MAX,
            extensions_max: EXTENSIONS_MAX,
        }
    }

    /// Terms are known by their price: no two have the same.
    fn terms(&self, base_price: i64) -> Name {
        self.recorder.name(&format!("at {base_price}"))
    }

    /// The terms that a hold was decided by.
    fn terms_of(&self, hold: &Hold) -> Name {
        let order = &hold.order;
        let own = order.placements.iter().filter(|placement| placement.page.resource == order.resource);
        let nights: usize = own.map(|placement| placement.places.slots().len()).sum();
        let units = i64::try_from(nights).expect("some nights") * i64::from(order.quantity);
        self.terms(order.price.total().amount() / units)
    }

    fn slot(&self, resource: &Resource, page: &str, slot: &str) -> Slot {
        self.recorder.slot(&format!("{}/{page}", resource.id), slot)
    }

    fn hold_name(&self, hold: &Hold) -> Name {
        self.recorder.name(hold.id.as_str())
    }

    fn booking_name(&self, booking: &Booking) -> Name {
        self.recorder.name(booking.id.as_str())
    }

    fn begin(&self, call: Call) -> Begun {
        self.recorder.begin(call, millis(self.h.now()))
    }

    fn end(&self, begun: Begun, answer: Option<Answer>) {
        self.recorder.end(begun, answer, millis(self.h.now()));
    }

    /// Beginning of the call that asks for a hold.
    fn begin_placing(&self, hold: &Hold) -> Begun {
        let places = hold.order.placements.iter();
        let slots = places
            .flat_map(|placement| {
                let page = format!("{}/{}", placement.page.resource, placement.page.name());
                placement.places.slots().map(move |slot| self.recorder.slot(&page, slot.as_str()))
            })
            .collect();
        let quantity = hold.order.placements[0].places.most();
        let call = Call::Place { hold: self.hold_name(hold), slots, quantity, ttl: ttl(hold) };
        // Its clock is that by which the hold was made.
        self.recorder.begin(call, millis(hold.created_at))
    }

    fn placed(&self, hold: &Hold) -> Answer {
        Answer::Placed { until: millis(hold.first_expires_at), terms: self.terms_of(hold) }
    }

    pub(crate) async fn place(&self, resources: &[&Resource], hold: &Hold) -> Option<Hold> {
        let begun = self.begin_placing(hold);
        let by = holdfast_testkit::mutation(hold.created_at, "guest");
        let outcome = self.h.store.holds.place(resources, hold, &by).await;
        let answer = told(&outcome, |placed| self.placed(&placed.hold));
        self.recorder.end(begun, answer, millis(hold.created_at));
        outcome.ok().map(|placed| placed.hold)
    }

    /// Asks an instance of the use case for such a hold, which it decides by the terms that it knows.
    pub(crate) async fn ask(
        &self,
        instance: &Holds,
        resource: &Resource,
        hold: &Hold,
        key: &str,
    ) -> Option<Hold> {
        let date = |at: Timestamp| When::Date(resource.terms.time_zone.to_datetime(at).date());
        let order = &hold.order;
        let request = HoldRequest {
            resource: order.resource.clone(),
            start: date(order.start),
            end: date(order.end),
            quantity: order.quantity,
            user: None,
            choice: RateChoice::default(),
            quote: None,
        };
        let caller = Caller { guest: order.guest.clone(), staff: None, rate_groups: BTreeSet::new() };
        let key = RequestKey { key: key.to_owned(), content: hold.fingerprint.clone() };
        let begun = self.begin_placing(hold);
        let by = holdfast_testkit::mutation(hold.created_at, "guest");
        let outcome = instance.create(&caller, &key, &request, &by).await;
        let answer = match &outcome {
            Ok(placed) => Some(self.placed(&placed.hold)),
            Err(failure) => told_of_asking(failure),
        };
        self.recorder.end(begun, answer, millis(hold.created_at));
        outcome.ok().map(|placed| placed.hold)
    }

    pub(crate) async fn extend(&self, hold: &Hold, request: &str) {
        let name = self.recorder.name(&format!("{} {request}", hold.id));
        let begun = self.begin(Call::Extend { hold: self.hold_name(hold), request: name, by: ttl(hold) });
        let request = Fingerprint::parse(request).expect("a digest");
        let outcome = self.h.store.holds.extend(hold, &request, &self.h.by("guest")).await;
        self.end(begun, told(&outcome, |(extension, _)| Answer::Until(millis(extension.expires_at))));
    }

    pub(crate) async fn release(&self, hold: &Hold) {
        let begun = self.begin(Call::Release { hold: self.hold_name(hold) });
        let outcome = self.h.store.holds.release(hold, &self.h.by("guest")).await;
        self.end(begun, told(&outcome, |()| Answer::Done));
    }

    pub(crate) async fn expire(&self, hold: &Hold) {
        let begun = self.begin(Call::Expire { hold: self.hold_name(hold) });
        let outcome = self.h.store.holds.expire(hold, &self.h.by("timer")).await;
        self.end(begun, told(&outcome, |()| Answer::Done));
    }

    /// Opens a booking and claims the hold for it.
    pub(crate) async fn claim(&self, hold: &Hold, key: &str) -> Option<Booking> {
        let id = holdfast_app::kernel::booking_id(&hold.order.guest, key);
        let booking = self.recorder.name(id.as_str());
        let deadline = millis(self.h.now()) + CLAIM;
        let begun = self.begin(Call::Claim { hold: self.hold_name(hold), booking, deadline });
        let outcome = self.h.open(hold, key).await;
        self.end(begun, told_of_commit(&outcome));
        outcome.ok()
    }

    async fn settle(
        &self,
        call: Call,
        booking: &Booking,
        event: BookingEvent,
        inventory: InventoryMove,
    ) -> Option<Booking> {
        let begun = self.begin(call);
        let outcome = self.h.apply(booking, event, inventory).await;
        self.end(begun, told_of_commit(&outcome));
        outcome.ok()
    }

    pub(crate) async fn confirm(&self, booking: &Booking) -> Option<Booking> {
        let authorized = self
            .h
            .apply(booking, BookingEvent::first_payment(PaymentStep::Authorized), InventoryMove::Keep)
            .await
            .ok()?;
        let call = Call::Confirm { booking: self.booking_name(booking) };
        self.settle(call, &authorized, BookingEvent::Confirmed, InventoryMove::Confirm).await
    }

    pub(crate) async fn decline(&self, hold: &Hold, booking: &Booking) {
        let call = Call::Unclaim { hold: self.hold_name(hold), booking: self.booking_name(booking) };
        let failed = BookingEvent::Failed { reason: FailureReason::Declined { code: "declined".to_owned() } };
        self.settle(call, booking, failed, InventoryMove::Unclaim).await;
    }

    pub(crate) async fn abandon(&self, booking: &Booking) {
        let call = Call::Abandon { booking: self.booking_name(booking) };
        let failed = BookingEvent::Failed { reason: FailureReason::HoldExpired };
        self.settle(call, booking, failed, InventoryMove::Abandon).await;
    }

    pub(crate) async fn cancel(&self, booking: &Booking) {
        assert_eq!(booking.status, BookingStatus::Confirmed);
        let call = Call::Cancel { booking: self.booking_name(booking) };
        let digest = Fingerprint::parse("request").expect("a digest");
        let cancelled = BookingEvent::Cancelled(Cancellation {
            reason: None,
            refund: booking.captured(),
            before_capture: true,
            by_operator: false,
            request: (digest.clone(), digest),
            at: self.h.now(),
        });
        self.settle(call, booking, cancelled, InventoryMove::Free).await;
    }

    /// Edits the slots of nights, one after the other.
    pub(crate) async fn edit(&self, resource: &Resource, places: &[(&str, usize)], edit: Edit) {
        for (page, day) in places {
            let slot = &resource.terms.schedule.page(page, &resource.terms.time_zone)[*day];
            let slots = vec![self.slot(resource, &slot.page, slot.key.as_str())];
            let begun = self.begin(Call::SetInventory { slots, edit });
            let date = resource.terms.local_date(slot);
            let Edit { capacity, closed, overbooking } = edit;
            let set = DateFactsEdit { capacity, closed, overbooking };
            let outcome = self.h.set_dates(resource, date, 1, set).await;
            let answer = match outcome {
                Ok(_) => Some(Answer::Done),
                Err(Failure::CapacityInUse { slots }) => {
                    slots.first().map(|slot| Answer::InUse { in_use: slot.in_use })
                }
                Err(_) => None,
            };
            self.end(begun, answer);
        }
    }

    /// Replaces the terms of a resource, as often as it takes to have an answer. `slots` of `page` are those ever asked for: a page
    /// is brought under other terms in one step. Gives the resource as it is then.
    pub(crate) async fn replace(
        &self,
        present: Resource,
        next: &Resource,
        page: &str,
        slots: &[String],
    ) -> Resource {
        let slots: Vec<Slot> = slots.iter().map(|slot| self.slot(next, page, slot)).collect();
        let (capacity, terms) = (next.terms.capacity, self.terms(next.terms.base_price.amount()));
        let now = millis(self.h.now());
        let narrows = capacity < present.terms.capacity;
        let announced = narrows.then(|| self.begin(Call::Announce { slots: slots.clone(), capacity }));
        let replaces = Call::Replace { slots: slots.clone(), capacity, terms };
        let replaced = self.recorder.begin_after(announced, replaces, now);
        let withdrawn =
            narrows.then(|| self.recorder.begin_after(Some(replaced), Call::Withdraw { slots }, now));
        let outcome = loop {
            match self.h.put(next).await {
                Err(failure) if failure.is_outage() => {}
                outcome => break outcome,
            }
        };
        let (answer, resource) = match outcome {
            Ok(resource) => (Answer::Done, resource),
            Err(Failure::CapacityInUse { slots }) => (Answer::InUse { in_use: slots[0].in_use }, present),
            Err(failure) => panic!("{failure:?}"),
        };
        for begun in announced.into_iter().chain(withdrawn) {
            self.end(begun, Some(Answer::Done));
        }
        self.end(replaced, Some(answer));
        resource
    }

    /// Reads a page as calendars do, and what it offers in each slot that was ever asked for.
    pub(crate) async fn look(&self, resource: &Resource, page: &str, slots: &[String]) {
        let begun: Vec<Begun> = slots
            .iter()
            .map(|slot| self.begin(Call::Look { slot: self.slot(resource, page, slot) }))
            .collect();
        let read = self.read(resource, page).await;
        let now = self.h.now();
        for (slot, begun) in slots.iter().zip(begun) {
            let free = read.as_ref().map(|page| {
                let slot =
                    page.available.keys().find(|key| key.as_str() == slot).expect("a slot of the page");
                Answer::Free(page.offered(slot, now))
            });
            self.end(begun, free);
        }
    }
    async fn read(&self, resource: &Resource, page: &str) -> Option<Page> {
        let store = &self.h.store;
        let present = store.catalogue.resource(&resource.id).await.ok()??;
        store.pages(&present, &[page.to_owned()]).await.ok()?.into_iter().next()
    }
}
