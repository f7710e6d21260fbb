//! p-values of many tests at once.

/// Holm's adjusted p-values, which bound the chance of any false alarm; places without a p-value do not count.
///
/// Source: Holm, Scandinavian Journal of Statistics 1979; statsmodels 0.15 `multipletests(method="holm")`.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let order = ascending(p);
    let (mut adjusted, mut highest) = (vec![None; p.len()], 0.0_f64);
    for (rank, &(place, p)) in order.iter().enumerate() {
        highest = highest.max((order.len() - rank) as f64 * p).min(1.0);
        adjusted[place] = Some(highest);
    }
    adjusted
}

/// Benjamini and Hochberg's adjusted p-values, which bound the share of false alarms among all alarms; places without a
/// p-value do not count.
///
/// Source: Benjamini and Hochberg, JRSS B 1995; statsmodels 0.15 `multipletests(method="fdr_bh")`.
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let order = ascending(p);
    let (mut adjusted, mut lowest) = (vec![None; p.len()], 1.0_f64);
    for (rank, &(place, p)) in order.iter().enumerate().rev() {
        lowest = lowest.min(order.len() as f64 / (rank + 1) as f64 * p);
        adjusted[place] = Some(lowest);
    }
    adjusted
}

/// Each place that has a p-value, from the lowest up.
fn ascending(p: &[Option<f64>]) -> Vec<(usize, f64)> {
    let mut order = p.iter().enumerate().filter_map(|(place, p)| Some((place, (*p)?))).collect::<Vec<_>>();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    order
}
