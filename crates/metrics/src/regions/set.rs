//! A set of cases with their findings, and its evaluation at any thresholds.

use std::collections::HashMap;
use std::sync::OnceLock;

use groundglass_types::{Case, Counts, Finding, Statistic, Truth, Undefined, Value};

use crate::MetricsError;
use crate::engine::alone::Alone;
use crate::engine::{Assessment, Measured, Prepared, Unit, Weights, parallel};
use crate::regions::case_entry::{CaseEntry, LabelIndex, SharedCase};
use crate::regions::curve::{CURVE_POINTS, precision_recall, thinned};
use crate::regions::families::{Family, LIVE, Pace, families};
use crate::regions::matching::Outcome;
use crate::regions::scope::{Labels, Scope, ScopedCase, Standing};
use crate::regions::view::{finding_views, truth_views};
use crate::regions::{CaseScore, CaseView, CurvePoint, EvaluateOptions, Evaluation, RegionKind, notes};

/// Cases with their truth and findings. Overlaps are computed once a case, so that another threshold
/// costs a pairing and no geometry.
///
/// A case counts where it has truth (be it an empty list) **and** findings (be it an empty list): a case
/// whose findings were never set is one that the model has not seen yet, and counts in nothing. Whoever
/// reads findings from a file that lists only hits gives the other cases an empty list.
///
/// Labels go together by their text, but for one case: where all truths of the set carry one label, all
/// findings carry one label, and the two differ, they are taken for the same class, and the evaluation
/// says so.
#[derive(Debug, Default)]
pub struct EvaluationSet {
    entries: Vec<CaseEntry>,
    /// Where each name stands in `entries`.
    places: HashMap<String, usize>,
    labels: LabelList,
    /// Whether it holds two models' findings, to be compared case by case.
    pub(super) joined: bool,
    /// Values that no threshold changes, by kind of region.
    steady: [OnceLock<Vec<Vec<Value>>>; 2],
}

#[derive(Debug, Default)]
struct LabelList {
    names: Vec<String>,
    places: HashMap<String, LabelIndex>,
}

impl LabelList {
    fn intern(&mut self, name: &str) -> LabelIndex {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }
}

impl EvaluationSet {
    /// A set without cases.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a case without findings. A case of the same name is replaced in its place.
    ///
    /// # Errors
    /// [`MetricsError`] where a truth's box is not finite or its mask is not on the case's grid; the set
    /// is then as before.
    pub fn add_case(&mut self, case: Case) -> Result<(), MetricsError> {
        let name = case.name.clone();
        let entry = CaseEntry::new(case, |label| self.labels.intern(label))?;
        self.forget();
        match self.places.get(&name).and_then(|&place| self.entries.get_mut(place)) {
            Some(old) => *old = entry,
            None => {
                self.places.insert(name, self.entries.len());
                self.entries.push(entry);
            }
        }
        Ok(())
    }

    /// Gives a case another truth, or none; its findings stay.
    ///
    /// # Errors
    /// [`MetricsError`] for an unknown case, or as [`Self::add_case`]; the set is then as before.
    pub fn set_truth(&mut self, name: &str, truth: Option<Truth>) -> Result<(), MetricsError> {
        let place = self.place(name)?;
        let old = self.entries[place].case();
        let case = Case { truth, ..old.clone() };
        let mut entry = CaseEntry::new(case, |label| self.labels.intern(label))?;
        if let Some(findings) = self.entries[place].findings() {
            entry.set_findings(findings.to_vec(), |label| self.labels.intern(label))?;
        }
        self.entries[place] = entry;
        self.forget();
        Ok(())
    }

    /// Says what the model found in a case. An empty list says that it found nothing.
    ///
    /// # Errors
    /// [`MetricsError`] for an unknown case, a score or a box that is not finite, or a mask that is not on
    /// the case's grid; the set is then as before.
    pub fn set_findings(&mut self, name: &str, findings: Vec<Finding>) -> Result<(), MetricsError> {
        let place = self.place(name)?;
        self.entries[place].set_findings(findings, |label| self.labels.intern(label))?;
        self.forget();
        Ok(())
    }

    /// Forgets all findings, as before a run of another model.
    pub fn clear_findings(&mut self) {
        for entry in &mut self.entries {
            entry.clear_findings();
        }
        self.forget();
    }

    /// How many cases there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no case.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The cases in the order in which they were added, with their findings where the model has run.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = (&Case, Option<&[Finding]>)> {
        self.entries.iter().map(|entry| (entry.case(), entry.findings()))
    }

    /// The same, to be kept: what is added to the set later changes nothing of it. The cases are not copied.
    pub fn shared(&self) -> Vec<SharedCase> {
        self.entries.iter().map(CaseEntry::shared).collect()
    }

    /// The case of a name.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.place(name).ok().map(|place| self.entries[place].case())
    }

    /// The findings of a case; `None` also where the model has not run.
    pub fn findings(&self, name: &str) -> Option<&[Finding]> {
        self.place(name).ok().and_then(|place| self.entries[place].findings())
    }

    /// Evaluates the whole set.
    ///
    /// # Errors
    /// [`MetricsError`] for thresholds out of their range.
    pub fn evaluate(&self, options: &EvaluateOptions) -> Result<Evaluation, MetricsError> {
        options.check()?;
        let labels = self.labels();
        let standings = self.standings(options.region);
        let scope = Scope::new(*options, labels, self.entries.iter().zip(standings.iter().copied()));
        let steady = self.steady[options.region as usize].get_or_init(|| steady_values(&scope));
        let mut scored = scope.cases.iter();
        let cases = self.entries.iter().zip(&standings).map(|(entry, standing)| match standing.reason() {
            None => scored.next().map_or_else(|| unscored(entry, Undefined::Nothing), |case| scored_case(&scope, case)),
            Some(reason) => unscored(entry, reason),
        });
        Ok(Evaluation {
            counts: scope.tally(None).counts,
            cases: cases.collect(),
            values: all_values(&scope, steady),
            curve: thinned(curve(&scope), CURVE_POINTS),
            notes: notes::notes(&self.entries, &standings, &scope),
        })
    }

    /// The pairings of the whole set at the thresholds, pooled over cases and classes.
    ///
    /// # Errors
    /// [`MetricsError`] for thresholds out of their range.
    pub fn counts(&self, options: &EvaluateOptions) -> Result<Counts, MetricsError> {
        options.check()?;
        let standings = self.standings(options.region);
        Ok(Scope::new(*options, self.labels(), self.entries.iter().zip(standings)).tally(None).counts)
    }

    /// What a reader of the whole set must know besides its numbers, one sentence each.
    ///
    /// # Errors
    /// [`MetricsError`] for thresholds out of their range.
    pub fn notes(&self, options: &EvaluateOptions) -> Result<Vec<String>, MetricsError> {
        options.check()?;
        let standings = self.standings(options.region);
        let scope = Scope::new(*options, self.labels(), self.entries.iter().zip(standings.iter().copied()));
        Ok(notes::notes(&self.entries, &standings, &scope))
    }

    /// Evaluates one case alone. Labels go together as in the whole set.
    ///
    /// # Errors
    /// [`MetricsError`] for an unknown case or thresholds out of their range.
    pub fn view(&self, name: &str, options: &EvaluateOptions) -> Result<CaseView, MetricsError> {
        options.check()?;
        let entry = &self.entries[self.place(name)?];
        let standing = Standing::of(entry, options.region, self.findings_have_masks());
        let scope = Scope::new(*options, self.labels(), std::iter::once((entry, standing)));
        Ok(CaseView {
            counts: scope.tally(None).counts,
            values: all_values(&scope, &steady_values(&scope)),
            findings: finding_views(entry, scope.cases.first(), options.score_threshold),
            truths: truth_views(entry, scope.cases.first(), options.score_threshold),
        })
    }

    /// Prepares every family for intervals, groups and comparisons. `convention` names one convention; without it those
    /// that a report has by default are prepared.
    ///
    /// # Errors
    /// [`MetricsError`] for thresholds out of their range, or a convention of which no family for this kind of region
    /// is known.
    pub fn assess(&self, options: &EvaluateOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        options.check()?;
        let of_kind = |family: &&Family| family.region.is_none_or(|region| region == options.region);
        let asked = |family: &&Family| convention.map_or(family.by_default, |name| family.convention == name);
        let chosen = families().filter(of_kind).filter(asked).collect::<Vec<_>>();
        if chosen.is_empty() {
            let known = families().filter(of_kind).map(|family| family.convention.to_owned()).collect();
            return Err(MetricsError::convention(convention.unwrap_or_default(), known));
        }
        let standings = self.standings(options.region);
        let scope = Scope::new(*options, self.labels(), self.entries.iter().zip(standings));
        let unit = |case: &ScopedCase<'_>| {
            let case = case.entry.case();
            Unit { case: case.name.clone(), attributes: case.attributes.clone() }
        };
        let units = scope.cases.iter().map(unit).collect();
        let prepared = chosen.iter().map(|family| (family.prepare)(&scope)).collect();
        let prepared = if self.joined { knowing_cases(prepared, &chosen, scope) } else { prepared };
        Ok(Assessment::new(units, prepared))
    }

    fn place(&self, name: &str) -> Result<usize, MetricsError> {
        self.places.get(name).copied().ok_or_else(|| MetricsError::UnknownCase { case: name.to_owned() })
    }

    /// Drops what was computed of the whole set.
    fn forget(&mut self) {
        self.steady = Default::default();
    }

    pub(super) fn labels(&self) -> Labels<'_> {
        let of_truths = only_one(self.entries.iter().flat_map(CaseEntry::truth_labels));
        let of_findings = only_one(self.entries.iter().flat_map(CaseEntry::finding_labels));
        let renamed = of_findings.zip(of_truths).filter(|(of_findings, of_truths)| of_findings != of_truths);
        Labels { names: &self.labels.names, renamed }
    }

    /// Whether some finding has a mask, or there is none that could.
    fn findings_have_masks(&self) -> bool {
        let mut masks = self.entries.iter().flat_map(CaseEntry::finding_masks).peekable();
        masks.peek().is_none() || masks.any(|mask| mask.is_some())
    }

    pub(super) fn standings(&self, kind: RegionKind) -> Vec<Standing> {
        let findings_have_masks = self.findings_have_masks();
        self.entries.iter().map(|entry| Standing::of(entry, kind, findings_have_masks)).collect()
    }
}

/// The one label that all carry.
fn only_one<'a>(mut labels: impl Iterator<Item = &'a LabelIndex>) -> Option<LabelIndex> {
    let first = *labels.next()?;
    labels.all(|&label| label == first).then_some(first)
}

/// The families, which also know what each case says alone.
fn knowing_cases(prepared: Vec<Box<dyn Prepared>>, chosen: &[&Family], scope: Scope<'_>) -> Vec<Box<dyn Prepared>> {
    let mut alone = Alone::new(prepared);
    let asked = alone.asked();
    let asked = asked.into_iter().filter_map(|place| chosen.get(place)).collect::<Vec<_>>();
    if !asked.is_empty() {
        let once = Weights::all(1);
        let of_case = |scope: &Scope<'_>| asked.iter().map(|family| (family.prepare)(scope).measure(&once)).collect();
        parallel::map(&scope.into_cases(), parallel::CASES, of_case).into_iter().for_each(|case| alone.add(case));
    }
    alone.finish()
}

/// One list a family: empty for those that follow the thresholds.
fn steady_values(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let values = |family: &Family| if family.pace == Pace::Steady { values(family, scope) } else { Vec::new() };
    LIVE.iter().map(values).collect()
}

/// The values over all classes first, then class by class; within each as the families come.
fn all_values(scope: &Scope<'_>, steady: &[Vec<Value>]) -> Vec<Value> {
    let mut all = Vec::new();
    for (family, steady) in LIVE.iter().zip(steady) {
        if family.region.is_none_or(|region| region == scope.options.region) {
            match family.pace {
                Pace::Live => all.extend(values(family, scope)),
                Pace::Steady => all.extend_from_slice(steady),
                Pace::OnDemand => {}
            }
        }
    }
    all.sort_by(|a, b| a.class.cmp(&b.class));
    all
}

fn values(family: &Family, scope: &Scope<'_>) -> Vec<Value> {
    let prepared = (family.prepare)(scope);
    let measured = prepared.measure(&Weights::all(scope.cases.len()));
    let because = |measured: Measured| match scope.reason {
        Some(reason) => Measured { statistic: Statistic::Undefined(reason), ..measured },
        None => measured,
    };
    prepared.lines().iter().zip(measured).map(|(line, measured)| line.value(because(measured))).collect()
}

fn curve(scope: &Scope<'_>) -> Vec<CurvePoint> {
    let mut ranking = Vec::new();
    for case in &scope.cases {
        for (outcome, finding) in case.matching.outcomes.iter().zip(case.findings) {
            if !matches!(outcome, Outcome::Ignored(_)) {
                // Adding 0 makes -0 equal to 0 in the total order.
                ranking.push((finding.score + 0.0, matches!(outcome, Outcome::Paired(_))));
            }
        }
    }
    ranking.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    precision_recall(&ranking, scope.cases.iter().map(|case| case.truth_count(None)).sum())
}

fn scored_case(scope: &Scope<'_>, case: &ScopedCase<'_>) -> CaseScore {
    let tally = case.tally(&case.matching, scope.options.score_threshold, None);
    CaseScore { case: case.entry.case().name.clone(), counts: tally.counts, f1: tally.f1() }
}

fn unscored(entry: &CaseEntry, reason: Undefined) -> CaseScore {
    CaseScore { case: entry.case().name.clone(), counts: Counts::default(), f1: Statistic::Undefined(reason) }
}
