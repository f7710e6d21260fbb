//! The one-to-one assignment with the highest sum.

/// For each of `rows` rows its column, none twice, so that the sum of `gain` (row by row, `columns` a row, at least as
/// many as rows) is highest. Source: Kuhn, Nav. Res. Logist. 1955, by shortest augmenting paths with potentials.
pub(crate) fn highest_sum(gain: &[f64], rows: usize, columns: usize) -> Vec<usize> {
    let cost = |row: usize, column: usize| -gain.get(row * columns + column).copied().unwrap_or_default();
    let (mut of_row, mut of_column) = (vec![0.0; rows + 1], vec![0.0; columns + 1]);
    // Number 0 stands for none; rows and columns count from 1.
    let mut row_of = vec![0; columns + 1];
    for row in 1..=rows.min(columns) {
        row_of[0] = row;
        let mut column = 0;
        let (mut shortest, mut before) = (vec![f64::INFINITY; columns + 1], vec![0; columns + 1]);
        let mut done = vec![false; columns + 1];
        while row_of[column] != 0 {
            done[column] = true;
            let here = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for other in (1..=columns).filter(|other| !done[*other]) {
                let reduced = cost(here - 1, other - 1) - of_row[here] - of_column[other];
                if reduced < shortest[other] {
                    (shortest[other], before[other]) = (reduced, column);
                }
                if shortest[other] < step {
                    (step, next) = (shortest[other], other);
                }
            }
            for other in 0..=columns {
                if done[other] {
                    of_row[row_of[other]] += step;
                    of_column[other] -= step;
                } else {
                    shortest[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut column_of = vec![0; rows];
    for (column, row) in row_of.iter().enumerate().skip(1) {
        if let Some(of) = row.checked_sub(1).and_then(|row| column_of.get_mut(row)) {
            *of = column - 1;
        }
    }
    column_of
}
