//! What one evaluation speaks of: the cases that count, their classes, and the pairing at the thresholds.

use groundglass_types::{Counts, Finding, Statistic, Undefined};

use crate::engine::Weights;
use crate::engine::parallel;
use crate::regions::case_entry::{CaseEntry, LabelIndex};
use crate::regions::matching::{Candidates, Matching, Outcome, Rule};
use crate::regions::overlap::Overlaps;
use crate::regions::{EvaluateOptions, RegionKind};

/// Whether a case counts, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Counts,
    /// Nobody has looked.
    NoTruth,
    /// No model has run.
    NotRun,
    /// A truth without a mask, or no finding of the whole set with one, where masks are compared.
    NoMasks,
}

impl Standing {
    pub fn of(entry: &CaseEntry, kind: RegionKind, findings_have_masks: bool) -> Self {
        if entry.case().truth.is_none() {
            Self::NoTruth
        } else if entry.findings().is_none() {
            Self::NotRun
        } else if kind == RegionKind::Mask && !(findings_have_masks && entry.has_masks_for_all_truths()) {
            Self::NoMasks
        } else {
            Self::Counts
        }
    }

    /// `None` where the case counts.
    pub const fn reason(self) -> Option<Undefined> {
        match self {
            Self::Counts => None,
            Self::NoTruth => Some(Undefined::NoTruth),
            Self::NotRun => Some(Undefined::NoFindings),
            Self::NoMasks => Some(Undefined::NoMasks),
        }
    }
}

/// The set's labels, and how those of findings and of truth go together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    pub names: &'a [String],
    /// Where each side knows exactly one label and they differ: that of the findings and that of the truth.
    pub renamed: Option<(LabelIndex, LabelIndex)>,
}

impl Labels<'_> {
    pub fn name(&self, label: LabelIndex) -> &str {
        self.names.get(label).map(String::as_str).unwrap_or_default()
    }

    fn class_of_finding(&self, label: LabelIndex) -> LabelIndex {
        match self.renamed {
            Some((of_findings, of_truth)) if of_findings == label => of_truth,
            _ => label,
        }
    }
}

/// A case that counts.
pub(crate) struct ScopedCase<'a> {
    pub entry: &'a CaseEntry,
    pub findings: &'a [Finding],
    pub finding_classes: Vec<LabelIndex>,
    pub overlaps: &'a Overlaps,
    /// The pairing at the IoU threshold of the options.
    pub matching: Matching,
}

fn candidates<'a>(entry: &'a CaseEntry, finding_classes: &'a [LabelIndex], overlaps: &'a Overlaps) -> Candidates<'a> {
    Candidates {
        order: entry.order(),
        finding_classes,
        truth_classes: entry.truth_labels(),
        crowds: entry.crowds(),
        overlaps,
    }
}

impl ScopedCase<'_> {
    /// What the matching needs to know of the case.
    pub fn candidates(&self) -> Candidates<'_> {
        candidates(self.entry, &self.finding_classes, self.overlaps)
    }

    /// The same with other overlaps.
    pub fn candidates_with<'b>(&'b self, overlaps: &'b Overlaps) -> Candidates<'b> {
        candidates(self.entry, &self.finding_classes, overlaps)
    }

    /// The pairing under another rule.
    pub fn matched(&self, rule: Rule) -> Matching {
        Matching::new(&candidates(self.entry, &self.finding_classes, self.overlaps), rule)
    }

    /// Truths of a class (or of all) that can be found or missed: all but crowds.
    pub fn truth_count(&self, class: Option<LabelIndex>) -> u64 {
        let truths = self.entry.truth_labels().iter().zip(self.entry.crowds());
        truths.filter(|(of, crowd)| !**crowd && class.is_none_or(|class| class == **of)).count() as u64
    }

    /// What a matching amounts to where findings at or above `score_threshold` count.
    pub fn tally(&self, matching: &Matching, score_threshold: f64, class: Option<LabelIndex>) -> Tally {
        let mut tally = Tally::default();
        for ((outcome, finding), of) in matching.outcomes.iter().zip(self.findings).zip(&self.finding_classes) {
            if finding.score < score_threshold || class.is_some_and(|class| class != *of) {
                continue;
            }
            tally.count(outcome);
        }
        tally.counts.false_negatives = self.truth_count(class) - tally.counts.true_positives;
        tally
    }
}

/// Pairings, and how well the pairs fit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub counts: Counts,
    /// Sum of the IoU of all pairs.
    pub iou_sum: f64,
}

impl Tally {
    /// One finding more.
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Paired(pair) => {
                self.counts.true_positives += 1;
                self.iou_sum += pair.iou;
            }
            Outcome::Unpaired => self.counts.false_positives += 1,
            Outcome::Ignored(_) => {}
        }
    }

    pub fn join(self, other: Self) -> Self {
        Self {
            counts: Counts {
                true_positives: self.counts.true_positives + other.counts.true_positives,
                false_positives: self.counts.false_positives + other.counts.false_positives,
                false_negatives: self.counts.false_negatives + other.counts.false_negatives,
            },
            iou_sum: self.iou_sum + other.iou_sum,
        }
    }

    /// The same, `count` times over.
    fn times(self, count: u32) -> Self {
        let (times, counts) = (u64::from(count), self.counts);
        Self {
            counts: Counts {
                true_positives: counts.true_positives * times,
                false_positives: counts.false_positives * times,
                false_negatives: counts.false_negatives * times,
            },
            iou_sum: self.iou_sum * f64::from(count),
        }
    }

    /// Findings that count.
    pub const fn findings(&self) -> u64 {
        self.counts.true_positives + self.counts.false_positives
    }

    /// Truths that can be found or missed.
    pub const fn truths(&self) -> u64 {
        self.counts.true_positives + self.counts.false_negatives
    }

    /// True positives, false positives and false negatives together.
    pub const fn all(&self) -> u64 {
        self.findings() + self.counts.false_negatives
    }

    /// `2 TP / (2 TP + FP + FN)`.
    pub fn f1(&self) -> Statistic {
        Statistic::ratio(
            2.0 * self.counts.true_positives as f64,
            (self.findings() + self.truths()) as f64,
            Undefined::Nothing,
        )
    }
}

/// Everything that a family of metrics may ask for.
pub(crate) struct Scope<'a> {
    pub options: EvaluateOptions,
    pub cases: Vec<ScopedCase<'a>>,
    pub labels: Labels<'a>,
    /// The classes that occur in the cases that count, by name.
    pub classes: Vec<LabelIndex>,
    /// Why no case counts.
    pub reason: Option<Undefined>,
}

impl<'a> Scope<'a> {
    pub fn new(
        options: EvaluateOptions,
        labels: Labels<'a>,
        entries: impl Iterator<Item = (&'a CaseEntry, Standing)>,
    ) -> Self {
        let mut counting = Vec::new();
        let mut reason = None;
        for (entry, standing) in entries {
            match (standing, entry.findings()) {
                (Standing::Counts, Some(findings)) => counting.push((entry, findings)),
                // The reason that is nearest to counting is the one that helps.
                _ => {
                    reason = match (reason, standing.reason()) {
                        (Some(Undefined::NoMasks), _) | (_, Some(Undefined::NoMasks)) => Some(Undefined::NoMasks),
                        (Some(Undefined::NoFindings), _) | (_, Some(Undefined::NoFindings)) => {
                            Some(Undefined::NoFindings)
                        }
                        _ => Some(Undefined::NoTruth),
                    };
                }
            }
        }
        let cases = parallel::map(&counting, parallel::CASES, |&(entry, findings): &(&'a CaseEntry, &'a [Finding])| {
            let finding_labels = entry.finding_labels().iter();
            let finding_classes = finding_labels.map(|&label| labels.class_of_finding(label)).collect::<Vec<_>>();
            let overlaps = entry.overlaps(options.region);
            let rule = Rule::AtLeast(options.iou_threshold);
            let matching = Matching::new(&candidates(entry, &finding_classes, overlaps), rule);
            ScopedCase { entry, findings, finding_classes, overlaps, matching }
        });
        let mut occurs = vec![false; labels.names.len()];
        for &class in cases.iter().flat_map(|case| case.entry.truth_labels().iter().chain(&case.finding_classes)) {
            occurs[class] = true;
        }
        let mut classes = (0..occurs.len()).filter(|&class| occurs[class]).collect::<Vec<_>>();
        classes.sort_unstable_by_key(|&class| (labels.name(class), class));
        let reason = if cases.is_empty() { Some(reason.unwrap_or(Undefined::NoTruth)) } else { None };
        Self { options, cases, labels, classes, reason }
    }

    /// Each case as a scope of its own, with the classes of them all.
    pub fn into_cases(self) -> Vec<Self> {
        let Self { options, cases, labels, classes, .. } = self;
        let alone = |case| Self { options, cases: vec![case], labels, classes: classes.clone(), reason: None };
        cases.into_iter().map(alone).collect()
    }

    /// The place of each label among the classes; `None` for those that do not occur.
    pub fn class_places(&self) -> Vec<Option<usize>> {
        let mut places = vec![None; self.labels.names.len()];
        for (place, &class) in self.classes.iter().enumerate() {
            if let Some(of_class) = places.get_mut(class) {
                *of_class = Some(place);
            }
        }
        places
    }

    /// The classes that are worth a value of their own: none where there is but one.
    pub fn separate_classes(&self) -> &[LabelIndex] {
        if self.classes.len() > 1 { &self.classes } else { &[] }
    }

    /// All of a class (or of all) at the thresholds, pooled over the cases.
    pub fn tally(&self, class: Option<LabelIndex>) -> Tally {
        self.cases
            .iter()
            .map(|case| case.tally(&case.matching, self.options.score_threshold, class))
            .fold(Tally::default(), Tally::join)
    }

    /// The matching rule in words; `admits` says which pairs, for instance `IoU >= 0.5`.
    pub fn matching_words(&self, admits: &str) -> String {
        let region = self.options.region.word();
        format!(
            "{region} {admits}; each finding, from the highest score down, takes the free truth of its class \
             with the highest IoU; findings in a crowd are ignored{}",
            self.renaming_words()
        )
    }

    /// A clause that says how labels go together, where that is more than by their text; else nothing.
    pub fn renaming_words(&self) -> String {
        self.labels.renamed.map_or_else(String::new, |(of_findings, of_truth)| {
            let (of_findings, of_truth) = (self.labels.name(of_findings), self.labels.name(of_truth));
            format!("; the findings' only label \"{of_findings}\" is read as \"{of_truth}\"")
        })
    }

    /// The name of a class, for a line of it; `None` for the line over all.
    pub fn class_name(&self, class: Option<LabelIndex>) -> Option<String> {
        class.map(|class| self.labels.name(class).to_owned())
    }

    /// The tally of a class (or of all) in every case, at the thresholds.
    pub fn case_tallies(&self, class: Option<LabelIndex>) -> CaseTallies {
        let tally = |case: &ScopedCase<'_>| case.tally(&case.matching, self.options.score_threshold, class);
        let by_case = self.cases.iter().map(tally).enumerate();
        CaseTallies(by_case.filter(|(_, tally)| tally.all() > 0).collect())
    }

    /// The tally of every class in every case, under pairings of one a case: one list a class, in one go over all
    /// findings.
    pub fn case_tallies_by_class<'m>(&self, matchings: impl IntoIterator<Item = &'m Matching>) -> Vec<CaseTallies> {
        let places = self.class_places();
        let place = |class: LabelIndex| places.get(class).copied().flatten();
        let mut by_class = self.classes.iter().map(|_| CaseTallies::default()).collect::<Vec<_>>();
        let mut tallies = vec![Tally::default(); self.classes.len()];
        for (index, (case, matching)) in self.cases.iter().zip(matchings).enumerate() {
            let truths = case.entry.truth_labels().iter().zip(case.entry.crowds()).filter(|(_, crowd)| !**crowd);
            for place in truths.filter_map(|(&class, _)| place(class)) {
                tallies[place].counts.false_negatives += 1;
            }
            for ((outcome, finding), &class) in matching.outcomes.iter().zip(case.findings).zip(&case.finding_classes) {
                if let Some(place) = place(class).filter(|_| finding.score >= self.options.score_threshold) {
                    tallies[place].count(outcome);
                }
            }
            for place in case.entry.truth_labels().iter().chain(&case.finding_classes).filter_map(|&class| place(class))
            {
                let mut tally = std::mem::take(&mut tallies[place]);
                // Truths were counted as missed; a pair takes one of them back.
                tally.counts.false_negatives = tally.counts.false_negatives.saturating_sub(tally.counts.true_positives);
                if tally.all() > 0 {
                    by_class[place].0.push((index, tally));
                }
            }
        }
        by_class
    }
}

/// The tallies of the cases in which anything is, by the case's index.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseTallies(Vec<(usize, Tally)>);

impl CaseTallies {
    /// All together, each as often as its case counts.
    pub fn total(&self, weights: &Weights) -> Tally {
        self.0.iter().map(|(case, tally)| tally.times(weights.of(*case))).fold(Tally::default(), Tally::join)
    }

    /// The tally of each of `cases` cases alone.
    pub fn alone(&self, cases: usize) -> Vec<Tally> {
        let mut alone = vec![Tally::default(); cases];
        for (case, tally) in &self.0 {
            if let Some(place) = alone.get_mut(*case) {
                *place = *tally;
            }
        }
        alone
    }
}
