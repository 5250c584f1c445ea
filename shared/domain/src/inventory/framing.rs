//! A page in another frame: what does not fit it, and what stays as it is. What is held and booked does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::frame::latest_end;
use super::{Page, PageChange, PageFrame, PageKey, PageRejection, PageShape, SlotRule, count, set};
use crate::ids::SlotKey;

impl PageFrame {
    /// The frame in which a slot of which more is taken on `page` than it has gets as many places as are taken: none is free there.
    /// It does not get more than the page has now, neither capacity nor allowance, and nothing if it is of `strict`, unless it is
    /// over.
    #[must_use]
    pub(crate) fn lifted(mut self, strict: &BTreeSet<SlotKey>, page: &Page, now: Timestamp) -> Self {
        if !page.is_of(&self) {
            return self;
        }
        let usual = self.capacity;
        let is_lifted = |slot: &SlotKey| !strict.contains(slot) || page.is_over(slot, &self, now);
        let lifted: Vec<SlotKey> = self.slots.keys().filter(|slot| is_lifted(slot)).cloned().collect();
        for slot in lifted {
            let needed = page.taken(&slot, now).min(page.limit(&slot));
            let most = page.capacity_of(&slot);
            let rule = self.slots.entry(slot).or_default();
            let own = rule.capacity.unwrap_or(usual);
            if own.saturating_add(rule.allowance) < needed {
                let capacity = needed.saturating_sub(rule.allowance).min(most.max(own));
                rule.capacity = Some(capacity);
                rule.allowance = needed.saturating_sub(capacity);
            }
        }
        self
    }
}

impl Page {
    /// A page before anything was held.
    #[must_use]
    pub fn framed(key: PageKey, frame: &PageFrame) -> Self {
        Self::fresh(key, frame.schedule_revision, frame.capacity, Vec::new()).reframed(frame)
    }

    /// The frame that the page has.
    #[must_use]
    pub fn frame(&self) -> PageFrame {
        let rule = |slot: &SlotKey| SlotRule {
            capacity: self.overrides.get(slot).copied(),
            closed: self.closed.contains(slot),
            allowance: count(&self.allowance, slot),
        };
        PageFrame {
            terms_revision: self.terms_revision,
            property: self.property.clone(),
            schedule_revision: self.schedule_revision,
            shape: self.shape,
            capacity: self.capacity,
            slots: self.available.keys().map(|slot| (slot.clone(), rule(slot))).collect(),
        }
    }

    /// Whether slots of the same name are the same slots here and in `frame`. A page that a release before wrote has no shape: a
    /// page of nights is one of nights, any other goes by its schedule's revision.
    fn is_of(&self, frame: &PageFrame) -> bool {
        match self.shape {
            Some(shape) => frame.shape == Some(shape),
            None => {
                let is_of_nights = frame.shape == Some(PageShape::Nights);
                self.terms_revision == 0
                    && (is_of_nights || self.schedule_revision == frame.schedule_revision)
            }
        }
    }

    /// Whether a slot's time is certainly over. Of a page whose shape is unknown its name has to tell.
    fn is_over(&self, slot: &SlotKey, frame: &PageFrame, now: Timestamp) -> bool {
        let shape = if self.is_of(frame) { self.shape.or(frame.shape) } else { self.shape };
        match shape {
            Some(shape) => shape.end_of(&self.key.page, slot).is_none_or(|end| end <= now),
            None => latest_end(&self.key.page).is_some_and(|end| end <= now),
        }
    }

    /// The slots that do not fit a frame, with the places in use there: those that it does not have, or that have
    /// fewer places in it than are in use and than they have now. What is taken of a slot that is over is in nobody's way.
    #[must_use]
    pub fn in_the_way_of(&self, frame: &PageFrame, now: Timestamp) -> Vec<(SlotKey, u32)> {
        let is_of = self.is_of(frame);
        let in_use = |slot: &SlotKey| {
            let taken = self.taken(slot, now);
            let is_over = self.is_over(slot, frame, now);
            if let Some(rule) = frame.slots.get(slot).filter(|_| is_of) {
                let limit = frame.limit_of(rule);
                return if taken > limit && limit < self.limit(slot) && !is_over { taken } else { 0 };
            }
            if is_over { self.held(slot, now) } else { taken }
        };
        self.available.keys().map(|slot| (slot.clone(), in_use(slot))).filter(|(_, used)| *used > 0).collect()
    }

    /// Whether a new hold could take a place here that it could not take under `frame`, for want of the slot or its places.
    #[must_use]
    pub fn is_narrowed_by(&self, frame: &PageFrame) -> bool {
        let is_of = self.is_of(frame);
        self.available.keys().any(|slot| {
            let rule = frame.slots.get(slot).filter(|_| is_of);
            rule.map_or(0, |rule| frame.limit_of(rule)) < self.limit(slot)
        })
    }

    pub(super) fn decide_frame(
        &self,
        frame: &PageFrame,
        now: Timestamp,
    ) -> Result<Vec<PageChange>, PageRejection> {
        if let Some((slot, in_use)) = self.in_the_way_of(frame, now).into_iter().next() {
            return Err(PageRejection::CapacityInUse { slot, in_use });
        }
        if self.clone().reframed(frame) == *self {
            return Ok(Vec::new());
        }
        let mut changes = self.expire_all(now);
        changes.push(PageChange::Framed { frame: Box::new(frame.clone()) });
        Ok(changes)
    }

    /// The page in another frame. What is over stays counted, where its slots would be the same.
    #[must_use]
    pub fn reframed(mut self, frame: &PageFrame) -> Self {
        let is_of = self.is_of(frame);
        let taken: BTreeMap<SlotKey, u32> = if is_of {
            self.available.keys().map(|slot| (slot.clone(), self.stored_taken(slot))).collect()
        } else {
            BTreeMap::new()
        };
        let kept: Vec<(SlotKey, u32)> = taken
            .iter()
            .filter(|(slot, taken)| **taken > 0 && !frame.slots.contains_key(*slot))
            .map(|(slot, taken)| (slot.clone(), *taken))
            .collect();
        if !is_of {
            self.schedule_revision = frame.schedule_revision;
            for counts in [&mut self.allowance, &mut self.elsewhere, &mut self.confirmed] {
                counts.clear();
            }
            self.holds.clear();
        }
        self.terms_revision = frame.terms_revision;
        self.property.clone_from(&frame.property);
        self.shape = frame.shape;
        self.capacity = frame.capacity;
        self.overrides.clear();
        self.closed.clear();
        self.available.clear();
        self.excess.clear();
        for (slot, rule) in &frame.slots {
            self.overrides.extend(rule.capacity.map(|capacity| (slot.clone(), capacity)));
            if rule.closed {
                self.closed.insert(slot.clone());
            }
            set(&mut self.allowance, slot, rule.allowance);
        }
        // A slot that the schedule has no more, and that nobody can ask for: as many places as were taken.
        for (slot, taken) in kept {
            let allowance = count(&self.allowance, &slot).min(taken);
            set(&mut self.allowance, &slot, allowance);
            self.overrides.insert(slot.clone(), taken.saturating_sub(allowance));
            self.available.insert(slot, 0);
        }
        self.allowance.retain(|slot, _| self.available.contains_key(slot) || frame.slots.contains_key(slot));
        for slot in frame.slots.keys() {
            let taken = taken.get(slot).copied().unwrap_or(0);
            let limit = self.limit(slot);
            self.available.insert(slot.clone(), limit.saturating_sub(taken));
            set(&mut self.excess, slot, taken.saturating_sub(limit));
        }
        self
    }

    /// Places taken in a slot as the page counts them, dead holds included.
    fn stored_taken(&self, slot: &SlotKey) -> u32 {
        let limit = self.limit(slot).saturating_add(count(&self.excess, slot));
        limit.saturating_sub(count(&self.available, slot))
    }
}
