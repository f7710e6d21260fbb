//! VGG Image Annotator's CSV: one row a region, with JSON in its cells. What [`super::Via`] says of its JSON holds here.

use serde_json::{Map, Value};

use super::via::Gathered;
use crate::FormatError;
use crate::list::{AnnotationFormat, Probe};
use crate::reading::{Hints, Reading};
use crate::table::{column, each_row};

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
        let header = String::from_utf8_lossy(probe.first_line());
        header.contains("region_shape_attributes") && header.contains("filename")
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let mut gathered = Gathered::default();
        let mut row = 0;
        let columns = each_row(file, probe.content(), &mut |columns, cells| {
            let (name, shape) = needed(file, columns)?;
            let (of_file, of_region) = (column(columns, &["file_attributes"]), column(columns, &["region_attributes"]));
            let cell = |column: usize| cells.get(column).map_or("", String::as_str);
            let object = |column: usize| serde_json::from_str::<Map<String, Value>>(cell(column)).ok();
            let place = gathered.image(cell(name));
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
            row += 1;
            Ok(())
        })?;
        needed(file, &columns)?;
        Ok(gathered.into_reading(file, hints))
    }
}

/// The columns of the image and of the region.
fn needed(file: &str, columns: &[String]) -> Result<(usize, usize), FormatError> {
    let found = column(columns, &["filename", "#filename"]).zip(column(columns, &["region_shape_attributes"]));
    found.ok_or_else(|| FormatError::NotTable {
        file: file.to_owned(),
        detail: "it has no columns \"filename\" and \"region_shape_attributes\"".to_owned(),
    })
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
