//! An option that takes several paths and may be given several times, where each time counts: clap's own lists forget where
//! one ends and the next begins.

use std::marker::PhantomData;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

/// What the option is called and says of itself.
pub trait Named {
    /// `truth` for `--truth`.
    const NAME: &'static str;
    /// Its line in the help.
    const HELP: &'static str;
}

/// `--truth`.
#[derive(Debug)]
pub struct Truth;

impl Named for Truth {
    const NAME: &'static str = "truth";
    const HELP: &'static str = "The truth, in any form that `inspect` reads: files, folders and archives. Given several \
                                times, each time is one reader's";
}

/// `--predictions`.
#[derive(Debug)]
pub struct Predictions;

impl Named for Predictions {
    const NAME: &'static str = "predictions";
    const HELP: &'static str = "The predictions of a model, in any form that `inspect` reads, or a folder of heatmaps. \
                                Given twice, the first model is compared with the second, case by case";
}

/// The paths of each time that the option was given.
#[derive(Debug)]
pub struct Occurrences<N> {
    groups: Vec<Vec<PathBuf>>,
    named: PhantomData<N>,
}

impl<N> Occurrences<N> {
    /// The paths of each time.
    pub fn groups(&self) -> &[Vec<PathBuf>] {
        &self.groups
    }
}

impl<N: Named> FromArgMatches for Occurrences<N> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let occurrences = matches.get_occurrences::<PathBuf>(N::NAME).into_iter().flatten();
        Ok(Self { groups: occurrences.map(|paths| paths.cloned().collect()).collect(), named: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<N: Named> Args for Occurrences<N> {
    fn augment_args(command: Command) -> Command {
        let argument = Arg::new(N::NAME).long(N::NAME).help(N::HELP).value_name("PATH");
        let argument = argument.num_args(1..).action(ArgAction::Append).required(true);
        command.arg(argument.value_parser(value_parser!(PathBuf)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
