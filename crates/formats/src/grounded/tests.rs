//! Answers in every syntax, worked by hand, and what any text may do.
#![allow(clippy::unwrap_used)]

use groundglass_types::{BoundingBox, Region};
use proptest::prelude::*;

use super::{Action, Grounded, Syntax, parse_grounded};
use crate::Frame;

fn parse(text: &str) -> Grounded {
    parse_grounded(text, None)
}

/// Label and numbers of each box.
fn boxes(grounded: &Grounded) -> Vec<(&str, [f64; 4])> {
    grounded.marks.iter().map(|mark| (mark.label.as_str(), mark.edges.unwrap().numbers)).collect()
}

fn frames(grounded: &Grounded) -> Vec<Option<Frame>> {
    grounded.marks.iter().map(|mark| mark.edges.unwrap().frame).collect()
}

/// What Florence-2 would write of regions on an image of `size`: each number as the bin that it falls in.
fn florence_text(regions: &[(&str, Region)], size: (usize, usize)) -> String {
    let bin = |value: f64, side: usize| (value * 1000.0 / side as f64).floor().clamp(0.0, 999.0);
    let one = |(label, region): &(&str, Region)| {
        let BoundingBox { x_min, y_min, x_max, y_max } = region.bounding_box;
        let (width, height) = size;
        let bins = [bin(x_min, width), bin(y_min, height), bin(x_max, width), bin(y_max, height)];
        bins.iter().fold((*label).to_owned(), |text, bin| format!("{text}<loc_{bin}>"))
    };
    regions.iter().map(one).collect()
}

#[test]
fn florence_boxes_belong_to_the_phrase_before_them() {
    let found = parse("</s><s>Two nodules<loc_1><loc_2><loc_30><loc_1000><loc_5><loc_6><loc_7><loc_8> and<loc_9></s>");
    assert_eq!(found.syntax, Some(Syntax::Florence));
    assert_eq!(boxes(&found), [("Two nodules", [1.0, 2.0, 30.0, 999.0]), ("Two nodules", [5.0, 6.0, 7.0, 8.0])]);
    assert_eq!(frames(&found), [Some(Frame::FLORENCE); 2]);
    assert_eq!(found.text, "Two nodules and");
    assert_eq!((found.phrases.len(), found.phrases[0].span.clone(), found.phrases[0].marks.clone()), (1, 0..11, 0..2));
    assert_eq!(found.problems, ["the 1 locations after \"and\" are not groups of four; the last 1 are left out"]);
}

#[test]
fn florence_traps_are_avoided() {
    // Without a phrase in front nothing is shifted; spaces between tokens break nothing; other signs are text.
    assert_eq!(boxes(&parse("<loc_1><loc_2><loc_3><loc_4><loc_5>")), [("", [1.0, 2.0, 3.0, 4.0])]);
    assert_eq!(boxes(&parse("a<loc_1> <loc_2> <loc_3> <loc_4>")), [("a", [1.0, 2.0, 3.0, 4.0])]);
    assert_eq!(boxes(&parse("nodule < 5 mm<loc_1><loc_2><loc_3><loc_4>")), [("nodule < 5 mm", [1.0, 2.0, 3.0, 4.0])]);
    assert_eq!(boxes(&parse("one.<od>cat<loc_1><loc_2><loc_3><loc_4>")), [("cat", [1.0, 2.0, 3.0, 4.0])]);
    let found = parse("a<loc_1001><loc_2><loc_3><loc_4><loc_99999999999><loc_<loc_>");
    assert!(found.marks.is_empty());
    assert_eq!(found.problems[0], "<loc_1001> is no location, which go from 0 to 999");
    assert_eq!(parse("<loc_x> <loc_").syntax, None);
}

#[test]
fn florence_polygons_are_outlines() {
    let text = "lung<poly><loc_0><loc_0><loc_500><loc_0><loc_500><loc_500><loc_1><sep><loc_1><loc_2></poly>heart<loc_1><loc_2><loc_3><loc_4>";
    let found = parse(text);
    let [lung, heart] = &found.marks[..] else { panic!("{found:?}") };
    assert_eq!((lung.label.as_str(), heart.label.as_str()), ("lung", "heart"));
    let Some(crate::Drawn::Outlines { outlines, frame, .. }) = &lung.drawn else { panic!("{lung:?}") };
    assert_eq!((outlines.len(), outlines[0].len(), *frame), (1, 6, Frame::FLORENCE));
    assert_eq!(found.problems, ["a polygon of \"lung\" has 2 locations, not three or more pairs"]);
    let bare = "<loc_0><loc_0><loc_9><loc_0><loc_9><loc_9><sep><loc_0><loc_0><loc_9><loc_0><loc_9><loc_9>";
    assert_eq!(parse_grounded(bare, Some(Syntax::FlorencePolygons)).marks.len(), 1);
}

#[test]
fn tagged_boxes_ask_for_their_frame() {
    let found = parse(
        "There is <ref>an effusion</ref><box>[[1,2,3,4],[5,6,7,8]]</box>, and Fractures <box>[9, 10, 11, 12]</box>.",
    );
    assert_eq!(found.syntax, Some(Syntax::Tagged));
    assert_eq!(
        boxes(&found),
        [
            ("an effusion", [1.0, 2.0, 3.0, 4.0]),
            ("an effusion", [5.0, 6.0, 7.0, 8.0]),
            ("Fractures", [9.0, 10.0, 11.0, 12.0])
        ]
    );
    assert_eq!(frames(&found), [None; 3]);
    assert_eq!(found.candidates, ["nine_hundred_ninety_nine", "thousand", "pixel_corners"]);
    assert_eq!(found.text, "There is an effusion, and Fractures .");
    let words: Vec<_> = found.phrases.iter().map(|phrase| &found.text[phrase.span.clone()]).collect();
    assert_eq!(words, ["an effusion", "Fractures"]);
    assert_eq!(found.phrases[0].marks, 0..2);
    let proven = parse("<ref>a</ref><box>[[0,0,1000,4]]</box>");
    assert_eq!((frames(&proven), proven.candidates.len()), (vec![Some(Frame::THOUSAND)], 0));
    assert_eq!(boxes(&parse("<ref>a</ref><box>(1,2),(3,4)</box>")), [("a", [1.0, 2.0, 3.0, 4.0])]);
    let two = [("a", [1.0, 2.0, 3.0, 4.0]), ("a", [5.0, 6.0, 7.0, 8.0])];
    for joined in [
        "a <box>[[1,2,3,4]]</box> and <box>[[5,6,7,8]]</box>",
        "a <box>[[1,2,3,4]]</box>, <box>[[5,6,7,8]]</box>",
        "<ref>a</ref><box>[[1,2,3,4]]</box> & <box>[[5,6,7,8]]</box>",
        "<|object_ref_start|>a<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|><|box_start|>(5,6),(7,8)<|box_end|><|im_end|>",
    ] {
        let parsed = parse(joined);
        assert_eq!(
            (parsed.syntax, boxes(&parsed), parsed.problems.len()),
            (Some(Syntax::Tagged), two.to_vec(), 0),
            "{joined}"
        );
    }
    assert_eq!(boxes(&parse("a <box>[[1,2,3,4]]</box> and b <box>[[5,6,7,8]]</box>"))[1].0, "b");
}

#[test]
fn tagged_faults_are_told() {
    for (text, fault, count) in [
        ("a <box>[[1,2,3]]</box>", "a box of \"a\" has 3 numbers, not 4", 0),
        ("a <box>[[1,2,3,4],[5,6", "the text ends within the boxes of \"a\"; those that are whole are read", 1),
        ("a <box>none</box>", "the box of \"a\" has no numbers", 0),
    ] {
        let found = parse(text);
        assert_eq!((found.problems, found.marks.len()), (vec![fault.to_owned()], count), "{text}");
    }
    let nothing = parse("a <box>[]</box>");
    assert!(nothing.marks.is_empty() && nothing.problems.is_empty(), "{nothing:?}");
}

#[test]
fn decimals_are_asked_for_or_said() {
    let text = "The box of the 3rd lesion is <answer>0.1000, 0.6000, 0.3000, 0.9000</answer>";
    let found = parse(text);
    assert_eq!((found.syntax, frames(&found)), (Some(Syntax::Decimals), vec![None]));
    assert_eq!(found.candidates, ["lower_left", "unit_centre", "unit_corners"]);
    let pixels = |syntax| {
        let found = parse_grounded(text, Some(syntax));
        let edges = found.marks[0].edges.unwrap();
        edges.frame.unwrap().to_pixels(edges.numbers, (200, 100)).to_xywh().map(f64::round)
    };
    assert_eq!(pixels(Syntax::LowerLeft), [20.0, 10.0, 40.0, 30.0]);
    assert_eq!(pixels(Syntax::UnitCentre), [-10.0, 15.0, 60.0, 90.0]);
    assert_eq!(parse_grounded("[0.1,0.2,0.3,0.4] [0.5,0.5,0.2,0.2]", Some(Syntax::UnitCentre)).marks.len(), 2);
    assert_eq!(
        parse_grounded("I see 0.5", Some(Syntax::LowerLeft)).problems,
        ["it holds 1 numbers, where a box has 4"]
    );
    for text in ["1, 2, 3, 4", "0.5", "0.1 mm wide, and much later in the text 0.2, 0.3, 0.4 mm"] {
        assert_eq!(parse(text).syntax, None, "{text}");
    }
}

#[test]
fn tool_calls_are_read_in_their_order() {
    let found = parse(
        r#"<think>x</think><tool_call>{"name":"add_bbox","arguments":{"bbox_2d":[1,2,3,4]}}</tool_call>
<tool_call>{"name":"add_point","arguments":{"point_2d":[5,6],"label":"negative"}}</tool_call>
<tool_call>{"name": "zoom"}</tool_call><tool_call>{"name":
<tool_call>{"name":"stop_action","arguments":{}}"#,
    );
    assert_eq!((found.syntax, boxes(&found)), (Some(Syntax::ToolCall), vec![("", [1.0, 2.0, 3.0, 4.0])]));
    assert_eq!(frames(&found), [Some(Frame::NINE_HUNDRED_NINETY_NINE)]);
    let frame = Some(Frame::NINE_HUNDRED_NINETY_NINE);
    assert_eq!(found.actions, [Action::Box(0), Action::Point { at: [5.0, 6.0], frame, positive: false }, Action::Stop]);
    assert_eq!(found.problems.len(), 2);
    assert_eq!(
        found.problems[0],
        "tool call 3 is left out: \"zoom\" is not one of add_bbox, add_point and stop_action"
    );
}

#[test]
fn json_boxes_are_read_whole_or_in_pieces() {
    let list =
        r#"[{"bbox_2d": [1, 2, 3, 4], "label": "mass"}, {"bbox_2d": [5, 6, 7, 8], "label": "cyst", "score": 0.5}]"#;
    let fenced = format!("See [1]:\n```json\n{list}\n```");
    let cut = &list[..list.len() - 20];
    for text in [list, &fenced] {
        let found = parse(text);
        assert_eq!(found.syntax, Some(Syntax::JsonBoxes), "{text}");
        assert_eq!(boxes(&found), [("mass", [1.0, 2.0, 3.0, 4.0]), ("cyst", [5.0, 6.0, 7.0, 8.0])]);
        assert_eq!((found.marks[1].score, found.problems.len()), (Some(0.5), 0));
        assert_eq!(found.candidates, ["nine_hundred_ninety_nine", "thousand", "pixel_corners"]);
    }
    let found = parse(cut);
    assert_eq!((boxes(&found), found.problems.len()), (vec![("mass", [1.0, 2.0, 3.0, 4.0])], 1), "{cut}");
    assert_eq!(boxes(&parse("{'bbox_2d': [1, 2, 3, 4], 'label': 'a'}")), [("a", [1.0, 2.0, 3.0, 4.0])]);
    let top_first = parse(r#"[{"box_2d": [1, 2, 3, 4], "label": "a"}]"#);
    assert_eq!(top_first.problems, ["box 1 is left out: \"box_2d\" has the top edge first, which is not read here"]);
    assert_eq!(parse(r#"{"bbox": [1, 2]}"#).problems, ["box 1 is left out: \"bbox\" has 2 numbers, not 4"]);
}

#[test]
fn segments_carry_their_phrase() {
    let found = parse("The <p> liver </p> [SEG] and <p>tumour</p> is not [SEG].[0]");
    let labels: Vec<_> = found.marks.iter().map(|mark| (mark.place.as_str(), mark.label.as_str())).collect();
    assert_eq!((found.syntax, labels), (Some(Syntax::Segmented), vec![("[SEG] 1", "liver"), ("[SEG] 2", "")]));
    assert_eq!(found.text, "The  liver   and tumour is not .[0]");
    assert_eq!(&found.text[found.phrases[0].span.clone()], "liver");
}

#[test]
fn an_answer_in_words_stays_text() {
    let found = parse(" No finding. ");
    assert_eq!(found, Grounded { text: "No finding.".to_owned(), ..Grounded::default() });
}

/// Pieces of every syntax, so that random texts come near them.
fn pieces() -> impl Strategy<Value = String> {
    let fixed = [
        "<loc_1>",
        "<loc_999><loc_1><loc_2><loc_3>",
        "<loc_",
        "<poly>",
        "</poly>",
        "<sep>",
        "<s>",
        "<box>",
        "</box>",
        "[[1,2,3,4]]",
        "<ref>",
        "</ref>",
        "<p>",
        "</p>",
        "[SEG]",
        "<tool_call>",
        "</tool_call>",
        "{\"name\":\"add_bbox\",\"arguments\":{\"bbox_2d\":[1,2,3,4]}}",
        "{\"bbox_2d\":[",
        "1,2,3,4",
        "]}",
        "{",
        "}",
        "\"",
        "\\",
        "0.5, 0.25, 0.125, 1.0",
        "(",
        ")",
        "-",
        ".",
        "\n",
        " ",
        "\u{e9}",
        "\u{4e2d}",
    ];
    prop_oneof![proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned), "\\PC{0,6}"]
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in proptest::collection::vec(pieces(), 0..40)) {
        let text = text.concat();
        let said = Syntax::ALL.iter().map(|named| Some(named.syntax)).chain([None]);
        for syntax in said {
            let found = parse_grounded(&text, syntax);
            for phrase in &found.phrases {
                prop_assert!(found.text.get(phrase.span.clone()).is_some_and(|phrase| !phrase.is_empty()));
                let marks = found.marks.get(phrase.marks.clone());
                prop_assert!(marks.is_some_and(|marks| !marks.is_empty()));
            }
        }
    }

    #[test]
    fn florence_text_round_trips_within_half_a_bin(
        width in 50..3000_usize, height in 50..3000_usize,
        edges in proptest::collection::vec((0.0..0.5_f64, 0.0..0.5_f64, 0.5..1.0_f64, 0.5..1.0_f64), 0..6),
    ) {
        let size = (width as f64, height as f64);
        let region = |&(left, top, right, bottom): &(f64, f64, f64, f64)| Region {
            bounding_box: BoundingBox::new(left * size.0, top * size.1, right * size.0, bottom * size.1),
            mask: None,
        };
        let labels = ["mass", "pleural effusion"];
        let regions: Vec<_> = edges.iter().enumerate().map(|(place, edges)| (labels[place % 2], region(edges))).collect();
        let found = parse(&florence_text(&regions, (width, height)));
        prop_assert_eq!(found.marks.len(), regions.len());
        for ((label, region), mark) in regions.iter().zip(&found.marks) {
            prop_assert_eq!(*label, &mark.label);
            let back = Frame::FLORENCE.to_pixels(mark.edges.unwrap().numbers, (width, height));
            let (there, here) = (region.bounding_box.to_xywh(), back.to_xywh());
            // Positions move by half a bin, lengths by a whole one.
            for (place, (one, other)) in there.iter().zip(here).enumerate() {
                let bin = if place % 2 == 0 { size.0 } else { size.1 } / 1000.0;
                let most = if place < 2 { 0.5 * bin } else { bin };
                prop_assert!((one - other).abs() <= most + 1e-9, "{there:?} {here:?}");
            }
        }
    }
}

#[test]
fn a_phrase_without_an_end_takes_no_memory_by_the_square() {
    let phrase = "\u{e9}".repeat(200_000);
    let florence = format!("{phrase}{}", "<loc_1><loc_2><loc_3><loc_4><sep>".repeat(5_000));
    let tagged = format!("<ref>{phrase}</ref>{}", "<box>[1,2,3,4]</box><box>[1]</box>".repeat(5_000));
    for text in [florence, tagged] {
        let found = parse(&text);
        assert_eq!(found.marks.len(), 5_000);
        assert!(found.marks.iter().all(|mark| mark.label.len() == 400));
        assert!(found.problems.len() <= 33 && found.problems.iter().all(|fault| fault.len() < 200));
    }
}

#[test]
fn a_million_characters_of_anything_are_read() {
    // What grew with the square of the length would take minutes here.
    let many = [
        "<loc_1>",
        "<loc_",
        "a<loc_1><loc_2><loc_3><loc_4>",
        "<box>",
        "<box>[[",
        "<box></box> ",
        "<ref>a</ref> ",
        "[SEG] ",
        "<p>a</p>[SEG]",
        "<tool_call>",
        "<tool_call>{",
        "{\"bbox\":[",
        "{\"bbox\":\"{",
        "{\"\":{\"bbox\":",
        "[",
        "(",
        "0.5 ",
        "0.5,",
        "1",
        "(A",
        "answer ",
        "     A",
        "{'bbox':[1,2,3,4]}",
        "<poly>",
        "<sep>",
        "and ",
        "- ",
        "<",
        "\n",
    ];
    for piece in many {
        let text = piece.repeat(1_000_000 / piece.len());
        for named in &Syntax::ALL {
            let found = parse_grounded(&text, Some(named.syntax));
            assert!(found.text.len() <= text.len() && found.problems.len() <= 33, "{piece:?}");
        }
        parse_grounded(&text, None);
        super::choice_of(&text);
    }
}
