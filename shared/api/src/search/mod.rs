//! Search and calendars.

pub(crate) mod routes;
pub(crate) mod wire;

pub use routes::SearchApi;
pub use wire::{
    Calendar, CalendarParameters, CalendarSlotBody, OfferBody, OfferList, SearchParameters, SortName,
};
