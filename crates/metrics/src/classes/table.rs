//! Rows resolved under the options: classes by number, one answer a row.

use std::collections::{BTreeMap, BTreeSet};

use crate::MetricsError;
use crate::classes::{ClassOptions, ClassRow, ClassTruth};

/// The names of the two classes of yes and no.
const BINARY: [&str; 2] = ["negative", "positive"];

/// A row with classes by their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    /// The true classes, ascending, each once.
    pub truths: Vec<usize>,
    /// The predicted classes, ascending, each once: exactly one where the truth is one. `None` where the model says
    /// nothing or abstains.
    pub answer: Option<Vec<usize>>,
    /// A score for each class, where the model scores.
    pub scores: Option<Vec<f64>>,
    /// People's shares of the classes, and then of those who would not decide.
    pub shares: Option<Vec<f64>>,
    pub abstention: Option<f64>,
}

impl Resolved {
    /// The one true class.
    pub fn truth(&self) -> Option<usize> {
        self.truths.first().copied()
    }

    /// The one predicted class.
    pub fn predicted(&self) -> Option<usize> {
        self.answer.as_ref().and_then(|answer| answer.first().copied())
    }
}

/// What the families are prepared from.
pub(crate) struct Table {
    pub classes: Vec<String>,
    pub rows: Vec<Resolved>,
    /// Whether the truth is a set of classes rather than one.
    pub multi_label: bool,
    /// The class that is looked for.
    pub positive: Option<usize>,
    /// Which classes any row's scores name.
    pub scored: Vec<bool>,
    /// Whether all scores are probabilities.
    pub probabilities: bool,
    pub options: ClassOptions,
}

impl Table {
    pub fn new(rows: &[ClassRow], options: &ClassOptions) -> Result<Self, MetricsError> {
        let binary = rows.first().is_some_and(|row| matches!(row.truth, ClassTruth::Binary(_)));
        let classes = if binary { BINARY.map(str::to_owned).to_vec() } else { class_list(rows, options) };
        let places = classes.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect::<BTreeMap<_, _>>();
        if let (true, Some((index, row, name))) = (binary, stranger(rows, &places)) {
            let fault = format!("\"{name}\" is neither \"negative\" nor \"positive\", the classes of yes and no");
            return Err(MetricsError::Input { place: row.place(index), fault });
        }
        let positive = match &options.positive {
            Some(name) => Some(places.get(name.as_str()).copied().ok_or_else(|| MetricsError::Input {
                place: "options".to_owned(),
                fault: format!("no row names the positive class \"{name}\""),
            })?),
            None => binary.then_some(1),
        };
        let mut scored = vec![false; classes.len()];
        for name in rows.iter().flat_map(|row| row.prediction.scores.keys()) {
            scored[places[name.as_str()]] = true;
        }
        if binary {
            scored = vec![scored.contains(&true); 2];
        }
        let multi_label = rows.first().is_some_and(|row| matches!(row.truth, ClassTruth::Set(_)));
        let mut table = Self {
            rows: Vec::with_capacity(rows.len()),
            multi_label,
            positive,
            scored,
            probabilities: true,
            options: options.clone(),
            classes: Vec::new(),
        };
        for (index, row) in rows.iter().enumerate() {
            let resolved =
                table.resolve(row, &places).map_err(|fault| MetricsError::Input { place: row.place(index), fault })?;
            table.rows.push(resolved);
        }
        drop(places);
        table.classes = classes;
        let mut scores = table.rows.iter().filter_map(|row| row.scores.as_ref()).flatten();
        table.probabilities = scores.all(|score| (0.0..=1.0).contains(score));
        Ok(table)
    }

    fn resolve(&self, row: &ClassRow, places: &BTreeMap<&str, usize>) -> Result<Resolved, String> {
        let place = |name: &String| places.get(name.as_str()).copied();
        let all = |names: &[String]| names.iter().filter_map(place).collect::<BTreeSet<_>>().into_iter().collect();
        let truths = match &row.truth {
            ClassTruth::One(class) => place(class).into_iter().collect(),
            ClassTruth::Set(classes) => all(classes),
            ClassTruth::Binary(positive) => vec![usize::from(*positive)],
        };
        let scores = self.scores(row, places)?;
        let said = row
            .prediction
            .classes
            .as_ref()
            .map(|names| all(names))
            .filter(|said: &Vec<_>| self.multi_label || !said.is_empty());
        let abstains = row.prediction.abstention.is_some_and(|share| share >= self.options.abstention_threshold);
        let answer = said.or_else(|| scores.as_ref().map(|scores| self.answer(scores))).filter(|_| !abstains);
        let shares = row.shares.as_ref().map(|shares| {
            let mut list = vec![0.0; places.len() + 1];
            for (name, share) in &shares.classes {
                if let Some(place) = place(name) {
                    list[place] = *share;
                }
            }
            list[places.len()] = shares.abstention;
            list
        });
        Ok(Resolved { truths, answer, scores, shares, abstention: row.prediction.abstention })
    }

    /// One score a class; the negative of yes and no is what the positive leaves.
    fn scores(&self, row: &ClassRow, places: &BTreeMap<&str, usize>) -> Result<Option<Vec<f64>>, String> {
        let given = &row.prediction.scores;
        if given.is_empty() {
            return Ok(None);
        }
        if matches!(row.truth, ClassTruth::Binary(_)) {
            let (negative, positive) = (given.get(BINARY[0]).copied(), given.get(BINARY[1]).copied());
            let rest = |score: Option<f64>| 1.0 - score.unwrap_or_default();
            return Ok(Some(vec![
                negative.unwrap_or_else(|| rest(positive)),
                positive.unwrap_or_else(|| rest(negative)),
            ]));
        }
        let below = given.values().any(|score| *score < 0.0);
        let missing = places.iter().find(|(name, place)| self.scored[**place] && !given.contains_key(**name));
        if let (true, Some((name, _))) = (below, missing) {
            return Err(format!("a score is below 0 and there is none for \"{name}\""));
        }
        let mut scores = vec![0.0; places.len()];
        for (name, score) in given {
            if let Some(place) = places.get(name.as_str()) {
                // Adding 0 makes -0 equal to 0 in the total order.
                scores[*place] = *score + 0.0;
            }
        }
        Ok(Some(scores))
    }

    /// What scores predict: labels at or above the threshold; the positive of two classes at or above it; otherwise
    /// the class with the highest score, of equal ones the first.
    fn answer(&self, scores: &[f64]) -> Vec<usize> {
        let threshold = self.options.score_threshold;
        if self.multi_label {
            return (0..scores.len()).filter(|&class| self.scored[class] && scores[class] >= threshold).collect();
        }
        match self.positive {
            Some(positive) if scores.len() == 2 => {
                vec![if scores[positive] >= threshold { positive } else { 1 - positive }]
            }
            _ => self.highest(scores).into_iter().collect(),
        }
    }

    /// The class with the highest score among those that are scored; of equal ones the first.
    pub fn highest(&self, scores: &[f64]) -> Option<usize> {
        let mut best: Option<usize> = None;
        for class in (0..scores.len()).filter(|&class| self.scored[class]) {
            if best.is_none_or(|best| scores[class] > scores[best]) {
                best = Some(class);
            }
        }
        best
    }

    /// The classes of which lines are given one by one: all, or only the one that is looked for, without a name.
    pub fn separate_classes(&self) -> Vec<(usize, Option<String>)> {
        match self.positive {
            Some(positive) => vec![(positive, None)],
            None => self.classes.iter().cloned().map(Some).enumerate().collect(),
        }
    }

    /// Shows each row as the only one of a table, with the classes of them all. No row is left.
    pub fn each_alone(mut self, mut show: impl FnMut(&Self)) {
        for row in std::mem::take(&mut self.rows) {
            self.rows = vec![row];
            show(&self);
        }
    }

    /// How a class is predicted, in words.
    pub fn answer_words(&self) -> String {
        let threshold = self.options.score_threshold;
        let from_scores = match self.positive {
            _ if self.multi_label => format!("every class with score >= {threshold}"),
            Some(positive) if self.classes.len() == 2 => {
                format!("\"{}\" where its score is >= {threshold}", self.classes[positive])
            }
            _ => "the class with the highest score, of equal ones the first of the list of classes".to_owned(),
        };
        format!(
            "predicted is the class that is given, or else {from_scores}; without a prediction, or with an abstention \
             >= {}, nothing is predicted, which is wrong",
            self.options.abstention_threshold
        )
    }

    /// The class that is looked for, in words for a convention; empty without one.
    pub fn positive_words(&self) -> String {
        self.positive.map(|class| format!("\"{}\" is positive; ", self.classes[class])).unwrap_or_default()
    }
}

/// The first class that is neither yes nor no.
fn stranger<'a>(rows: &'a [ClassRow], places: &BTreeMap<&str, usize>) -> Option<(usize, &'a ClassRow, &'a str)> {
    let named = rows.iter().enumerate().flat_map(|(index, row)| row.names().map(move |name| (index, row, name)));
    named.into_iter().find(|(_, _, name)| !places.contains_key(name))
}

/// The classes of the options, then all others.
fn class_list(rows: &[ClassRow], options: &ClassOptions) -> Vec<String> {
    let mut list = Vec::<String>::new();
    let mut known = BTreeSet::new();
    for name in &options.classes {
        if known.insert(name.as_str()) {
            list.push(name.clone());
        }
    }
    let others = rows.iter().flat_map(ClassRow::names).collect::<BTreeSet<_>>();
    let mut others = others.into_iter().filter(|name| !known.contains(name)).collect::<Vec<_>>();
    let numbers = others.iter().map(|name| name.trim().parse::<f64>().ok().filter(|number| number.is_finite()));
    if let Some(numbers) = numbers.collect::<Option<Vec<_>>>() {
        let mut by_number = numbers.into_iter().zip(others).collect::<Vec<_>>();
        by_number.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        others = by_number.into_iter().map(|(_, name)| name).collect();
    }
    list.extend(others.into_iter().map(str::to_owned));
    list
}
