//! Single values of version 1: each is a text or a number with one meaning, and becomes the domain's type as it is read.

use std::fmt::Display;

use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::SignedMoney;
use holdfast_domain::properties::{AddressLine, Country, HouseRules, PostalCode, Website};
use holdfast_domain::{
    Currency, Fingerprint, GuestId, HoldId, Money, PaymentStatus, PropertyId, ResourceId, SlotKey,
};
use jiff::Timestamp;
use jiff::civil::Time;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::stored::reason::{Reason, reason};

/// A value with a form as text.
pub(crate) trait Scalar: Sized {
    fn write(&self) -> String;
    fn read(text: &str) -> Result<Self, Reason>;
}

/// A value stored as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Scalar> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.write())
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::read(&text).map(Self).map_err(D::Error::custom)
    }
}

/// An instant stored as milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Millis(pub(crate) Timestamp);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.as_millisecond())
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

pub(crate) fn parsed<T, E: Display>(parse: impl Fn(&str) -> Result<T, E>, text: &str) -> Result<T, Reason> {
    parse(text).map_err(|error| format!("{text:?} {error}"))
}

/// Identifiers and labels: the text they are parsed from.
macro_rules! parsed_text {
    ($($name:ident),*) => {$(
        impl Scalar for $name {
            fn write(&self) -> String {
                self.as_str().to_owned()
            }

            fn read(text: &str) -> Result<Self, Reason> {
                parsed(Self::parse, text)
            }
        }
    )*};
}

pub(crate) use parsed_text;

parsed_text!(
    ResourceId,
    PropertyId,
    GuestId,
    HoldId,
    Fingerprint,
    SlotKey,
    Label,
    AddressLine,
    PostalCode,
    EmailAddress,
    PhoneNumber,
    Website,
    HouseRules
);

impl Scalar for Country {
    fn write(&self) -> String {
        self.code().to_owned()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        parsed(Self::parse, text)
    }
}

impl Scalar for Currency {
    fn write(&self) -> String {
        self.code().to_owned()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        parsed(Self::parse, text)
    }
}

impl Scalar for PaymentStatus {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        Self::parse(text).ok_or_else(|| format!("{text:?} is no payment status"))
    }
}

/// A local time as ISO 8601 has it, such as `15:00:00`.
impl Scalar for Time {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Result<Self, Reason> {
        text.parse().map_err(reason)
    }
}

/// Currency code, space, minor units, such as `EUR 38700`: one value, so that no amount is without its currency.
impl Scalar for SignedMoney {
    fn write(&self) -> String {
        format!("{} {}", self.currency(), self.amount())
    }

    fn read(text: &str) -> Result<Self, Reason> {
        let (currency, amount) = text.split_once(' ').ok_or_else(|| format!("{text:?} is no amount"))?;
        let amount = amount.parse().map_err(|_| format!("{text:?} is no amount"))?;
        Self::new(amount, parsed(Currency::parse, currency)?).map_err(reason)
    }
}

impl Scalar for Money {
    fn write(&self) -> String {
        format!("{} {}", self.currency(), self.amount())
    }

    fn read(text: &str) -> Result<Self, Reason> {
        SignedMoney::read(text)?.try_into().map_err(reason)
    }
}
