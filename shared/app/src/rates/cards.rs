//! Rate cards of resources: what operators put, try and look up.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::changes::RatesChange;
use holdfast_domain::rates::validate::{CardContext, CardProblem};
use holdfast_domain::{Resource, ResourceId};
use jiff::Timestamp;

use crate::catalogue::edit::Run;
use crate::catalogue::port::CatalogueReader;
use crate::catalogue::resources::Precondition;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::identity::Caller;
use crate::kernel::mutation::Mutation;
use crate::payments::charge::ChargeRules;
use crate::rates::commit::{CardRecord, RatesCommit};
use crate::rates::port::{RateHistory, RateStore};

/// How often an edit begins anew because somebody was first.
pub(crate) const ATTEMPTS_MAX: usize = 8;
/// The most versions of a page of the history: one may be as long as a request's body.
pub const VERSIONS_PER_PAGE_MAX: u32 = 10;

/// The use cases of rate cards.
pub struct Rates {
    pub(crate) catalogue: Arc<dyn CatalogueReader>,
    pub(crate) store: Arc<dyn RateStore>,
    history: Arc<dyn RateHistory>,
    pub(crate) charges: ChargeRules,
}

/// What a card is put for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardUse {
    /// It holds from that moment on; from now on, if it has passed or none is given.
    From(Option<Timestamp>),
    /// It can be tried, and does not hold.
    Draft,
}

/// What an edit makes of a resource's cards: as they are then and what that changes; nothing, if it changes nothing.
type Edited = Option<(ResourceRates, RatesChange)>;

impl Rates {
    /// Over a catalogue, the rates of its resources and their history, for a provider that can charge by these rules.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        store: Arc<dyn RateStore>,
        history: Arc<dyn RateHistory>,
        charges: ChargeRules,
    ) -> Self {
        Self { catalogue, store, history, charges }
    }

    /// The cards of a resource; of revision 0 if it never had one.
    ///
    /// # Errors
    /// [`Failure::NotFound`] without the resource.
    pub async fn get(&self, caller: &Caller, id: &ResourceId) -> Result<ResourceRates, Failure> {
        self.resource(caller, id).await?;
        let (rates, _) = self.store.rates(id, &BTreeSet::new()).await?;
        Ok(rates.unwrap_or_else(|| none_of(id)))
    }

    /// Puts a card, and gives the resource's cards as they are then. The same card again changes nothing.
    ///
    /// # Errors
    /// [`Failure::NotFound`] without the resource. [`Failure::RateCard`] with every problem of the card. [`Failure::Invalid`] when as many
    /// versions as may are to hold already. [`Failure::PreconditionFailed`].
    #[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
    pub async fn put(
        &self,
        caller: &Caller,
        id: &ResourceId,
        card: &RateCard,
        held: CardUse,
        precondition: &Precondition<u64>,
        run: Run,
        mutation: &Mutation,
    ) -> Result<ResourceRates, Failure> {
        let edit = |resource: &Resource, rates: &ResourceRates| {
            let card = self.checked(resource, card.clone())?;
            match held {
                CardUse::From(from) => with_version(rates, card, from, mutation.now),
                CardUse::Draft => Ok(with_draft(rates, Some(card))),
            }
        };
        self.edit(caller, id, edit, precondition, run, mutation).await
    }

    /// Throws the draft away, if there is one, and gives the resource's cards as they are then.
    ///
    /// # Errors
    /// [`Failure::NotFound`] without the resource. [`Failure::PreconditionFailed`].
    pub async fn discard_draft(
        &self,
        caller: &Caller,
        id: &ResourceId,
        precondition: &Precondition<u64>,
        run: Run,
        mutation: &Mutation,
    ) -> Result<ResourceRates, Failure> {
        self.edit(caller, id, |_, rates| Ok(with_draft(rates, None)), precondition, run, mutation).await
    }

    /// The versions that were ever put, the newest first: at most `limit`, up to [`VERSIONS_PER_PAGE_MAX`], of those before the number
    /// `before`, and the number before which the next page begins.
    ///
    /// # Errors
    /// [`Failure::NotFound`] without the resource.
    pub async fn versions(
        &self,
        caller: &Caller,
        id: &ResourceId,
        before: u64,
        limit: u32,
    ) -> Result<(Vec<CardRecord>, Option<u64>), Failure> {
        self.resource(caller, id).await?;
        let limit = limit.min(VERSIONS_PER_PAGE_MAX);
        let page = self.history.versions_before(id, before, limit).await?;
        let next = page.records.last().map(|last| last.version.number).filter(|_| page.more);
        Ok((page.records, next))
    }

    /// A resource of the caller's: another does not exist for them.
    pub(crate) async fn resource(&self, caller: &Caller, id: &ResourceId) -> Result<Resource, Failure> {
        let resource = self.catalogue.resource(id).await?;
        let is_own = |resource: &Resource| caller.is_operator_of(resource.terms.property.as_ref());
        resource.filter(is_own).ok_or(Failure::NotFound("resource"))
    }

    async fn edit(
        &self,
        caller: &Caller,
        id: &ResourceId,
        edit: impl Fn(&Resource, &ResourceRates) -> Result<Edited, Failure> + Send + Sync,
        precondition: &Precondition<u64>,
        run: Run,
        mutation: &Mutation,
    ) -> Result<ResourceRates, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            // First the resource: whatever is written after this read moves its trail, and the write below begins anew.
            let resource = self.resource(caller, id).await?;
            let (stored, _) = self.store.rates(id, &BTreeSet::new()).await?;
            precondition.check(stored.as_ref().map(|rates| rates.revision))?;
            let rates = stored.unwrap_or_else(|| none_of(id));
            let Some((next, change)) = edit(&resource, &rates)? else { return Ok(rates) };
            if run == Run::Dry {
                return Ok(next);
            }
            let commit = RatesCommit::new(&resource, next, change, mutation);
            match self.store.put_rates(&commit).await {
                Ok(()) => return Ok(commit.rates),
                Err(LedgerError::ResourceChanged) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }

    /// The card, if it fits the resource, also in the terms that are announced.
    fn checked(&self, resource: &Resource, card: RateCard) -> Result<RateCard, Failure> {
        let terms = resource.next.as_deref().into_iter().chain([&resource.terms]);
        terms.map(|terms| terms.base_price.currency()).try_fold(card, |card, currency| {
            let context = CardContext { currency, step: self.charges.step(currency) };
            card.checked(context).map_err(|problems: Vec<CardProblem>| Failure::RateCard(problems))
        })
    }
}

fn none_of(id: &ResourceId) -> ResourceRates {
    ResourceRates { resource: id.clone(), revision: 0, versions: Vec::new(), draft: None }
}

fn with_version(
    rates: &ResourceRates,
    card: RateCard,
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<Edited, Failure> {
    let from = from.unwrap_or(now).max(now);
    let before = rates.at(from);
    if before.is_some_and(|before| before.card == card && (from == now || before.valid_from == from)) {
        return Ok(None);
    }
    let next = rates
        .with_version(card, from, now)
        .map_err(|error| Failure::Invalid { field: Field::ValidFrom.into(), detail: error.to_string() })?;
    let put = |version: &&CardVersion| version.number == next.revision;
    let after = next.versions.iter().find(put).cloned();
    let after = after.ok_or_else(|| Failure::Inconsistent("a version that was put is missing".to_owned()))?;
    let change = RatesChange::Put { before: before.cloned().map(Box::new), after: Box::new(after) };
    Ok(Some((next, change)))
}

fn with_draft(rates: &ResourceRates, draft: Option<RateCard>) -> Edited {
    if rates.draft == draft {
        return None;
    }
    let boxed = |card: &Option<RateCard>| card.clone().map(Box::new);
    let change = RatesChange::Draft { before: boxed(&rates.draft), after: boxed(&draft) };
    Some((rates.with_draft(draft), change))
}
