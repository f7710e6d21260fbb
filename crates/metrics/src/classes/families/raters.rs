//! Agreement among raters who each gave one class.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::classes::fleiss::fleiss_kappa;
use crate::classes::table::Table;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| table.rows.iter().any(|row| !row.ratings.is_empty()),
    prepare: |table| Box::new(Raters::new(table)),
};

const DEFINITIONS: &[Definition] = &[Definition {
    id: "ratings_fleiss_kappa",
    name: "Fleiss' kappa",
    definition: "Agreement of pairs of raters on the same row, beyond that of pairs drawn from all ratings.",
    source: "Fleiss, Psychological Bulletin 1971; statsmodels 0.15, fleiss_kappa",
    better: Better::Higher,
}];

struct Raters {
    lines: Vec<Line>,
    counts: Vec<Vec<u64>>,
}

impl Raters {
    fn new(table: &Table) -> Self {
        let words = "ratings of the row, not the truth and not the prediction; rows without ratings are left out, all \
                     others must have equally many, two or more; n counts rows";
        let convention = Convention::new(FAMILY.convention, words);
        Self {
            lines: vec![Line { id: "ratings_fleiss_kappa", class: None, convention }],
            counts: table.rows.iter().map(|row| row.ratings.clone()).collect(),
        }
    }
}

impl Prepared for Raters {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        if self.counts.iter().all(Vec::is_empty) {
            return vec![Measured { statistic: Statistic::Undefined(Undefined::NotGiven), n: 0 }];
        }
        vec![fleiss_kappa(&self.counts, weights)]
    }
}
