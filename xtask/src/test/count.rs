//! Reading from a test runner's output how many tests passed, failed and were skipped.

use std::fmt;

/// How many tests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Counts {
    /// Adds another count to this one.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// What a step counts for: its tests, or itself where it has none or failed beside them.
    pub fn of_step(self, has_passed: bool) -> Self {
        match (has_passed, self) {
            (true, Self { passed: 0, failed: 0, .. }) => Self { passed: 1, ..self },
            (false, Self { failed: 0, .. }) => Self { failed: 1, ..self },
            _ => self,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// A test runner whose summary lines can be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// Not a test runner
    None,
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; ...`
    Cargo,
    /// `ℹ pass 3`, `ℹ fail 0`, `ℹ skipped 1`
    Node,
    /// `Tests  1 failed | 3 passed | 1 skipped (5)`
    Vitest,
    /// `3 passed (2.1s)`, `1 failed`, `1 skipped`, each on a line
    Playwright,
}

impl Runner {
    /// What this line of the runner's output adds to the count.
    pub fn count(self, line: &str) -> Counts {
        let line = without_colour(line);
        let line = line.trim();
        let words = line.split([' ', ';', '|', '(', ')', ',']).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.collect();
        match (self, words.as_slice()) {
            (Self::Cargo, ["test", "result:", _, rest @ ..]) => numbers_before(rest),
            (Self::Vitest, ["Tests", rest @ ..]) => numbers_before(rest),
            // Only a line that begins with the number: titles of tests may hold such words as well.
            (Self::Playwright, [_, word, rest @ ..]) if rest.len() < 2 || *word == "did" => numbers_before(&words),
            (Self::Node, ["ℹ", word, number]) => {
                let number = number.parse().unwrap_or(0);
                match *word {
                    "pass" => Counts { passed: number, ..Counts::default() },
                    "fail" | "cancelled" => Counts { failed: number, ..Counts::default() },
                    "skipped" | "todo" => Counts { skipped: number, ..Counts::default() },
                    _ => Counts::default(),
                }
            }
            _ => Counts::default(),
        }
    }
}

/// Reads `3 passed`, `1 failed`, `2 skipped` and their like out of a row of words.
fn numbers_before(words: &[&str]) -> Counts {
    let mut counts = Counts::default();
    for pair in words.windows(2) {
        if let [number, word] = pair
            && let Ok(number) = number.parse::<usize>()
        {
            match *word {
                "passed" | "flaky" => counts.passed += number,
                "failed" | "did" | "interrupted" => counts.failed += number,
                "ignored" | "skipped" | "todo" => counts.skipped += number,
                _ => {}
            }
        }
    }
    counts
}

/// The line without the escape sequences that colour it.
fn without_colour(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        rest = after.split_once('m').map_or("", |(_, behind)| behind);
    }
    text + rest
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, skipped: usize) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn each_runner_is_read_in_its_own_words() {
        let cargo =
            "test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(Runner::Cargo.count(cargo), counts(12, 1, 2));
        assert_eq!(Runner::Node.count("ℹ pass 7"), counts(7, 0, 0));
        assert_eq!(Runner::Node.count("ℹ fail 2"), counts(0, 2, 0));
        assert_eq!(Runner::Node.count("ℹ duration_ms 38.1"), counts(0, 0, 0));
        let vitest =
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m11 passed\u{1b}[39m (12)";
        assert_eq!(Runner::Vitest.count(vitest), counts(11, 1, 0));
        assert_eq!(Runner::Vitest.count(" Test Files  3 passed (3)"), counts(0, 0, 0));
        assert_eq!(Runner::Playwright.count("  12 passed (1.2m)"), counts(12, 0, 0));
        assert_eq!(Runner::Playwright.count("  1 failed"), counts(0, 1, 0));
        assert_eq!(Runner::Playwright.count("  3 did not run"), counts(0, 3, 0));
        assert_eq!(
            Runner::Playwright.count("  ✓  1 drop.spec.ts:3:1 › 3 passed cases are listed (2s)"),
            counts(0, 0, 0)
        );
    }

    #[test]
    fn a_step_without_tests_counts_as_one() {
        assert_eq!(Counts::default().of_step(true), counts(1, 0, 0));
        assert_eq!(Counts::default().of_step(false), counts(0, 1, 0));
        assert_eq!(counts(5, 0, 0).of_step(true), counts(5, 0, 0));
        assert_eq!(counts(5, 0, 0).of_step(false), counts(5, 1, 0));
        assert_eq!(counts(5, 2, 0).of_step(false), counts(5, 2, 0));
    }

    #[test]
    fn the_closing_line_is_plain() {
        assert_eq!(counts(12, 0, 0).to_string(), "12 passed, 0 failed");
        assert_eq!(counts(12, 1, 3).to_string(), "12 passed, 1 failed, 3 skipped");
    }
}
