//! What the values of label maps are: `classes.json`, as `groundglass convert --to label_map` writes it beside them. An
//! object of label maps, by their paths from the file's own folder, each an object of values and the names of classes.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::json::{not_of, parsed};
use crate::FormatError;
use crate::list::{AnnotationFormat, Probe};
use crate::paths::{base_name, normalised};
use crate::reading::{Hints, Reading};

/// The classes of label maps.
pub struct MapClasses;

const FORM: &str = "a list of the classes of label maps";

impl AnnotationFormat for MapClasses {
    fn id(&self) -> &'static str {
        "label_map_classes"
    }

    fn name(&self) -> &'static str {
        "classes of label maps (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        base_name(&normalised(probe.path())).eq_ignore_ascii_case("classes.json")
            && probe.json().and_then(classes).is_some()
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let mut map_classes = classes(parsed(probe, FORM)?)
            .ok_or_else(|| not_of(probe, FORM, "it does not give names to values by files"))?;
        for name in map_classes.values_mut().flat_map(HashMap::values_mut) {
            if let Some(wanted) = hints.classes.get(name) {
                name.clone_from(wanted);
            }
        }
        Ok(Reading { map_classes, ..Reading::default() })
    }
}

fn classes(value: &Value) -> Option<BTreeMap<String, HashMap<u64, String>>> {
    let of_map = |value: &Value| {
        let values = value.as_object()?.iter();
        values.map(|(value, name)| Some((value.parse().ok()?, name.as_str()?.to_owned()))).collect::<Option<_>>()
    };
    value.as_object()?.iter().map(|(map, value)| Some((map.clone(), of_map(value)?))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::MapClasses;
    use crate::list::{AnnotationFormat, Probe};
    use crate::{Hints, format_of};

    #[test]
    fn values_have_names_by_file() {
        let text = br#"{"labels/a.png": {"1": "cell", "2": "gap"}, "labels/b.png": {}}"#;
        let probe = Probe::new("set/classes.json", text);
        assert_eq!(format_of(&probe).unwrap().id(), "label_map_classes");
        let read = MapClasses.read(&probe, &Hints::default()).unwrap();
        assert_eq!(read.map_classes["labels/a.png"][&2], "gap");
        for (path, text) in
            [("set/classes.json", "{\"a\": {\"x\": \"cell\"}}"), ("a.json", "{\"a\": {\"1\": \"cell\"}}")]
        {
            assert!(!MapClasses.recognises(&Probe::new(path, text.as_bytes())), "{path}");
        }
    }
}
