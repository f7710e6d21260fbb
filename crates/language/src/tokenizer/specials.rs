//! The tokens that Florence-2 adds to BART's vocabulary, in the order that gives them their ids.

/// How many bins an edge of the image has, each with a token of its own.
pub const LOCATIONS: usize = 1000;

/// The tokens before the locations.
const BEFORE: [&str; 4] = ["<od>", "</od>", "<ocr>", "</ocr>"];
/// The tokens after the locations. One is spelled wrong in the model, and so it is here.
const AFTER: [&str; 20] = [
    "<cap>",
    "</cap>",
    "<ncap>",
    "</ncap>",
    "<dcap>",
    "</dcap>",
    "<grounding>",
    "</grounding>",
    "<seg>",
    "</seg>",
    "<sep>",
    "<region_cap>",
    "</region_cap>",
    "<region_to_desciption>",
    "</region_to_desciption>",
    "<proposal>",
    "</proposal>",
    "<poly>",
    "</poly>",
    "<and>",
];

/// The token that stands for a piece of the image, in checkpoints of the native layout only. It follows all others.
pub const IMAGE: &str = "<image>";
/// Every added token, in the order of their ids.
pub fn all() -> impl Iterator<Item = String> {
    let plain = |tokens: &'static [&'static str]| tokens.iter().map(|token| (*token).to_owned());
    plain(&BEFORE).chain((0..LOCATIONS).map(|bin| format!("<loc_{bin}>"))).chain(plain(&AFTER))
}
