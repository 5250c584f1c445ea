//! Identifiers, each a validated string of bounded length.

use std::cmp::Ordering;
use std::fmt;

use thiserror::Error;

/// Why a string is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// Empty, or longer than the bound.
    #[error("must have 1 to {max} characters")]
    Length {
        /// The longest identifier accepted, in characters.
        max: usize,
    },
    /// A character outside of the allowed set.
    #[error("may contain only {allowed}")]
    Character {
        /// The allowed set, in words.
        allowed: &'static str,
    },
}

fn checked(text: &str, max: usize, allowed: fn(char) -> bool) -> Result<String, InvalidId> {
    if text.is_empty() || text.len() > max {
        return Err(InvalidId::Length { max });
    }
    if !text.chars().all(allowed) {
        return Err(InvalidId::Character { allowed: "letters, digits, '.', '_', ':' and '-'" });
    }
    Ok(text.to_owned())
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-')
}

fn is_visible(c: char) -> bool {
    c.is_ascii_graphic()
}

macro_rules! id {
    ($(#[$attribute:meta])* $name:ident, $max:expr, $allowed:expr) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses the identifier.
            ///
            /// # Errors
            /// [`InvalidId`] when it is empty, too long, or has a character that is not allowed.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                checked(text, $max, $allowed).map(Self)
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A bookable resource, named by the operator: 1 to 64 letters, digits, `.`, `_`, `:`, `-`.
    #[derive(PartialOrd, Ord)]
    ResourceId, 64, is_token
);
id!(
    /// A property, named by the platform: 1 to 64 letters, digits, `.`, `_`, `:`, `-`.
    #[derive(PartialOrd, Ord)]
    PropertyId, 64, is_token
);
id!(
    /// A hold. Derived from caller and idempotency key, so that a retry meets its own earlier self.
    #[derive(PartialOrd, Ord)]
    HoldId, 64, is_token
);
id!(
    /// A booking. Derived from caller and idempotency key of the payment attempt.
    #[derive(PartialOrd, Ord)]
    BookingId, 64, is_token
);
id!(
    /// Who holds or books: the `sub` of the caller's token, after the name of its issuer unless that is the guests', 1 to 128 visible ASCII characters.
    #[derive(PartialOrd, Ord)]
    GuestId, 128, is_visible
);
id!(
    /// A digest of a guest's id, short enough to stand beside each of their holds on a page.
    #[derive(PartialOrd, Ord)]
    GuestMark, 16, is_token
);
id!(
    /// A digest of a request's content, to tell a retry from another request under the same key.
    #[derive(PartialOrd, Ord)]
    Fingerprint, 64, is_token
);
id!(
    /// A digest over a booking's audit trail up to one of its entries.
    #[derive(PartialOrd, Ord)]
    Seal, 64, is_token
);
id!(
    /// A slot's name within its page: the day of the month, the minutes since local midnight, or `event`. Ordered by time,
    /// as its page has the slots: minutes are numbers without leading zeros, so the shorter is the earlier.
    SlotKey, 8, is_token
);

impl Ord for SlotKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SlotKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
