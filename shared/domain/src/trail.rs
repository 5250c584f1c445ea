//! How far a trail of changes has come.

use std::borrow::Cow;

use crate::ids::{InvalidId, PropertyId, ResourceId, Seal};

/// How many entries a trail has, and the seal of the last: what the thing that it is about keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrailHead {
    /// The number of the last entry; 0 without any.
    pub entries: u64,
    /// The seal of the last entry.
    pub seal: Option<Seal>,
}

/// What a trail of operators' changes is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TrailSubject {
    /// A resource.
    Resource(ResourceId),
    /// A property.
    Property(PropertyId),
    /// Every resource at once.
    AllResources,
}

impl TrailSubject {
    /// The name of all resources; no resource has it.
    const ALL: &str = "*";
    /// Names of properties begin with it; no name of a resource does.
    const PROPERTY: &str = "property/";

    /// The resource's id, `property/` and the property's id, or `*`.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Resource(id) => Cow::Borrowed(id.as_str()),
            Self::Property(id) => Cow::Owned(format!("{}{id}", Self::PROPERTY)),
            Self::AllResources => Cow::Borrowed(Self::ALL),
        }
    }

    /// The subject of that name.
    ///
    /// # Errors
    /// [`InvalidId`] when it is neither `*` nor one of a resource or a property.
    pub fn parse(name: &str) -> Result<Self, InvalidId> {
        match name.strip_prefix(Self::PROPERTY) {
            Some(id) => PropertyId::parse(id).map(Self::Property),
            None if name == Self::ALL => Ok(Self::AllResources),
            None => ResourceId::parse(name).map(Self::Resource),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_as_it_was_written() {
        for name in ["room-7", "property/hotel-7", "*"] {
            let subject = TrailSubject::parse(name).expect("a subject");
            assert_eq!(subject.name(), name);
        }
        assert_eq!(TrailSubject::parse("*"), Ok(TrailSubject::AllResources));
        let property = PropertyId::parse("hotel-7").map(TrailSubject::Property);
        assert_eq!(TrailSubject::parse("property/hotel-7"), property);
        for name in ["room*", "property/", "property/a/b", "property/*"] {
            assert!(TrailSubject::parse(name).is_err(), "{name}");
        }
    }
}
