//! Pages of lists: how many results a client asks for, and the cursor of the next page.

use data_encoding::BASE64URL_NOPAD;
use holdfast_app::kernel::fingerprint;

use crate::read::query::{Query, number};

/// The most results of a page, unless the client says.
pub const LIMIT_DEFAULT: u32 = 20;
const CURSOR_LENGTH_MAX: usize = 1024;
const CHECK_LENGTH: usize = 16;

/// The most results a client wants on a page: the parameter `limit`, 1 to `max`; `usual` if it is left out.
#[must_use]
pub fn limit(query: &Query, usual: u32, max: u32) -> u32 {
    query.optional("limit", number(1..=max)).unwrap_or(usual)
}

/// The text of a cursor, if it is of base64url and not longer than ours are.
///
/// # Errors
/// What is wrong with it.
pub fn cursor(text: &str) -> Result<String, String> {
    let ours = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if ours && (1..=CURSOR_LENGTH_MAX).contains(&text.len()) { Ok(text.to_owned()) } else { Err(not_ours()) }
}

/// A store's cursor, made opaque for the caller `owner`. The check in it shows a damaged or borrowed cursor before
/// the store sees it. It is no secret: the store must not trust a cursor with whose list is read.
#[must_use]
pub fn opaque(cursor: &str, owner: &str) -> String {
    BASE64URL_NOPAD.encode(format!("{}{cursor}", check(cursor, owner)).as_bytes())
}

/// The store's cursor in an opaque one.
///
/// # Errors
/// What is wrong with it: it is damaged, too long, or was made for another caller.
pub fn opened(text: &str, owner: &str) -> Result<String, String> {
    BASE64URL_NOPAD
        .decode(cursor(text)?.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            let (given, cursor) = text.split_at_checked(CHECK_LENGTH)?;
            (given == check(cursor, owner)).then(|| cursor.to_owned())
        })
        .ok_or_else(not_ours)
}

fn check(cursor: &str, owner: &str) -> String {
    fingerprint(&["cursor", owner, cursor]).as_str().to_owned()
}

/// The words about a cursor that no page of the list ends at.
#[must_use]
pub fn not_ours() -> String {
    "is not a cursor of this list".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_for_whom_it_was_made_and_undamaged_only() {
        let made = opaque("2026|bkg_1", "a");
        assert_eq!(opened(&made, "a").as_deref(), Ok("2026|bkg_1"));
        assert!(opened(&made, "b").is_err());
        for wrong in ["", "x", "AAAA", &made[1..], &format!("{made}A"), &"A".repeat(CURSOR_LENGTH_MAX + 4)] {
            assert!(opened(wrong, "a").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_a_number_within_bounds() {
        let check = |given: &str, expected: u32, valid: bool| {
            let query = Query::parse(given);
            assert_eq!(limit(&query, LIMIT_DEFAULT, 100), expected, "{given}");
            assert_eq!(query.finish(Some(())).is_ok(), valid, "{given}");
        };
        check("", LIMIT_DEFAULT, true);
        check("limit=1", 1, true);
        check("limit=100", 100, true);
        check("limit=101", LIMIT_DEFAULT, false);
        check("limit=0", LIMIT_DEFAULT, false);
    }
}
