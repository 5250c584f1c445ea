//! Tests of the use cases over the real ledger and read model, with a scripted payment provider and sagas in this process.
