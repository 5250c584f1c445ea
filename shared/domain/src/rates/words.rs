//! What a cancellation keeps, as sentences for people, in English.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::money::Money;
use crate::rates::cancellation::RefundTerms;

/// What a cancellation from `at` on keeps of `price`, which is paid with the booking. Each deadline is a local date and time of `zone`, to
/// the minute, rounded down; deadlines that have passed are left out.
#[must_use]
pub fn in_words(terms: &RefundTerms, price: Money, zone: &TimeZone, at: Timestamp) -> String {
    if price.amount() == 0 {
        return "Nothing is paid with the booking, so a cancellation keeps nothing.".to_owned();
    }
    let mut said: Vec<String> = Vec::new();
    let kept = |amount: Money| {
        if amount.amount() == 0 {
            "everything is given back".to_owned()
        } else if amount.amount() >= price.amount() {
            "nothing is given back".to_owned()
        } else {
            format!("{} of {} is kept", amount.for_people(), price.for_people())
        }
    };
    let hours = terms.free_hours_after_booking;
    if hours > 0 {
        let unit = if hours == 1 { "hour" } else { "hours" };
        let what = kept(terms.kept_always);
        said.push(format!("Within {hours} {unit} of the booking, before the stay begins, {what}."));
    }
    let coming = terms.steps.iter().filter(|step| step.until >= at);
    for step in coming {
        let until = zone.to_datetime(step.until).strftime("%-d %B %Y, %H:%M").to_string();
        said.push(format!("Until {until}, {}.", kept(step.kept)));
    }
    match said.len() {
        0 => "Nothing is given back.".to_owned(),
        _ => {
            said.push("After that, nothing is given back.".to_owned());
            let place = zone.iana_name().map_or_else(String::new, |name| format!(" ({name})"));
            let has_times = terms.steps.iter().any(|step| step.until >= at);
            if has_times {
                said.push(format!("Times are local{place}."));
            }
            said.join(" ")
        }
    }
}
