//! The errors of one request, collected while it is read.

use std::cell::RefCell;

use crate::refusal::{FieldError, Refusal};

/// The most errors that are named in one answer.
const ERRORS_MAX: usize = 50;

/// The errors found so far.
#[derive(Debug, Default)]
pub struct Errors(RefCell<Vec<FieldError>>);

impl Errors {
    /// Adds one; those beyond the first fifty are dropped.
    pub fn push(&self, pointer: impl Into<String>, detail: impl Into<String>) {
        let mut list = self.0.borrow_mut();
        if list.len() < ERRORS_MAX {
            list.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        }
    }

    /// The value that was read, if nothing was wrong.
    ///
    /// # Errors
    /// 422 naming everything that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Refusal> {
        let errors = self.0.into_inner();
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            Some(_) | None => Err(Refusal::invalid(errors)),
        }
    }
}
