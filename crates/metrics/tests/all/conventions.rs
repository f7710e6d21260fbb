//! The choices of every convention, line by line, beside the list in which they were agreed on (`conventions.txt`).

use std::collections::BTreeMap;

use groundglass_metrics::{
    AreaReadingOptions, AreaReadings, Assessment, ClassSet, HeatmapSet, LabelReadings, MeasureSet, RankedReadings,
    Task, catalogue,
};

use crate::common::{boxes, finding, masks, set_of, truth};

/// Lines of equal choices together, as `task convention {choices}: ids`.
fn agreed_on() -> Vec<String> {
    let regions = set_of(vec![(
        vec![truth("a,b,c", [2, 2, 8, 8]), truth("d,e,f", [20, 2, 8, 8])],
        vec![finding("a,b,c", 0.9, [2, 2, 8, 8]), finding("d,e,f", 0.8, [20, 3, 8, 8])],
    )]);
    let mut lines = Vec::<(String, Vec<&'static str>)>::new();
    let mut conventions = BTreeMap::<_, Vec<_>>::new();
    for entry in catalogue() {
        let of_task = conventions.entry(entry.task).or_default();
        if !of_task.contains(&entry.convention) {
            of_task.push(entry.convention);
        }
    }
    let heatmaps = HeatmapSet::new(vec![]).unwrap();
    let classes = ClassSet::new(vec![]).unwrap();
    let rows = [
        r#"{"case": "a", "name": "length", "quantity": {"kind": "number", "truth": 4, "predicted": 5}}"#,
        r#"{"case": "a", "name": "angle", "quantity": {"kind": "angle", "truth": 4, "predicted": 5}}"#,
        r#"{"case": "a", "name": "size", "quantity": {"kind": "size", "truth": [4, 2], "predicted": [5, 2]}}"#,
        r#"{"case": "a", "name": "point", "quantity": {"kind": "point", "truth": [4, 2], "predicted": [5, 2], "spacing": [1, 1]}}"#,
        r#"{"case": "a", "name": "box", "quantity": {"kind": "box", "truth": [0, 0, 4, 4], "predicted": [0, 0, 4, 2]}}"#,
    ];
    let measures = MeasureSet::new(rows.map(|row| serde_json::from_str(row).unwrap()).to_vec()).unwrap();
    let areas = AreaReadings::new(vec![]).unwrap();
    let labels = LabelReadings::new(None, vec![]).unwrap();
    let ranked = RankedReadings::new(vec![], None, vec![]).unwrap();
    for (task, conventions) in conventions {
        for name in conventions {
            let some = Some(name);
            let all: Vec<Assessment> = match task {
                Task::Boxes => regions.assess(&boxes(), some).into_iter().collect(),
                Task::Masks => regions.assess(&masks(), some).into_iter().collect(),
                Task::Heatmaps => heatmaps.assess(&Default::default(), some).into_iter().collect(),
                Task::Classes => classes.assess(&Default::default(), some).into_iter().collect(),
                Task::Measures => measures.assess(&Default::default(), some).into_iter().collect(),
                Task::Readers => {
                    let areas = areas.assess(&AreaReadingOptions::default(), some);
                    let labels = labels.assess(&Default::default(), some);
                    let ranked = ranked.assess(&Default::default(), some);
                    [areas, labels, ranked].into_iter().flatten().collect()
                }
            };
            // What is measured stands where classes do.
            let wanted = |class: &Option<String>| class.is_none() || task == Task::Measures;
            for line in all.iter().flat_map(Assessment::lines).filter(|line| wanted(&line.class)) {
                let mut choices = serde_json::to_value(&line.convention).unwrap();
                choices
                    .as_object_mut()
                    .unwrap()
                    .retain(|key, value| key != "words" && key != "name" && !value.is_null());
                let key = format!("{task:?} {name} {choices}");
                match lines.last_mut() {
                    Some((last, ids)) if *last == key => ids.push(line.id),
                    _ => lines.push((key, vec![line.id])),
                }
            }
        }
    }
    lines.into_iter().map(|(key, ids)| format!("{key}: {}", ids.join(" "))).collect()
}

#[test]
fn every_convention_makes_the_choices_that_were_agreed_on() {
    let found = agreed_on();
    let expected = include_str!("conventions.txt").lines().collect::<Vec<_>>();
    let first = found.iter().zip(&expected).find(|(found, expected)| found != *expected);
    assert!(found == expected, "{first:?} differ; the list is now\n{}", found.join("\n"));
}
