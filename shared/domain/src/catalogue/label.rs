//! Labels: the short texts an operator gives, and the form by which they are compared.

use caseless::Caseless;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The longest label, in characters.
pub const LABEL_LENGTH_MAX: usize = 120;

/// Why a label is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "must have 1 to {LABEL_LENGTH_MAX} characters, no control characters, no '#' and no space at its ends"
)]
pub struct InvalidLabel;

/// A short text an operator gives: a type, a name, a location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// Parses a label.
    ///
    /// # Errors
    /// [`InvalidLabel`].
    pub fn parse(text: &str) -> Result<Self, InvalidLabel> {
        let length = text.chars().count();
        let clean = text.chars().all(|c| !c.is_control() && c != '#') && text.trim() == text;
        if clean && (1..=LABEL_LENGTH_MAX).contains(&length) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLabel)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text in the form by which texts are compared: Unicode's compatibility caseless match (The Unicode Standard, D146),
/// composed. Neither case nor width nor the way an accent is written makes a difference. A label has no `#`, and neither has
/// its form: what else would become one stays a wide one.
#[must_use]
pub fn comparable(text: &str) -> String {
    let folded = text.chars().nfd().default_case_fold().nfkd().default_case_fold().nfkc();
    folded.map(|c| if c == '#' { '\u{FF03}' } else { c }).collect()
}
