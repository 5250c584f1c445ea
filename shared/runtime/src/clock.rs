//! The system's clock.

use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::Clock;
use holdfast_app::kernel::Pause;
use jiff::Timestamp;

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[async_trait]
impl Pause for SystemClock {
    async fn until(&self, at: Timestamp) {
        // Nothing is left of an instant that has passed.
        let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        tokio::time::sleep(left).await;
    }
}
