//! How far a model's answers, abstention among them, are from people's.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::classes::table::{Resolved, Table};
use crate::engine::math::{sqrt, weighted_mean};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "visalign",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| {
        let given = |row: &Resolved| row.scores.is_some() && (row.shares.is_some() || row.abstention.is_some());
        table.rows.iter().any(given)
    },
    prepare: |table| Box::new(Alignment::new(table)),
};

const DEFINITIONS: &[Definition] = &[Definition {
    id: "hellinger_distance",
    name: "Hellinger distance to people's answers",
    definition: "Distance of the square roots of [scores x (1 - abstention), abstention] from those of people's shares \
                 of the classes and of abstention (or of the one true class), over the square root of \
                 2; mean over rows.",
    source: "Lee et al., NeurIPS 2023 (VisAlign), evaluate_visual_alignment.py",
    better: Better::Lower,
}];

struct Alignment {
    lines: Vec<Line>,
    distances: Vec<Option<f64>>,
}

impl Alignment {
    fn new(table: &Table) -> Self {
        let words = "scores as they are, those below 0 as 0; a row that gives no abstention has 0; rows without scores \
                     or without one truth or shares are left out; mean over rows; n counts rows";
        let convention = Convention::new(FAMILY.convention, words);
        Self {
            lines: vec![Line { id: "hellinger_distance", class: None, convention }],
            distances: table.rows.iter().map(|row| distance(row, table.multi_label)).collect(),
        }
    }
}

fn distance(row: &Resolved, multi_label: bool) -> Option<f64> {
    let (scores, abstention) = (row.scores.as_ref()?, row.abstention.unwrap_or_default());
    let shares = match (&row.shares, row.truth()) {
        (Some(shares), _) => shares.clone(),
        (None, Some(truth)) if !multi_label => {
            (0..=scores.len()).map(|class| f64::from(u8::from(class == truth))).collect()
        }
        _ => return None,
    };
    let model = scores.iter().map(|score| score * (1.0 - abstention)).chain([abstention]);
    let apart = model.zip(shares).map(|(model, people)| sqrt(model.max(0.0)) - sqrt(people));
    Some(sqrt(apart.map(|apart| apart * apart).sum::<f64>()) * std::f64::consts::FRAC_1_SQRT_2)
}

impl Prepared for Alignment {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let given = self.distances.iter().any(Option::is_some);
        let reason = if given { Undefined::Nothing } else { Undefined::NotGiven };
        let by_row = self.distances.iter().enumerate();
        let by_row = by_row.filter_map(|(row, distance)| Some((row, Statistic::Value((*distance)?))));
        let (statistic, n) = weighted_mean(by_row, weights, reason);
        vec![Measured { statistic, n }]
    }
}

/// VisAlign's abstention of each row from a score of how well it is known: 1 less the score after it is scaled to 0
/// to 1 over the whole set, so that the least known row abstains wholly. Empty where the scores are all equal or one
/// is not finite.
///
/// Source: Lee et al., NeurIPS 2023 (VisAlign), `evaluate_visual_alignment.py`.
pub fn visalign_abstentions(scores: &[f64]) -> Vec<f64> {
    let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let range = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low;
    if !(range > 0.0 && range.is_finite()) || scores.iter().any(|score| !score.is_finite()) {
        return Vec::new();
    }
    scores.iter().map(|score| 1.0 - (score - low) / range).collect()
}
