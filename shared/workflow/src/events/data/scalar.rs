//! Values that are one text on the bus: each is the domain's type, read and written by its own rules, with its JSON Schema.

use std::borrow::Cow;
use std::convert::identity;

use holdfast_app::kernel::{Part, guest_mark};
use holdfast_domain::money::Currency;
use holdfast_domain::{
    BookingId, BookingStatus, GuestId, GuestMark, HoldId, Lifecycle, Money, PaymentStatus, PropertyId,
    ResourceId, SlotKey,
};
use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// A value with a form as text.
pub trait Scalar: Sized {
    /// The name of its schema.
    const NAME: &'static str;

    /// The text.
    fn write(&self) -> String;

    /// The value of a text.
    ///
    /// # Errors
    /// Why there is none.
    fn read(text: &str) -> Result<Self, String>;

    /// What its schema says, given that of a text.
    fn schema(text: ObjectBuilder) -> ObjectBuilder;
}

/// A value that is a text on the bus.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<T>(pub T);

impl<T: Scalar> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.write())
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

impl<T: Scalar> PartialSchema for Text<T> {
    fn schema() -> RefOr<Schema> {
        T::schema(ObjectBuilder::new().schema_type(Type::String)).into()
    }
}

impl<T: Scalar> ToSchema for Text<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

macro_rules! scalars {
    ($($(#[$doc:meta])* $alias:ident = $type:ident: $read:expr, $write:expr, $schema:expr;)*) => {$(
        $(#[$doc])*
        pub type $alias = Text<$type>;

        impl Scalar for $type {
            const NAME: &'static str = stringify!($alias);

            fn write(&self) -> String {
                $write(self).into()
            }

            fn read(text: &str) -> Result<Self, String> {
                $read(text).map_err(|error| format!("{text:?}: {error}"))
            }

            fn schema(text: ObjectBuilder) -> ObjectBuilder {
                $schema(text)
            }
        }
    )*};
}

/// The value of that name.
fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Result<T, &'static str> {
    all.iter().copied().find(|value| name(*value) == text).ok_or("not known")
}

/// A text that is one of some names.
fn one_of<T: Copy>(text: ObjectBuilder, all: &[T], name: impl Fn(T) -> &'static str) -> ObjectBuilder {
    text.enum_values(Some(all.iter().map(|value| name(*value))))
}

scalars! {
    /// A hold's id.
    HoldName = HoldId: HoldId::parse, HoldId::as_str, identity;
    /// A booking's id.
    BookingName = BookingId: BookingId::parse, BookingId::as_str, identity;
    /// A property's id.
    PropertyName = PropertyId: PropertyId::parse, PropertyId::as_str, identity;
    /// A resource's id.
    ResourceName = ResourceId: ResourceId::parse, ResourceId::as_str, identity;
    /// A slot's name within its page.
    SlotName = SlotKey: SlotKey::parse, SlotKey::as_str, identity;
    /// A guest's pseudonym.
    Pseudonym = GuestMark: GuestMark::parse, GuestMark::as_str, identity;
    /// The status of a booking.
    StatusName = BookingStatus:
        |text| named(&BookingStatus::ALL, BookingStatus::as_str, text), |status: &BookingStatus| status.as_str(),
        |text| one_of(text, &BookingStatus::ALL, BookingStatus::as_str);
    /// The status of a booking's payment.
    PaymentStatusName = PaymentStatus:
        |text| named(&PaymentStatus::ALL, PaymentStatus::as_str, text), |status: &PaymentStatus| status.as_str(),
        |text| one_of(text, &PaymentStatus::ALL, PaymentStatus::as_str);
    /// The state of an order as a whole.
    LifecycleName = Lifecycle:
        |text| named(&Lifecycle::ALL, Lifecycle::as_str, text), |state: &Lifecycle| state.as_str(),
        |text| one_of(text, &Lifecycle::ALL, Lifecycle::as_str);
    /// A currency, ISO 4217.
    CurrencyCode = Currency:
        Currency::parse, |currency: &Currency| currency.code().to_owned(),
        |text: ObjectBuilder| text.pattern(Some("^[A-Z]{3}$"));
    /// An instant, RFC 3339.
    Instant = Timestamp:
        |text: &str| text.parse::<Timestamp>(), ToString::to_string,
        |text: ObjectBuilder| text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
}

/// The one that changed a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The caller, or the name of a part of the system. Only version 1 publishes it.
    pub(super) caller: String,
}

/// The pseudonym of the one that changed a booking, or a part of the system.
pub type ActorName = Text<Actor>;

impl Scalar for Actor {
    const NAME: &'static str = "Actor";

    /// The name of a part of the system; of a caller the pseudonym that their bookings have.
    fn write(&self) -> String {
        match GuestId::parse(&self.caller) {
            Ok(caller) if Part::parse(&self.caller).is_none() => guest_mark(&caller).to_string(),
            Ok(_) | Err(_) => self.caller.clone(),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        Ok(Self { caller: text.to_owned() })
    }

    fn schema(text: ObjectBuilder) -> ObjectBuilder {
        text
    }
}

/// An amount of money on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Price {
    /// In the currency's minor unit.
    #[schema(minimum = 0)]
    pub amount: i64,
    /// ISO 4217.
    pub currency: CurrencyCode,
}

impl From<Money> for Price {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: Text(money.currency()) }
    }
}
