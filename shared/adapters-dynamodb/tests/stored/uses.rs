//! Samples of what is counted of promotions.

use holdfast_adapters_dynamodb::items::CountedUse;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::uses::{PromotionUse, UseCount, UseEvent, UseOwner};
use holdfast_domain::{GuestId, HoldId, PropertyId, ResourceId};
use holdfast_testkit::at;

use crate::samples::{TRACE, booking_id, now};
use crate::values::Stored;

/// A use of a promotion; of one that is read back only its key says that it is this.
pub(crate) fn promotion_use() -> PromotionUse {
    PromotionUse {
        resource: ResourceId::parse("hotel-nyc-deluxe").expect("an id"),
        property: PropertyId::parse("hotel-nyc").ok(),
        code: PromotionCode::parse("summer-10").expect("a code"),
        limits: UseLimits { in_all: Some(100), per_guest: Some(1) },
        plan: PlanId::parse("flexible").expect("a name"),
        guest: GuestId::parse("guest-a").expect("a guest"),
        hold: HoldId::parse("hld_x4j6jyqj3yj5zq2gny62cx6l").expect("an id"),
        priced_at: at("2030-05-20T12:00:00Z"),
    }
}

pub(crate) fn samples() -> [(&'static str, Stored); 5] {
    let (booking, now) = (booking_id("pay"), now());
    let of = promotion_use();
    let redeemed = UseCount {
        resource: of.resource.clone(),
        property: of.property.clone(),
        code: of.code.clone(),
        uses: 41,
        limit: of.limits.in_all,
        sequence: 57,
        event: UseEvent::Redeemed,
        hold: of.hold.clone(),
        booking: None,
        at: now,
    };
    let returned = UseCount {
        event: UseEvent::Returned,
        limit: None,
        booking: Some(booking.clone()),
        uses: 40,
        sequence: 58,
        ..redeemed.clone()
    };
    let owned = |owner, revision| Stored::PromotionUse(of.clone(), CountedUse { owner, revision }, now);
    [
        ("use-counter-redeemed", Stored::UseCounter(Box::new(redeemed), Some(TRACE.to_owned()))),
        ("use-counter-returned", Stored::UseCounter(Box::new(returned), None)),
        ("guest-uses", Stored::GuestUses(of.clone(), 1, now)),
        ("promotion-use", owned(UseOwner::Hold, 1)),
        ("promotion-use-booked", owned(UseOwner::Booking(booking.clone()), 2)),
    ]
}
