//! Resources and their schedules.

mod bounds;
pub(crate) mod changes;
pub(crate) mod dated;
pub(crate) mod label;
pub(crate) mod local_time;
pub(crate) mod offer;
pub(crate) mod opening_hours;
pub(crate) mod reshape;
pub(crate) mod resource;
pub(crate) mod schedule;
pub(crate) mod slot;

pub use bounds::{
    Bound, CALENDAR_DAYS_MAX, DAYS_PER_HOLD_MAX, NIGHTS_PER_HOLD_MAX, PAGES_PER_HOLD_MAX, RangeError,
    SLOTS_PER_HOLD_MAX,
};
pub use changes::{DatesChange, ResourceChange, Term, TermsChange};
pub use dated::{DateFacts, DateFactsEdit, Facts, InvalidMonth, Month, MonthFacts};
pub use label::{InvalidLabel, LABEL_LENGTH_MAX, Label, comparable};
pub use offer::Offerable;
pub use opening_hours::{
    InvalidSchedule, OPENINGS_MAX, Opening, SLOT_MINUTES_MAX, SLOTS_PER_DAY_MAX, SlotSchedule,
};
pub use reshape::Surplus;
pub use resource::{
    ATTRIBUTE_NAME_LENGTH_MAX, ATTRIBUTE_TEXT_LENGTH_MAX, ATTRIBUTES_MAX, AttributeValue, CAPACITY_MAX,
    HOLD_TTL_SECONDS, InvalidAttribute, InvalidTerms, Resource, ResourceTerms, Stay, StayError,
};
pub use schedule::{EVENT_PAGE, Schedule};
pub use slot::{Slot, When};
