//! JSON part by part: a file may be longer than what memory holds, and a part of it at fault costs that part.
//!
//! Every walk reads the file from its beginning to its end and keeps nothing. What is wrong with the file as a whole comes
//! back as the parser says it, with its line and column.

use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Result;
use serde_json::value::RawValue;

use crate::content::Content;

pub mod bare;
#[cfg(feature = "full")]
mod members;

pub use bare::bare_numbers;
#[cfg(feature = "full")]
pub use members::{first_elements, first_member, members, members_within, whole};

/// What stands in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A list.
    List,
    /// An object.
    Object,
    /// Text, a number, truth or null.
    Single,
}

/// Whether the whole text is JSON.
pub fn check(content: &Content<'_>) -> Result<()> {
    walk(content, Ignored)
}

/// Takes an element of one of several lists: which lists came before, which one it is of, its place in it from 0.
pub type EachOfLists<'v> = dyn FnMut(&[bool], usize, usize, &RawValue) + 'v;

/// Takes one part after the other, and says whether the next is wanted.
type EachPart<'v, Place, Part> = dyn FnMut(Place, Part) -> ControlFlow<()> + 'v;

/// What is known of the outermost object.
pub enum Outline {
    /// All keys that were wanted are there; what stands behind them was not read.
    Enough,
    /// Its keys with what each holds, in the file's order; none where the file is no JSON object.
    Whole(Vec<(String, Kind)>),
}

/// The keys of the outermost object with what each holds, or as much of it as says that all of `wanted` are there.
pub fn outline_up_to(content: &Content<'_>, wanted: &[&str]) -> Outline {
    let (mut keys, mut is_enough) = (Vec::new(), false);
    let read = walk(content, Keys { wanted, keys: &mut keys, is_enough: &mut is_enough });
    match read {
        _ if is_enough => Outline::Enough,
        Ok(()) => Outline::Whole(keys),
        Err(_) => Outline::Whole(Vec::new()),
    }
}

/// Gives every element of the outermost list to `visit`, with its place from 0.
pub fn elements(content: &Content<'_>, visit: &mut dyn FnMut(usize, &RawValue)) -> Result<()> {
    let visit = &mut |place, raw: Box<RawValue>| {
        visit(place, &raw);
        ControlFlow::Continue(())
    };
    walk(content, List { visit })
}

/// Gives every element of the lists that are called so in the outermost object to `visit`: which lists came before, which of
/// `names` it is of, its place in the list from 0, and the element. Comes back: which lists are there; `null` is as if it
/// were not.
pub fn lists(content: &Content<'_>, names: &[&'static str], visit: &mut EachOfLists<'_>) -> Result<Vec<bool>> {
    let mut found = vec![false; names.len()];
    walk(content, Lists { names, found: &mut found, visit })?;
    Ok(found)
}

/// Whoever breaks off keeps what was found, so that its fault is of no interest.
fn broken_off<E: serde::de::Error>(flow: ControlFlow<()>) -> std::result::Result<(), E> {
    if flow.is_break() { Err(E::custom("broken off")) } else { Ok(()) }
}

fn walk<V>(content: &Content<'_>, visitor: V) -> Result<()>
where
    V: for<'de> DeserializeSeed<'de, Value = ()>,
{
    match content.json_pieces() {
        Some(pieces) => {
            let mut parser = serde_json::Deserializer::from_reader(pieces);
            visitor.deserialize(&mut parser)?;
            parser.end()
        }
        None => {
            let mut parser = serde_json::Deserializer::from_slice(content.json_held().unwrap_or_default());
            visitor.deserialize(&mut parser)?;
            parser.end()
        }
    }
}

struct Ignored;

impl<'de> DeserializeSeed<'de> for Ignored {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<(), D::Error> {
        IgnoredAny::deserialize(parser).map(drop)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> std::result::Result<Self, D::Error> {
        struct Told;
        impl<'de> Visitor<'de> for Told {
            type Value = Kind;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("any JSON")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Kind, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Kind::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Kind, A::Error> {
                while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Kind::Object)
            }

            fn visit_bool<E>(self, _: bool) -> std::result::Result<Kind, E> {
                Ok(Kind::Single)
            }

            fn visit_i64<E>(self, _: i64) -> std::result::Result<Kind, E> {
                Ok(Kind::Single)
            }

            fn visit_u64<E>(self, _: u64) -> std::result::Result<Kind, E> {
                Ok(Kind::Single)
            }

            fn visit_f64<E>(self, _: f64) -> std::result::Result<Kind, E> {
                Ok(Kind::Single)
            }

            fn visit_str<E>(self, _: &str) -> std::result::Result<Kind, E> {
                Ok(Kind::Single)
            }

            fn visit_unit<E>(self) -> std::result::Result<Kind, E> {
                Ok(Kind::Single)
            }
        }
        parser.deserialize_any(Told)
    }
}

/// A list whose elements go to `visit`.
struct List<'v, T> {
    visit: &'v mut EachPart<'v, usize, T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        let mut place = 0;
        while let Some(element) = list.next_element()? {
            broken_off((self.visit)(place, element))?;
            place += 1;
        }
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<(), D::Error> {
        parser.deserialize_seq(self)
    }
}

/// The keys of the outermost object, up to the last of those that are wanted.
struct Keys<'v> {
    wanted: &'v [&'v str],
    keys: &'v mut Vec<(String, Kind)>,
    is_enough: &'v mut bool,
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            let is_known = |wanted: &&str| key == **wanted || self.keys.iter().any(|(known, _)| known == *wanted);
            if self.wanted.contains(&key.as_str()) && self.wanted.iter().all(is_known) {
                *self.is_enough = true;
                return broken_off(ControlFlow::Break(()));
            }
            self.keys.push((key, object.next_value()?));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

/// Some lists of the outermost object.
struct Lists<'v> {
    names: &'v [&'static str],
    found: &'v mut [bool],
    visit: &'v mut EachOfLists<'v>,
}

impl<'de> Visitor<'de> for Lists<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            let Some(which) = self.names.iter().position(|name| *name == key) else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            if self.found.get(which) == Some(&true) {
                return Err(A::Error::custom(format!("a second list \"{key}\"")));
            }
            let before = &*self.found;
            let visit = &mut |place, raw: Box<RawValue>| {
                (self.visit)(before, which, place, &raw);
                ControlFlow::Continue(())
            };
            let is_there = object.next_value_seed(MaybeList(List { visit }))?;
            if let Some(found) = self.found.get_mut(which) {
                *found = is_there;
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Lists<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

/// A list or null; comes back whether it was a list.
struct MaybeList<'v, T>(List<'v, T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeList<'_, T> {
    type Value = bool;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_none<E>(self) -> std::result::Result<bool, E> {
        Ok(false)
    }

    fn visit_some<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<bool, D::Error> {
        parser.deserialize_seq(self.0).map(|()| true)
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for MaybeList<'_, T> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<bool, D::Error> {
        parser.deserialize_option(self)
    }
}
