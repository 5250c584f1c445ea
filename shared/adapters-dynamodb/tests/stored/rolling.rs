//! While releases take turns, the release before reads what this one writes, and this one what the one before writes.

use holdfast_adapters_dynamodb::items::{Version, WRITES};

use crate::before::read;
use crate::golden::read_all;
use crate::samples;
use crate::values::Kind;

/// What this release writes means to the release before what that one wrote: the kept samples.
#[test]
fn the_release_before_reads_what_is_written() {
    let kept = read_all("v0");
    for (name, value) in samples::all() {
        let kind = value.kind();
        let of_its_own = read(kind, &kept[name]).expect("it reads what it wrote");
        assert_eq!(read(kind, &value.encode()), Ok(of_its_own), "{name}");
    }
}

/// Version 1 of what it can read already, so that these kinds may be written in version 1 at once.
#[test]
fn where_version_1_only_adds_the_release_before_reads_it() {
    for kind in [Kind::Page, Kind::ListedPage, Kind::Audit, Kind::TaskToken, Kind::ParkedCase] {
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

#[test]
fn kept_samples_are_what_the_release_before_reads() {
    for (name, item) in read_all("v0") {
        if let Err(reason) = read(Kind::of(&name), &item) {
            panic!("{name}: {reason}");
        }
    }
}
