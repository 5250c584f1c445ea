//! Resources, their terms and their inventory, and the trail of their operators' changes.

pub(crate) mod beside;
pub(crate) mod calendar;
pub(crate) mod commit;
pub(crate) mod edit;
pub(crate) mod port;
pub(crate) mod resources;
pub(crate) mod stops;
pub(crate) mod trail;
pub(crate) mod trails;

pub use beside::GAP_PAGES_MAX;
pub use calendar::{CALENDAR_PAGES_MAX, CALENDAR_SLOTS_MAX, CalendarSlot, Calendars};
pub use commit::{FactsCommit, StopCommit, StopState, TermsCommit};
pub use edit::{Begun, DatesEdit, Edit, EditError, ResourceVersion, Run};
pub use port::{Catalogue, CatalogueReader, HoldStopSwitch, ResourceHistory};
pub use resources::{Precondition, Put, Resources};
pub use stops::Stops;
pub use trail::{ResourceEvent, verify};
pub use trails::ResourceTrails;
