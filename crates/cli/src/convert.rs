//! `groundglass convert`.

use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use groundglass_formats::{FormatError, Originals, Side, Sink, WRITERS, known_cases, writer_of};

use crate::intake::{HintArguments, Intake};

#[derive(Debug, Args)]
pub struct ConvertArguments {
    /// Images, annotations, predictions, archives, and folders of them.
    #[arg(long, num_args = 1.., required = true)]
    from: Vec<PathBuf>,
    /// The form to write; a wrong one lists them all.
    #[arg(long)]
    to: String,
    /// The folder to write into; of a bundle the file. It is made; files in it are not replaced.
    #[arg(long)]
    out: PathBuf,
    /// What is written; truth unless said. A bundle holds both.
    #[arg(long, value_enum)]
    side: Option<SideArgument>,
    /// Put the images into the bundle.
    #[arg(long)]
    with_images: bool,
    #[command(flatten)]
    hints: HintArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SideArgument {
    Truth,
    Predictions,
}

/// Writes what was understood of files in another form, and says what that form cannot hold.
pub fn run(arguments: &ConvertArguments) -> anyhow::Result<()> {
    if arguments.to == "bundle" {
        return bundle(arguments);
    }
    let Some(writer) = writer_of(&arguments.to) else {
        let known = WRITERS.iter().map(|writer| format!("{} ({})", writer.id(), writer.name())).collect::<Vec<_>>();
        bail!("nothing is written as \"{}\"; there are {}, bundle (Groundglass, zip)", arguments.to, known.join(", "));
    };
    ensure!(!arguments.with_images, "--with-images is for --to bundle; {} holds no images", writer.id());
    let mut intake = taken_in(arguments)?;
    let problems = std::mem::take(&mut intake.problems);
    let Intake { files, set, .. } = &intake;
    let written = set.written();
    let side = match arguments.side {
        None | Some(SideArgument::Truth) => Side::Truth,
        Some(SideArgument::Predictions) => Side::Findings,
    };
    let mut sink = Folder::new(&arguments.out);
    let mut originals = |path: &str| files.open(set.opened_path(path)).map_err(std::io::Error::other);
    let is_known = known_cases(&written, side) > 0;
    let lost = if is_known { writer.write(&written, side, &mut originals, &mut sink) } else { Ok(Vec::new()) };
    let lost = match lost {
        Ok(lost) => lost,
        Err(error) => {
            sink.take_back();
            return Err(error.into());
        }
    };
    for problem in problems.into_iter().chain(set.finish()).chain(lost) {
        eprintln!("{}", problem.message);
    }
    let what = if side == Side::Truth { "truth" } else { "prediction" };
    ensure!(is_known, "there is nothing to write: no case has a {what}");
    let count = sink.made.len();
    ensure!(count > 0, "nothing could be written as {}, for the reasons above", writer.id());
    let files = if count == 1 { "file" } else { "files" };
    crate::table::print(&format!("{count} {files} in {}", arguments.out.display()));
    Ok(())
}

/// What `--from` holds. Where no image is among it, the images of which files say how large they are stand as cases.
fn taken_in(arguments: &ConvertArguments) -> anyhow::Result<Intake> {
    let mut intake = Intake::read(&arguments.from, &arguments.hints.hints()?)?;
    let has_images = !intake.images.is_empty();
    intake.add_headers()?;
    if !has_images {
        intake.set.add_unseen();
    }
    arguments.hints.told_of_unmet(&mut intake)?;
    if intake.set.cases().len() == 0 {
        for problem in intake.problems.iter().chain(&intake.set.finish()) {
            eprintln!("{}", problem.message);
        }
        if let Some(rankings) = intake.set.rankings().first() {
            bail!(
                "{} holds rankings of classes by readers, which no form here holds; evaluate takes them as truth",
                rankings.file
            );
        }
        bail!(
            "there is no case to write: among the files given is no image, and no truth that says how large its image is"
        );
    }
    Ok(intake)
}

/// A folder that files are written into, none of which was there before.
struct Folder<'a> {
    place: &'a Path,
    open: Option<File>,
    /// The files that were made, and the folders for them.
    made: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

fn unwritable(path: &Path, detail: impl ToString) -> FormatError {
    FormatError::Unwritable { file: path.display().to_string(), detail: detail.to_string() }
}

impl<'a> Folder<'a> {
    const fn new(place: &'a Path) -> Self {
        Self { place, open: None, made: Vec::new(), folders: Vec::new() }
    }

    /// Removes what was written of a set that could not be written whole, so that it can be tried again.
    fn take_back(&mut self) {
        self.open = None;
        // What cannot be removed stays, for the fault that is told is the first one.
        self.made.drain(..).rev().for_each(|path| drop(std::fs::remove_file(path)));
        self.folders.drain(..).rev().for_each(|path| drop(std::fs::remove_dir(path)));
    }

    /// Makes a folder with those above it, and remembers which were not there.
    fn make(&mut self, folder: &Path) -> std::io::Result<()> {
        let missing: Vec<_> =
            folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        std::fs::create_dir_all(folder)?;
        self.folders.extend(missing.into_iter().rev().map(Path::to_path_buf));
        Ok(())
    }
}

impl Sink for Folder<'_> {
    fn begin(&mut self, path: &str) -> Result<(), FormatError> {
        let below = Path::new(path);
        let place = self.place.join(below);
        // A name out of an archive or a file of annotations must not lead out of the folder.
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(unwritable(&place, "its name leads out of the folder"));
        }
        if place.exists() {
            return Err(unwritable(&place, "it exists, and is not replaced"));
        }
        self.make(place.parent().unwrap_or(self.place)).map_err(|error| unwritable(&place, error))?;
        self.open = Some(File::create_new(&place).map_err(|error| unwritable(&place, error))?);
        self.made.push(place);
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        let (Some(file), Some(path)) = (&mut self.open, self.made.last()) else { return Ok(()) };
        file.write_all(bytes).map_err(|error| unwritable(path, error))
    }
}

/// Writes all that was understood as one file that opens again to the same.
fn bundle(arguments: &ConvertArguments) -> anyhow::Result<()> {
    ensure!(arguments.side.is_none(), "a bundle holds truth and predictions; --side is for the other forms");
    let mut intake = taken_in(arguments)?;
    let problems = std::mem::take(&mut intake.problems);
    let Intake { files, set, .. } = &intake;
    for problem in problems.into_iter().chain(set.finish()) {
        eprintln!("{}", problem.message);
    }
    let mut originals = |path: &str| files.open(path).map_err(std::io::Error::other);
    let images: Option<&mut Originals<'_>> = if arguments.with_images { Some(&mut originals) } else { None };
    written_whole(&arguments.out, |file| {
        Ok(set.write_bundle(file, set.bundle_state(), set.bundle_report(), images)?)
    })?;
    let (count, cases) = (set.cases().len(), if set.cases().len() == 1 { "case" } else { "cases" });
    crate::table::print(&format!("{count} {cases} in {}", arguments.out.display()));
    Ok(())
}

/// Writes a file that was not there before; where that fails it is not there afterwards either.
pub fn written_whole(path: &Path, write: impl FnOnce(File) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let file = File::create_new(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let written = write(file);
    if written.is_err() {
        drop(std::fs::remove_file(path));
    }
    written
}
