//! Resources and their schedules.

pub(crate) mod dated;
pub(crate) mod reshape;
pub(crate) mod resource;
pub(crate) mod schedule;

pub use dated::{DateFacts, Facts, InvalidMonth, Month, MonthFacts};
pub use resource::{
    ATTRIBUTE_NAME_LENGTH_MAX, ATTRIBUTE_TEXT_LENGTH_MAX, ATTRIBUTES_MAX, AttributeValue, CAPACITY_MAX,
    HOLD_TTL_SECONDS, InvalidAttribute, InvalidLabel, InvalidTerms, LABEL_LENGTH_MAX, Label, Resource,
    ResourceTerms, Stay, StayError,
};
pub use schedule::{
    CALENDAR_DAYS_MAX, EVENT_PAGE, InvalidSchedule, OPENINGS_MAX, Opening, RangeError, SLOT_MINUTES_MAX,
    SLOTS_PER_DAY_MAX, SLOTS_PER_PAGE_AND_HOLD_MAX, SLOTS_PER_RANGE_MAX, Schedule, Slot, SlotSchedule, When,
};
