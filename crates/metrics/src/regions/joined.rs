//! Two models' findings in the same cases, as one set.

use std::collections::HashMap;

use groundglass_types::{Case, Finding};

use crate::MetricsError;
use crate::regions::scope::Standing;
use crate::regions::{EvaluationSet, RegionKind};

/// Names of the two halves begin differently, so that none of one is a name of the other.
const PREFIXES: [&str; 2] = ["a: ", "b: "];

impl EvaluationSet {
    /// A set whose first half holds the findings of `a` and whose second half those of `b`, over the cases that count
    /// in both, in the order of `a`. Findings that `a` or `b` alone would read as the truth's only label carry it.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where no case counts in both, or one has another truth in `b` than in `a`.
    pub fn joined(a: &Self, b: &Self, region: RegionKind) -> Result<Self, MetricsError> {
        let of_b = b.counting(region).map(|(case, findings)| (case.name.as_str(), (case, findings)));
        let mut of_b = of_b.collect::<HashMap<_, _>>();
        let mut shared = Vec::new();
        for (case, findings) in a.counting(region) {
            let Some((other, other_findings)) = of_b.remove(case.name.as_str()) else { continue };
            if other.truth != case.truth {
                let place = format!("case \"{}\"", case.name);
                return Err(MetricsError::Input { place, fault: "the truth differs between the two sets".to_owned() });
            }
            shared.push((case, [findings, other_findings]));
        }
        if shared.is_empty() {
            let (place, fault) = ("comparison".to_owned(), "no case counts in both sets".to_owned());
            return Err(MetricsError::Input { place, fault });
        }
        let mut joined = Self::new();
        joined.joined = true;
        for (half, prefix) in PREFIXES.into_iter().enumerate() {
            for (case, findings) in &mut shared {
                let name = format!("{prefix}{}", case.name);
                joined.add_case(Case { name: name.clone(), ..(*case).clone() })?;
                joined.set_findings(&name, std::mem::take(&mut findings[half]))?;
            }
        }
        Ok(joined)
    }

    /// The cases that count, with findings labelled as they are read.
    fn counting(&self, region: RegionKind) -> impl Iterator<Item = (&Case, Vec<Finding>)> {
        let labels = self.labels();
        let renamed = labels.renamed.map(|(from, to)| (labels.name(from).to_owned(), labels.name(to).to_owned()));
        let read = move |finding: &Finding| match &renamed {
            Some((from, to)) if finding.label == *from => Finding { label: to.clone(), ..finding.clone() },
            _ => finding.clone(),
        };
        let cases = self.cases().zip(self.standings(region));
        let counting = cases.filter(|(_, standing)| *standing == Standing::Counts);
        counting.map(move |((case, findings), _)| (case, findings.unwrap_or_default().iter().map(&read).collect()))
    }
}
