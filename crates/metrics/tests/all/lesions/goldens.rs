//! Against what the packages say of the same sets.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Image, confusions, draw, lines};
use crate::common::{boxes, masks};

#[derive(Deserialize)]
struct Goldens {
    names: Vec<String>,
    values: Vec<Vec<Expected>>,
    tables: Vec<[Option<[u64; 9]>; 3]>,
}

/// A number, `null` where the package has none, or `"?"` where it was not asked.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Number(f64),
    Unasked(String),
    None(()),
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../../../tests/reference/lesions/goldens.json")).unwrap()
}

#[test]
fn values_agree_with_the_packages() {
    let goldens = goldens();
    let mut compared = vec![[0_u32; 3]; goldens.names.len()];
    let mut wrong = Vec::new();
    for (seed, values) in goldens.values.iter().enumerate() {
        let options = if seed.is_multiple_of(2) { boxes() } else { masks() };
        let images = draw(seed as u64);
        let mut lines = lines(&images, &options);
        // The package knows no patients, only cases.
        let alone = images.into_iter().map(|image| Image { patient: None, ..image }).collect::<Vec<_>>();
        let of_cases = super::lines(&alone, &options);
        lines.extend(of_cases.into_iter().filter(|((id, _), _)| id.starts_with("picai")));
        let lines = lines.iter().filter(|((_, class), _)| class.is_none()).map(|((id, _), value)| (*id, value));
        let lines = lines.collect::<BTreeMap<_, _>>();
        for ((name, expected), compared) in goldens.names.iter().zip(values).zip(&mut compared) {
            let found = lines[name.as_str()].statistic;
            match expected {
                Expected::Unasked(mark) => assert_eq!(mark, "?"),
                Expected::None(()) => {
                    if found.value().is_some() {
                        wrong.push(format!("{name} of set {seed} is {found:?}, expected none"));
                    }
                    compared[1] += 1;
                }
                Expected::Number(expected) => {
                    let found = found.value();
                    // The goldens have 12 digits.
                    let agrees = found.is_some_and(|found| (found - expected).abs() < 1e-11);
                    if !agrees {
                        wrong.push(format!("{name} of set {seed} is {found:?}, expected {expected}"));
                    }
                    compared[0] += 1;
                    compared[2] += u32::from(*expected != 0.0 && *expected != 1.0);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    for (name, [numbers, _, telling]) in goldens.names.iter().zip(compared) {
        assert!(numbers > 100 && telling > 4, "{name}: {numbers} numbers, {telling} besides 0 and 1");
    }
}

#[test]
fn confusions_agree_with_the_packages() {
    let goldens = goldens();
    let names = ["Confusion", "Confusion (supervision)", "Confusion (ultralytics)"];
    let (mut compared, mut telling) = ([0; 3], [0_u64; 3]);
    for (seed, tables) in goldens.tables.iter().enumerate() {
        let images = draw(seed as u64);
        let options = if seed.is_multiple_of(2) { boxes() } else { masks() };
        let mut found = confusions(&images, &options);
        for (place, (name, expected)) in names.into_iter().zip(tables).enumerate() {
            let Some(expected) = expected else { continue };
            let table = found.remove(name).unwrap();
            for (row, row_name) in ["a", "b", "background"].into_iter().enumerate() {
                for (column, column_name) in ["a", "b", "background"].into_iter().enumerate() {
                    let at = |names: &[String], name| names.iter().position(|of| of == name);
                    let cell = at(&table.rows, row_name).zip(at(&table.columns, column_name));
                    let count = cell.map_or(0, |(row, column)| table.counts[row][column]);
                    assert_eq!(count, expected[row * 3 + column], "{name} of set {seed}: {row_name}, {column_name}");
                }
            }
            compared[place] += 1;
            telling[place] += expected[1] + expected[3];
        }
    }
    assert!(compared.iter().all(|count| *count > 400) && telling.iter().all(|count| *count > 20), "{telling:?}");
}
