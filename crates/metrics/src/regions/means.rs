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
#[derive(Default)]
pub(crate) struct Means {
    lines: Vec<Line>,
    items: Vec<(Undefined, Vec<(u32, f64)>)>,
}

impl Means {
    /// Adds a line that is the mean of all items, and is undefined for `reason` where there are none.
    pub fn add(&mut self, id: &'static str, convention: Convention, reason: Undefined, items: &[Item]) {
        self.line(id, None, convention, reason, items.iter());
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
            self.line(id, scope.class_name(Some(class)), convention.clone(), reason, of_class);
        }
    }

    fn line<'a>(
        &mut self,
        id: &'static str,
        class: Option<String>,
        convention: Convention,
        reason: Undefined,
        items: impl Iterator<Item = &'a Item>,
    ) {
        self.lines.push(Line { id, class, convention });
        self.items.push((reason, items.map(|item| (item.case as u32, item.value)).collect()));
    }
}

impl Prepared for Means {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mean = |(reason, items): &(Undefined, Vec<(u32, f64)>)| {
            let (mut sum, mut n) = (0.0, 0);
            for &(case, value) in items {
                let weight = weights.of(case as usize);
                sum += f64::from(weight) * value;
                n += u64::from(weight);
            }
            Measured { statistic: Statistic::ratio(sum, n as f64, *reason), n }
        };
        self.items.iter().map(mean).collect()
    }
}
