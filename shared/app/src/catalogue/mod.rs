//! Resources, their terms and their inventory.

pub(crate) mod calendar;
pub(crate) mod port;
pub(crate) mod resources;

pub use calendar::{CalendarSlot, Calendars};
pub use port::{Catalogue, CatalogueReader};
pub use resources::Resources;
