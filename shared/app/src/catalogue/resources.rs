//! Resources and their inventory: what operators set.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::catalogue::{RangeError, ResourceTerms};
use holdfast_domain::{Resource, ResourceId};
use jiff::civil::Date;

use crate::catalogue::calendar::slots_between;
use crate::catalogue::commit::TermsCommit;
use crate::catalogue::edit::{Begun, DatesEdit, Edit, EditError, ResourceVersion, Run, met_a_hold};
use crate::catalogue::port::Catalogue;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::identity::Caller;
use crate::kernel::mutation::Mutation;
use crate::payments::charge::ChargeRules;
use crate::properties::port::PropertyReader;
use crate::rates::port::RateReader;

const ATTEMPTS_MAX: usize = 8;

/// The use cases of operators.
pub struct Resources {
    catalogue: Arc<dyn Catalogue>,
    properties: Arc<dyn PropertyReader>,
    rates: Arc<dyn RateReader>,
    charges: ChargeRules,
}

/// A resource that was put.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// As it is then.
    pub resource: Resource,
    /// Whether it is new.
    pub created: bool,
    /// Dates from today for which something is set, and that have no slot any more.
    pub lost_dates: Vec<Date>,
}

/// What an edit asks of what is edited as it is, beside being possible.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition<V = ResourceVersion> {
    /// Nothing.
    #[default]
    None,
    /// It does not exist.
    Absent,
    /// It exists.
    Present,
    /// It exists, in one of these versions.
    Match(Vec<V>),
}

impl<V: PartialEq> Precondition<V> {
    /// Checks it against the version that there is.
    pub(crate) fn check(&self, version: Option<V>) -> Result<(), Failure> {
        let holds = match (self, version) {
            (Self::None, _) | (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Match(versions), Some(version)) => versions.contains(&version),
            (Self::Absent, Some(_)) | (Self::Present | Self::Match(_), None) => false,
        };
        if holds { Ok(()) } else { Err(Failure::PreconditionFailed) }
    }
}

impl Resources {
    /// Over a catalogue, the properties that its resources belong to and their rates, for a provider that can charge by these rules.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn Catalogue>,
        properties: Arc<dyn PropertyReader>,
        rates: Arc<dyn RateReader>,
        charges: ChargeRules,
    ) -> Self {
        Self { catalogue, properties, rates, charges }
    }

    /// A resource.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub async fn get(&self, id: &ResourceId) -> Result<Resource, Failure> {
        self.catalogue.resource(id).await?.ok_or(Failure::NotFound("resource"))
    }

    /// Creates or replaces a resource.
    ///
    /// # Errors
    /// [`Failure::CapacityInUse`] when live holds or bookings do not fit the new terms; nothing is changed then.
    /// [`Failure::PreconditionFailed`]. [`Failure::Invalid`] of a price that nobody can pay, of a property that does not exist, or not for
    /// this caller, and of another currency than the property's, or than the resource's rate card has. [`Failure::NotFound`] of a resource of a property that is
    /// not the caller's.
    pub async fn put(
        &self,
        caller: &Caller,
        id: &ResourceId,
        terms: &ResourceTerms,
        precondition: &Precondition,
        run: Run,
        mutation: &Mutation,
    ) -> Result<Put, Failure> {
        self.charges.check_terms(terms)?;
        // What this very edit writes is not what its precondition is about.
        let (mut checked, mut refused) = (false, None);
        for _ in 0..ATTEMPTS_MAX {
            let previous = self.catalogue.resource(id).await?;
            if previous.as_ref().is_some_and(|previous| !is_of(caller, previous)) {
                return Err(Failure::NotFound("resource"));
            }
            self.check_property(caller, previous.as_ref(), terms).await?;
            if !checked {
                precondition.check(previous.as_ref().map(Into::into))?;
            }
            if let Some(previous) = &previous {
                self.check_currency(previous, terms).await?;
            }
            let outcome = match &previous {
                Some(previous) => {
                    let edit = Edit::new(self.catalogue.as_ref(), run, mutation);
                    edit.replace(previous, terms).await.map(|(resource, lost_dates)| Put {
                        resource,
                        created: false,
                        lost_dates,
                    })
                }
                None => self.create(&Resource::create(id.clone(), terms.clone()), run, mutation).await,
            };
            match outcome {
                Err(EditError::Ledger(LedgerError::ResourceChanged)) => {
                    checked = self.announces(id, terms).await?;
                    refused = None;
                }
                Err(error) if met_a_hold(&error) => {
                    checked = true;
                    refused = Some(error);
                }
                Err(error) => return Err(error.into()),
                Ok(put) => return Ok(put),
            }
        }
        Err(refused.map_or_else(|| StoreError::Contention(id.to_string()).into(), Into::into))
    }

    /// A rate card is in the currency of its resource. Whoever puts one moves the resource's trail, on whose head the terms' write depends:
    /// so a card that is not seen here makes that write begin anew.
    async fn check_currency(&self, previous: &Resource, terms: &ResourceTerms) -> Result<(), Failure> {
        let (was, is) = (previous.terms.base_price.currency(), terms.base_price.currency());
        if was == is {
            return Ok(());
        }
        let (rates, _) = self.rates.rates(&previous.id, &BTreeSet::new()).await?;
        match rates {
            None => Ok(()),
            Some(_) => Err(Failure::Invalid {
                field: Field::PriceCurrency.into(),
                detail: format!("must stay {was}, the currency of the resource's rate card"),
            }),
        }
    }

    /// That a resource may be of the property it names: that it exists, is the caller's, and has the currency of its prices, in which the
    /// property's taxes are. There is no end to a property, and no other currency. A resource that was of another before goes on, where neither
    /// changes.
    async fn check_property(
        &self,
        caller: &Caller,
        previous: Option<&Resource>,
        terms: &ResourceTerms,
    ) -> Result<(), Failure> {
        let Some(id) = &terms.property else { return Ok(()) };
        let property =
            if caller.is_operator_of(Some(id)) { self.properties.property(id).await? } else { None };
        let Some(property) = property else {
            let detail = "there is no such property".to_owned();
            return Err(Failure::Invalid { field: Field::Property.into(), detail });
        };
        let currency = property.terms.currency;
        let of = |terms: &ResourceTerms| (terms.property.clone(), terms.base_price.currency());
        let is_as_before = previous.is_some_and(|previous| of(&previous.terms) == of(terms));
        if currency == terms.base_price.currency() || is_as_before {
            return Ok(());
        }
        let detail = format!("must be {currency}, the currency of the property");
        Err(Failure::Invalid { field: Field::PriceCurrency.into(), detail })
    }

    /// Whether an edit to those terms is under way.
    async fn announces(&self, id: &ResourceId, terms: &ResourceTerms) -> Result<bool, StoreError> {
        let resource = self.catalogue.resource(id).await?;
        Ok(resource
            .is_some_and(|resource| resource.terms == *terms || resource.next.as_deref() == Some(terms)))
    }

    async fn create(&self, resource: &Resource, run: Run, mutation: &Mutation) -> Result<Put, EditError> {
        let commit = TermsCommit::new(None, resource, mutation);
        if run == Run::Real {
            self.catalogue.put_resource(&commit).await?;
        }
        Ok(Put { resource: commit.next, created: true, lost_dates: Vec::new() })
    }

    /// Sets capacity, overbooking and stop-sell of every slot whose local date lies in the range. Gives the resource as it is then.
    ///
    /// # Errors
    /// [`Failure::CapacityInUse`] when less than what is held or confirmed is asked for; nothing is changed then.
    /// [`Failure::PreconditionFailed`]. [`Failure::NotFound`], also of a resource of a property that is not the caller's.
    pub async fn set_inventory(
        &self,
        caller: &Caller,
        id: &ResourceId,
        edit: &DatesEdit,
        precondition: &Precondition,
        run: Run,
        mutation: &Mutation,
    ) -> Result<Resource, Failure> {
        let (mut begun, mut refused): (Option<Begun>, _) = (None, None);
        for _ in 0..ATTEMPTS_MAX {
            let resource = self.get(id).await?;
            if !is_of(caller, &resource) {
                return Err(Failure::NotFound("resource"));
            }
            let run = Edit::new(self.catalogue.as_ref(), run, mutation);
            let outcome = match precondition.check(Some((&resource).into())) {
                // What this very edit has written is not what its precondition is about.
                Err(_) if begun.as_ref().is_some_and(|begun| begun.version == (&resource).into()) => {
                    run.set_dates(&resource, edit, &mut begun).await
                }
                Err(failure) => match &begun {
                    None => return Err(failure),
                    Some(begun) => match run.take_back(&resource, edit, begun).await {
                        Ok(()) => return Err(failure),
                        Err(error) => Err(error),
                    },
                },
                Ok(()) => {
                    if slots_between(&resource, edit.from, edit.to, Field::InventoryEnd)?.is_empty() {
                        return Err(Failure::RangeNotBookable(RangeError::NotBookable));
                    }
                    run.set_dates(&resource, edit, &mut begun).await
                }
            };
            match outcome {
                Err(EditError::Ledger(LedgerError::ResourceChanged)) => refused = None,
                Err(error) if met_a_hold(&error) => refused = Some(error),
                Err(error) => return Err(error.into()),
                Ok(resource) => return Ok(resource),
            }
        }
        Err(refused.map_or_else(|| StoreError::Contention(id.to_string()).into(), Into::into))
    }
}

/// Whether the caller is an operator of a resource.
fn is_of(caller: &Caller, resource: &Resource) -> bool {
    caller.is_operator_of(resource.terms.property.as_ref())
}
