//! The sample files that come with pydicom, nibabel and nilearn, against what those packages read of them.
//!
//! `GROUNDGLASS_SAMPLES` names the folder in which the packages lie (pip's `site-packages`); without it this test skips.
//! `tests/reference/samples/make_table.py` wrote the table.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "full")]

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use groundglass_imaging::{Limits, open};
use serde_json::Value;

/// Files of which the packages read no pixels and this reader does: the sum of their samples with the reason.
const READ_HERE: &[(&str, f64)] = &[
    // JPEG with 12 bits, whose header pydicom's decoders refuse; the image of JPGExtended.dcm.
    ("JPEG-lossy.dcm", 3_766_889.0),
    // An instance number that is none, for which pydicom gives up; the image of rtdose_1frame.dcm.
    ("badVR.dcm", 101_378_000.0),
];

/// Frames, columns, rows, the volume's extent and times, and sum, least and greatest of all samples.
struct Read {
    size: [usize; 3],
    extent: Option<([usize; 3], usize, [[f64; 4]; 3])>,
    channels: usize,
    summary: [f64; 3],
}

fn read(path: &Path) -> Result<Read, String> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = BufReader::new(File::open(path).unwrap());
    let mut opened = open(name, Box::new(source), Limits::default()).map_err(|error| error.to_string())?;
    let mut read = Read { size: [0, 0, opened.count()], extent: None, channels: 0, summary: [0.0, f64::MAX, f64::MIN] };
    read.extent = opened.facts().grid.as_ref().map(|grid| (grid.extent, grid.times, grid.affine));
    for index in 0..opened.count() {
        let image = opened.frame(index).map_err(|error| error.to_string())?;
        (read.size[0], read.size[1], read.channels) = (image.width(), image.height(), image.channels());
        let samples = image.samples_with_gaps();
        let values = (0..samples.len()).filter_map(|place| samples.get(place)).map(f64::from);
        for value in values.filter(|value| value.is_finite()) {
            let [sum, low, high] = read.summary;
            read.summary = [sum + value, low.min(value), high.max(value)];
        }
    }
    Ok(read)
}

fn numbers<const N: usize>(value: &Value) -> [f64; N] {
    let numbers: Vec<f64> = value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// What differs from the table; nothing where all agrees.
fn differences(read: &Read, said: &Value) -> Vec<String> {
    let mut told = Vec::new();
    let size: [f64; 3] = numbers(&said["size"]);
    let is_lossy = said["lossy"] == true;
    match (&read.extent, said.get("affine")) {
        (Some((extent, times, affine)), Some(expected)) => {
            let mut extent = extent.map(|count| count as f64);
            extent.sort_by(f64::total_cmp);
            if extent != size || Some(*times as u64) != said["times"].as_u64() {
                told.push(format!("it has {extent:?} voxels at {times} times, not {size:?} at {}", said["times"]));
            }
            let rows: Vec<[f64; 4]> = expected.as_array().unwrap().iter().map(numbers).collect();
            let far = rows.iter().flatten().zip(affine.iter().flatten()).any(|(a, b)| (a - b).abs() > 2e-5);
            if far {
                told.push(format!("its affine is {affine:?}, not {rows:?}"));
            }
        }
        (None, None) => {
            if read.size.map(|count| count as f64) != size || said["channels"].as_u64() != Some(read.channels as u64) {
                told.push(format!("it has {:?} of {} channels, not {size:?}", read.size, read.channels));
            }
        }
        _ => told.push("it is a volume for one of both alone".to_owned()),
    }
    let count = read.size.iter().product::<usize>().max(1) as f64 * read.channels as f64;
    let expected: [f64; 3] = numbers(&said["summary"]);
    let scale = expected.iter().skip(1).fold(1.0_f64, |scale, value| scale.max(value.abs()));
    // Samples are single precision; what was compressed with loss, or turned from YBR, is rounded in other ways.
    let (of_mean, of_edge) = if is_lossy { (0.6, 4.0) } else { (scale * 1e-6, scale * 1e-6) };
    let far = [(read.summary[0] - expected[0]).abs() / count > of_mean]
        .into_iter()
        .chain((1..3).map(|place| (read.summary[place] - expected[place]).abs() > of_edge));
    if far.into_iter().any(|far| far) {
        told.push(format!("sum, least and greatest are {:?}, not {expected:?}", read.summary));
    }
    told
}

#[test]
fn sample_files_are_read_as_their_packages_read_them() {
    let Some(root) = std::env::var_os("GROUNDGLASS_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: GROUNDGLASS_SAMPLES names no folder with pydicom, nibabel and nilearn");
        return;
    };
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/samples/table.json");
    let table: Value = serde_json::from_slice(&std::fs::read(table).unwrap()).unwrap();
    let (mut seen, mut told) = (0, Vec::new());
    for (package, entry) in table.as_object().unwrap() {
        let folder = root.join(entry["folder"].as_str().unwrap());
        if !folder.exists() {
            eprintln!("skipped: there is no {}", folder.display());
            continue;
        }
        for (name, said) in entry["files"].as_object().unwrap() {
            let path = folder.join(name);
            if !path.exists() {
                told.push(format!("{package}: there is no {name}; the table is of version {}", entry["version"]));
                continue;
            }
            seen += 1;
            match (read(&path), said.get("none")) {
                (Err(error), Some(_)) if error.contains(name.as_str()) => {}
                (Ok(read), Some(_)) if READ_HERE.contains(&(name.as_str(), read.summary[0])) => {}
                (Ok(read), None) => {
                    told.extend(differences(&read, said).into_iter().map(|one| format!("{package}: {name}: {one}")));
                }
                (Ok(read), Some(_)) => {
                    told.push(format!("{package}: {name} was read: {:?} {:?}", read.size, read.summary))
                }
                (Err(error), _) => told.push(format!("{package}: {error}")),
            }
        }
    }
    assert!(seen > 0, "none of the packages is in {}", root.display());
    assert!(told.is_empty(), "of {seen} files:\n{}", told.join("\n"));
    eprintln!("{seen} sample files were read or refused as expected");
}
