//! The members of an object one by one, and the first parts of a file.

use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Result;
use serde_json::value::RawValue;

use super::{EachPart, List, broken_off, walk};
use crate::content::Content;

/// The text as one value. It is held, so this is for what is short by its form.
pub fn whole(content: &Content<'_>) -> Result<Box<RawValue>> {
    content.json()
}

/// Gives every member of the outermost object to `visit`.
pub fn members(content: &Content<'_>, visit: &mut dyn FnMut(String, &RawValue)) -> Result<()> {
    members_as(content, &mut |key, raw: Box<RawValue>| {
        visit(key, &raw);
        ControlFlow::Continue(())
    })
}

/// Gives every member of the object that is called so in the outermost object to `visit`.
pub fn members_within(content: &Content<'_>, name: &str, visit: &mut dyn FnMut(String, &RawValue)) -> Result<()> {
    walk(content, Within { name, visit })
}

/// The first elements of the outermost list, up to one that is no such thing.
pub fn first_elements<T: DeserializeOwned>(content: &Content<'_>, most: usize) -> Vec<T> {
    let mut first = Vec::new();
    // A fault behind them is told when the file is read.
    let _ = walk(content, List { visit: &mut |_, element: T| enough(&mut first, element, most) });
    first
}

/// The first member of the outermost object.
pub fn first_member<T: DeserializeOwned>(content: &Content<'_>) -> Option<(String, T)> {
    let mut first = Vec::new();
    let _ = members_as(content, &mut |key, value: T| enough(&mut first, (key, value), 1));
    first.pop()
}

fn enough<T>(kept: &mut Vec<T>, one: T, most: usize) -> ControlFlow<()> {
    kept.push(one);
    if kept.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// An object whose members go to `visit`.
struct Members<'v, T> {
    visit: &'v mut EachPart<'v, String, T>,
}

fn members_as<T: DeserializeOwned>(content: &Content<'_>, visit: &mut EachPart<'_, String, T>) -> Result<()> {
    walk(content, Members { visit })
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<(), A::Error> {
        while let Some((key, value)) = object.next_entry()? {
            broken_off((self.visit)(key, value))?;
        }
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Members<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

/// The object of a name within the outermost one.
struct Within<'v> {
    name: &'v str,
    visit: &'v mut dyn FnMut(String, &RawValue),
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            if key == self.name {
                let visit = &mut |key, raw: Box<RawValue>| {
                    (self.visit)(key, &raw);
                    ControlFlow::Continue(())
                };
                object.next_value_seed(Members { visit })?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> std::result::Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}
