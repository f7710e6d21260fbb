//! A family whose every line is a mean of numbers that each belong to a case.

use groundglass_types::{Convention, Statistic, Undefined};

use crate::engine::{Line, Measured, Prepared, Weights};
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::Scope;

/// One number of one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    /// The case's place in the scope.
    pub case: usize,
    pub class: Option<LabelIndex>,
    pub value: f64,
}

/// Lines that are means, each as often as its case counts; `n` counts the numbers.
pub(crate) struct Means {
    lines: Vec<Line>,
    items: Vec<OfLine>,
    /// How many cases there are.
    cases: usize,
}

struct OfLine {
    items: Vec<(u32, f64)>,
    /// Why there is no mean where no item counts.
    reason: Undefined,
    /// The cases that were asked, where an item is an answer: where none of them counts there is no truth.
    asked: Option<Vec<u32>>,
}

impl Means {
    /// No line yet.
    pub const fn new(scope: &Scope<'_>) -> Self {
        Self { lines: Vec::new(), items: Vec::new(), cases: scope.cases.len() }
    }

    /// Adds a line that is the mean of all items, and is undefined for `reason` where there are none.
    pub fn add(&mut self, id: &'static str, convention: Convention, reason: Undefined, items: &[Item]) {
        self.line(id, None, convention, items.iter(), reason);
    }

    /// Adds a line that is the mean of what was answered of all that was asked. It is undefined for want of truth where
    /// nothing was asked, and for want of pairs where nothing was answered.
    pub fn add_answered(&mut self, id: &'static str, convention: Convention, asked: &[Item], answered: &[Item]) {
        self.line(id, None, convention, answered.iter(), Undefined::NoPairs);
        self.last_was_asked(asked.iter());
    }

    /// The same, with a line for each class where there are several.
    pub fn add_answered_with_classes(
        &mut self,
        scope: &Scope<'_>,
        id: &'static str,
        convention: &Convention,
        asked: &[Item],
        answered: &[Item],
    ) {
        self.add_answered(id, convention.clone(), asked, answered);
        for &class in scope.separate_classes() {
            let of_class =
                |items: &[Item]| items.iter().filter(|item| item.class == Some(class)).copied().collect::<Vec<_>>();
            let (asked, answered) = (of_class(asked), of_class(answered));
            self.line(id, scope.class_name(Some(class)), convention.clone(), answered.iter(), Undefined::NoPairs);
            self.last_was_asked(asked.iter());
        }
    }

    fn last_was_asked<'a>(&mut self, asked: impl Iterator<Item = &'a Item>) {
        if let Some(line) = self.items.last_mut() {
            line.asked = Some(asked.map(|item| item.case as u32).collect());
        }
    }

    /// The same, with a line for each class where there are several.
    pub fn add_with_classes(
        &mut self,
        scope: &Scope<'_>,
        id: &'static str,
        convention: &Convention,
        reason: Undefined,
        items: &[Item],
    ) {
        self.add(id, convention.clone(), reason, items);
        for &class in scope.separate_classes() {
            let of_class = items.iter().filter(|item| item.class == Some(class));
            self.line(id, scope.class_name(Some(class)), convention.clone(), of_class, reason);
        }
    }

    fn line<'a>(
        &mut self,
        id: &'static str,
        class: Option<String>,
        convention: Convention,
        items: impl Iterator<Item = &'a Item>,
        reason: Undefined,
    ) {
        self.lines.push(Line { id, class, convention });
        let items = items.map(|item| (item.case as u32, item.value)).collect();
        self.items.push(OfLine { items, reason, asked: None });
    }
}

impl Prepared for Means {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mean = |line: &OfLine| {
            let (mut sum, mut n) = (0.0, 0);
            for &(case, value) in &line.items {
                let weight = weights.of(case as usize);
                sum += f64::from(weight) * value;
                n += u64::from(weight);
            }
            let counts = |cases: &Vec<u32>| cases.iter().any(|&case| weights.of(case as usize) > 0);
            let reason = if line.asked.as_ref().is_none_or(counts) { line.reason } else { Undefined::NoTruth };
            Measured { statistic: Statistic::ratio(sum, n as f64, reason), n }
        };
        self.items.iter().map(mean).collect()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let of_line = |line: &OfLine| {
            let nothing = if line.asked.is_none() { line.reason } else { Undefined::NoTruth };
            let mut means = vec![(0.0, 0.0, nothing); self.cases];
            for &case in line.asked.iter().flatten() {
                means.get_mut(case as usize)?.2 = line.reason;
            }
            for &(case, value) in &line.items {
                let (sum, n, _) = means.get_mut(case as usize)?;
                *sum += value;
                *n += 1.0;
            }
            Some(means.into_iter().map(|(sum, n, reason)| Statistic::ratio(sum, n, reason)).collect())
        };
        self.items.iter().map(of_line).collect()
    }
}
