//! The HTTP layer over stubs of the ports: what goes in, what comes out. How the ledger behaves is tested where it is.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod cards;
#[cfg(test)]
mod catalogue_stub;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod nearest;
mod number_bounds;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod published;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod quotes;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod receipts;
mod resources;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod stub;
