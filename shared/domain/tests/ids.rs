//! Identifiers: how long they may be, and of which characters.

use holdfast_domain::ids::InvalidId;
use holdfast_domain::{BookingId, Fingerprint, GuestId, HoldId, ResourceId, Seal, SlotKey};

/// An identifier is taken up to `max` characters, keeps its text, and is refused where it is empty, too long or strange.
fn check<T>(max: usize, parse: impl Fn(&str) -> Result<T, InvalidId>, text: impl Fn(&T) -> String) {
    for good in ["x".to_owned(), "x".repeat(max - 1), "x".repeat(max)] {
        assert_eq!(parse(&good).map(|id| text(&id)), Ok(good));
    }
    for long in ["x".repeat(max + 1), String::new()] {
        assert_eq!(parse(&long).map(|id| text(&id)), Err(InvalidId::Length { max }), "{long}");
    }
    for strange in ["a b", "a\n", "\u{e9}"] {
        assert_eq!(parse(strange).map(|id| text(&id)), Err(CHARACTER), "{strange}");
    }
}

macro_rules! check {
    ($id:ident, $max:expr) => {
        check($max, $id::parse, |id: &$id| {
            assert_eq!(id.to_string(), id.as_str());
            id.to_string()
        })
    };
}

const CHARACTER: InvalidId = InvalidId::Character { allowed: "letters, digits, '.', '_', ':' and '-'" };

#[test]
fn ids_are_bounded() {
    check!(ResourceId, 64);
    check!(HoldId, 64);
    check!(BookingId, 64);
    check!(Fingerprint, 64);
    check!(Seal, 64);
    check!(GuestId, 128);
    check!(SlotKey, 8);
}

#[test]
fn ids_are_made_of_known_characters() {
    assert!(ResourceId::parse("hotel-nyc_1.a:b").is_ok());
    // What separates the parts of a stored key.
    assert_eq!(ResourceId::parse("a#b"), Err(CHARACTER));
    assert_eq!(ResourceId::parse("auth0|abc"), Err(CHARACTER));
    assert!(GuestId::parse("auth0|abc").is_ok());
}
