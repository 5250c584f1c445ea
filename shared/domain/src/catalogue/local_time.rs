//! Local dates and times of a zone as instants, where the zone's clocks jump too.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::bounds::RangeError;

/// The instant of a local time by the "compatible" rule of RFC 5545: in a gap later by the gap's length, of two the first.
pub(super) fn instant_of(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    zone.to_timestamp(date.to_datetime(time)).map_err(|_| RangeError::NotBookable)
}

/// The instant by which a local time has come: of one that does not exist the moment at which the clock jumps over it. So
/// what ends at a time ends before what begins after it, and midnight is where a date begins.
pub(super) fn instant_by(local: DateTime, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let missing = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let after = ambiguous.compatible().map_err(|_| RangeError::NotBookable)?;
    if !missing {
        return Ok(after);
    }
    let jump = after.checked_add(SignedDuration::from_nanos(1)).ok().and_then(|at| zone.preceding(at).next());
    Ok(jump.map_or(after, |jump| jump.timestamp()))
}

/// The instant at which a date begins.
pub(crate) fn start_of(date: Date, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    instant_by(date.to_datetime(Time::midnight()), zone)
}

/// A time on a date of the zone, also where a gap at the end of that date would carry it into the next.
pub(crate) fn instant_on(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    let local = zone.to_ambiguous_timestamp(date.to_datetime(time));
    let at = local.compatible().map_err(|_| RangeError::NotBookable)?;
    if zone.to_datetime(at).date() == date || !is_day(date, zone) {
        return Ok(at);
    }
    local.earlier().map_err(|_| RangeError::NotBookable)
}

/// Whether the zone has that date at all. Those that moved over the date line skipped one.
pub(crate) fn is_day(date: Date, zone: &TimeZone) -> bool {
    instant_of(date, Time::midnight(), zone).is_ok_and(|at| zone.to_datetime(at).date() == date)
}

/// The date after, or the last one there is.
pub(super) fn next_day(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

/// Days from one date to another; negative if it is before.
pub(super) fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}
