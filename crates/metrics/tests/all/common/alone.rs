//! What a family says of each case alone must be what it says of the set when that case alone counts.

use groundglass_metrics::{Assessment, Weights};
use groundglass_types::Statistic;

/// Every family knows its cases, each to the last bit but for the order of a sum; returns the number of values compared.
pub fn check_each_case_alone(assessment: &Assessment) -> usize {
    let (cases, mut compared) = (assessment.units().len(), 0);
    for prepared in assessment.prepared() {
        let first = prepared.lines().first().map(|line| (line.id, line.convention.name.clone()));
        let alone = prepared.case_values().unwrap_or_else(|| panic!("{first:?} does not know its cases"));
        assert_eq!(alone.len(), prepared.lines().len(), "{first:?}");
        for case in 0..cases {
            let mut weights = Weights::new(vec![0; cases]);
            weights.as_mut_slice()[case] = 1;
            for ((line, alone), measured) in prepared.lines().iter().zip(&alone).zip(prepared.measure(&weights)) {
                let found = alone.get(case).copied().and_then(Statistic::value);
                let close = match (found, measured.statistic.value()) {
                    (Some(found), Some(expected)) => {
                        (found - expected).abs() <= 1e-13 * found.abs().max(expected.abs()).max(1.0)
                    }
                    (found, expected) => found == expected,
                };
                assert!(close, "{} {:?} of case {case}: {found:?}, not {:?}", line.id, line.class, measured.statistic);
                compared += 1;
            }
        }
    }
    compared
}
