//! Generators of single values, for what is stored.

use holdfast_domain::catalogue::Label;
use holdfast_domain::{BookingId, Currency, Fingerprint, GuestId, GuestMark, HoldId, ResourceId, Seal};
use jiff::Timestamp;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn matching<T: std::fmt::Debug>(
    pattern: &str,
    parse: fn(&str) -> Option<T>,
) -> impl Strategy<Value = T> {
    let texts = proptest::string::string_regex(pattern).expect("a pattern");
    texts.prop_filter_map("it does not parse", move |text| parse(&text))
}

pub(crate) const TOKEN: &str = "[A-Za-z0-9._:-]{1,64}";

pub(crate) fn resource_id() -> impl Strategy<Value = ResourceId> {
    matching(TOKEN, |text| ResourceId::parse(text).ok())
}

pub(crate) fn hold_id() -> impl Strategy<Value = HoldId> {
    matching(TOKEN, |text| HoldId::parse(text).ok())
}

pub(crate) fn booking_id() -> impl Strategy<Value = BookingId> {
    matching(TOKEN, |text| BookingId::parse(text).ok())
}

pub(crate) fn guest_id() -> impl Strategy<Value = GuestId> {
    matching("[!-~]{1,128}", |text| GuestId::parse(text).ok())
}

pub(crate) fn digest() -> impl Strategy<Value = Fingerprint> {
    matching(TOKEN, |text| Fingerprint::parse(text).ok())
}

pub(crate) fn mark() -> impl Strategy<Value = GuestMark> {
    matching("[a-z2-7]{12}", |text| GuestMark::parse(text).ok())
}

pub(crate) fn seal() -> impl Strategy<Value = Option<Seal>> {
    option::of(matching(TOKEN, |text| Seal::parse(text).ok()))
}

pub(crate) fn label() -> impl Strategy<Value = Label> {
    matching("[^\\p{C}#]{1,40}", |text| Label::parse(text.trim()).ok())
}

/// Any text, as guests and providers give it.
pub(crate) fn text() -> impl Strategy<Value = String> {
    "(?s).{0,40}"
}

pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_102_444_800_000).prop_map(|millis| Timestamp::from_millisecond(millis).expect("in range"))
}

pub(crate) fn currency() -> impl Strategy<Value = Currency> {
    select(vec!["EUR", "USD", "JPY", "BHD"]).prop_map(|code| Currency::parse(code).expect("a code"))
}
