//! Confusion of classes, with a row and a column for the background.

mod matching;

use groundglass_types::{Admission, Convention, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use self::matching::{Rule, pairs};
use super::{Family, Pace};
use crate::engine::{Better, Confusion, Definition, Exhibit, Line, Measured, Prepared, Weights};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: &DEFAULT,
    region: None,
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, &STANDARD),
};

pub(super) const SUPERVISION_FAMILY: Family = Family {
    convention: "supervision",
    by_default: false,
    definitions: &SUPERVISION_DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, &SUPERVISION),
};

pub(super) const ULTRALYTICS_FAMILY: Family = Family {
    convention: "ultralytics",
    by_default: false,
    definitions: &ULTRALYTICS_DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, &ULTRALYTICS),
};

const PAIR_ACCURACY: &str = "Share of the pairs, made whatever the class, in which finding and truth have the same \
                             class: the diagonal of the confusion table without its background row and column.";
const DETECTION_ACCURACY: &str = "Share of the table's entries on its diagonal: pairs of the same class, among all \
                                  pairs, findings without a truth and truths without a finding.";

const fn definitions(ids: [&'static str; 2], names: [&'static str; 2], source: &'static str) -> [Definition; 2] {
    let [pair, detection] = ids;
    let [pair_name, detection_name] = names;
    [
        Definition { id: pair, name: pair_name, definition: PAIR_ACCURACY, source, better: Better::Higher },
        Definition {
            id: detection,
            name: detection_name,
            definition: DETECTION_ACCURACY,
            source,
            better: Better::Higher,
        },
    ]
}

const DEFAULT: [Definition; 2] = definitions(
    ["pair_label_accuracy", "detection_accuracy"],
    ["Label accuracy of the pairs", "Detection accuracy"],
    "Stehman, Remote Sensing of Environment 1997 (overall accuracy); pairing as pycocotools 2.0.11 with useCats = 0",
);

const SUPERVISION_DEFINITIONS: [Definition; 2] = definitions(
    ["supervision_pair_label_accuracy", "supervision_detection_accuracy"],
    ["Label accuracy of the pairs (supervision)", "Detection accuracy (supervision)"],
    "supervision 0.25.1, ConfusionMatrix.from_tensors",
);

const ULTRALYTICS_DEFINITIONS: [Definition; 2] = definitions(
    ["ultralytics_pair_label_accuracy", "ultralytics_detection_accuracy"],
    ["Label accuracy of the pairs (ultralytics)", "Detection accuracy (ultralytics)"],
    "ultralytics 8.3.40, ConfusionMatrix.process_batch",
);

/// How one package fills the table.
struct Flavour {
    convention: &'static str,
    name: &'static str,
    definitions: &'static [Definition; 2],
    rule: Rule,
    /// Whether findings of a case with truths of which none is paired are forgotten, rather than false positives.
    forgets: bool,
}

const STANDARD: Flavour = Flavour {
    convention: "default",
    name: "Confusion",
    definitions: &DEFAULT,
    rule: Rule::GreedyByScore,
    forgets: false,
};

const SUPERVISION: Flavour = Flavour {
    convention: "supervision",
    name: "Confusion (supervision)",
    definitions: &SUPERVISION_DEFINITIONS,
    rule: Rule::BestOfEach,
    forgets: false,
};

const ULTRALYTICS: Flavour = Flavour {
    convention: "ultralytics",
    name: "Confusion (ultralytics)",
    definitions: &ULTRALYTICS_DEFINITIONS,
    rule: Rule::BestOfEach,
    forgets: true,
};

/// The name of the row of findings without a truth, and of the column of truths without a finding.
const BACKGROUND: &str = "background";

/// How often a case puts something into one cell.
struct Entry {
    row: usize,
    column: usize,
    case: u32,
    count: u64,
}

struct Table {
    flavour: &'static Flavour,
    lines: Vec<Line>,
    classes: Vec<String>,
    entries: Vec<Entry>,
}

fn prepare(scope: &Scope<'_>, flavour: &'static Flavour) -> Box<dyn Prepared> {
    let background = scope.classes.len();
    let place = |class| scope.classes.iter().position(|of| *of == class).unwrap_or(background);
    let mut entries = Vec::new();
    for (index, case) in scope.cases.iter().enumerate() {
        let found = pairs(case, flavour.rule, scope.options.score_threshold, scope.options.iou_threshold);
        let row = |truth: usize| place(case.entry.truth_labels()[truth]);
        let column = |finding: usize| place(case.finding_classes[finding]);
        let forgotten = flavour.forgets && found.pairs.is_empty() && !found.missed.is_empty();
        let unpaired = if forgotten { &[] } else { found.unpaired.as_slice() };
        let mut cells = std::collections::BTreeMap::new();
        let paired = found.pairs.iter().map(|&(truth, finding)| (row(truth), column(finding)));
        let missed = found.missed.iter().map(|&truth| (row(truth), background));
        let wrong = unpaired.iter().map(|&finding| (background, column(finding)));
        for cell in paired.chain(missed).chain(wrong) {
            *cells.entry(cell).or_insert(0_u64) += 1;
        }
        let of_cell = |((row, column), count)| Entry { row, column, case: index as u32, count };
        entries.extend(cells.into_iter().map(of_cell));
    }
    let line = |(definition, counted): (&Definition, &str)| Line {
        id: definition.id,
        class: None,
        convention: flavour.convention(scope, counted),
    };
    Box::new(Table {
        flavour,
        lines: flavour.definitions.iter().zip(["pairs", "pairs, other findings and other truths"]).map(line).collect(),
        classes: scope.classes.iter().map(|&class| scope.labels.name(class).to_owned()).collect(),
        entries,
    })
}

impl Flavour {
    fn convention(&self, scope: &Scope<'_>, counted: &str) -> Convention {
        let (region, options) = (scope.options.region.word(), scope.options);
        let crowds = "findings in a crowd of any class are ignored";
        let (admission, pairing, words) = match self.rule {
            Rule::GreedyByScore => (
                Admission::AtLeast,
                Pairing::GreedyByScore,
                format!(
                    "findings with score >= {}; {region} IoU >= {}; each finding, from the highest score down, takes \
                     the free truth of any class with the highest IoU; {crowds}",
                    options.score_threshold, options.iou_threshold
                ),
            ),
            Rule::BestOfEach => (
                Admission::Above,
                Pairing::GreedyByIou,
                format!(
                    "findings with score > {}; {region} IoU > {}; each finding names the truth of any class with the \
                     highest IoU and each truth keeps the best of those, the others take no second truth; {crowds}",
                    options.score_threshold, options.iou_threshold
                ),
            ),
        };
        let forgets =
            if self.forgets { "; false positives are forgotten in a case whose truths are all missed" } else { "" };
        Convention {
            admission: Some(admission),
            ties: Some(Ties::ListOrder),
            without_truth: Some(WithoutTruth::Counted),
            pairing: Some(pairing),
            ..Convention::new(self.convention, format!("{words}{forgets}; n counts {counted}"))
        }
    }
}

impl Prepared for Table {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let background = self.classes.len();
        let (mut right, mut paired, mut all) = (0, 0, 0);
        for entry in &self.entries {
            let count = entry.count * u64::from(weights.of(entry.case as usize));
            all += count;
            if entry.row < background && entry.column < background {
                paired += count;
            }
            if entry.row == entry.column {
                right += count;
            }
        }
        let share = |n: u64, reason| Measured { statistic: Statistic::ratio(right as f64, n as f64, reason), n };
        vec![share(paired, Undefined::NoPairs), share(all, Undefined::Nothing)]
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let size = self.classes.len() + 1;
        let mut counts = vec![vec![0; size]; size];
        let mut cases = vec![vec![Vec::new(); size]; size];
        for entry in &self.entries {
            let weight = u64::from(weights.of(entry.case as usize));
            if weight > 0 {
                counts[entry.row][entry.column] += entry.count * weight;
                cases[entry.row][entry.column].push(entry.case);
            }
        }
        let names = self.classes.iter().cloned().chain(std::iter::once(BACKGROUND.to_owned())).collect::<Vec<_>>();
        let (id, name) = ("confusion", self.flavour.name);
        vec![Exhibit::Confusion(Confusion { id, name, rows: names.clone(), columns: names, counts, cases })]
    }
}
