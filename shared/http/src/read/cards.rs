//! Card numbers, which no text of a client may have in it: a number that is stored, sent on or logged would bring all of that into
//! the scope of PCI DSS.
//!
//! A card's number begins as one of the brands' does, has as many digits as that brand's have, and its last digit checks the others
//! (ISO/IEC 7812-1, Luhn's check in annex B). People write it in groups, and next to other digits, such as its date of expiry. Other
//! numbers that look so are refused as well; they would be many if any digits of neighbouring numbers made a card's.

/// The longest number of a card.
const DIGITS_MAX: usize = 19;

/// The words about a text that is refused.
pub(crate) const REFUSED: &str = "must not have a card's number in it";

/// A digit of a run: between the digits of a run are no letters.
#[derive(Clone, Copy)]
struct Digit<'a> {
    value: u8,
    /// What separates it from the digit before, empty at the beginning of the run. `None` if it follows directly.
    gap: Option<&'a str>,
}

/// Whether a text has a card's number in it. A text that is a UUID and nothing else has none: ids of accounts are such.
#[must_use]
pub fn has_card_number(text: &str) -> bool {
    !is_uuid(text) && runs(text).iter().any(|run| has_card(run) || has_old_visa(run))
}

/// Whether a phone number is a card's number with a plus before it. Visa's old numbers are not looked for: mobile numbers of Germany
/// are as long, and begin with the same digit.
#[must_use]
pub fn is_card_with_plus(phone: &str) -> bool {
    runs(phone).iter().any(|run| has_card(run))
}

fn runs(text: &str) -> Vec<Vec<Digit<'_>>> {
    let mut runs = Vec::new();
    let mut run: Vec<Digit<'_>> = Vec::new();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if let Some(value) = digit(c) {
            let between =
                if run.is_empty() { Some("") } else { text.get(end..at).filter(|gap| !gap.is_empty()) };
            run.push(Digit { value, gap: between });
            end = at + c.len_utf8();
        } else if c.is_alphanumeric() && !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    runs.push(run);
    runs
}

/// Whether a card's number is anywhere in a run.
fn has_card(run: &[Digit<'_>]) -> bool {
    (0..run.len()).any(|start| {
        let ends = lengths(&run[start..]).iter().map(|length| start + length);
        let mut within = ends.filter(|end| *end <= run.len());
        within.any(|end| is_written_as_one(run, start, end) && passes(&run[start..end]))
    })
}

/// Whether a part of a run can be meant as one number: nothing separates its digits, whatever is before and behind them; or it is whole
/// groups, whatever separates them; or it is grouped as on cards by one and the same separator, whatever is before and behind.
fn is_written_as_one(run: &[Digit<'_>], start: usize, end: usize) -> bool {
    let part = &run[start..end];
    let (cuts, gaps): (Vec<usize>, Vec<&str>) =
        part.iter().enumerate().skip(1).filter_map(|(at, digit)| Some((at, digit.gap?))).unzip();
    let is_whole = run[start].gap.is_some() && run.get(end).is_none_or(|next| next.gap.is_some());
    let is_as_on_cards = matches!(cuts[..], [4, 8, 12] | [4, 8, 12, 16] | [4, 10]);
    cuts.is_empty() || is_whole || is_as_on_cards && gaps.windows(2).all(|pair| pair[0] == pair[1])
}

/// Whether a group of a run is a number of 13 digits that begins as Visa's do. None is in use any more: it is looked for alone only.
fn has_old_visa(run: &[Digit<'_>]) -> bool {
    run.chunk_by(|_, next| next.gap.is_none())
        .any(|group| group.len() == 13 && group[0].value == 4 && passes(group))
}

/// How many digits a card's number may have that begins so; none if no brand's does.
fn lengths(digits: &[Digit<'_>]) -> &'static [usize] {
    let Some(first) = digits.first_chunk::<4>() else { return &[] };
    match first.iter().fold(0, |number, digit| 10 * number + u16::from(digit.value)) {
        // Visa; Maestro, Discover, RuPay and other brands of some countries.
        4000..=4999 | 5000..=5099 | 5600..=6199 | 6300..=6999 | 8200..=8299 => &[16, DIGITS_MAX],
        // Mastercard.
        2221..=2720 | 5100..=5599 => &[16],
        // American Express.
        3400..=3499 | 3700..=3799 => &[15],
        // Diners Club.
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => &[14, 16, DIGITS_MAX],
        // JCB; Mir; UnionPay.
        3528..=3589 | 2200..=2204 | 6200..=6299 | 8100..=8199 => &[16, 17, 18, DIGITS_MAX],
        _ => &[],
    }
}

/// Whether the last digit checks the others.
fn passes(digits: &[Digit<'_>]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(digit.value) } else { digit.value }))
        .sum();
    sum.is_multiple_of(10)
}

/// The digit, also in the wide form of East Asian texts.
fn digit(c: char) -> Option<u8> {
    let c = match c {
        '\u{FF10}'..='\u{FF19}' => char::from_u32(u32::from(c) - 0xFF10 + u32::from('0'))?,
        other => other,
    };
    c.to_digit(10).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether a text is a UUID (RFC 9562, section 4) and nothing else. No card is written so.
fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::TestCaseError;

    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(has_card_number(text), expected, "{text}");
    }

    #[test]
    fn numbers_of_cards_are_found_however_they_are_written() {
        for card in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "4242.4242.4242.4242",
            "4242_4242_4242_4242",
            "4242/4242/4242/4242",
            "4242 - 4242 - 4242 - 4242",
            "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
            "4242\u{a0}4242\u{2009}4242\u{2013}4242",
            "4242\u{200b}4242\u{ad}42424242",
            "４２４２４２４２４２４２４２４２",
            "3782 822463 10005",
            "6011000990139424",
            "4222222222222",
            "6304000000000000000",
            "4242424242424242/12/29",
            "4242424242424242:cvc:123",
            "424242424242424212292011",
            "pm_4242424242424242",
            "please charge 4242424242424242, thanks",
            "room 12, 4242 4242 4242 4242",
            "card4242424242424242x",
            "4242424242424242123",
            "42424242424242421",
            "14242424242424242",
            "pm_14242424242424242",
            "4242 4242 4242 42421229",
            "174242 4242 4242 42421229",
            "3782-822463-1000512",
            "12 4242 4242 4242 4242",
            "424242424242424212292011123456789012345678901234567890",
            "4242,4242,4242,4242",
            "4242+4242+4242+4242",
            "4242:4242:4242:4242",
            "(4242)(4242)(4242)(4242)",
            "4242 (4242) [4242] {4242}",
            "4242\u{1}4242\u{b7}4242\u{2022}4242",
            "+378282246310005",
            "5555555555554444",
            "2223003122003222",
            "30569309025904",
            "3566002020360505",
            "6200000000000005",
            "2200000000000004",
            "8100000000000002",
        ] {
            check(card, true);
        }
    }

    #[test]
    fn other_numbers_are_not_refused() {
        for text in [
            "",
            "Deluxe double, 2 beds",
            "4242424242424243",
            "424242424242",
            "+49 30 901820",
            "2026-06-01T15:00:00.123456789Z",
            "hotel-nyc-deluxe",
            "40.7127753,-74.0059728",
            "0000000000000000",
            // They pass, and no card begins or is as long as they.
            "1234567890123452",
            "9000000000000001",
            "34000000000000 09",
            // Instants, and what is open when.
            "2026-06-01/2026-06-08",
            "Mon-Fri 08:00-12:00, 14:00-18:00",
            "1905508800123",
            "Rooms 401, 402, 403, 404 and 405",
            "+49 1575 1234567, +49 1575 1234568",
            "+49 1575 1234569",
            "2026-06-01 15:00 - 2026-06-08 11:00",
            "(40.7127753, -74.0059728)",
            // Letters are between the digits.
            "4242x4242x4242x4242",
            "pm_1Oab4242424242cD424242",
            "hld_n2k7u4w5c3r6y1q8z0a9b8c7",
            "pm_1PqX2b2eZvKYlo2CkXyJ0aBc",
            // A UUID with digits alone, in which a number passes.
            "42424242-4242-4242-8242-424242424242",
        ] {
            check(text, false);
        }
        check("id 42424242-4242-4242-8242-424242424242", true);
    }

    /// A number of a card: its digits but the last, which checks them.
    fn card() -> impl Strategy<Value = String> {
        let begins = select(vec![
            "4", "51", "55", "2221", "2720", "34", "37", "300", "36", "38", "39", "3528", "50", "58", "60",
            "62", "65", "69", "81", "2200",
        ]);
        (begins, any::<Index>(), vec(0..10_u8, DIGITS_MAX)).prop_map(|(first, length, rest)| {
            let text: String =
                first.chars().chain(rest.iter().map(|digit| char::from(b'0' + digit))).collect();
            let but_last = &text[..length.get(lengths(&runs(&text)[0])) - 1];
            let whole = |last: u8| format!("{but_last}{last}");
            (0..10).map(whole).find(|text| passes(&runs(text)[0])).expect("one of ten checks")
        })
    }

    /// What may separate digits: no letters and no digits.
    fn separator() -> impl Strategy<Value = String> {
        "([ -/:-@\\[-`{-~]|\\PL){1,3}"
            .prop_map(|text| text.chars().filter(|c| !c.is_alphanumeric()).collect::<String>() + "-")
    }

    /// The digits of a card with a separator behind each of the places.
    fn cut(card: &str, places: &[usize], separators: &[String]) -> String {
        let pieces = card.chars().enumerate().map(|(at, digit)| {
            let cut = places.iter().position(|place| *place == at + 1);
            format!("{digit}{}", cut.map_or("", |cut| &separators[cut % separators.len()]))
        });
        pieces.collect()
    }

    fn is_found(text: &str) -> Result<(), TestCaseError> {
        prop_assert!(has_card_number(text), "{}", text);
        Ok(())
    }

    proptest! {
        #![proptest_config(holdfast_properties::config(1000, "tests/regressions/cards.txt"))]

        #[test]
        fn no_card_gets_past(
            card in card(),
            places in vec(1..DIGITS_MAX, 0..DIGITS_MAX),
            separators in vec(separator(), DIGITS_MAX),
            glued in ("(.{0,8}[^0-9])?[0-9]{0,8}", "[0-9]{0,8}([^0-9].{0,8})?"),
            apart in ("(.{0,8}[^0-9０-９])?([0-9]{1,8} )?", "( [0-9]{1,8})?([^0-9０-９].{0,8})?"),
        ) {
            is_found(&format!("{}{card}{}", glued.0, glued.1))?;
            let printed: &[usize] = if card.len() < 16 { &[4, 10] } else { &[4, 8, 12] };
            is_found(&format!("{}{}{}", glued.0, cut(&card, printed, &separators[..1]), glued.1))?;
            let places: Vec<usize> = places.into_iter().filter(|place| *place < card.len()).collect();
            is_found(&format!("{}{}{}", apart.0, cut(&card, &places, &separators), apart.1))?;
        }

        #[test]
        fn one_wrong_digit_is_no_card(card in card(), at in any::<Index>(), by in 1..10_u8) {
            let at = at.index(card.len());
            let wrong = |here: usize, digit: u8| if here == at { b'0' + (digit - b'0' + by) % 10 } else { digit };
            let written: String = card.bytes().enumerate().map(|(here, digit)| char::from(wrong(here, digit))).collect();
            prop_assert!(!passes(&runs(&written)[0]), "{}", written);
        }
    }
}
