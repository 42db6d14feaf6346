//! JSON (RFC 8259) or CBOR (RFC 8949), and what both have in common: bounds.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// How deep a CBOR document may be; JSON ends at 128 by itself. A call needs six.
const DEEPEST: usize = 32;

/// How a document is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `json`: bytes are base64.
    #[default]
    Json,
    /// `cbor`: bytes are byte strings.
    Cbor,
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON, or not of the shape it should have.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is no CBOR, or not of the shape it should have.
    #[error("CBOR: {0}")]
    Cbor(#[from] ciborium::de::Error<std::io::Error>),
    /// Something follows.
    #[error("CBOR: {0} bytes behind its end")]
    Trailing(usize),
}

/// An answer could not be written down.
#[derive(Debug, thiserror::Error)]
#[error("an answer that cannot be written: {0}")]
pub struct WriteError(String);

impl Format {
    /// By the word of a registration.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "cbor" => Some(Self::Cbor),
            _ => None,
        }
    }

    /// By a value of `Content-Type`; parameters do not matter.
    #[must_use]
    pub fn of_content_type(value: &str) -> Option<Self> {
        let essence = value.split(';').next().unwrap_or("").trim();
        [Self::Json, Self::Cbor].into_iter().find(|format| essence.eq_ignore_ascii_case(format.content_type()))
    }

    /// The word of a registration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Cbor => "cbor",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cbor => "application/cbor",
        }
    }

    /// Reads a document. What it takes in memory is about its length, whatever lengths it claims to have.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn read<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, ReadError> {
        match self {
            Self::Json => Ok(serde_json::from_slice(bytes)?),
            Self::Cbor => {
                let mut rest = bytes;
                let document = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEEPEST)?;
                if rest.is_empty() { Ok(document) } else { Err(ReadError::Trailing(rest.len())) }
            }
        }
    }

    /// Writes a document.
    ///
    /// # Errors
    /// [`WriteError`], which no document of this crate brings about.
    pub fn write<T: Serialize>(self, document: &T) -> Result<Vec<u8>, WriteError> {
        match self {
            Self::Json => serde_json::to_vec(document).map_err(|error| WriteError(error.to_string())),
            Self::Cbor => {
                let mut out = Vec::new();
                ciborium::into_writer(document, &mut out).map_err(|error| WriteError(error.to_string()))?;
                Ok(out)
            }
        }
    }
}

/// Bytes: a byte string in CBOR, base64 (RFC 4648 section 4) in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw(pub Vec<u8>);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64_simd::STANDARD.encode_to_string(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes, or base64")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Raw, E> {
                base64_simd::STANDARD.decode_to_vec(text).map(Raw).map_err(|_| E::custom("not base64"))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Raw, E> {
                Ok(Raw(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Raw, E> {
                Ok(Raw(bytes))
            }
        }
        deserializer.deserialize_any(Bytes)
    }
}

/// The first `MOST` of a list; further ones are read and not kept. One thing alone is a list of one.
///
/// In CBOR an element takes one byte, in memory a hundred: a list without a bound would be an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Few<T, const MOST: usize>(pub Vec<T>);

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const MOST: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for List<T, MOST> {
            type Value = Few<T, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MOST {
                    match list.next_element()? {
                        Some(element) => kept.push(element),
                        None => return Ok(Few(kept)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Few(kept))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| Few(vec![one]))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(StrDeserializer::new(text)).map(|one| Few(vec![one]))
            }
        }
        deserializer.deserialize_any(List(PhantomData))
    }
}

/// A word where one stands, and nothing where something else does: for what may be told in more than one way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(pub Option<String>);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> Visitor<'de> for Anything {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(Some(text.to_owned())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Word, E> {
                Ok(Word(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Word, E> {
                Ok(Word(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Word, E> {
                Ok(Word(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Word, E> {
                Ok(Word(None))
            }

            fn visit_bytes<E>(self, _: &[u8]) -> Result<Word, E> {
                Ok(Word(None))
            }

            fn visit_unit<E>(self) -> Result<Word, E> {
                Ok(Word(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Word, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Word(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Word, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Word(None))
            }
        }
        deserializer.deserialize_any(Anything)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_same_in_both_formats() {
        let raw = Raw(vec![0, 0x82, 0xa0, 13, 10]);
        assert_eq!(Format::Json.write(&raw).unwrap(), br#""AIKgDQo=""#);
        assert_eq!(Format::Cbor.write(&raw).unwrap(), [0x45, 0, 0x82, 0xa0, 13, 10]);
        for format in [Format::Json, Format::Cbor] {
            assert_eq!(format.read::<Raw>(&format.write(&raw).unwrap()).unwrap(), raw);
        }
        let pieces = [0x5f, 0x41, b'a', 0x42, b'b', b'c', 0xff];
        assert_eq!(Format::Cbor.read::<Raw>(&pieces).unwrap().0, b"abc", "of indefinite length, too");
        for not in ["\"AIKgDQo\"", "\"AIKg DQo=\"", "\"%\"", "7", "[1]"] {
            assert!(Format::Json.read::<Raw>(not.as_bytes()).is_err(), "{not}");
        }
    }

    #[test]
    fn what_a_document_claims_costs_nothing() {
        // A byte string of 2^60 bytes, a list of as many, and one nested deeper than anybody needs.
        for claim in [&[0x5b, 0x10, 0, 0, 0, 0, 0, 0, 0, 1][..], &[0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0, 1], &[0x81; 9999]] {
            assert!(Format::Cbor.read::<Few<Raw, 3>>(claim).is_err());
            assert!(Format::Cbor.read::<Word>(claim).is_err());
        }
        assert!(Format::Json.read::<Word>("[".repeat(9999).as_bytes()).is_err());
        assert!(Format::Cbor.read::<Word>(&[0xf6, 0xf6]).is_err(), "nothing may follow");
    }

    #[test]
    fn a_list_is_bounded_and_may_be_one_thing() {
        let few = |json: &str| Format::Json.read::<Few<String, 2>>(json.as_bytes()).map(|few| few.0).map_err(|_| ());
        assert_eq!(few(r#"["a","b",{"c":[1]},null]"#), Ok(vec!["a".into(), "b".into()]));
        assert_eq!((few("\"a\""), few("[]"), few("[1]")), (Ok(vec!["a".into()]), Ok(vec![]), Err(())));
    }

    #[test]
    fn media_types_are_told_apart() {
        for (value, wanted) in [
            ("application/json", Some(Format::Json)),
            ("Application/JSON; charset=utf-8", Some(Format::Json)),
            ("application/cbor", Some(Format::Cbor)),
            ("text/json", None),
            ("", None),
        ] {
            assert_eq!(Format::of_content_type(value), wanted, "{value}");
        }
    }
}
