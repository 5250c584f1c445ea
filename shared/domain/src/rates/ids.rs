//! Names of the parts of a rate card, each unique among its kind. They are shared, not copied: every step of every price has one.

use std::fmt;
use std::sync::Arc;

use crate::ids::InvalidId;

/// The longest name of a part of a rate card, in characters.
pub const NAME_LENGTH_MAX: usize = 40;

macro_rules! name {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses the name: 1 to [`NAME_LENGTH_MAX`] small letters, digits and `-`.
            ///
            /// # Errors
            /// [`InvalidId`].
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if text.is_empty() || text.len() > NAME_LENGTH_MAX {
                    return Err(InvalidId::Length { max: NAME_LENGTH_MAX });
                }
                let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if text.chars().all(is_allowed) {
                    Ok(Self(Arc::from(text)))
                } else {
                    Err(InvalidId::Character { allowed: "small letters, digits and '-'" })
                }
            }

            /// The name as text.
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

name!(
    /// A rate plan, such as `flexible`.
    PlanId
);
name!(
    /// A rule of prices, such as `summer`.
    RuleId
);
name!(
    /// A tax or a fee, such as `city-tax`.
    ChargeId
);
name!(
    /// A restriction, such as `weekend-minimum`.
    RestrictionId
);
name!(
    /// Something that can be chosen beside the places, such as `parking`.
    ExtraId
);
name!(
    /// A kind of unit with a price of its own, such as `child`.
    UnitTypeId
);
name!(
    /// A named set of dates, such as `school-holidays`.
    CalendarId
);
name!(
    /// Where a booking comes from, such as `web`.
    Channel
);
name!(
    /// What taxes are levied on, such as `stay`, `breakfast` or `service`.
    TaxCategory
);
name!(
    /// A group of people who may see a private rate, such as `company-acme`.
    RateGroup
);

impl Channel {
    /// Where what names no channel comes from: the house's own pages.
    #[must_use]
    pub fn web() -> Self {
        Self("web".into())
    }
}

impl TaxCategory {
    /// The category of the places themselves, without what a plan includes and taxes apart.
    #[must_use]
    pub fn stay() -> Self {
        Self(Arc::from("stay"))
    }
}
