//! How a guest is reached, as samples.

use holdfast_domain::bookings::{Contact, ContactName, EmailAddress, LanguageTag, PhoneNumber};

pub(crate) fn sample() -> Contact {
    Contact {
        name: ContactName::parse("Ada Lovelace").ok(),
        email: EmailAddress::parse("ada@example.com").ok(),
        phone: PhoneNumber::parse("+4930901820").ok(),
        language: LanguageTag::parse("en-GB").ok(),
        by_operator: false,
    }
}

pub(crate) fn of_an_operator() -> Contact {
    Contact { by_operator: true, ..sample() }
}
