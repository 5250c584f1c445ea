//! Hold records: what a hold was placed for. The page says whether it lives, the record what it is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::bookings::booking::Order;
use crate::ids::{BookingId, Fingerprint, GuestId, GuestMark, HoldId};
use crate::inventory::{HoldState, PageHold, PageRejection, Placement};

/// The status of a hold (API.md, Holds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldStatus {
    /// It takes its places.
    Active,
    /// A booking confirmed it.
    Confirmed,
    /// Its guest gave it back.
    Released,
    /// Its time passed.
    Expired,
}

impl HoldStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Active, Self::Confirmed, Self::Released, Self::Expired];

    /// The name in answers and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// The answer an extension was given, so that its retry gets the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Expiry after it.
    pub expires_at: Timestamp,
    /// When it was granted.
    pub at: Timestamp,
}

/// A hold's record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hold {
    /// Derived from caller and idempotency key.
    pub id: HoldId,
    /// What it is for.
    pub order: Order,
    /// Who placed it: the guest, or an operator for them.
    pub caller: GuestId,
    /// Digest of the request's content.
    pub fingerprint: Fingerprint,
    /// Digest of the guest's id, for the page.
    pub guest_mark: GuestMark,
    /// One TTL, in seconds.
    pub ttl_seconds: u32,
    /// How long its guest waits for the same slots if it ends without a booking, in seconds; as the default has it if absent.
    pub cool_down_seconds: Option<u32>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it was to expire, as the first answer said.
    pub first_expires_at: Timestamp,
    /// When it expires, extensions included. A copy: the page decides.
    pub expires_at: Timestamp,
    /// How it ended, `Active` if nobody ended it (it may have expired all the same).
    pub recorded: HoldStatus,
    /// Answers to extensions, by digest of their request.
    pub extensions: BTreeMap<Fingerprint, Extension>,
    /// The booking that confirmed it.
    pub booking: Option<BookingId>,
}

impl Hold {
    /// One TTL.
    #[must_use]
    pub fn ttl(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.ttl_seconds))
    }

    /// Whether its guest placed it, and the limits on one guest apply. What an operator places for a guest is not limited.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.caller == self.order.guest
    }

    /// Whose unpaid ends are counted if it ends without a booking.
    #[must_use]
    pub fn counts_for(&self) -> Option<GuestMark> {
        self.cool_down_seconds.is_none().then(|| self.guest_mark.clone())
    }

    /// What one page stores of this hold when it is placed, or when a booking becomes a hold again.
    #[must_use]
    pub fn entry(&self, placement: &Placement) -> PageHold {
        // Time beyond the extensions was added by a 3-D Secure step.
        let extended = self.ttl() * i32::try_from(self.extensions.len()).unwrap_or(i32::MAX);
        let prolonged = self.expires_at.duration_since(self.first_expires_at) > extended;
        PageHold {
            places: placement.places.clone(),
            expires_at: self.expires_at,
            state: HoldState::Active,
            prolonged,
            first_expires_at: self.first_expires_at,
            extensions: self.extensions.keys().cloned().collect(),
            fingerprint: self.fingerprint.clone(),
            guest: self.guest_mark.clone(),
            cool_down_seconds: self.cool_down_seconds,
        }
    }

    /// The status of a hold of which its page has no entry. A page gives a hold up before its time only when the hold is
    /// released, which the record says a moment later.
    #[must_use]
    pub fn status_without_entry(&self, now: Timestamp) -> HoldStatus {
        match self.recorded {
            HoldStatus::Active if now < self.expires_at => HoldStatus::Released,
            HoldStatus::Active => HoldStatus::Expired,
            ended @ (HoldStatus::Confirmed | HoldStatus::Released | HoldStatus::Expired) => ended,
        }
    }

    /// The outcome of a release that finds no entry of the hold on its page: how the hold had ended. `Released` is what the
    /// record says afterwards, whichever try of the release took the entry away.
    ///
    /// # Errors
    /// [`PageRejection::HoldMissing`] if the hold became a booking.
    pub fn release_without_entry(&self, now: Timestamp) -> Result<HoldStatus, PageRejection> {
        match self.status_without_entry(now) {
            HoldStatus::Active | HoldStatus::Confirmed => Err(PageRejection::HoldMissing),
            ended @ (HoldStatus::Released | HoldStatus::Expired) => Ok(ended),
        }
    }
}

/// A hold's record with what its page stores of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HoldSnapshot {
    /// The record.
    pub hold: Hold,
    /// Its entry on its first page, of the same use of its id; the other pages say the same, since a hold's pages are
    /// written together.
    pub entry: Option<PageHold>,
}

impl HoldSnapshot {
    /// The hold's status at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> HoldStatus {
        match (&self.entry, self.hold.recorded) {
            (Some(entry), HoldStatus::Active) if entry.is_live(now) => HoldStatus::Active,
            (Some(_), HoldStatus::Active) => HoldStatus::Expired,
            (Some(_) | None, _) => self.hold.status_without_entry(now),
        }
    }

    /// When it expires, as far as its guest is concerned.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.entry.as_ref().map_or(self.hold.expires_at, |entry| entry.expires_at)
    }

    /// The booking whose payment runs on it at `now`.
    #[must_use]
    pub fn claimed_by(&self, now: Timestamp) -> Option<&BookingId> {
        match self.entry.as_ref().filter(|entry| entry.is_live(now)).map(|entry| &entry.state) {
            Some(HoldState::Confirming { booking, .. }) => Some(booking),
            Some(HoldState::Active) | None => None,
        }
    }

    /// Until when a customer's 3-D Secure step is in time: the hold's expiry, one TTL later unless one such step has
    /// prolonged it already (API.md, Bookings).
    #[must_use]
    pub fn customer_deadline(&self) -> Timestamp {
        let expires_at = self.expires_at();
        match &self.entry {
            Some(entry) if entry.prolonged => expires_at,
            Some(_) | None => expires_at.checked_add(self.hold.ttl()).unwrap_or(expires_at),
        }
    }
}
