//! Files on disk into a set of cases: the door of `inspect`, `convert` and `run`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use groundglass_formats::{
    BundleLimits, CaseSet, Content, FormatError, Frame, Hints, OpenFile, PlannedLabelMap, Problem, SetPlan, list_files,
    unpack,
};
use groundglass_imaging::Source;
use indicatif::{ProgressBar, ProgressStyle};

use crate::unpacked::{Part, Unpacked};

/// How files are read where they do not say it themselves.
#[derive(Debug, Default, Args)]
pub struct HintArguments {
    /// What the numbers of boxes mean: pixel_corners, pixel_size, unit_corners, unit_size, unit_centre, thousand,
    /// nine_hundred_ninety_nine, florence, lower_left, padded_nine_hundred_ninety_nine or padded_florence.
    #[arg(long)]
    frame: Option<String>,
    /// Which column of a table holds what: --column image=PatientPath
    #[arg(long = "column", value_name = "ROLE=COLUMN")]
    columns: Vec<String>,
    /// A class under another name: --class "WBC=white blood cell"
    #[arg(long = "class", value_name = "CLASS=NAME")]
    classes: Vec<String>,
}

impl HintArguments {
    pub fn hints(&self) -> anyhow::Result<Hints> {
        let frame = self.frame.as_ref().map(|name| {
            let names = || Frame::ALL.iter().map(|known| known.name).collect::<Vec<_>>().join(", ");
            Frame::of_name(name).with_context(|| format!("there is no frame \"{name}\"; there are {}", names()))
        });
        let pairs = |list: &[String], what: &str| -> anyhow::Result<BTreeMap<String, String>> {
            let mut pairs = BTreeMap::new();
            for pair in list {
                let (key, value) = pair.split_once('=').with_context(|| format!("\"{pair}\" is not {what}"))?;
                if let Some(other) = pairs.insert(key.to_owned(), value.to_owned()).filter(|other| other != value) {
                    bail!("{key} is said to be both \"{other}\" and \"{value}\"");
                }
            }
            Ok(pairs)
        };
        Ok(Hints {
            frame: frame.transpose()?,
            columns: pairs(&self.columns, "ROLE=COLUMN")?,
            classes: pairs(&self.classes, "CLASS=NAME")?,
        })
    }

    /// Tells of what changes nothing: most likely no file, column or class is called as it says.
    pub fn told_of_unmet(&self, intake: &mut Intake) -> anyhow::Result<()> {
        intake.problems.extend(intake.set.unmet_hints(&self.hints()?));
        Ok(())
    }
}

/// The files of a set under the names by which the set knows them: their paths below the folder that holds them all.
/// What stands above it (a hidden folder, one called `labels`) says nothing about them, and stays out of reports.
pub struct Files {
    files: BTreeMap<String, Stored>,
    order: Vec<String>,
    unpacked: Unpacked,
}

/// Where a file's bytes are.
enum Stored {
    Disk(PathBuf),
    /// Out of an archive.
    Unpacked(Part),
}

impl Files {
    /// All files that `paths` name, folders and archives with everything in them. What is wrong with an archive goes to
    /// `problems`.
    ///
    /// # Errors
    /// The first path that cannot be read.
    pub fn list(paths: &[PathBuf], problems: &mut Vec<Problem>) -> anyhow::Result<Self> {
        Ok(Self::list_groups(&[paths], problems)?.0)
    }

    /// As [`Files::list`], with the names of the files of each group. One file may be in several.
    ///
    /// # Errors
    /// The first path that cannot be read.
    pub fn list_groups(groups: &[&[PathBuf]], problems: &mut Vec<Problem>) -> anyhow::Result<(Self, Vec<Vec<String>>)> {
        let found = groups.iter().map(|paths| list_files(paths)).collect::<Result<Vec<_>, _>>()?;
        let groups: Vec<_> = found
            .into_iter()
            .map(|found| {
                problems.extend(found.problems);
                found.files
            })
            .collect();
        let paths = groups.concat();
        let folder = |path: &String| Path::new(path).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut common = paths.first().map(folder).unwrap_or_default();
        while !paths.iter().all(|path| Path::new(path).starts_with(&common)) {
            if !common.pop() {
                break;
            }
        }
        let mut files = Self { files: BTreeMap::new(), order: Vec::new(), unpacked: Unpacked::new() };
        let below = |path: &String| {
            let path = Path::new(path);
            path.strip_prefix(&common).unwrap_or(path).to_string_lossy().into_owned()
        };
        for path in &paths {
            files.put(below(path), Stored::Disk(path.into()));
        }
        let mut groups: Vec<Vec<String>> = groups.iter().map(|paths| paths.iter().map(below).collect()).collect();
        for (archive, within) in files.unpack(problems) {
            for group in groups.iter_mut().filter(|group| group.contains(&archive)) {
                group.retain(|name| *name != archive);
                group.extend(within.iter().cloned());
            }
        }
        Ok((files, groups))
    }

    fn put(&mut self, name: String, stored: Stored) {
        if self.files.insert(name.clone(), stored).is_none() {
            self.order.push(name);
        }
    }

    /// Puts what is in archives in their place, and says what that is.
    fn unpack(&mut self, problems: &mut Vec<Problem>) -> Vec<(String, Vec<String>)> {
        let mut unpacked_all = Vec::new();
        for archive in SetPlan::of(&self.order).archives {
            let mut within = Vec::new();
            let opened = self.open(&archive);
            let unpacked = opened.and_then(|source| {
                Ok(unpack(&archive, source, BundleLimits::default(), &mut |path, reader| {
                    within.push((path, self.unpacked.put(reader)?));
                    Ok(true)
                })?)
            });
            match unpacked {
                Ok(told) => problems.extend(told),
                Err(error) => problems.push(Problem::new("files that cannot be read", &archive, format!("{error:#}"))),
            }
            self.files.remove(&archive);
            self.order.retain(|name| *name != archive);
            let mut names = Vec::new();
            for (path, part) in within {
                let name = format!("{archive}/{path}");
                names.push(name.clone());
                self.put(name, Stored::Unpacked(part));
            }
            unpacked_all.push((archive, names));
        }
        unpacked_all
    }

    pub fn names(&self) -> &[String] {
        &self.order
    }

    /// Whether a file on disk is among them.
    pub fn holds(&self, path: &Path) -> bool {
        self.files.values().any(|stored| matches!(stored, Stored::Disk(known) if known == path))
    }

    /// The bytes of a file, to be read from any place.
    pub fn open(&self, name: &str) -> anyhow::Result<Box<dyn Source + '_>> {
        Ok(match self.files.get(name).with_context(|| format!("there is no file {name}"))? {
            Stored::Unpacked(part) => Box::new(BufReader::with_capacity(1 << 16, self.unpacked.open(*part))),
            Stored::Disk(path) => {
                let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
                Box::new(BufReader::with_capacity(1 << 16, file))
            }
        })
    }

    /// All bytes of a file.
    pub fn bytes(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(name)?.read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
        Ok(bytes)
    }

    /// A file to be read from its beginning: held where it is short, else in pieces.
    pub fn content(&self, name: &str) -> anyhow::Result<Content<'_>> {
        Ok(Content::open(name, self.open(name)?)?)
    }
}

/// A set whose annotations have been read, and whose images are to be opened.
pub struct Intake {
    pub files: Files,
    pub set: CaseSet,
    pub images: Vec<String>,
    pub problems: Vec<Problem>,
}

impl Intake {
    /// Reads all annotations among the files of `paths`.
    ///
    /// # Errors
    /// The first path that cannot be read. What is wrong with a single file is a problem.
    pub fn read(paths: &[PathBuf], hints: &Hints) -> anyhow::Result<Self> {
        let mut problems = Vec::new();
        let files = Files::list(paths, &mut problems)?;
        let mut set = CaseSet::new();
        let plan = set.plan(files.names());
        problems.extend(plan.problems);
        let drawn = plan.label_maps.len() + plan.label_volumes.len();
        let bar = bar(plan.annotations.len() + drawn, "files of annotations")?;
        for name in &plan.annotations {
            note(
                name,
                files.content(name).and_then(|content| Ok(set.add_annotations(name, content, hints)?)),
                &mut problems,
            );
            bar.inc(1);
        }
        for PlannedLabelMap { image, path } in &plan.label_maps {
            note(
                path,
                files.content(path).and_then(|content| Ok(set.add_label_map(image, path, content)?)),
                &mut problems,
            );
            bar.inc(1);
        }
        for path in &plan.label_volumes {
            let read = files.content(path).and_then(|content| Ok(set.add_label_volume(path, content)?));
            note(path, read, &mut problems);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let mut images = Vec::new();
        for name in plan.images {
            // A DICOM file may be no image, but masks or contours on some.
            let mut open = || files.open(&name).map_err(std::io::Error::other);
            match set.add_object(&name, &mut open) {
                Ok(Some(found)) => problems.extend(found),
                // What cannot be opened says so when it is looked at as an image.
                Ok(None) | Err(FormatError::Unreadable { .. } | FormatError::Image(_)) => images.push(name),
                Err(error) => note(&name, Err(error.into()), &mut problems),
            }
        }
        Ok(Self { files, set, images, problems })
    }

    /// Opens every image and makes cases of its frames by its header alone.
    pub fn add_headers(&mut self) -> anyhow::Result<()> {
        let bar = bar(self.images.len(), "images")?;
        for name in std::mem::take(&mut self.images) {
            match self.files.open(&name).and_then(|source| Ok(OpenFile::new(&name, source)?)) {
                Ok(file) => self.set.add_header(&file),
                Err(error) => {
                    self.problems.push(Problem::new("files that cannot be read", &name, format!("{error:#}")))
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.set.settle_series();
        Ok(())
    }
}

pub fn bar(count: usize, what: &'static str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {eta} left")?;
    Ok(ProgressBar::new(count as u64).with_style(style).with_message(what))
}

/// Keeps what is wrong with one file, and what is wrong within it.
pub fn note(name: &str, read: anyhow::Result<Vec<Problem>>, problems: &mut Vec<Problem>) {
    match read {
        Ok(found) => problems.extend(found),
        Err(error) => problems.push(Problem::new("files that cannot be read", name, format!("{error:#}"))),
    }
}
