//! How far a trail of changes has come.

use crate::ids::{InvalidId, ResourceId, Seal};

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
    /// Every resource at once.
    AllResources,
}

impl TrailSubject {
    /// The name of all resources; no resource has it.
    const ALL: &str = "*";

    /// The resource's id, or `*`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Resource(id) => id.as_str(),
            Self::AllResources => Self::ALL,
        }
    }

    /// The subject of that name.
    ///
    /// # Errors
    /// [`InvalidId`] when it is neither `*` nor a resource's id.
    pub fn parse(name: &str) -> Result<Self, InvalidId> {
        if name == Self::ALL { Ok(Self::AllResources) } else { ResourceId::parse(name).map(Self::Resource) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_as_it_was_written() {
        for name in ["room-7", "*"] {
            assert_eq!(TrailSubject::parse(name).as_ref().map(TrailSubject::as_str), Ok(name));
        }
        assert_eq!(TrailSubject::parse("*"), Ok(TrailSubject::AllResources));
        assert_eq!(TrailSubject::parse("room*"), Err(InvalidId::Character));
    }
}
