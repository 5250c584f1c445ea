//! How the guest of a booking is reached: personal data, which a booking keeps in one place only. Neither a booking, nor its trail,
//! its events or a log has it, and it does not show itself in debugging output.

use std::fmt;

use thiserror::Error;

/// The longest name of a guest, in characters.
pub const CONTACT_NAME_LENGTH_MAX: usize = 120;
/// The longest address, in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets).
pub const EMAIL_LENGTH_MAX: usize = 254;
/// The longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const EMAIL_LOCAL_LENGTH_MAX: usize = 64;
/// The longest label of a domain (RFC 1035, section 2.3.4).
const DOMAIN_LABEL_LENGTH_MAX: usize = 63;
/// The longest tag of a language that can be expected (RFC 5646, section 4.4.1).
pub const LANGUAGE_LENGTH_MAX: usize = 35;

/// Why a part of a contact is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidContact {
    /// Not a name.
    #[error("must have 1 to {CONTACT_NAME_LENGTH_MAX} characters and no control characters")]
    Name,
    /// Not an address.
    #[error("must be an email address, such as guest@example.com")]
    Email,
    /// Not a number.
    #[error("must be a phone number with its country's code and no spaces, such as +4930901820")]
    Phone,
    /// Not a language.
    #[error("must be a language tag, such as en or de-CH")]
    Language,
}

/// How the guest of a booking is reached.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// What the guest is called.
    pub name: Option<ContactName>,
    /// Where mails go.
    pub email: Option<EmailAddress>,
    /// Where calls go.
    pub phone: Option<PhoneNumber>,
    /// What the guest speaks.
    pub language: Option<LanguageTag>,
    /// Whether an operator said so, not the guest.
    pub by_operator: bool,
}

impl Contact {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(..)")
    }
}

macro_rules! part {
    ($(#[$attribute:meta])* $name:ident, $is_valid:expr, $invalid:expr) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Parses the text.
            ///
            /// # Errors
            /// [`InvalidContact`] when it is none.
            pub fn parse(text: &str) -> Result<Self, InvalidContact> {
                if $is_valid(text) { Ok(Self(text.to_owned())) } else { Err($invalid) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

part!(
    /// What a guest is called: 1 to 120 characters without control characters.
    ContactName, is_name, InvalidContact::Name
);
part!(
    /// An email address as HTML's forms take it (<https://html.spec.whatwg.org/#valid-e-mail-address>), with a dot in its domain: what is
    /// quoted, or not of ASCII, is none.
    EmailAddress, is_email, InvalidContact::Email
);
part!(
    /// A phone number by E.164: `+` and 7 to 15 digits.
    PhoneNumber, is_phone, InvalidContact::Phone
);
part!(
    /// A language by the shape of BCP 47 (RFC 5646): subtags of letters and digits, the first of letters.
    LanguageTag, is_language, InvalidContact::Language
);

fn is_name(text: &str) -> bool {
    (1..=CONTACT_NAME_LENGTH_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_of_atoms = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
    text.len() <= EMAIL_LENGTH_MAX
        && (1..=EMAIL_LOCAL_LENGTH_MAX).contains(&local.len())
        && local.bytes().all(is_of_atoms)
        && domain.contains('.')
        && domain.split('.').all(is_domain_label)
}

fn is_domain_label(label: &str) -> bool {
    (1..=DOMAIN_LABEL_LENGTH_MAX).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let first = subtags.next().unwrap_or_default();
    text.len() <= LANGUAGE_LENGTH_MAX
        && (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_valid: fn(&str) -> bool, valid: &[&str], invalid: &[&str]) {
        for text in valid {
            assert!(is_valid(text), "{text}");
        }
        for text in invalid {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn parts_of_a_contact() {
        let (long_name, long_label) = ("é".repeat(121), format!("a@{}.com", "b".repeat(64)));
        let (long_local, long) =
            (format!("{}@b.com", "a".repeat(65)), format!("a@{}com", "bcdefgh.".repeat(32)));
        check(is_name, &["Ada Lovelace", "Ð", "李雷"], &["", "a\nb", &long_name]);
        check(
            is_email,
            &["a@b.co", "ada+nyc@mail.example.com", "o'neil@x-y.example"],
            &[
                "",
                "a",
                "a@",
                "@b.co",
                "a@b",
                "a b@c.co",
                "a@b@c.co",
                "a@-b.co",
                "a@b..co",
                "a@b.co\n",
                "<a@b.co>",
                "ä@b.co",
                &long_label,
                &long_local,
                &long,
            ],
        );
        check(
            is_phone,
            &["+4930901820", "+123456789012345"],
            &["", "030901820", "+030", "+49 30 901820", "+1234567890123456"],
        );
        check(
            is_language,
            &["en", "de-CH", "zh-Hant-TW", "sl-rozaj-1994"],
            &["", "e", "de_CH", "de-", "1de", "de-abcdefghi"],
        );
    }

    #[test]
    fn a_contact_does_not_show_itself() {
        let contact = Contact {
            name: ContactName::parse("Ada Lovelace").ok(),
            email: EmailAddress::parse("ada@example.com").ok(),
            phone: PhoneNumber::parse("+4930901820").ok(),
            language: None,
            by_operator: false,
        };
        assert!(!contact.is_empty() && Contact::default().is_empty());
        for shown in
            [format!("{contact:?}"), format!("{:?} {:?} {:?}", contact.name, contact.email, contact.phone)]
        {
            for word in ["Ada", "ada", "30901820"] {
                assert!(!shown.contains(word), "{shown}");
            }
        }
    }
}
