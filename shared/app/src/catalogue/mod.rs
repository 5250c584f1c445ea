//! Resources, their terms and their inventory.

pub(crate) mod calendar;
pub(crate) mod edit;
pub(crate) mod port;
pub(crate) mod resources;

pub use calendar::{CalendarSlot, Calendars};
pub use edit::{Begun, DatesEdit, Edit, EditError, ResourceVersion, Run};
pub use port::{Catalogue, CatalogueReader};
pub use resources::{Precondition, Put, Resources};
