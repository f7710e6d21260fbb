//! Truth, predictions and images that were given apart, through the door into cases: what `evaluate` reads where files are
//! of any other form than those that it reads by itself.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use anyhow::bail;
use groundglass_evaluation::{File, Marked, Predicted};
use groundglass_formats::dicom::{ObjectKind, object_kind};
use groundglass_formats::{CaseSet, Content, GivenAs, Hints, OpenFile, Problem, SetPlan, Table};
use groundglass_imaging::{Format, Limits};
use groundglass_metrics::Task;

use crate::inspect::asked;
use crate::intake::{Files, bar, note};

/// The files of an evaluation by what they were given as.
pub struct SidedFiles {
    files: Files,
    images: Vec<String>,
    truths: Vec<Vec<String>>,
    /// What each reader is called.
    readers: Vec<String>,
    models: Vec<Vec<String>>,
    problems: Vec<Problem>,
    /// Heatmaps, which the evaluation borrows.
    maps: Vec<Vec<(String, Content<'static>)>>,
}

/// Files of one side by what is in them.
#[derive(Default)]
struct Side {
    annotations: Vec<String>,
    /// Label maps, or heatmaps.
    pictures: Vec<String>,
    /// Drawings in DICOM.
    objects: Vec<String>,
    /// Images to be drawn on.
    images: Vec<String>,
}

const UNREADABLE: &str = "files that cannot be read";

impl SidedFiles {
    /// All files that the paths name, folders and archives with everything in them.
    ///
    /// # Errors
    /// The first path that cannot be read.
    pub fn list(images: &[PathBuf], truth: &[Vec<PathBuf>], models: &[Vec<PathBuf>]) -> anyhow::Result<Self> {
        let mut problems = Vec::new();
        let groups: Vec<&[PathBuf]> =
            [images].into_iter().chain(truth.iter().chain(models).map(Vec::as_slice)).collect();
        let (files, groups) = Files::list_groups(&groups, &mut problems)?;
        let mut groups = groups.into_iter();
        let images = groups.next().unwrap_or_default();
        let truths = groups.by_ref().take(truth.len()).collect();
        let name = |group: &Vec<PathBuf>| {
            let name = group.first().and_then(|path| path.file_name());
            name.map_or_else(|| "reader".to_owned(), |name| name.to_string_lossy().into_owned())
        };
        let readers = truth.iter().map(name).collect();
        Ok(Self { files, images, truths, readers, models: groups.collect(), problems, maps: Vec::new() })
    }

    /// Reads all of them into cases: first the images, then the truth, then what each model found.
    ///
    /// # Errors
    /// Where nothing of the truth or of a model could be read, or where a file leaves open what its numbers mean; the
    /// message says why. What is wrong with single files is in the problems.
    pub fn read<'a>(
        &'a mut self,
        hints: &Hints,
        task: Option<Task>,
        attributes: Option<File<'_>>,
    ) -> anyhow::Result<Marked<'a>> {
        let mut set = CaseSet::new();
        let all: Vec<String> = self.files.names().to_vec();
        set.know_files(&all);
        let plan = SetPlan::of(&self.images);
        let is_image = |name: &String| !matches!(self.kind(name), Some(kind) if is_object(kind));
        let images: Vec<String> = plan.images.into_iter().filter(is_image).collect();
        let sorted = |side: &mut Self, names: &[Vec<String>], beside_images: bool| -> Vec<Side> {
            names.iter().map(|names| side.sorted(names, beside_images)).collect()
        };
        let truths = sorted(self, &self.truths.clone(), !images.is_empty());
        let models = sorted(self, &self.models.clone(), true);
        let beside = truths.iter().chain(&models).flat_map(|side| &side.images);
        self.open_images(&mut set, images.iter().chain(beside))?;
        set.settle_series();
        // Only lists of classes are wanted among the images' other files.
        for name in plan.annotations.iter().filter(|name| gives_classes(name)) {
            self.annotations(name, &mut set, hints);
        }

        let many = truths.len() > 1;
        for (side, reader) in truths.iter().zip(self.readers.clone()) {
            set.give_as(if many { GivenAs::Reader(reader) } else { GivenAs::Truth });
            self.side(side, &mut set, hints);
        }
        set.add_unseen();
        let fixations: BTreeMap<_, _> =
            set.cases().map(|case| (case.name.clone(), set.fixations(&case.name))).collect();
        let fixations: BTreeMap<_, _> = fixations.into_iter().filter(|(_, at)| !at.is_empty()).collect();
        if fixations.is_empty() && !set.cases().any(|case| case.truth.is_some()) {
            self.refuse("truth", &set)?;
        }
        let truth_is_drawn = truths.iter().any(|side| !side.pictures.is_empty());

        set.give_as(GivenAs::Findings);
        let mut found = Vec::new();
        for side in &models {
            let only_pictures = side.annotations.is_empty() && side.objects.is_empty() && !side.pictures.is_empty();
            let are_maps = task == Some(Task::Heatmaps) || task.is_none() && only_pictures && !truth_is_drawn;
            if are_maps {
                let read = |name: &String| Ok((name.clone(), self.files.bytes(name)?.into()));
                let maps = side.pictures.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
                self.maps.push(maps);
                found.push(None);
                continue;
            }
            let before = set.data().len();
            self.side(side, &mut set, hints);
            let findings = set.take_findings();
            if findings.is_empty() && set.data().len() == before {
                self.refuse("predictions", &set)?;
            }
            found.push(Some(findings));
        }
        if let Some(question) = set.questions().first() {
            bail!("{}", asked(question));
        }

        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(set.unmet_hints(hints));
        problems.extend(set.finish().into_iter().filter(|problem| problem.kind != "images without truth"));
        let mut tables = set.tables().to_vec();
        let mut data = set.data().clone();
        if let Some(file) = attributes {
            tables.push(Table::read(file.name, file.content)?);
            data.insert(file.name.to_owned(), file.content.sha256(file.name)?);
        }
        let mut maps = self.maps.iter();
        let models = found.into_iter().map(|findings| match findings {
            Some(findings) => Predicted::Findings(findings),
            None => {
                let files = maps.next().map(Vec::as_slice).unwrap_or_default();
                Predicted::Maps(files.iter().map(|(name, content)| File { name, content }).collect())
            }
        });
        let models: Vec<Predicted<'_>> = models.collect();
        for file in
            models.iter().filter_map(|model| if let Predicted::Maps(files) = model { Some(files) } else { None })
        {
            for file in file {
                data.insert(file.name.to_owned(), file.content.sha256(file.name)?);
            }
        }
        Ok(Marked { cases: set.cases().cloned().collect(), models, fixations, attributes: tables, data, problems })
    }

    /// What each file of a side is. A picture is one to be drawn on where nothing says otherwise and the side has other
    /// files that draw; beside images, and where a side has nothing but pictures, it is a drawing itself.
    fn sorted(&mut self, names: &[String], beside_images: bool) -> Side {
        let mut side = Side::default();
        let SetPlan { images, label_maps, label_volumes, mut annotations, problems, .. } = SetPlan::of(names);
        let unpaired = problems.iter().filter(|problem| problem.kind == "label maps without an image of their own");
        let mut drawn: Vec<String> = label_maps.into_iter().map(|map| map.path).collect();
        drawn.extend(label_volumes);
        drawn.extend(unpaired.map(|problem| problem.file.clone()));
        self.problems.extend(problems.into_iter().filter(|problem| problem.kind == "files that are left out"));
        let draws = !drawn.is_empty() || annotations.iter().any(|name| !gives_classes(name));
        side.pictures = drawn;
        for name in images {
            match self.kind(&name) {
                Some(kind) if is_object(kind) => side.objects.push(name),
                Some(_) => side.images.push(name),
                None if beside_images || !draws => side.pictures.push(name),
                None => side.images.push(name),
            }
        }
        side.annotations.append(&mut annotations);
        side
    }

    /// What kind of object a DICOM file is; `None` where it is none of DICOM's.
    fn kind(&self, name: &str) -> Option<ObjectKind> {
        let mut head = Vec::new();
        self.files.open(name).ok()?.take(512).read_to_end(&mut head).ok()?;
        let is_dicom = Format::of(name, &head) == Some(Format::Dicom);
        is_dicom.then(|| object_kind(name, self.files.open(name).ok()?, Limits::default()).ok()).flatten()
    }

    fn open_images<'n>(&mut self, set: &mut CaseSet, names: impl Iterator<Item = &'n String>) -> anyhow::Result<()> {
        let names: Vec<&String> = names.collect();
        let bar = bar(names.len(), "images")?;
        for name in names {
            match self.files.open(name).and_then(|source| Ok(OpenFile::new(name, source)?)) {
                Ok(file) => set.add_header(&file),
                Err(error) => self.problems.push(Problem::new(UNREADABLE, name, format!("{error:#}"))),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Reads the drawings of a side.
    fn side(&mut self, side: &Side, set: &mut CaseSet, hints: &Hints) {
        for name in &side.annotations {
            self.annotations(name, set, hints);
        }
        for name in &side.pictures {
            let read = self.files.content(name).and_then(|content| Ok(set.add_drawn_map(name, content)?));
            note(name, read, &mut self.problems);
        }
        for name in &side.objects {
            let mut open = || self.files.open(name).map_err(std::io::Error::other);
            let read = set.add_object(name, &mut open).map(Option::unwrap_or_default);
            note(name, read.map_err(Into::into), &mut self.problems);
        }
    }

    fn annotations(&mut self, name: &str, set: &mut CaseSet, hints: &Hints) {
        let read = self.files.content(name).and_then(|content| Ok(set.add_annotations(name, content, hints)?));
        note(name, read, &mut self.problems);
    }

    /// Says why there is nothing on a side.
    fn refuse(&self, side: &str, set: &CaseSet) -> anyhow::Result<()> {
        if let Some(question) = set.questions().first() {
            bail!("{}", asked(question));
        }
        let of_images = |problem: &&Problem| problem.kind != "images without truth";
        let waiting = set.finish();
        match self.problems.iter().chain(waiting.iter().filter(of_images)).next() {
            Some(problem) if problem.kind == "truths without an image" => {
                bail!("there is no {side} to evaluate: {} (--images gives the images)", problem.message)
            }
            Some(problem) => bail!("there is no {side} to evaluate: {}", problem.message),
            None if !set.tables().is_empty() => {
                let files: Vec<&str> = set.tables().iter().map(|table| table.file.as_str()).collect();
                bail!(
                    "there is no {side} to evaluate: {} holds no boxes or masks but a table about cases, which is compared with \
                     another such table (--task classes)",
                    files.join(", ")
                )
            }
            None => bail!("there is no file of {side} among those given"),
        }
    }
}

const fn is_object(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Segmentation | ObjectKind::StructureSet)
}

/// Whether a file may name classes for others.
fn gives_classes(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let base = name.rsplit(['/', '\\']).next().unwrap_or(&name);
    base.contains("classes") || [".names", ".yaml", ".yml"].iter().any(|ending| base.ends_with(ending))
}
