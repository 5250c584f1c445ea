//! While releases take turns, the release before reads what this one writes, and this one what the one before writes.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::items::{self, Version, WRITES};
use holdfast_domain::payments::CustomerAction;

use crate::actions;
use crate::before::read;
use crate::golden::{read_all, without_action};
use crate::samples;
use crate::values::Kind;

/// What this release writes means to the release before what that one wrote: the kept samples, but for what the customer has to do.
#[test]
fn the_release_before_reads_what_is_written() {
    let kept = read_all("v0");
    for (name, value) in samples::all() {
        let kind = value.kind();
        let of_its_own = read(kind, &without_action(&kept[name])).expect("it reads what it wrote");
        assert_eq!(read(kind, &value.encode()), Ok(of_its_own), "{name}");
    }
}

/// Version 1 of what it can read already, so that these kinds may be written in version 1 at once.
#[test]
fn where_version_1_only_adds_the_release_before_reads_it() {
    for kind in [Kind::Page, Kind::ListedPage, Kind::Audit, Kind::ParkedCase] {
        for (name, value) in samples::all().into_iter().filter(|(name, _)| Kind::of(name) == kind) {
            let own = read(kind, &value.encode_as(Version::V0)).expect("it reads what it writes");
            assert_eq!(read(kind, &value.encode_as(Version::V1)), Ok(own), "{name}");
        }
    }
}

/// Control: the frozen reader is as strict as the release before is. Written too early, version 1 would stop it.
#[test]
fn control_the_release_before_cannot_read_documents_of_version_1() {
    for (name, value) in samples::all() {
        let kind = value.kind();
        if matches!(kind, Kind::Resource | Kind::Listing | Kind::Hold | Kind::Booking) {
            assert!(read(kind, &value.encode_as(Version::V1)).is_err(), "{name}");
        }
    }
    let documents = [WRITES.resource, WRITES.hold, WRITES.booking];
    assert_eq!(documents, [Version::V0; 3], "documents of version 1 are for the next release");
}

/// Control: it does not take such a page for one of its own. Whatever it has to read the page for, it refuses.
#[test]
fn control_the_release_before_cannot_read_a_page_that_is_sold_beyond_its_capacity() {
    let pages =
        samples::all().into_iter().filter(|(_, value)| matches!(value.kind(), Kind::Page | Kind::ListedPage));
    let mut refused = 0;
    for (name, value) in pages {
        let mut item = value.encode();
        assert!(read(value.kind(), &item).is_ok(), "{name}");
        let Some(AttributeValue::M(free)) = item.get_mut("av") else { continue };
        let Some((slot, AttributeValue::N(places))) = free.iter_mut().next() else { continue };
        let (slot, more) = (slot.clone(), places.parse::<u32>().expect("places") + 2);
        *places = more.to_string();
        item.insert("al".to_owned(), AttributeValue::M([(slot, AttributeValue::N("2".to_owned()))].into()));
        assert!(read(value.kind(), &item).is_err(), "{name}");
        refused += 1;
    }
    assert!(refused > 1, "{refused}");
}

#[test]
fn kept_samples_are_what_the_release_before_reads() {
    for (name, item) in read_all("v0") {
        if let Err(reason) = read(Kind::of(&name), &item) {
            panic!("{name}: {reason}");
        }
    }
}

/// What the release before wrote into the booking is still read, so that a guest whom it has asked can go on.
#[test]
fn what_the_release_before_asked_of_a_customer_is_read() {
    let kept = read_all("v0");
    let action = items::decode_action_of_booking(&kept["booking-awaiting-customer"]);
    assert_eq!(action.expect("readable"), Some(actions::sample()));
    let app = items::decode_action_of_booking(&kept["booking-awaiting-customer-app"]);
    assert_eq!(app.expect("readable"), Some(CustomerAction { redirect_url: None, ..actions::sample() }));
    for name in ["booking-requested", "booking-confirmed"] {
        assert_eq!(items::decode_action_of_booking(&kept[name]).expect("readable"), None, "{name}");
    }
    for version in Version::ALL {
        let written = samples::all()["booking-awaiting-customer"].encode_as(version);
        assert_eq!(items::decode_action_of_booking(&written).expect("readable"), None, "version {version}");
    }
}

/// The exception to the rule: what this release asks of a customer, the release before does not know. It reads the booking, and answers
/// its guest a secret without characters.
#[test]
fn control_the_release_before_does_not_read_what_the_customer_has_to_do() {
    for name in ["booking-awaiting-customer", "booking-awaiting-customer-app"] {
        let written = samples::all()[name].encode();
        let own = read(Kind::Booking, &read_all("v0")[name]).expect("it reads what it wrote");
        assert_ne!(read(Kind::Booking, &written).expect("readable"), own, "{name}");
    }
}
