//! Codes that somebody tries, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::rates::{CodeTries, TriedCodes};
use holdfast_domain::{Fingerprint, GuestMark};
use jiff::Timestamp;

/// What is tried, by who tries and by the hour.
#[derive(Debug, Default)]
pub(crate) struct MemoryTries(Mutex<HashMap<(GuestMark, i64), TriedCodes>>);

impl MemoryTries {
    fn all(&self) -> MutexGuard<'_, HashMap<(GuestMark, i64), TriedCodes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(by: &GuestMark, now: Timestamp) -> (GuestMark, i64) {
    (by.clone(), now.as_second().div_euclid(3_600))
}

#[async_trait]
impl CodeTries for MemoryTries {
    async fn tried(&self, by: &GuestMark, now: Timestamp) -> Result<TriedCodes, StoreError> {
        Ok(self.all().get(&key(by, now)).cloned().unwrap_or_default())
    }

    async fn count(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut all = self.all();
        let tried = all.entry(key(by, now)).or_default();
        let has_room = tried.counted.contains(code) || tried.counted.len() < most;
        if has_room {
            tried.counted.insert(code.clone());
        }
        Ok(has_room)
    }

    async fn clear(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        remembered: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut all = self.all();
        let tried = all.entry(key(by, now)).or_default();
        tried.counted.remove(code);
        if remembered {
            tried.good.insert(code.clone());
        }
        Ok(())
    }
}
