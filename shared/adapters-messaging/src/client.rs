//! Clients of AWS that are made when they are first used.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

type Make<C> = Box<dyn FnOnce() -> C + Send>;

/// A client that is made when it is first used, and then kept. Clones share it.
///
/// Making a client costs a cold start a part of a millisecond (it reads the partitions of AWS and the endpoints of its service).
/// A function makes those that every call needs as it starts, while the processor is its own, and those that few calls need here.
pub struct OnFirstUse<C>(Arc<LazyLock<C, Make<C>>>);

impl<C> OnFirstUse<C> {
    /// Makes a client by `make`, once, when it is first used.
    #[must_use]
    pub fn new(make: impl FnOnce() -> C + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }
}

impl<C: Send + 'static> From<C> for OnFirstUse<C> {
    fn from(client: C) -> Self {
        Self::new(move || client)
    }
}

impl<C> Clone for OnFirstUse<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Deref for OnFirstUse<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C> fmt::Debug for OnFirstUse<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OnFirstUse")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_client_is_made_once_and_not_before_it_is_used() {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let client = OnFirstUse::new(move || counted.fetch_add(1, Ordering::SeqCst));
        let other = client.clone();
        assert_eq!(made.load(Ordering::SeqCst), 0, "nobody used it yet");
        assert_eq!((*client, *other), (0, 0));
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }
}
