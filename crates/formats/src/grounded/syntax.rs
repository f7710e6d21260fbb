//! The list of syntaxes: to add one, write a file and give it a line here.

use super::{Grounded, decimals, florence, json_boxes, segmented, tagged, tool_call};

/// How a text writes boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// `phrase<loc_1><loc_2><loc_3><loc_4>`, polygons between `<poly>` and `</poly>`.
    Florence,
    /// The same tokens, every run of them a polygon.
    FlorencePolygons,
    /// `<tool_call>{"name": "add_bbox", ...}</tool_call>`.
    ToolCall,
    /// `<ref>phrase</ref><box>[[1, 2, 3, 4]]</box>`.
    Tagged,
    /// `<p>phrase</p>[SEG]`, the masks beside.
    Segmented,
    /// `[{"bbox_2d": [1, 2, 3, 4], "label": "phrase"}]`.
    JsonBoxes,
    /// Four relative decimals whose meaning is not said.
    Decimals,
    /// Four relative decimals: left, bottom, right, top, the origin at the lower left.
    LowerLeft,
    /// Relative decimals: centre across, centre down, width, height.
    UnitCentre,
}

/// A syntax as menus and programs see it, with what reads it.
#[derive(Clone, Copy, Debug)]
pub struct NamedSyntax {
    /// Which one.
    pub syntax: Syntax,
    /// One word for programs.
    pub name: &'static str,
    /// One line for a person.
    pub meaning: &'static str,
    /// Whether a text is of it. Never so for a syntax that only a person can name.
    pub(super) recognises: fn(&str) -> bool,
    /// Reads it.
    pub(super) parse: fn(&str) -> Grounded,
    /// The frames that it leaves open, by name; empty where it says the frame.
    pub(super) frames: &'static [&'static str],
}

const SCALES: &[&str] = &["nine_hundred_ninety_nine", "thousand", "pixel_corners", "unit_corners"];

impl Syntax {
    /// Every syntax, in the order in which they are tried.
    pub const ALL: [NamedSyntax; 9] = [
        NamedSyntax {
            syntax: Self::Florence,
            name: "florence",
            meaning: "phrase<loc_1><loc_2><loc_3><loc_4> (Florence-2, AG-KD)",
            recognises: florence::recognises,
            parse: florence::parse_boxes,
            frames: &[],
        },
        NamedSyntax {
            syntax: Self::FlorencePolygons,
            name: "florence_polygons",
            meaning: "<loc_1><loc_2>... as the outlines of polygons (Florence-2)",
            recognises: never,
            parse: florence::parse_polygons,
            frames: &[],
        },
        NamedSyntax {
            syntax: Self::ToolCall,
            name: "tool_call",
            meaning: "<tool_call>{\"name\": \"add_bbox\", ...}</tool_call> from 0 to 999 (MedSAM-Agent)",
            recognises: tool_call::recognises,
            parse: tool_call::parse,
            frames: &[],
        },
        NamedSyntax {
            syntax: Self::Tagged,
            name: "tagged",
            meaning: "<ref>phrase</ref><box>[[x1, y1, x2, y2]]</box> (MedRegA, FundusExpert, MedMO, Qwen-VL)",
            recognises: tagged::recognises,
            parse: tagged::parse,
            frames: SCALES,
        },
        NamedSyntax {
            syntax: Self::Segmented,
            name: "segmented",
            meaning: "<p>phrase</p>[SEG], the n-th with the n-th mask (UniBiomed, LISA)",
            recognises: segmented::recognises,
            parse: segmented::parse,
            frames: &[],
        },
        NamedSyntax {
            syntax: Self::JsonBoxes,
            name: "json_boxes",
            meaning: "[{\"bbox_2d\": [x1, y1, x2, y2], \"label\": \"phrase\"}] (Qwen-VL)",
            recognises: json_boxes::recognises,
            parse: json_boxes::parse,
            frames: SCALES,
        },
        NamedSyntax {
            syntax: Self::Decimals,
            name: "decimals",
            meaning: "four relative decimals whose meaning is asked for",
            recognises: decimals::recognises,
            parse: decimals::parse,
            frames: &["lower_left", "unit_centre", "unit_corners"],
        },
        NamedSyntax {
            syntax: Self::LowerLeft,
            name: "lower_left",
            meaning: "the last four numbers: left, bottom, right, top from 0 to 1, y upwards (MedVision)",
            recognises: never,
            parse: decimals::parse_lower_left,
            frames: &[],
        },
        NamedSyntax {
            syntax: Self::UnitCentre,
            name: "unit_centre",
            meaning: "centre x, centre y, width, height from 0 to 1 (uMedGround)",
            recognises: never,
            parse: decimals::parse_unit_centre,
            frames: &[],
        },
    ];

    /// The syntax of a text; `None` where it has none.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|named| (named.recognises)(text)).map(|named| named.syntax)
    }

    /// The syntax of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|named| named.name == name).map(|named| named.syntax)
    }

    /// Its line of the list.
    pub fn named(self) -> &'static NamedSyntax {
        const ALL: &[NamedSyntax] = &Syntax::ALL;
        // Every variant has a line, which a test holds.
        ALL.iter().find(|named| named.syntax == self).unwrap_or(&ALL[0])
    }
}

const fn never(_: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::Syntax;

    #[test]
    fn every_syntax_has_its_line() {
        use Syntax::{
            Decimals, Florence, FlorencePolygons, JsonBoxes, LowerLeft, Segmented, Tagged, ToolCall, UnitCentre,
        };
        for syntax in
            [Florence, FlorencePolygons, ToolCall, Tagged, Segmented, JsonBoxes, Decimals, LowerLeft, UnitCentre]
        {
            assert_eq!(syntax.named().syntax, syntax);
            assert_eq!(Syntax::of_name(syntax.named().name), Some(syntax));
        }
    }
}
