//! Properties: the hotel, restaurant, practice, airline or venue that resources belong to, and whose staff they are changed by.

mod address;
mod contact;
mod position;
mod property;

pub use address::{ADDRESS_LINES_MAX, Address, AddressLine, COUNTRIES, Country, InvalidAddress, PostalCode};
pub use contact::{
    HOUSE_RULES_LENGTH_MAX, HouseRules, InvalidText, PropertyContact, WEBSITE_LENGTH_MAX, Website,
};
pub use position::{InvalidPosition, Position};
pub use property::{InvalidPropertyTerms, Property, PropertyTerms};
