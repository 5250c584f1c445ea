//! What payments keep: attempts of guests, what customers have to do, callbacks that resume sagas, turns of new payments.

pub(crate) mod actions;
pub(crate) mod attempts;
pub(crate) mod callbacks;
pub(crate) mod turns;
