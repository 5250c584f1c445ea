//! What a customer has to do at their bank, as it is stored: apart from the booking, which knows only that it is awaited.

use holdfast_app::StoreError;
use holdfast_domain::BookingId;
use holdfast_domain::payments::CustomerAction;
use jiff::SignedDuration;

use crate::stored::v0;
use crate::stored::version::{Version, WRITES};
use crate::table::item::kept_until;
use crate::table::item::{Item, Reader, millis, s};

/// How long it is kept after it had to be done: a customer who comes late may still see it, but no longer than sagas run.
const ACTION_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Primary key of what a booking's customer has to do.
pub(crate) fn action_key(booking: &BookingId) -> Item {
    Item::from([("pk".into(), s(format!("A#{booking}")))])
}

/// What a booking's customer has to do.
#[must_use]
pub fn encode_action(booking: &BookingId, action: &CustomerAction) -> Item {
    let mut item = action_key(booking);
    item.extend([
        ("secret".into(), s(&action.client_secret)),
        ("expires".into(), millis(action.expires_at)),
        kept_until(action.expires_at, ACTION_KEPT),
    ]);
    item.extend(action.redirect_url.as_ref().map(|url| ("url".into(), s(url))));
    WRITES.note.mark(&mut item);
    item
}

/// What a booking's customer has to do.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_action(item: &Item) -> Result<CustomerAction, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => Ok(CustomerAction {
            client_secret: reader.text("secret")?.to_owned(),
            redirect_url: reader.opt_text("url").map(ToOwned::to_owned),
            expires_at: reader.instant("expires")?,
        }),
    }
}

/// What a booking's customer has to do, if the release before has written that into the booking itself.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_action_of_booking(booking: &Item) -> Result<Option<CustomerAction>, StoreError> {
    let reader = Reader::new(booking);
    match Version::of(&reader)? {
        Version::V0 => {
            let document = reader.document::<v0::booking::BookingDocument>("doc")?;
            document.action_of_before().map_err(|reason| reader.corrupt(reason))
        }
        // The release before has written no booking that is paid by card in it.
        Version::V1 => Ok(None),
    }
}
