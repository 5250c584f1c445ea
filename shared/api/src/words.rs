//! Enums whose values are words on the wire.

/// An enum of words, as schema `as`. What the comments say of it and of each value is also the description that is published: a list
/// of the values, each with its meaning.
macro_rules! words {
    (
        $(#[doc = $meaning:tt])+
        #[schema(as = $schema:ident)]
        pub enum $name:ident { $( $(#[doc = $said:tt])+ $value:ident = $word:tt ),+ $(,)? }
    ) => {
        $(#[doc = $meaning])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        #[schema(as = $schema, description = concat!($($meaning,)+ $("\n- `", $word, "`:", $($said,)+)+).trim_start())]
        pub enum $name {
            $( $(#[doc = $said])+ #[serde(rename = $word)] $value, )+
        }
    };
}

pub(crate) use words;
