//! Reading what clients send: everything that is wrong is named, not only the first thing.

pub(crate) mod body;
pub(crate) mod fields;
pub(crate) mod query;

use std::cell::RefCell;

use crate::problem::{FieldError, Problem};

/// The most errors that are named in one answer.
const ERRORS_MAX: usize = 50;

/// The errors found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors(RefCell<Vec<FieldError>>);

impl Errors {
    /// One more.
    pub(crate) fn push(&self, pointer: impl Into<String>, detail: impl Into<String>) {
        let mut list = self.0.borrow_mut();
        if list.len() < ERRORS_MAX {
            list.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        }
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    /// 422 naming everything that was.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        let errors = self.0.into_inner();
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            Some(_) | None => Err(Problem::invalid(errors)),
        }
    }
}
