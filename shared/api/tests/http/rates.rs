//! Rate cards and dated rates over HTTP.

use serde_json::{Value, json};

/// A card with everything that one can have.
pub(crate) fn card() -> Value {
    serde_json::from_str(include_str!("rate_card.json")).expect("JSON")
}

/// Lines of each kind.
pub(crate) fn dated() -> Value {
    json!({
        "currency": "USD",
        "lines": [
            {
                "resourceIds": ["hotel-nyc-deluxe", "other"], "planId": "flexible", "from": "2027-06-01", "to": "2027-09-01",
                "weekdays": ["fri", "sat"], "price": 18_900,
                "limits": {
                    "stayMinOnArrival": 2, "stayMinThrough": null, "stayMaxOnArrival": 14, "fillsGaps": true, "closedToArrival": false,
                    "closedToDeparture": null, "stopSell": true, "noticeMinutesMin": 60, "windowDaysMax": 365, "quantityMin": 1,
                    "quantityMax": 4, "soldTogether": false
                }
            },
            { "resourceIds": ["hotel-nyc-deluxe"], "from": "2028-06-01", "copyFrom": { "from": "2027-06-01", "to": "2027-07-01" } }
        ]
    })
}
