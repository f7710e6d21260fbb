//! Work in numbered pieces: a few at a time in a page, spread over threads in a command.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use serde::Serialize;

use crate::MetricsError;

/// One number a line, where there is one.
pub(crate) type Row = Vec<Option<f64>>;

/// Numbered pieces that need nothing of each other, so that neither order nor batches nor threads change a result.
pub(crate) trait Work: Send + Sync {
    /// How many pieces there are.
    fn pieces(&self) -> usize;

    /// The piece of a number below [`Self::pieces`].
    fn piece(&self, index: usize) -> Row;

    /// The same for `count` pieces from `first` on, for what is faster together.
    fn several(&self, first: usize, count: usize) -> Vec<Row> {
        (first..first + count).map(|index| self.piece(index)).collect()
    }
}

/// How many pieces are done together.
const TOGETHER: usize = 8;

/// How far a calculation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Progress {
    /// Pieces that are done: resamples, swaps, cases.
    pub done: usize,
    /// All pieces.
    pub total: usize,
}

/// Several works, one after the other.
pub(crate) struct Steps {
    works: Vec<Arc<dyn Work>>,
    /// One for each piece of all works.
    rows: Vec<Option<Row>>,
    /// All pieces before this one are done.
    next: usize,
}

impl Steps {
    pub fn new(works: Vec<Arc<dyn Work>>) -> Self {
        let total = works.iter().map(|work| work.pieces()).sum();
        Self { works, rows: vec![None; total], next: 0 }
    }

    pub fn progress(&self) -> Progress {
        Progress { done: self.next, total: self.rows.len() }
    }

    /// Does up to `count` pieces more.
    pub fn advance(&mut self, count: usize) -> Progress {
        let end = self.next.saturating_add(count).min(self.rows.len());
        while self.next < end {
            let rows = several(&self.works, self.next, TOGETHER.min(end - self.next));
            for row in rows {
                self.rows[self.next] = Some(row);
                self.next += 1;
            }
        }
        self.progress()
    }

    /// Does the rest on up to `threads` threads. `progress` hears of every piece and stops the work by saying `false`.
    ///
    /// # Errors
    /// [`MetricsError::Cancelled`] where it was stopped.
    pub fn run(&mut self, threads: usize, progress: &mut dyn FnMut(Progress) -> bool) -> Result<(), MetricsError> {
        let total = self.rows.len();
        if threads > 1 && total - self.next > 1 {
            self.spread(threads, progress)?;
        }
        while self.next < total {
            if self.rows[self.next].is_some() {
                self.next += 1;
            } else {
                let before = self.next;
                self.advance(TOGETHER);
                if !(before..self.next).all(|index| progress(Progress { done: index + 1, total })) {
                    return Err(MetricsError::Cancelled);
                }
            }
        }
        Ok(())
    }

    /// Leaves what no thread could be started for.
    fn spread(&mut self, threads: usize, progress: &mut dyn FnMut(Progress) -> bool) -> Result<(), MetricsError> {
        let Self { works, rows, next } = self;
        let (works, total, mut done) = (&*works, rows.len(), *next);
        let (upcoming, stopped) = (AtomicUsize::new(done), AtomicBool::new(false));
        let (upcoming, stopped) = (&upcoming, &stopped);
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..threads {
                let sender = sender.clone();
                let worker = move || {
                    while !stopped.load(Ordering::Relaxed) {
                        let first = upcoming.fetch_add(TOGETHER, Ordering::Relaxed);
                        if first >= total {
                            break;
                        }
                        let rows = several(works, first, TOGETHER.min(total - first));
                        if sender.send((first, rows)).is_err() {
                            break;
                        }
                    }
                };
                if thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                    break;
                }
            }
            drop(sender);
            for (first, several) in receiver {
                for (index, row) in (first..).zip(several) {
                    rows[index] = Some(row);
                    done += 1;
                    if !stopped.load(Ordering::Relaxed) && !progress(Progress { done, total }) {
                        stopped.store(true, Ordering::Relaxed);
                    }
                }
            }
        });
        if stopped.load(Ordering::Relaxed) { Err(MetricsError::Cancelled) } else { Ok(()) }
    }

    /// The rows of each work; does what was left to do.
    pub fn finish(mut self) -> Vec<Vec<Row>> {
        self.advance(usize::MAX);
        let mut rows = self.rows.into_iter();
        let of_work = |work: &Arc<dyn Work>| rows.by_ref().take(work.pieces()).map(Option::unwrap_or_default).collect();
        self.works.iter().map(of_work).collect()
    }
}

/// The rows of `count` pieces from `first` on, of whichever works they are.
fn several(works: &[Arc<dyn Work>], mut first: usize, count: usize) -> Vec<Row> {
    let mut rows = Vec::with_capacity(count);
    for work in works {
        let pieces = work.pieces();
        if rows.len() == count {
            break;
        }
        if first < pieces {
            let of_work = (count - rows.len()).min(pieces - first);
            rows.extend(work.several(first, of_work));
            first = pieces;
        }
        first -= pieces;
    }
    rows
}

/// How many threads this machine runs at once; 1 in a page.
pub(crate) fn available_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
