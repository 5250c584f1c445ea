//! Readers of single values: numbers, texts, instants, dates, identifiers. Each gives the value or says what it must be.

use std::fmt::Display;
use std::ops::RangeInclusive;

use holdfast_domain::When;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::Value;

use crate::read::body::kind;
use crate::read::cards::{REFUSED, has_card_number, is_card_with_plus};

/// A text, as it came. Every text of a body is read by this, except instants, whose shape no card's number has ([`shaped_text`]), and
/// phone numbers, some of which look like a card's ([`phone_text`]).
pub fn text(value: &Value) -> Result<&str, String> {
    let text = shaped_text(value)?;
    without_card(text)?;
    Ok(text)
}

/// A text that is refused next unless it has a shape that no card's number has.
pub fn shaped_text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("must be a string, not {}", kind(value)))
}

/// A text that is refused next unless it is a phone number: `+` and at most 15 digits. So long are the numbers of American Express and
/// Diners Club, and no phone number that begins as theirs; those of other cards are longer.
pub fn phone_text(value: &Value) -> Result<&str, String> {
    let text = shaped_text(value)?;
    if is_card_with_plus(text) { Err(REFUSED.to_owned()) } else { Ok(text) }
}

/// Refuses a text that has a card's number in it.
pub fn without_card(text: &str) -> Result<(), String> {
    if has_card_number(text) { Err(REFUSED.to_owned()) } else { Ok(()) }
}

/// A text that something else can parse.
pub fn parsed<T, E: Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(&Value) -> Result<T, String> {
    move |value| parse(text(value)?).map_err(|error| error.to_string())
}

/// A whole number within a range. `1.0`, `1e3` and `"1"` are none.
pub fn integer(range: RangeInclusive<i64>) -> impl FnOnce(&Value) -> Result<i64, String> {
    move |value| {
        let number = match value {
            Value::Number(number) => number,
            other => return Err(format!("must be an integer, not {}", kind(other))),
        };
        match number.as_i64() {
            Some(whole) if range.contains(&whole) => Ok(whole),
            None if number.is_f64() => Err("must be an integer, not a fraction".to_owned()),
            Some(_) | None => Err(format!("must be between {} and {}", range.start(), range.end())),
        }
    }
}

/// As [`integer`], for unsigned types.
pub fn unsigned<T: TryFrom<i64> + Into<i64> + Copy>(
    range: RangeInclusive<T>,
) -> impl FnOnce(&Value) -> Result<T, String> {
    let bounds = (*range.start()).into()..=(*range.end()).into();
    move |value| T::try_from(integer(bounds)(value)?).map_err(|_| "is out of range".to_owned())
}

/// Yes or no.
pub fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("must be true or false, not {}", kind(value)))
}

/// Text of 1 to `most` characters without control characters.
pub fn clean(most: usize) -> impl FnOnce(&Value) -> Result<String, String> {
    move |value| {
        let text = text(value)?;
        let fine = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fine {
            Ok(text.to_owned())
        } else {
            Err(format!("must have 1 to {most} characters and no control characters"))
        }
    }
}

/// A local date, `YYYY-MM-DD`.
pub fn date(text: &str) -> Result<Date, String> {
    let wrong = || "must be a day of the calendar, such as 2027-06-01".to_owned();
    if !shaped(text, b"dddd-dd-dd") {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// A local time, `HH:MM`.
pub fn time_of_day(text: &str) -> Result<Time, String> {
    let wrong = || "must be a local time from 00:00 to 23:59".to_owned();
    if !shaped(text, b"dd:dd") {
        return Err(wrong());
    }
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

/// An instant by RFC 3339, with `Z` or an offset up to 23:59. What RFC 9557 and ISO 8601 allow beyond that is refused, and so
/// is the 60th second of a minute: the time of computers has no leap seconds, so it would be read as another instant.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    let wrong = || "must be an RFC 3339 instant, such as 2027-06-01T15:00:00Z".to_owned();
    let upper = text.to_ascii_uppercase();
    let (moment, offset) = match upper.strip_suffix('Z') {
        Some(moment) => (moment, ""),
        None => upper.split_at_checked(upper.len().saturating_sub(6)).ok_or_else(wrong)?,
    };
    let (seconds, fraction) = moment.split_once('.').unwrap_or((moment, "0"));
    let valid = shaped(seconds, b"dddd-dd-ddTdd:dd:dd")
        && !seconds.ends_with(":60")
        && (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && (offset.is_empty() || offset.starts_with(['+', '-']) && time_of_day(&offset[1..]).is_ok());
    if !valid {
        return Err(wrong());
    }
    upper.parse().map_err(|_| wrong())
}

/// An instant, or a local date of the resource.
pub fn when(text: &str) -> Result<When, String> {
    if shaped(text, b"dddd-dd-dd") {
        return date(text).map(When::Date);
    }
    instant(text)
        .map(When::Instant)
        .map_err(|_| "must be an RFC 3339 instant or a date: 2027-06-01T15:00:00Z or 2027-06-01".to_owned())
}

/// Whether `text` has the shape of `pattern`, in which `d` stands for a digit.
fn shaped(text: &str, pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern).all(|(given, wanted)| match wanted {
            b'd' => given.is_ascii_digit(),
            other => given == *other,
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let read = when(text).ok().map(|when| match when {
            When::Instant(at) => at.to_string(),
            When::Date(date) => date.to_string(),
        });
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn instants_and_dates() {
        check("2026-06-01", Some("2026-06-01"));
        check("2026-06-01T15:00:00Z", Some("2026-06-01T15:00:00Z"));
        check("2026-06-01t15:00:00z", Some("2026-06-01T15:00:00Z"));
        check("2026-06-01T15:00:00.250Z", Some("2026-06-01T15:00:00.25Z"));
        check("2026-06-01T17:00:00+02:00", Some("2026-06-01T15:00:00Z"));
        check("2026-06-01T10:00:00-05:00", Some("2026-06-01T15:00:00Z"));
        for wrong in [
            "",
            "Z",
            "tomorrow",
            "2026-02-30",
            "2026-6-1",
            "2026-06-01T15:00:00",
            "2026-06-01T15:00Z",
            "2026-06-01 15:00:00Z",
            "2026-06-01T25:00:00Z",
            "2026-06-01T10:00:60Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5+00:00",
            "2026-06-01T15:00:00+0200",
            "2026-06-01T15:00:00+99:00",
            "2026-06-01T15:00:00+25:00",
            "2026-06-01T15:00:00-24:00",
            "2026-06-01T15:00:00+02:60",
            "2026-06-01T15:00:00[Europe/Berlin]",
            "2026-06-01T15:00:00Z[UTC]",
            "20260601T150000Z",
            "2026-06-01T15:00:00.Z",
            "２０２６-06-01",
            "+002026-06-01T15:00:00Z",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!(time_of_day("15:00"), Ok(jiff::civil::time(15, 0, 0, 0)));
        for wrong in ["24:00", "9:00", "15:60", "15:00:00", "1500", "", "ab:cd"] {
            assert!(time_of_day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_integers_are_integers() {
        let read = |value: Value| unsigned(1_u32..=100)(&value);
        assert_eq!(read(json!(1)), Ok(1));
        assert_eq!(read(json!(100)), Ok(100));
        for wrong in
            [json!(0), json!(101), json!(-1), json!(1.5), json!(1.0), json!("1"), json!(true), json!([1])]
        {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
        let exponent: Value = serde_json::from_str("1e1").expect("JSON");
        assert!(read(exponent).is_err());
        let large: Value = serde_json::from_str("18446744073709551615").expect("JSON");
        assert_eq!(read(large), Err("must be between 1 and 100".to_owned()));
    }

    proptest! {
        #![proptest_config(holdfast_properties::config(1000, "tests/regressions/fields.txt"))]

        #[test]
        fn no_text_makes_a_reader_panic(text in ".{0,60}") {
            let _ = (when(&text), date(&text), time_of_day(&text), instant(&text));
        }

        #[test]
        fn nothing_near_an_instant_makes_a_reader_panic(text in "[0-9TZ:+.-]{10,30}") {
            let _ = (when(&text), date(&text), time_of_day(&text), instant(&text));
        }
    }
}
