//! What the customer of `booking-awaiting-customer` has to do, as a sample.

use holdfast_domain::payments::CustomerAction;
use holdfast_testkit::at;

pub(crate) fn sample() -> CustomerAction {
    CustomerAction {
        client_secret: "pi_3PqX2b2eZvKYlo2C1kXyJ0aB_secret_0".to_owned(),
        redirect_url: Some("https://bank.example/3ds?id=1".to_owned()),
        expires_at: at("2030-05-20T12:10:00.123Z"),
    }
}
