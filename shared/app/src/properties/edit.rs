//! Properties: what the platform and their own staff set. Only the platform makes them, and there is no end to one.

use std::sync::Arc;

use holdfast_domain::{Property, PropertyId, PropertyTerms, TrailSubject};

use crate::catalogue::edit::Run;
use crate::catalogue::port::ResourceHistory;
use crate::catalogue::resources::Precondition;
use crate::catalogue::trail::ResourceEvent;
use crate::catalogue::trails::page_of;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::identity::Caller;
use crate::kernel::mutation::Mutation;
use crate::payments::charge::ChargeRules;
use crate::properties::commit::PropertyCommit;
use crate::properties::port::PropertyStore;

/// How often a property is replaced anew, because somebody else was first.
const ATTEMPTS_MAX: usize = 8;

/// The use cases of properties.
pub struct Properties {
    store: Arc<dyn PropertyStore>,
    history: Arc<dyn ResourceHistory>,
    charges: ChargeRules,
}

/// A property that was put.
#[derive(Debug, Clone, PartialEq)]
pub struct PutProperty {
    /// As it is then.
    pub property: Property,
    /// Whether it is new.
    pub created: bool,
}

impl Properties {
    /// Over a store of properties, and their trails, for a provider that can charge by these rules.
    #[must_use]
    pub fn new(
        store: Arc<dyn PropertyStore>,
        history: Arc<dyn ResourceHistory>,
        charges: ChargeRules,
    ) -> Self {
        Self { store, history, charges }
    }

    /// A property, for everybody to see.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub async fn get(&self, id: &PropertyId) -> Result<Property, Failure> {
        self.store.property(id).await?.ok_or(Failure::NotFound("property"))
    }

    /// Creates or replaces a property. The same terms again are no change, and leave no entry in its trail.
    ///
    /// # Errors
    /// [`Failure::NotFound`] of one that is not the caller's, and of one that does not exist unless the caller is the platform.
    /// [`Failure::RateCard`] with every problem of the taxes. [`Failure::Invalid`] of another currency than it has.
    /// [`Failure::PreconditionFailed`].
    pub async fn put(
        &self,
        caller: &Caller,
        id: &PropertyId,
        terms: &PropertyTerms,
        precondition: &Precondition,
        run: Run,
        mutation: &Mutation,
    ) -> Result<PutProperty, Failure> {
        if !caller.is_operator_of(Some(id)) {
            return Err(Failure::NotFound("property"));
        }
        let problems = terms.problems_of_taxes(self.charges.step(terms.currency));
        if !problems.is_empty() {
            return Err(Failure::RateCard(problems));
        }
        for _ in 0..ATTEMPTS_MAX {
            let previous = self.store.property(id).await?;
            if previous.is_none() && !caller.is_platform() {
                return Err(Failure::NotFound("property"));
            }
            precondition.check(previous.as_ref().map(Into::into))?;
            let next = match &previous {
                Some(previous) if previous.terms == *terms => {
                    return Ok(PutProperty { property: previous.clone(), created: false });
                }
                Some(previous) if previous.terms.currency != terms.currency => {
                    let detail =
                        format!("must stay {}, the currency of its resources", previous.terms.currency);
                    return Err(Failure::Invalid { field: Field::Currency.into(), detail });
                }
                Some(previous) => previous.replace(terms.clone()),
                None => Property::create(id.clone(), terms.clone()),
            };
            let commit = PropertyCommit::new(previous.as_ref(), &next, mutation);
            let written = match run {
                Run::Dry => Ok(()),
                Run::Real => self.store.put_property(&commit).await,
            };
            match written {
                Err(LedgerError::ResourceChanged) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(PutProperty { property: commit.next, created: previous.is_none() }),
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }

    /// The trail of a property, oldest first: at most `limit` entries that follow the entry `after`, and after which the next page
    /// begins.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also of one that is not the caller's.
    pub async fn trail(
        &self,
        caller: &Caller,
        id: &PropertyId,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<ResourceEvent>, Option<u64>), Failure> {
        if !caller.is_operator_of(Some(id)) {
            return Err(Failure::NotFound("property"));
        }
        let property = self.get(id).await?;
        page_of(self.history.as_ref(), &TrailSubject::Property(id.clone()), &property.trail, after, limit)
            .await
    }
}
