//! Implements the directory of guests on the user pool that they sign up to.

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::SdkError;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use holdfast_app::DeliveryError;
use holdfast_app::notifications::GuestDirectory;
use holdfast_domain::GuestId;
use holdfast_domain::bookings::EmailAddress;

use crate::client::OnFirstUse;

/// The guests of a Cognito user pool.
#[derive(Debug, Clone)]
pub struct CognitoGuests {
    client: OnFirstUse<Client>,
    pool: String,
}

impl CognitoGuests {
    /// The guests of the pool of that id.
    #[must_use]
    pub fn new(client: impl Into<OnFirstUse<Client>>, pool: &str) -> Self {
        Self { client: client.into(), pool: pool.to_owned() }
    }
}

#[async_trait]
impl GuestDirectory for CognitoGuests {
    // AdminGetUser takes a `sub` for a username (Amazon Cognito API Reference, AdminGetUser).
    async fn verified_email(&self, guest: &GuestId) -> Result<Option<EmailAddress>, DeliveryError> {
        let asked =
            self.client.admin_get_user().user_pool_id(&self.pool).username(guest.as_str()).send().await;
        match asked {
            Ok(user) => Ok(verified(guest, user.user_attributes())),
            Err(SdkError::ServiceError(context)) if context.err().is_user_not_found_exception() => Ok(None),
            Err(error) => Err(DeliveryError::Unavailable(Box::new(error))),
        }
    }
}

/// The address among a user's attributes, if it is verified and the user is the guest: a username may be an alias of somebody else.
fn verified(guest: &GuestId, attributes: &[AttributeType]) -> Option<EmailAddress> {
    let value = |name: &str| attributes.iter().find(|one| one.name() == name).and_then(AttributeType::value);
    let is_verified = value("sub") == Some(guest.as_str()) && value("email_verified") == Some("true");
    EmailAddress::parse(value("email").filter(|_| is_verified)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attributes: &[(&str, &str)], expected: Option<&str>) {
        let attribute = |(name, value): &(&str, &str)| {
            AttributeType::builder().name(*name).value(*value).build().expect("an attribute")
        };
        let attributes: Vec<_> = attributes.iter().map(attribute).collect();
        let guest = GuestId::parse("6f4c0d1e").expect("a guest");
        let found = verified(&guest, &attributes);
        assert_eq!(found.as_ref().map(EmailAddress::as_str), expected, "{attributes:?}");
    }

    #[test]
    fn only_a_verified_address_of_the_guest_counts() {
        let (sub, email) = (("sub", "6f4c0d1e"), ("email", "ada@example.com"));
        check(&[sub, email, ("email_verified", "true")], Some("ada@example.com"));
        check(&[sub, email, ("email_verified", "false")], None);
        check(&[sub, email], None);
        check(&[sub, ("email_verified", "true")], None);
        check(&[sub, ("email", "nobody"), ("email_verified", "true")], None);
        check(&[("sub", "another"), email, ("email_verified", "true")], None);
        check(&[], None);
    }
}
