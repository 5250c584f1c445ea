//! Money in minor units, with checked arithmetic.

use std::fmt;

use thiserror::Error;

/// Active currency codes of ISO 4217 (funds and metals left out).
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF \
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT \
MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR \
SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST \
XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// The largest amount accepted, in minor units, whatever a payment provider takes in one charge.
pub const AMOUNT_MAX: i64 = 99_999_999_999;

/// Why an amount or a currency is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Not an active ISO 4217 code.
    #[error("must be the ISO 4217 code, in capitals, of a currency that people pay with, such as EUR")]
    UnknownCurrency,
    /// Below zero or above [`AMOUNT_MAX`].
    #[error("must be between 0 and {AMOUNT_MAX} minor units")]
    OutOfRange,
    /// Two currencies in one calculation.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
}

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Parses a code such as `EUR`.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`].
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        if code.len() == 3 && CODES.split(' ').any(|known| known == code) {
            let bytes = code.as_bytes();
            Ok(Self([bytes[0], bytes[1], bytes[2]]))
        } else {
            Err(MoneyError::UnknownCurrency)
        }
    }

    /// Every currency.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.split(' ').filter_map(|code| Self::parse(code).ok())
    }

    /// The decimals of its minor unit, by ISO 4217: 2 of EUR, 0 of JPY.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in the minor unit of its currency, never below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

impl Money {
    /// The amount for people: with as many decimals as ISO 4217 gives its currency, and that, as `12.90 EUR`.
    #[must_use]
    pub fn for_people(&self) -> String {
        let currency = self.currency();
        let decimals = currency.decimals();
        let unit = 10_i64.pow(decimals);
        let (whole, part) = (self.amount() / unit, self.amount() % unit);
        if decimals == 0 {
            format!("{whole} {currency}")
        } else {
            let width = usize::try_from(decimals).unwrap_or(2);
            format!("{whole}.{part:0width$} {currency}")
        }
    }

    /// An amount in minor units.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn new(amount: i64, currency: Currency) -> Result<Self, MoneyError> {
        if (0..=AMOUNT_MAX).contains(&amount) {
            Ok(Self { amount, currency })
        } else {
            Err(MoneyError::OutOfRange)
        }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Minor units.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    #[expect(clippy::should_implement_trait, reason = "a checked sum is no `Add`")]
    pub fn add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount.saturating_add(other.amount), self.currency)
    }

    /// The difference; below zero is out of range.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn subtract(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount.saturating_sub(other.amount), self.currency)
    }

    /// The amount taken `count` times.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn times(self, count: u64) -> Result<Self, MoneyError> {
        let count = i64::try_from(count).map_err(|_| MoneyError::OutOfRange)?;
        Self::new(self.amount.checked_mul(count).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// A percentage of the amount, rounded half up to the minor unit (API.md, Resources).
    #[must_use]
    pub fn percent(self, percent: Percent) -> Self {
        let hundredfold = i128::from(self.amount) * i128::from(percent.0);
        let rounded = (hundredfold + 50) / 100;
        Self { amount: i64::try_from(rounded).unwrap_or(self.amount), currency: self.currency }
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

/// An amount in the minor unit of its currency that may be below nothing, such as a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignedMoney {
    amount: i64,
    currency: Currency,
}

impl SignedMoney {
    /// An amount in minor units, its size at most [`AMOUNT_MAX`].
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn new(amount: i64, currency: Currency) -> Result<Self, MoneyError> {
        if (-AMOUNT_MAX..=AMOUNT_MAX).contains(&amount) {
            Ok(Self { amount, currency })
        } else {
            Err(MoneyError::OutOfRange)
        }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Minor units.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    #[expect(clippy::should_implement_trait, reason = "a checked sum is no `Add`")]
    pub fn add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        Self::new(self.amount.saturating_add(other.amount), self.currency)
    }
}

impl From<Money> for SignedMoney {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency }
    }
}

impl TryFrom<SignedMoney> for Money {
    type Error = MoneyError;

    fn try_from(money: SignedMoney) -> Result<Self, MoneyError> {
        Self::new(money.amount, money.currency)
    }
}

/// A whole percentage between 0 and 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A percentage, or `None` above 100.
    #[must_use]
    pub fn new(value: u8) -> Option<Self> {
        (value <= 100).then_some(Self(value))
    }

    /// The number, 0 to 100.
    #[must_use]
    pub fn value(self) -> u8 {
        self.0
    }
}
