//! Any bytes as a table, every cell as a number.
#![no_main]

use groundglass_formats::Table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(table) = Table::read("file.csv", bytes) {
        for row in 0..table.rows.len() {
            assert_eq!(table.rows[row].len(), table.columns.len());
            for column in 0..table.columns.len() {
                let _ = table.number(row, column);
            }
        }
        let _ = table.column(&["image", "x_min"]);
    }
});
