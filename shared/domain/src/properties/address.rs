//! Where mail for a property goes.

use thiserror::Error;

/// The most lines of an address before the city.
pub const ADDRESS_LINES_MAX: usize = 4;
/// The longest line, city or region, in characters.
const LINE_LENGTH_MAX: usize = 120;
/// The longest postal code, in characters.
const POSTAL_CODE_LENGTH_MAX: usize = 16;

/// The officially assigned codes of ISO 3166-1, of two letters.
pub const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV \
BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB \
GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF \
NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO \
SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Why a part of an address is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidAddress {
    /// No line, a long one, or one with control characters.
    #[error("must have 1 to {LINE_LENGTH_MAX} characters and no control characters")]
    Line,
    /// None, or more than [`ADDRESS_LINES_MAX`].
    #[error("must have 1 to {ADDRESS_LINES_MAX} lines")]
    Lines,
    /// Not a postal code.
    #[error("must have 1 to {POSTAL_CODE_LENGTH_MAX} letters, digits, spaces and '-'")]
    PostalCode,
    /// Not a country.
    #[error("must be the ISO 3166-1 code of a country, of two capitals, such as DE")]
    Country,
}

/// A line of an address, a city or a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressLine(String);

impl AddressLine {
    /// Parses a line.
    ///
    /// # Errors
    /// [`InvalidAddress::Line`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let fine =
            (1..=LINE_LENGTH_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fine { Ok(Self(text.to_owned())) } else { Err(InvalidAddress::Line) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A postal code, as the country has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostalCode(String);

impl PostalCode {
    /// Parses a postal code.
    ///
    /// # Errors
    /// [`InvalidAddress::PostalCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let fine = (1..=POSTAL_CODE_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-'));
        if fine { Ok(Self(text.to_owned())) } else { Err(InvalidAddress::PostalCode) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A country by its code of ISO 3166-1 alpha-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country([u8; 2]);

impl Country {
    /// Parses a code such as `DE`.
    ///
    /// # Errors
    /// [`InvalidAddress::Country`].
    pub fn parse(code: &str) -> Result<Self, InvalidAddress> {
        match code.as_bytes() {
            &[first, second] if COUNTRIES.split(' ').any(|known| known == code) => Ok(Self([first, second])),
            _ => Err(InvalidAddress::Country),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

/// Where mail for a property goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    lines: Vec<AddressLine>,
    city: AddressLine,
    region: Option<AddressLine>,
    postal_code: Option<PostalCode>,
    country: Country,
}

impl Address {
    /// An address of 1 to [`ADDRESS_LINES_MAX`] lines. Some countries have no postal codes, and some no regions.
    ///
    /// # Errors
    /// [`InvalidAddress::Lines`].
    pub fn new(
        lines: Vec<AddressLine>,
        city: AddressLine,
        region: Option<AddressLine>,
        postal_code: Option<PostalCode>,
        country: Country,
    ) -> Result<Self, InvalidAddress> {
        if (1..=ADDRESS_LINES_MAX).contains(&lines.len()) {
            Ok(Self { lines, city, region, postal_code, country })
        } else {
            Err(InvalidAddress::Lines)
        }
    }

    /// Street and number, or whatever comes before the city.
    #[must_use]
    pub fn lines(&self) -> &[AddressLine] {
        &self.lines
    }

    /// The city.
    #[must_use]
    pub fn city(&self) -> &AddressLine {
        &self.city
    }

    /// The state, province or county.
    #[must_use]
    pub fn region(&self) -> Option<&AddressLine> {
        self.region.as_ref()
    }

    /// The postal code.
    #[must_use]
    pub fn postal_code(&self) -> Option<&PostalCode> {
        self.postal_code.as_ref()
    }

    /// The country.
    #[must_use]
    pub fn country(&self) -> Country {
        self.country
    }
}
