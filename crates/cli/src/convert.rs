//! `groundglass convert`.

use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use groundglass_formats::{FormatError, Originals, Side, Sink, WRITERS, WrittenCase, writer_of};

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
    /// What is written.
    #[arg(long, value_enum, default_value = "truth")]
    side: SideArgument,
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
    let mut intake = Intake::read(&arguments.from, &arguments.hints.hints()?)?;
    intake.add_headers()?;
    let Intake { files, set, problems, .. } = intake;
    let cases: Vec<_> =
        set.cases().map(|case| WrittenCase { case, findings: set.given_findings(&case.name) }).collect();
    if let (true, Some(rankings)) = (cases.is_empty(), set.rankings().first()) {
        bail!(
            "{} holds rankings of classes by readers, which no form here holds; evaluate takes them as truth",
            rankings.file
        );
    }
    ensure!(!cases.is_empty(), "there is no image among the files given, so there is no case to write");
    let side = match arguments.side {
        SideArgument::Truth => Side::Truth,
        SideArgument::Predictions => Side::Findings,
    };
    let mut sink = Folder { place: &arguments.out, open: None, count: 0 };
    let mut originals = |path: &str| files.open(path).map_err(std::io::Error::other);
    let lost = writer.write(&cases, side, &mut originals, &mut sink)?;
    let written = sink.count;
    let is_told = !lost.is_empty();
    for problem in problems.into_iter().chain(set.finish()).chain(lost) {
        eprintln!("{}", problem.message);
    }
    ensure!(written > 0 || !is_told, "nothing could be written as {}, for the reasons above", writer.id());
    ensure!(
        written > 0,
        "there is nothing to write: no case has a {}",
        if side == Side::Truth { "truth" } else { "prediction" }
    );
    crate::table::print(&format!("{written} files in {}", arguments.out.display()));
    Ok(())
}

/// A folder that files are written into, none of which was there before.
struct Folder<'a> {
    place: &'a Path,
    /// The file that is being written, by its path.
    open: Option<(String, File)>,
    count: usize,
}

fn unwritable(path: &str, detail: impl ToString) -> FormatError {
    FormatError::Unwritable { file: path.to_owned(), detail: detail.to_string() }
}

impl Sink for Folder<'_> {
    fn begin(&mut self, path: &str) -> Result<(), FormatError> {
        let below = Path::new(path);
        // A name out of an archive or a file of annotations must not lead out of the folder.
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(unwritable(path, "its name leads out of the folder"));
        }
        let place = self.place.join(below);
        if place.exists() {
            return Err(unwritable(path, "it exists, and is not replaced"));
        }
        let create = || {
            std::fs::create_dir_all(place.parent().unwrap_or(self.place))?;
            File::create_new(&place)
        };
        self.open = Some((path.to_owned(), create().map_err(|error| unwritable(path, error))?));
        self.count += 1;
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        let Some((path, file)) = &mut self.open else { return Ok(()) };
        file.write_all(bytes).map_err(|error| unwritable(path, error))
    }
}

/// Writes all that was understood as one file that opens again to the same.
fn bundle(arguments: &ConvertArguments) -> anyhow::Result<()> {
    let mut intake = Intake::read(&arguments.from, &arguments.hints.hints()?)?;
    intake.add_headers()?;
    let Intake { files, set, problems, .. } = intake;
    for problem in problems.into_iter().chain(set.finish()) {
        eprintln!("{}", problem.message);
    }
    ensure!(set.cases().len() > 0, "there is no case among the files given, so there is nothing to write");
    let mut originals = |path: &str| files.open(path).map_err(std::io::Error::other);
    let images: Option<&mut Originals<'_>> = if arguments.with_images { Some(&mut originals) } else { None };
    let file = new_file(&arguments.out)?;
    set.write_bundle(file, set.bundle_state(), set.bundle_report(), images)?;
    crate::table::print(&format!("{} cases in {}", set.cases().len(), arguments.out.display()));
    Ok(())
}

/// A file that was not there before.
pub fn new_file(path: &Path) -> anyhow::Result<File> {
    File::create_new(path).with_context(|| format!("{} cannot be written", path.display()))
}
