//! What a client of the running local stack needs: where it is, tokens, calls, and a look into its neighbours (the fake
//! Stripe, the mailbox, the partner's inbox, the emulated AWS).
//!
//! It knows the HTTP contract and nothing of the code behind it; the demo and the end-to-end suite stand on it.

pub mod aws;
pub mod call;
pub mod neighbours;
pub mod stack;
pub mod stripe;

pub use call::{Answer, Call};
pub use stack::{Pool, Stack};

use std::fmt::Display;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::time::{Instant, sleep};

/// Why the stack or a neighbour could not be asked.
#[derive(Debug, Clone, Error)]
pub enum Trouble {
    /// Nothing runs.
    #[error("the local stack does not run: run `make up` ({0})")]
    NoStack(String),
    /// The stack runs, but does not say what it should.
    #[error("{0}")]
    Unexpected(String),
}

impl Trouble {
    /// An answer that is not what it should be.
    pub fn unexpected(what: impl Display) -> Self {
        Self::Unexpected(what.to_string())
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NoStack(error.to_string())
        } else {
            Self::Unexpected(format!("{error:?}"))
        }
    }
}

/// The time on this machine, which the local stack shares.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one clock of everything that drives the stack from outside"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Asks `question` until it answers, for at most `patience`.
///
/// # Errors
/// [`Trouble`] of the question itself, or that there was no answer in time to `what`.
#[expect(clippy::disallowed_methods, reason = "patience is measured on the machine's clock")]
pub async fn poll<T, F>(what: &str, patience: Duration, mut question: F) -> Result<T, Trouble>
where
    F: AsyncFnMut() -> Result<Option<T>, Trouble>,
{
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(10);
    loop {
        if let Some(answer) = question().await? {
            return Ok(answer);
        }
        if Instant::now() + pause > deadline {
            return Err(Trouble::unexpected(format!("not within {} s: {what}", patience.as_secs_f32())));
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

/// Waits until `moment` has passed.
pub async fn wait_past(moment: Timestamp) {
    while now() <= moment {
        let left = moment.duration_since(now()).unsigned_abs();
        sleep(left.max(Duration::from_millis(1))).await;
    }
}

/// A name nobody has used before.
#[must_use]
pub fn unique(prefix: &str) -> String {
    let letters: String = std::iter::repeat_with(fastrand::lowercase).take(10).collect();
    format!("{prefix}-{letters}")
}
