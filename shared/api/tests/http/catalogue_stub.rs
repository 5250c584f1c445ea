//! The ports of the catalogue, of properties and of rates, of which requests see what they are told.

use async_trait::async_trait;
use holdfast_app::catalogue::{
    Catalogue, CatalogueReader, FactsCommit, HoldStopSwitch, ResourceEvent, ResourceHistory, StopCommit,
    StopState, TermsCommit,
};
use holdfast_app::properties::{PropertyCommit, PropertyReader, PropertyStore};
use holdfast_app::rates::{
    CardPage, CardRecord, CodeTries, DatedCommit, PromotionUses, RateHistory, RateReader, RateStore,
    RatesCommit, TriedCodes,
};
use holdfast_app::{Clock, LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Facts, Month, Surplus};
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::uses::UsesMade;
use holdfast_domain::{
    Fingerprint, GuestId, GuestMark, Money, Page, Property, PropertyId, Resource, ResourceId, TrailHead,
    TrailSubject,
};
use jiff::Timestamp;
use std::collections::BTreeSet;

use crate::stub::{Fixed, NOW, Stub};

#[async_trait]
impl CatalogueReader for Stub {
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError> {
        self.0.up()?;
        let known = self.0.resource.clone().filter(|resource| resource.id == *id);
        let trail = TrailHead { entries: 2, seal: None };
        Ok(known.map(|resource| Resource { trail, ..resource }))
    }
    async fn stored_pages(&self, _: &Resource) -> Result<Vec<Page>, StoreError> {
        Ok(Vec::new())
    }
    async fn stored_among(&self, _: &Resource, _: &[String]) -> Result<Vec<Page>, StoreError> {
        Ok(Vec::new())
    }
    async fn facts_of(&self, _: &ResourceId, _: &BTreeSet<Month>) -> Result<Facts, StoreError> {
        Ok(Facts::default())
    }
    async fn facts(&self, _: &ResourceId) -> Result<Facts, StoreError> {
        Ok(Facts::default())
    }
}

#[async_trait]
impl PropertyReader for Stub {
    async fn property(&self, id: &PropertyId) -> Result<Option<Property>, StoreError> {
        self.0.up()?;
        Ok(self.0.property.clone().filter(|property| property.id == *id))
    }
}

#[async_trait]
impl PropertyStore for Stub {
    async fn put_property(&self, _: &PropertyCommit) -> Result<(), LedgerError> {
        self.0.refused()
    }
}

#[async_trait]
impl Catalogue for Stub {
    async fn put_resource(&self, _: &TermsCommit) -> Result<(), LedgerError> {
        self.0.refused()
    }
    async fn put_facts(&self, _: &FactsCommit) -> Result<(), LedgerError> {
        self.0.refused()
    }
    async fn bring(
        &self,
        _: &Resource,
        _: &Facts,
        _: Vec<Page>,
        _: Surplus<'_>,
        _: &Mutation,
    ) -> Result<(), LedgerError> {
        self.0.refused()
    }
}

#[async_trait]
impl RateReader for Stub {
    async fn rates(
        &self,
        _: &ResourceId,
        _: &BTreeSet<Month>,
    ) -> Result<(Option<ResourceRates>, DatedRates), StoreError> {
        self.0.up()?;
        Ok((self.0.rates.clone(), self.0.dated.clone()))
    }
    async fn all_rates(&self, _: &ResourceId) -> Result<(Option<ResourceRates>, DatedRates), StoreError> {
        self.0.up()?;
        Ok((self.0.rates.clone(), self.0.dated.clone()))
    }
}

#[async_trait]
impl RateStore for Stub {
    async fn put_rates(&self, _: &RatesCommit) -> Result<(), LedgerError> {
        self.0.refused()
    }
    async fn put_months(&self, _: &DatedCommit) -> Result<(), LedgerError> {
        self.0.refused()
    }
}

/// No promotion is used yet.
#[async_trait]
impl PromotionUses for Stub {
    async fn made(
        &self,
        _: &ResourceId,
        _: &PromotionCode,
        _: UseLimits,
        _: Option<&GuestId>,
    ) -> Result<UsesMade, StoreError> {
        self.0.up()?;
        Ok(UsesMade::default())
    }
}

/// As many codes were tried as may be, where the stub says so.
#[async_trait]
impl CodeTries for Stub {
    async fn tried(&self, _: &GuestMark, _: Timestamp) -> Result<TriedCodes, StoreError> {
        self.0.up()?;
        Ok(TriedCodes::default())
    }
    async fn count(
        &self,
        _: &GuestMark,
        _: &Fingerprint,
        _: usize,
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        self.0.up()?;
        Ok(!self.0.codes_are_guessed)
    }
    async fn clear(&self, _: &GuestMark, _: &Fingerprint, _: bool, _: Timestamp) -> Result<(), StoreError> {
        self.0.up()
    }
}

/// The history of what the resource has now, as if one had put it all.
#[async_trait]
impl RateHistory for Stub {
    async fn versions_before(&self, _: &ResourceId, before: u64, limit: u32) -> Result<CardPage, StoreError> {
        self.0.up()?;
        let record = |version: &CardVersion| CardRecord {
            version: version.clone(),
            at: NOW.parse().expect("an instant"),
            actor: "staff/operator-1".to_owned(),
        };
        let versions = self.0.rates.iter().flat_map(|rates| rates.versions.iter().rev());
        let mut records: Vec<CardRecord> =
            versions.filter(|version| version.number < before).map(record).collect();
        let limit = usize::try_from(limit).expect("a number");
        let more = records.len() > limit;
        records.truncate(limit);
        Ok(CardPage { records, more })
    }
}

/// Nothing is stopped yet.
#[async_trait]
impl HoldStopSwitch for Stub {
    async fn stop_of(&self, subject: &TrailSubject) -> Result<Option<StopState>, StoreError> {
        let state = |trail, property| StopState { stopped: false, trail, property };
        Ok(match subject {
            TrailSubject::Resource(id) => {
                self.resource(id).await?.map(|resource| state(resource.trail, resource.terms.property))
            }
            TrailSubject::Property(_) => None,
            TrailSubject::AllResources => Some(state(TrailHead::default(), None)),
        })
    }
    async fn put_stop(&self, _: &StopCommit) -> Result<(), LedgerError> {
        self.0.refused()
    }
}

/// A trail of two entries: the resource was created, and sold for more.
#[async_trait]
impl ResourceHistory for Stub {
    async fn resource_trail(&self, subject: &TrailSubject) -> Result<Vec<ResourceEvent>, StoreError> {
        match subject {
            TrailSubject::AllResources => return Ok(Vec::new()),
            TrailSubject::Property(id) => {
                let property = self.property(id).await?.expect("a property");
                let by = Mutation { now: Fixed.now(), actor: "desk-1".to_owned(), trace: None };
                return Ok(vec![PropertyCommit::new(None, &property, &by).entry]);
            }
            TrailSubject::Resource(_) => {}
        }
        let resource = self.0.resource.clone().expect("a resource");
        let mut dearer = resource.clone();
        dearer.terms.base_price = Money::new(13_900, dearer.terms.base_price.currency()).expect("a price");
        let by = |actor: &str| Mutation { now: Fixed.now(), actor: actor.to_owned(), trace: None };
        let created = TermsCommit::new(None, &resource, &by("desk-1"));
        let replaced = TermsCommit::new(Some(&created.next), &dearer, &by("desk-2"));
        Ok(vec![created.entry.expect("an entry"), replaced.entry.expect("an entry")])
    }
    async fn resource_trail_page(
        &self,
        subject: &TrailSubject,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ResourceEvent>, StoreError> {
        self.0.up()?;
        let rest = self.resource_trail(subject).await?.into_iter().filter(|entry| entry.sequence > after);
        Ok(rest.take(usize::try_from(limit).expect("a number")).collect())
    }
    async fn resource_trail_before(
        &self,
        subject: &TrailSubject,
        before: u64,
        limit: u32,
    ) -> Result<Vec<ResourceEvent>, StoreError> {
        self.0.up()?;
        let trail = self.resource_trail(subject).await?.into_iter().rev();
        let rest = trail.filter(|entry| entry.sequence < before);
        Ok(rest.take(usize::try_from(limit).expect("a number")).collect())
    }
}
