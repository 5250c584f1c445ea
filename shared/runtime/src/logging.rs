//! Logs: JSON lines, one event each, with the fields of the request's span.

use tracing_subscriber::EnvFilter;

/// Sends this process's log to its output, in the form CloudWatch reads. A filter that cannot be read is `info`.
pub(crate) fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init();
    // A second start, as in a test, keeps the first log.
    drop(started);
}
