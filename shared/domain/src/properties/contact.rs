//! How the staff of a property is reached, and what it asks of its guests.

use thiserror::Error;

use crate::bookings::{EmailAddress, PhoneNumber};

/// The longest address of a website, in characters.
pub const WEBSITE_LENGTH_MAX: usize = 300;
/// The longest house rules, in characters.
pub const HOUSE_RULES_LENGTH_MAX: usize = 4000;
/// What a website's address begins with.
const SCHEME: &str = "https://";

/// Why a text of a property is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidText {
    /// Not the address of a website.
    #[error(
        "must be an address of at most {WEBSITE_LENGTH_MAX} characters, such as https://hotel.example/en"
    )]
    Website,
    /// None, too long, or with control characters.
    #[error(
        "must have 1 to {HOUSE_RULES_LENGTH_MAX} characters and no control characters but tabs and line breaks"
    )]
    HouseRules,
}

/// The address of a website: `https`, a name with a dot, and then visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Website(String);

impl Website {
    /// Parses an address.
    ///
    /// # Errors
    /// [`InvalidText::Website`].
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let rest = text.strip_prefix(SCHEME).ok_or(InvalidText::Website)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let labels = || host.split('.');
        let is_label =
            |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let fine = text.len() <= WEBSITE_LENGTH_MAX
            && text.bytes().all(|b| b.is_ascii_graphic())
            && labels().count() > 1
            && labels().all(is_label);
        if fine { Ok(Self(text.to_owned())) } else { Err(InvalidText::Website) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How the staff of a property is reached: for everybody to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PropertyContact {
    /// Where mails go.
    pub email: Option<EmailAddress>,
    /// Where calls go.
    pub phone: Option<PhoneNumber>,
    /// Its website.
    pub website: Option<Website>,
}

/// What a property asks of its guests, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseRules(String);

impl HouseRules {
    /// Parses house rules.
    ///
    /// # Errors
    /// [`InvalidText::HouseRules`].
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let is_shown = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
        let fine = (1..=HOUSE_RULES_LENGTH_MAX).contains(&text.chars().count()) && text.chars().all(is_shown);
        if fine { Ok(Self(text.to_owned())) } else { Err(InvalidText::HouseRules) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
