//! Labels: the short texts an operator gives.

use holdfast_domain::catalogue::{InvalidLabel, LABEL_LENGTH_MAX, Label};

#[test]
fn labels_are_short_visible_texts() {
    let longest = "ü".repeat(LABEL_LENGTH_MAX);
    for good in ["x", "Hotel New York", "Grüße, 24/7!", &longest] {
        assert_eq!(Label::parse(good).as_ref().map(Label::as_str), Ok(good));
    }
    let too_long = "x".repeat(LABEL_LENGTH_MAX + 1);
    for wrong in ["", " ", " x", "x ", "a#b", "#", "a\nb", "\u{7}", &too_long] {
        assert_eq!(Label::parse(wrong), Err(InvalidLabel), "{wrong:?}");
    }
}
