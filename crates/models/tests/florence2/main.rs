//! Florence-2 against `transformers`. See `tests/reference/florence2/make_goldens.py`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod files;
mod fixture;
mod full;
mod goldens;
mod pixels;
mod seeded;
mod settings;
mod twins;
