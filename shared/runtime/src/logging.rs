//! Logs: JSON lines, one event each, with the fields of the request's span.

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Sends this process's log to its output, in the form CloudWatch reads. A filter that cannot be read is `info`.
pub(crate) fn start(filter: &str) {
    let filter = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_filter(filter);
    let started = tracing_subscriber::registry().with(lines).try_init();
    // A second start, as in a test, keeps the first log.
    drop(started);
}
