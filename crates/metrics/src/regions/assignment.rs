//! The one-to-one pairing with the least total cost.

/// Pairs rows with columns one to one, as many as the shorter side has, so that the sum of their costs is least.
/// `costs` is row-major, `rows` x `columns`, and finite. Returns each row's column, `None` for a row that got none
/// (there are more rows than columns). The same costs always give the same pairs, also where several pairings are
/// equally good: then they are those of `scipy.optimize.linear_sum_assignment`.
///
/// Costs of another length than `rows * columns` pair nothing; a cost that is not finite is no pair.
///
/// Source: Jonker and Volgenant, Computing 1987, as rectangular shortest augmenting paths after Crouse, IEEE
/// Transactions on Aerospace and Electronic Systems 2016; O(n^3).
pub(crate) fn minimum_cost_assignment(costs: &[f64], rows: usize, columns: usize) -> Vec<Option<usize>> {
    if rows.checked_mul(columns) != Some(costs.len()) {
        return vec![None; rows];
    }
    if rows <= columns {
        return Solver::solved(costs, rows, columns).column_of;
    }
    let turned = (0..columns).flat_map(|column| (0..rows).map(move |row| costs[row * columns + column]));
    let turned = turned.collect::<Vec<_>>();
    Solver::solved(&turned, columns, rows).row_of
}

/// A pairing in the making, with the prices that prove it to be the best of the rows so far.
struct Solver<'a> {
    costs: &'a [f64],
    columns: usize,
    row_prices: Vec<f64>,
    column_prices: Vec<f64>,
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
}

/// What a search from one row has reached.
struct Search {
    /// The least reduced cost of a path to each column, and the row before it on that path.
    reached: Vec<(f64, usize)>,
    /// Rows and columns to which the shortest path is final.
    rows: Vec<usize>,
    columns: Vec<usize>,
    /// The free column at the end of the path, and the cost up to there.
    end: usize,
    cost: f64,
}

impl<'a> Solver<'a> {
    /// `rows` is at most `columns`.
    fn solved(costs: &'a [f64], rows: usize, columns: usize) -> Self {
        let mut solver = Self {
            costs,
            columns,
            row_prices: vec![0.0; rows],
            column_prices: vec![0.0; columns],
            column_of: vec![None; rows],
            row_of: vec![None; columns],
        };
        for row in 0..rows {
            if let Some(search) = solver.shortest_path(row) {
                solver.raise_prices(row, &search);
                solver.augment(&search);
            }
        }
        solver
    }

    /// Dijkstra's search over reduced costs; `None` where no finite cost leads to a free column.
    fn shortest_path(&self, start: usize) -> Option<Search> {
        let mut reached = vec![(f64::INFINITY, start); self.columns];
        let (mut rows, mut columns) = (Vec::new(), Vec::new());
        // From the last column down, and with the last moved into each gap: it decides between equal pairings.
        let mut open = (0..self.columns).rev().collect::<Vec<_>>();
        let (mut row, mut cost) = (start, 0.0);
        loop {
            rows.push(row);
            let mut nearest: Option<(f64, usize)> = None;
            for (place, &column) in open.iter().enumerate() {
                let entry = self.costs[row * self.columns + column];
                let path = cost + entry - self.row_prices[row] - self.column_prices[column];
                if entry.is_finite() && path < reached[column].0 {
                    reached[column] = (path, row);
                }
                let (path, _) = reached[column];
                let free = self.row_of[column].is_none();
                if nearest.map_or(path < f64::INFINITY, |(least, _)| path < least || (path == least && free)) {
                    nearest = Some((path, place));
                }
            }
            let (least, place) = nearest?;
            let column = open.swap_remove(place);
            columns.push(column);
            cost = least;
            match self.row_of[column] {
                None => return Some(Search { reached, rows, columns, end: column, cost }),
                Some(of) => row = of,
            }
        }
    }

    /// Keeps every reduced cost at 0 or above, and those of the pairs at 0.
    fn raise_prices(&mut self, start: usize, search: &Search) {
        self.row_prices[start] += search.cost;
        for &row in search.rows.iter().filter(|&&row| row != start) {
            if let Some(column) = self.column_of[row] {
                self.row_prices[row] += search.cost - search.reached[column].0;
            }
        }
        for &column in &search.columns {
            self.column_prices[column] -= search.cost - search.reached[column].0;
        }
    }

    /// Gives every row on the path the next column of it.
    fn augment(&mut self, search: &Search) {
        let mut column = search.end;
        loop {
            let (_, row) = search.reached[column];
            self.row_of[column] = Some(row);
            match self.column_of[row].replace(column) {
                Some(before) => column = before,
                // The row that had no column yet: the path's first.
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::minimum_cost_assignment;

    #[test]
    fn pairings_worked_by_hand() {
        // The cheapest entry (1) is a trap: with it the total is 1 + 9, without it 2 + 3.
        assert_eq!(minimum_cost_assignment(&[1.0, 2.0, 3.0, 9.0], 2, 2), [Some(1), Some(0)]);
        // More columns than rows, and more rows than columns.
        assert_eq!(minimum_cost_assignment(&[5.0, 1.0, 2.0, 4.0, 1.0, 7.0], 2, 3), [Some(2), Some(1)]);
        assert_eq!(minimum_cost_assignment(&[5.0, 4.0, 1.0, 1.0, 2.0, 7.0], 3, 2), [None, Some(1), Some(0)]);
        assert_eq!(minimum_cost_assignment(&[-0.5], 1, 1), [Some(0)]);
    }

    #[test]
    fn what_is_empty_or_odd_pairs_nothing_and_does_not_panic() {
        assert_eq!(minimum_cost_assignment(&[], 0, 3), []);
        assert_eq!(minimum_cost_assignment(&[], 2, 0), [None, None]);
        assert_eq!(minimum_cost_assignment(&[1.0], 2, 2), [None, None]);
    }

    #[test]
    fn a_cost_that_is_not_finite_is_no_pair() {
        let nan = f64::NAN;
        assert_eq!(minimum_cost_assignment(&[nan, 2.0, 3.0, nan], 2, 2), [Some(1), Some(0)]);
        assert_eq!(minimum_cost_assignment(&[nan, nan, f64::INFINITY, 1.0], 2, 2), [None, Some(1)]);
        assert_eq!(minimum_cost_assignment(&[f64::NEG_INFINITY, 1.0, 1.0, 5.0], 2, 2), [Some(1), Some(0)]);
    }

    #[test]
    fn equal_pairings_go_as_in_scipy() {
        // scipy 1.17.1, scipy.optimize.linear_sum_assignment: the columns of each row.
        let pairs = |costs: &[u8], rows, columns| {
            let costs = costs.iter().map(|&cost| f64::from(cost)).collect::<Vec<_>>();
            let found = minimum_cost_assignment(&costs, rows, columns).into_iter();
            found.map(|column| column.map_or(-1, |column| column as i32)).collect::<Vec<_>>()
        };
        assert_eq!(pairs(&[0; 9], 3, 3), [0, 1, 2]);
        assert_eq!(pairs(&[0; 8], 2, 4), [0, 1]);
        assert_eq!(pairs(&[0; 8], 4, 2), [0, 1, -1, -1]);
        let wide = [1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0];
        assert_eq!(pairs(&wide, 4, 5), [1, 3, 0, 4]);
        let tall = [0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0];
        assert_eq!(pairs(&tall, 5, 4), [0, 1, -1, 2, 3]);
        let square = [
            2, 0, 0, 2, 2, 0, 0, 0, 0, 2, 1, 1, 0, 1, 0, 2, 1, 0, 0, 2, 1, 1, 0, 0, 1, 1, 1, 2, 2, 0, 1, 1, 0, 0, 1, 2,
        ];
        assert_eq!(pairs(&square, 6, 6), [1, 0, 2, 4, 5, 3]);
    }

    /// The least total of `rows` (at most `columns`), tried one by one.
    fn least_total(costs: &[f64], row: usize, rows: usize, columns: usize, taken: u32) -> f64 {
        if row == rows {
            return 0.0;
        }
        let free = (0..columns).filter(|column| taken & (1 << column) == 0);
        let totals = free.map(|column| {
            costs[row * columns + column] + least_total(costs, row + 1, rows, columns, taken | 1 << column)
        });
        totals.fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn no_other_pairing_costs_less(
            rows in 1..6_usize, columns in 1..6_usize, levels in 1..30_u8, drawn in prop::collection::vec(any::<i8>(), 25),
        ) {
            // Few levels make many ties.
            let costs = drawn[..rows * columns].iter().map(|&cost| f64::from(cost % levels as i8)).collect::<Vec<_>>();
            let found = minimum_cost_assignment(&costs, rows, columns);
            let mut used = found.iter().flatten().copied().collect::<Vec<_>>();
            prop_assert_eq!(used.len(), rows.min(columns));
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), rows.min(columns));
            let total = found.iter().enumerate().filter_map(|(row, column)| Some(costs[row * columns + (*column)?])).sum::<f64>();
            let turned = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
            let turned = turned.map(|(row, column)| costs[row * columns + column]).collect::<Vec<_>>();
            let least = if rows <= columns { least_total(&costs, 0, rows, columns, 0) } else { least_total(&turned, 0, columns, rows, 0) };
            prop_assert_eq!(total, least);
        }
    }
}
