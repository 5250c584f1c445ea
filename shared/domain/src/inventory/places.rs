//! Places: how many are taken in which slots of a page.

use thiserror::Error;

use crate::ids::SlotKey;

/// Why slots and quantities are no [`SlotPlaces`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPlaces {
    /// A slot that is not after the one before it.
    #[error("slot {0} is out of order")]
    Order(SlotKey),
    /// A slot in which nothing is taken.
    #[error("no place of slot {0} is taken")]
    Nothing(SlotKey),
}

/// Slots of one page, ascending, with the places taken in each: at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SlotPlaces(Vec<(SlotKey, u32)>);

impl SlotPlaces {
    /// The given slots with their places.
    ///
    /// # Errors
    /// [`InvalidPlaces`] when they are not ascending, or one has no place.
    pub fn new(places: impl IntoIterator<Item = (SlotKey, u32)>) -> Result<Self, InvalidPlaces> {
        let places: Vec<(SlotKey, u32)> = places.into_iter().collect();
        if let Some((slot, _)) = places.iter().find(|(_, quantity)| *quantity == 0) {
            return Err(InvalidPlaces::Nothing(slot.clone()));
        }
        match places.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            Some(pair) => Err(InvalidPlaces::Order(pair[1].0.clone())),
            None => Ok(Self(places)),
        }
    }

    /// As many places in each of the slots.
    ///
    /// # Errors
    /// [`InvalidPlaces`] when the slots are not ascending, or `quantity` is 0.
    pub fn uniform(slots: impl IntoIterator<Item = SlotKey>, quantity: u32) -> Result<Self, InvalidPlaces> {
        Self::new(slots.into_iter().map(|slot| (slot, quantity)))
    }

    /// Each slot with its places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&SlotKey, u32)> {
        self.0.iter().map(|(slot, quantity)| (slot, *quantity))
    }

    /// The slots.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = &SlotKey> {
        self.0.iter().map(|(slot, _)| slot)
    }

    /// Places taken in a slot; 0 for one that is not named.
    #[must_use]
    pub fn in_slot(&self, slot: &SlotKey) -> u32 {
        self.0.binary_search_by(|(known, _)| known.cmp(slot)).map_or(0, |index| self.0[index].1)
    }

    /// Whether places of a slot are taken.
    #[must_use]
    pub fn contains(&self, slot: &SlotKey) -> bool {
        self.in_slot(slot) > 0
    }

    /// The most places taken in one slot; 0 if no slot is named.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.0.iter().map(|(_, quantity)| *quantity).max().unwrap_or(0)
    }

    /// The places of every slot, if all have as many.
    #[must_use]
    pub fn same_everywhere(&self) -> Option<u32> {
        let most = self.most();
        self.0.iter().all(|(_, quantity)| *quantity == most).then_some(most)
    }
}
