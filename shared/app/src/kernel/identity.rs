//! Who asks, and the ids that follow from what they ask. Ids are inputs, not inventions: a retry derives the same id and so
//! meets its own earlier self, and no table of idempotency keys is needed.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

use data_encoding::BASE32_NOPAD;
use holdfast_domain::bookings::Order;
use holdfast_domain::rates::ids::RateGroup;
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::{BookingId, Fingerprint, GuestId, GuestMark, HoldId, PropertyId, Resource, Seal};
use sha2::{Digest, Sha256};

/// Of which properties somebody is staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffOf {
    /// Of every one: the platform.
    All,
    /// Of these.
    Some(BTreeSet<PropertyId>),
}

impl StaffOf {
    /// Whether what belongs to that property is theirs to see and to change. What belongs to none is every operator's.
    #[must_use]
    pub fn has(&self, property: Option<&PropertyId>) -> bool {
        match (self, property) {
            (Self::All, _) | (Self::Some(_), None) => true,
            (Self::Some(own), Some(property)) => own.contains(property),
        }
    }
}

/// The caller, as the token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who the token names, apart from those of other issuers.
    pub guest: GuestId,
    /// Of what they are staff, if the token has the scope `booking/operator`.
    pub staff: Option<StaffOf>,
    /// The groups whose private rates are theirs, wherever a card has some.
    pub rate_groups: BTreeSet<RateGroup>,
}

impl Caller {
    /// Whether the caller is an operator of what belongs to that property, or to none. To an operator of others it does not exist, but
    /// for what everybody may see.
    #[must_use]
    pub fn is_operator_of(&self, property: Option<&PropertyId>) -> bool {
        self.staff.as_ref().is_some_and(|staff| staff.has(property))
    }

    /// Whether the caller is an operator of every property.
    #[must_use]
    pub fn is_platform(&self) -> bool {
        self.staff == Some(StaffOf::All)
    }

    /// Whether the caller may see what was ordered so: their own, or as an operator of it. Everything else does not exist for them.
    #[must_use]
    pub fn may_see(&self, order: &Order) -> bool {
        self.guest == order.guest || self.is_operator_of(order.property.as_ref())
    }
}

/// An idempotency key with the content it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's `Idempotency-Key`.
    pub key: String,
    /// Digest of method, path and body.
    pub content: Fingerprint,
}

/// All of a SHA-256 digest in base32.
const SEAL_LENGTH: usize = 52;

fn digest(parts: &[&str], length: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut text = BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase();
    text.truncate(length);
    text
}

fn parsed<T, E>(parse: fn(&str) -> Result<T, E>, text: &str) -> T {
    match parse(text) {
        Ok(id) => id,
        Err(_) => unreachable!("a base32 digest is an identifier"),
    }
}

/// The digest of a request's content: method, path and body in canonical form.
#[must_use]
pub fn fingerprint(parts: &[&str]) -> Fingerprint {
    parsed(Fingerprint::parse, &digest(parts, 16))
}

/// A digest of all of `parts`.
pub(crate) fn seal(parts: &[&str]) -> Seal {
    parsed(Seal::parse, &digest(parts, SEAL_LENGTH))
}

/// The hold that `caller` places with `key`.
#[must_use]
pub fn hold_id(caller: &GuestId, key: &str) -> HoldId {
    parsed(HoldId::parse, &format!("hld_{}", digest(&["hold", caller.as_str(), key], 24)))
}

/// Names a guest on a page: 60 bits, so that two guests of one page never share it.
#[must_use]
pub fn guest_mark(guest: &GuestId) -> GuestMark {
    parsed(GuestMark::parse, &digest(&["guest", guest.as_str()], 12))
}

/// Names who asks from an address, as a guest is named. One customer of a provider has 2^64 addresses of IPv6 or more, so that such an
/// address stands for its first 64 bits. All whose address is not known are one.
pub(crate) fn address_mark(address: Option<IpAddr>) -> GuestMark {
    let network = address.map(|address| match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
    });
    parsed(GuestMark::parse, &digest(&["address", network.as_deref().unwrap_or_default()], 12))
}

/// The digest of a promotion's code at a house, which is all resources of a property, or one of none: whoever asks for each room of a house has given its code
/// once.
pub(crate) fn code_digest(resource: &Resource, code: &PromotionCode) -> Fingerprint {
    let house = match &resource.terms.property {
        Some(property) => ["code", "property", property.as_str(), code.as_str()],
        None => ["code", "resource", resource.id.as_str(), code.as_str()],
    };
    parsed(Fingerprint::parse, &digest(&house, 16))
}

/// The booking that `caller` asks for with `key`: one per payment attempt.
#[must_use]
pub fn booking_id(caller: &GuestId, key: &str) -> BookingId {
    parsed(BookingId::parse, &format!("bkg_{}", digest(&["booking", caller.as_str(), key], 24)))
}

/// The booking of a later run of the same request: `run` earlier ones failed because something outside did, and
/// such an outcome is not remembered (API.md, Conventions). Run 0 is [`booking_id`].
#[must_use]
pub fn booking_id_of_run(caller: &GuestId, key: &str, run: u32) -> BookingId {
    if run == 0 {
        return booking_id(caller, key);
    }
    let run = run.to_string();
    parsed(BookingId::parse, &format!("bkg_{}", digest(&["booking", caller.as_str(), key, &run], 24)))
}

/// The digest of a key on a hold or booking, where the path names which.
#[must_use]
pub fn key_digest(purpose: &str, caller: &GuestId, key: &str) -> Fingerprint {
    parsed(Fingerprint::parse, &digest(&[purpose, caller.as_str(), key], 16))
}

/// The confirmation number of a booking: ten characters, without the letters and digits people mix up.
#[must_use]
pub fn confirmation_number(booking: &BookingId) -> String {
    let code: String = digest(&["confirmation", booking.as_str()], 10)
        .to_ascii_uppercase()
        .chars()
        .map(|c| match c {
            'I' => '8',
            'O' => '9',
            other => other,
        })
        .collect();
    format!("HF-{code}")
}
