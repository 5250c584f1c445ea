//! Labels: the short texts an operator gives, and how they are compared.

use holdfast_domain::catalogue::{InvalidLabel, LABEL_LENGTH_MAX, Label, comparable};

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

#[test]
fn texts_are_equal_whatever_their_case_their_width_and_the_way_their_accents_are_written() {
    for same in [
        &["Zürich", "Zu\u{308}rich", "ZÜRICH", "zürich", "ＺÜrich"][..],
        &["Straße", "STRASSE", "STRAẞE", "straße"],
        &["Tōkyō", "TO\u{304}KYO\u{304}", "ｔōｋｙō"],
        &["ΟΔΥΣΣΕΎΣ", "οδυσσεύς", "οδυσσεύσ"],
        &["Ångström", "\u{212B}ngström", "ångstro\u{308}m"],
        &["カフェ", "ｶﾌｪ"],
        &["ﬁn", "FIN", "ﬁN"],
        &["서울", "\u{1109}\u{1165}\u{110B}\u{116E}\u{11AF}"],
        &["24\u{A0}h", "24 h", "２４　Ｈ"],
    ] {
        for text in same {
            assert_eq!(comparable(text), comparable(same[0]), "{text}");
            assert_eq!(comparable(&comparable(text)), comparable(text), "{text}");
        }
    }
    let different = ["Zurich", "Zürich", "Zürich 1", "I", "ı", "Lodz", "Łódź", ""];
    for (i, a) in different.iter().enumerate() {
        assert!(different[i + 1..].iter().all(|b| comparable(a) != comparable(b)), "{a}");
    }
    assert_eq!(Label::parse("Zu\u{308}RICH").expect("a label").as_str(), "Zu\u{308}RICH", "kept as it came");
}

#[test]
fn no_comparable_text_has_the_sign_that_separates_keys() {
    for text in ["a＃b", "a﹟b", "＃"] {
        assert!(Label::parse(text).is_ok() && !comparable(text).contains('#'), "{text}");
    }
    assert_eq!(comparable("a﹟B"), comparable("Ａ＃b"));
}
