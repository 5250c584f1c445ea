//! The HTTP layer over stubs of the ports: what goes in, what comes out. How the ledger behaves is tested where it is.

mod answers;
mod bad_input;
mod samples;
mod schemas;
mod stub;
