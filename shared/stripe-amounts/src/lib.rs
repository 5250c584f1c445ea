//! Amounts as Stripe counts them, and what Stripe can charge.
//!
//! Promises: an amount of the contract (ISO 4217 minor units) and its amount at Stripe are the same money, both ways, or there
//! is none at Stripe. The tables are those of <https://docs.stripe.com/currencies>: "Zero-decimal currencies",
//! "Three-decimal currencies", "Special cases", "Minimum and maximum charge amounts".
//!
//! It is a crate of its own, without a client: functions that check a price need no connection to Stripe, and no key.
//! Deliberately absent: rates of exchange. Where Stripe converts a charge into another settlement currency, its minimum is that
//! of the settlement currency at the day's rate, which only Stripe knows.

use holdfast_app::payments::{ChargeLimits, ChargeRules};
use holdfast_domain::money::AMOUNT_MAX;
use holdfast_domain::{Currency, Money};
use thiserror::Error;

/// Currencies that Stripe presents to card holders ("Supported presentment currencies"), of those that the contract knows.
/// Left out, because Stripe does not have them: BTN CUP ERN GHS IQD IRR KPW LYD MRU SDG SSP STN SVC SYP TMT VES ZWG.
const CHARGED: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP \
CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD \
JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TND TOP TRY TTD \
TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW";

/// "Zero-decimal currencies". UGX is in Stripe's list too, but its special case says otherwise.
const ZERO_DECIMAL: &str = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
/// "Three-decimal currencies": the last digit has to be 0.
const THREE_DECIMAL: &str = "BHD JOD KWD OMR TND";
/// "Special cases": two decimals, which are always 00. (HUF and TWD are special in payouts only.)
const WHOLE_UNITS: &str = "ISK UGX";

/// "Minimum charge amount by currency", in Stripe's units, for charges that settle in their own currency.
const MINIMUMS: &[(&str, i64)] = &[
    ("AED", 2_00),
    ("ARS", 50),
    ("AUD", 50),
    ("BRL", 50),
    ("CAD", 50),
    ("CHF", 50),
    ("COP", 50),
    ("CZK", 15_00),
    ("DKK", 2_50),
    ("EUR", 50),
    ("GBP", 30),
    ("HKD", 4_00),
    ("HUF", 17_500),
    ("IDR", 50),
    ("ILS", 50),
    ("INR", 50),
    ("JPY", 50),
    ("KRW", 50),
    ("MXN", 10_00),
    ("MYR", 2_00),
    ("NOK", 3_00),
    ("NZD", 50),
    ("PHP", 50),
    ("PLN", 2_00),
    ("RON", 2_00),
    ("RUB", 50),
    ("SEK", 3_00),
    ("SGD", 50),
    ("THB", 10_00),
    ("USD", 50),
    ("ZAR", 50),
];

/// "Maximum charge amounts": eight digits, which every account and method takes, and more where the page says so of all.
const MAXIMUM: i64 = 99_999_999;
const MAXIMUMS: &[(&str, i64)] = &[("COP", 9_999_999_999), ("IDR", 999_999_999_999), ("INR", 999_999_999)];

/// Why an amount has no counterpart on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Stripe does not have the currency.
    #[error("Stripe does not charge {0}")]
    Currency(Currency),
    /// A part of the amount is smaller than what the other side can say.
    #[error("{amount} of {currency} is no whole number of what can be paid")]
    Fraction {
        /// The amount, in the units of the side that it is of.
        amount: i64,
        /// Its currency.
        currency: Currency,
    },
    /// It is below zero, or more than the other side can say.
    #[error("{amount} of {currency} is out of range")]
    OutOfRange {
        /// The amount, in the units of the side that it is of.
        amount: i64,
        /// Its currency.
        currency: Currency,
    },
}

/// An amount in Stripe's units, with the divisibility that Stripe asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderAmount {
    amount: i64,
}

fn is_in(list: &str, currency: Currency) -> bool {
    list.split(' ').any(|code| code == currency.code())
}

fn entry(table: &[(&str, i64)], currency: Currency) -> Option<i64> {
    table.iter().find(|(code, _)| *code == currency.code()).map(|(_, amount)| *amount)
}

/// How Stripe counts a currency.
#[derive(Debug, Clone, Copy)]
struct Units {
    /// Of Stripe's units, how many make one of the contract's; 1 if Stripe's are the larger.
    per_minor: i64,
    /// Of the contract's units, how many make one of Stripe's; 1 if the contract's are the larger.
    per_unit: i64,
    /// What an amount at Stripe has to be a multiple of.
    multiple: i64,
}

impl Units {
    fn of(currency: Currency) -> Result<Self, AmountError> {
        if !is_in(CHARGED, currency) {
            return Err(AmountError::Currency(currency));
        }
        let (decimals, multiple) = if is_in(ZERO_DECIMAL, currency) {
            (0, 1)
        } else if is_in(THREE_DECIMAL, currency) {
            (3, 10)
        } else if is_in(WHOLE_UNITS, currency) {
            (2, 100)
        } else {
            (2, 1)
        };
        let minor = currency.decimals();
        let power = |by: u32| 10_i64.pow(by);
        Ok(Self {
            per_minor: power(u32::saturating_sub(decimals, minor)),
            per_unit: power(u32::saturating_sub(minor, decimals)),
            multiple,
        })
    }

    /// The smallest amount of the contract that can be charged; every other is a multiple of it.
    fn step(self) -> i64 {
        self.per_unit * (self.multiple / self.per_minor).max(1)
    }
}

impl ProviderAmount {
    /// The same money at Stripe.
    ///
    /// # Errors
    /// [`AmountError`].
    pub fn of(money: Money) -> Result<Self, AmountError> {
        let (amount, currency) = (money.amount(), money.currency());
        let units = Units::of(currency)?;
        let scaled =
            amount.checked_mul(units.per_minor).ok_or(AmountError::OutOfRange { amount, currency })?;
        if scaled % units.per_unit != 0 || (scaled / units.per_unit) % units.multiple != 0 {
            return Err(AmountError::Fraction { amount, currency });
        }
        Ok(Self { amount: scaled / units.per_unit })
    }

    /// The money of an amount that Stripe names. What Stripe takes and gives back need not be a multiple of what it charges.
    ///
    /// # Errors
    /// [`AmountError`].
    pub fn money(amount: i64, currency: Currency) -> Result<Money, AmountError> {
        let units = Units::of(currency)?;
        let out_of_range = AmountError::OutOfRange { amount, currency };
        let scaled = amount.checked_mul(units.per_unit).ok_or(out_of_range)?;
        if scaled % units.per_minor != 0 {
            return Err(AmountError::Fraction { amount, currency });
        }
        Money::new(scaled / units.per_minor, currency).map_err(|_| out_of_range)
    }

    /// In Stripe's units.
    #[must_use]
    pub fn amount(self) -> i64 {
        self.amount
    }
}

/// What Stripe can charge of a currency, in the contract's units; none if it does not have it.
#[must_use]
pub fn charge_limits(currency: Currency) -> Option<ChargeLimits> {
    let units = Units::of(currency).ok()?;
    let step = units.step();
    let minor = |amount: i64| amount.saturating_mul(units.per_unit) / units.per_minor;
    let least = minor(entry(MINIMUMS, currency).unwrap_or(1)).max(1);
    let most = minor(entry(MAXIMUMS, currency).unwrap_or(MAXIMUM)).min(AMOUNT_MAX);
    ChargeLimits::new(currency, step, (least + step - 1) / step * step, most / step * step)
}

/// Stripe's rules, for the use cases that decide about prices.
#[must_use]
pub fn charge_rules() -> ChargeRules {
    ChargeRules::new(charge_limits)
}
