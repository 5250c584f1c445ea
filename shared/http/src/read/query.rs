//! Query parameters. A parameter that is not known is ignored, as HTTP's users expect; one that is known is checked, and one whose name is
//! written otherwise (`dryrun`, `dry_run`) is an error.

use std::ops::RangeInclusive;

use percent_encoding::percent_decode;

use crate::read::errors::Errors;
use crate::refusal::Refusal;

/// A reader of query parameters.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<(String, Option<String>)>,
    /// The errors found so far.
    pub errors: Errors,
}

impl Query {
    /// Splits a query string.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decoded(name)?, decoded(value)))
            })
            .collect();
        Self { pairs, errors: Errors::default() }
    }

    /// A parameter that may be left out; also `None` if it is wrong, which is an error by then.
    pub fn optional<T>(&self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let meant = bare(name);
        let is_meant = |(given, _): &&(String, Option<String>)| given != name && bare(given) == meant;
        for (given, _) in self.pairs.iter().filter(is_meant) {
            self.errors.push(format!("/{given}"), format!("is written {name}"));
        }
        let mut given = self.pairs.iter().filter(|(known, _)| known == name);
        let outcome = match (given.next()?, given.next()) {
            (_, Some(_)) => Err("is given more than once".to_owned()),
            ((_, None), None) => Err("is not UTF-8".to_owned()),
            ((_, Some(value)), None) => read(value),
        };
        outcome.map_err(|detail| self.errors.push(format!("/{name}"), detail)).ok()
    }

    /// A parameter that must be there.
    pub fn required<T>(&self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if !self.pairs.iter().any(|(known, _)| known == name) {
            self.errors.push(format!("/{name}"), "is required");
        }
        self.optional(name, read)
    }

    /// The value that was read, if nothing was wrong.
    ///
    /// # Errors
    /// 422 naming everything that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Refusal> {
        self.errors.finish(value)
    }
}

/// The letters of a parameter's name.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The text of a name or value (<https://url.spec.whatwg.org/#urlencoded-parsing>), `None` if it is not UTF-8: a reader of
/// forms would put replacement characters into it.
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8().ok().map(Into::into)
}

/// A whole number within a range, in decimal digits only.
pub fn number(range: RangeInclusive<u32>) -> impl FnOnce(&str) -> Result<u32, String> {
    move |text| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(number) if digits && range.contains(&number) => Ok(number),
            Ok(_) | Err(_) => {
                Err(format!("must be an integer between {} and {}", range.start(), range.end()))
            }
        }
    }
}

/// An instant whose offset's `+` came unencoded and was read as a space: `2026-06-01T15:00:00 02:00`.
#[must_use]
pub fn with_plus(text: &str) -> String {
    match text.split_at_checked(text.len().saturating_sub(6)) {
        Some((moment, offset)) if moment.contains('T') && offset.starts_with(' ') => {
            format!("{moment}+{}", &offset[1..])
        }
        Some(_) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_checked() {
        let query = Query::parse("location=New+York&limit=20&&name=%C3%A9&twice=1&twice=2&bad=%ff&empty");
        let text = |value: &str| Ok::<_, String>(value.to_owned());
        assert_eq!(query.required("location", text).as_deref(), Some("New York"));
        assert_eq!(query.optional("limit", number(1..=100)), Some(20));
        assert_eq!(query.optional("name", text).as_deref(), Some("é"));
        assert_eq!(query.optional("empty", text).as_deref(), Some(""));
        assert_eq!(query.optional("absent", text), None);
        assert_eq!(query.optional("twice", text), None);
        assert_eq!(query.optional("bad", text), None);
        assert_eq!(query.required("needed", text), None);
        let refusal = query.finish(Some(())).expect_err("three are wrong");
        let pointers: Vec<&str> = refusal.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/twice", "/bad", "/needed"]);
    }

    #[test]
    fn a_name_that_is_written_otherwise_is_not_ignored() {
        let text = |value: &str| Ok::<_, String>(value.to_owned());
        for wrong in ["dryrun", "DryRun", "dry_run", "dry-run"] {
            let query = Query::parse(&format!("{wrong}=true&dry=1"));
            assert_eq!(query.optional("dryRun", text), None);
            let refusal = query.finish(Some(())).expect_err("one is wrong");
            assert_eq!(refusal.errors.len(), 1, "{wrong}");
            assert_eq!(refusal.errors[0].pointer.as_str(), format!("/{wrong}"));
        }
        let query = Query::parse("dryRun=true&dry=1");
        assert_eq!(query.optional("dryRun", text).as_deref(), Some("true"));
        assert!(query.finish(Some(())).is_ok());
    }

    #[test]
    fn what_encodes_nothing_stays_as_it_is() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(decoded(text).as_deref(), expected, "{text}");
        check("a%20b+c", Some("a b c"));
        check("%2B", Some("+"));
        check("100%", Some("100%"));
        check("%zz%4", Some("%zz%4"));
        check("%ff", None);
    }

    #[test]
    fn only_digits_are_numbers() {
        assert_eq!(number(1..=100)("1"), Ok(1));
        for wrong in ["", "0", "101", "+1", "-1", "1.5", "1e1", " 1", "99999999999", "ten"] {
            assert!(number(1..=100)(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_offset_may_come_unencoded() {
        assert_eq!(with_plus("2026-06-01T15:00:00 02:00"), "2026-06-01T15:00:00+02:00");
        assert_eq!(with_plus("2026-06-01T15:00:00Z"), "2026-06-01T15:00:00Z");
        assert_eq!(with_plus("New York"), "New York");
        assert_eq!(with_plus("é"), "é");
    }
}
