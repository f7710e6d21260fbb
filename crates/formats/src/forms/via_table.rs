//! VGG Image Annotator's CSV: one row a region, with JSON in its cells. What [`super::Via`] says of its JSON holds here.

use serde_json::{Map, Value};

use super::via::Gathered;
use crate::list::{AnnotationFormat, Probe};
use crate::reading::{Hints, Reading};
use crate::{FormatError, Table};

/// VGG Image Annotator's CSV.
pub struct ViaTable;

impl AnnotationFormat for ViaTable {
    fn id(&self) -> &'static str {
        "via_csv"
    }

    fn name(&self) -> &'static str {
        "VGG Image Annotator (CSV)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let header = probe.text().and_then(|text| text.lines().next()).unwrap_or_default();
        header.contains("region_shape_attributes") && header.contains("filename")
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let table = Table::read(file, probe.bytes())?;
        let columns = table.column(&["filename", "#filename"]).zip(table.column(&["region_shape_attributes"]));
        let (name, shape) = columns.ok_or_else(|| FormatError::NotTable {
            file: file.to_owned(),
            detail: "it has no columns \"filename\" and \"region_shape_attributes\"".to_owned(),
        })?;
        let (of_file, of_region) = (table.column(&["file_attributes"]), table.column(&["region_attributes"]));
        let mut gathered = Gathered::default();
        for row in 0..table.rows.len() {
            let object = |column: usize| serde_json::from_str::<Map<String, Value>>(table.cell(row, column)).ok();
            let place = gathered.image(table.cell(row, name));
            if let Some(attributes) = of_file.and_then(object) {
                gathered.attributes(place, &attributes);
            }
            match object(shape) {
                // An image without a region has a row of its own.
                Some(shape) if shape.is_empty() => {}
                shape => {
                    let attributes = of_region.and_then(object);
                    gathered.region(file, place, format!("row {}", row + 2), shape.as_ref(), attributes.as_ref());
                }
            }
        }
        Ok(gathered.into_reading(file, hints))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ViaTable;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::Hints;

    #[test]
    fn rows_are_regions() {
        let text = "#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n\
            a.png,9,\"{\"\"site\"\":\"\"x\"\"}\",2,0,\"{\"\"name\"\":\"\"rect\"\",\"\"x\"\":1,\"\"y\"\":2,\"\"width\"\":3,\"\"height\"\":4}\",\"{\"\"t\"\":\"\"disc\"\"}\"\n\
            a.png,9,{},2,1,oops,{}\n\
            b.png,9,{},0,0,{},{}\n";
        let probe = Probe::new("via.csv", text.as_bytes());
        assert!(ViaTable.recognises(&probe));
        let reading = ViaTable.read(&probe, &Hints::default()).unwrap();
        assert_eq!(reading.images.len(), 2);
        assert_eq!(reading.images[0].marks.as_ref().unwrap()[0].label, "disc");
        assert_eq!(reading.images[1].marks, Some(Vec::new()));
        assert_eq!(reading.problems[0].message, "via.csv: row 3 is left out: it has no \"shape_attributes\"");
    }
}
