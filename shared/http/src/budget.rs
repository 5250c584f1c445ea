//! What a request may cost that nobody has to show a token for.

/// What one request to a route that anyone may call costs at most, the worst of all that are legal.
///
/// Read units are DynamoDB's: one for 4 KB read consistently or 8 KB read as of a moment ago, counted anew for each item that is
/// got by its key and for each query; an item that is not there counts like the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Units read of the ledger, whose partitions also take the holds.
    pub ledger_units: u32,
    /// Units read of the read model, whatever is in it.
    pub read_model_units: u32,
    /// Units read of the read model for each resource that the question is about.
    pub units_per_resource: u32,
    /// Bytes of the answer's body.
    pub body_bytes: usize,
    /// Slots of schedules that are cut, for each resource that the question is about.
    pub slots_per_resource: usize,
}
