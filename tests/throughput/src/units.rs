//! Units of capacity of one call. Documented:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>.

/// Bytes of an item that one write unit pays for.
pub const WRITE_UNIT_BYTES: u64 = 1024;
/// Bytes of an item that one read unit pays for.
pub const READ_UNIT_BYTES: u64 = 4096;

/// Write units of an item of that size, the larger of before and after: one for each KB begun. A failed condition costs the same
/// for the item that is there.
#[must_use]
pub fn write_units(bytes: u64) -> u64 {
    bytes.div_ceil(WRITE_UNIT_BYTES).max(1)
}

/// Write units of a transaction of items of these sizes: twice those of single writes.
#[must_use]
pub fn transaction_units(bytes: &[u64]) -> u64 {
    bytes.iter().map(|bytes| 2 * write_units(*bytes)).sum()
}

/// Halves of read units of an item of that size: two for each 4 KB begun if the read is consistent, one if eventually.
#[must_use]
pub fn read_half_units(bytes: u64, consistent: bool) -> u64 {
    bytes.div_ceil(READ_UNIT_BYTES).max(1) * if consistent { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_documentation() {
        assert_eq!([1, 1024, 1025, 20_481].map(write_units), [1, 1, 2, 21]);
        assert_eq!(transaction_units(&[100, 1024, 1025, 5]), 2 + 2 + 4 + 2);
        assert_eq!(read_half_units(4096, true), 2);
        assert_eq!(read_half_units(4097, false), 2);
    }
}
