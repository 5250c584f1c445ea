//! Rates of resources: their cards, the history of these, and what is set for dates.

pub(crate) mod history;
pub(crate) mod seals;
pub(crate) mod store;
