//! The metrics of surgical triplets (instrument, verb, target) of ProstaTD, video by video and over all.
//!
//! Twice: as the package `ivtdmetrics` computes them, and with what is at fault there mended.

mod curves;
mod frame;
mod ranking;

use std::collections::BTreeMap;

use groundglass_types::{Admission, Convention, Interpolation, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::scope::Scope;
use frame::{Component, Frame};
use ranking::{Group, METRICS};

const SOURCE: &str = "ProstaTD (arXiv 2506.01130), ivtdmetrics/detection.py at 2f8ab6a";

/// The definitions under one prefix, in the order of the lines: six a way of averaging, then the associations.
macro_rules! definitions {
    ($prefix:literal, $of:literal, $note:literal) => {{
        macro_rules! one {
            ($id:literal, $name:literal, $words:literal, $better:ident) => {
                Definition {
                    id: concat!($prefix, "_", $id),
                    name: concat!($name, " (", $of, ")"),
                    definition: concat!($words, $note, "."),
                    source: SOURCE,
                    better: Better::$better,
                }
            };
        }
        [
            one!("video_map50", "mAP50, by video", "Mean over classes of the mean over videos of the average precision at IoU 0.5", Higher),
            one!("video_map", "mAP50-95, by video", "Mean over classes of the mean over videos of the average precision over IoU 0.50 to 0.95, the pairs being those at 0.5", Higher),
            one!("video_mar", "mAR50-95, by video", "Mean over classes of the mean over videos of the recall of all findings over IoU 0.50 to 0.95, the pairs being those at 0.5", Higher),
            one!("video_precision", "Precision, by video", "Mean over classes of the mean over videos of the precision at the video's best mean F1", Higher),
            one!("video_recall", "Recall, by video", "Mean over classes of the mean over videos of the recall at the video's best mean F1", Higher),
            one!("video_f1", "F1, by video", "Mean over classes of the mean over videos of the F1 at the video's best mean F1", Higher),
            one!("global_map50", "mAP50", "Mean over classes of the average precision at IoU 0.5 of all videos together", Higher),
            one!("global_map", "mAP50-95", "Mean over classes of the average precision over IoU 0.50 to 0.95 of all videos together, the pairs being those at 0.5", Higher),
            one!("global_mar", "mAR50-95", "Mean over classes of the recall of all findings over IoU 0.50 to 0.95, the pairs being those at 0.5", Higher),
            one!("global_precision", "Precision", "Mean over classes of the precision at the best mean F1 of all videos together", Higher),
            one!("global_recall", "Recall", "Mean over classes of the recall at the best mean F1 of all videos together", Higher),
            one!("global_f1", "F1", "Mean over classes of the F1 at the best mean F1 of all videos together", Higher),
            one!("video_lm", "Localised and matched, by video", "Mean over videos of the share of triplets found with their own class and an IoU of at least 0.5", Higher),
            one!("video_plm", "Partially localised, by video", "Mean over videos of the share found with their own class and an IoU above 0", Neither),
            one!("video_ids", "Identity switch, by video", "Mean over videos of the share of findings that lie on a triplet of another class while their own is elsewhere in the frame", Lower),
            one!("video_idm", "Identity missed, by video", "Mean over videos of the share of findings that lie on a triplet of another class", Lower),
            one!("video_mil", "Missed localisation, by video", "Mean over videos of the share of findings whose class is in the frame, but not where they are", Lower),
            one!("video_fp", "False positives, by video", "Mean over videos of the share of findings that are none of these", Lower),
            one!("video_fn", "False negatives, by video", "Mean over videos of the share of triplets that no finding accounts for", Lower),
            one!("global_lm", "Localised and matched", "Share of triplets found with their own class and an IoU of at least 0.5, of all videos together", Higher),
            one!("global_plm", "Partially localised", "Share found with their own class and an IoU above 0, of all videos together", Neither),
            one!("global_ids", "Identity switch", "Share of findings that lie on a triplet of another class while their own is elsewhere in the frame", Lower),
            one!("global_idm", "Identity missed", "Share of findings that lie on a triplet of another class", Lower),
            one!("global_mil", "Missed localisation", "Share of findings whose class is in the frame, but not where they are", Lower),
            one!("global_fp", "False positives", "Share of findings that are none of these", Lower),
            one!("global_fn", "False negatives", "Share of triplets that no finding accounts for", Lower),
        ]
    }};
}

pub(super) const FAMILY: Family = Family {
    convention: "ivtdmetrics",
    by_default: false,
    definitions: &definitions!("ivtd", "ivtdmetrics", "; known faults: see the convention"),
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, &AS_PACKAGED),
};

pub(super) const MENDED: Family = Family {
    convention: "triplet",
    by_default: false,
    definitions: &definitions!("triplet", "triplets", ""),
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, &AS_MEANT),
};

/// In what the two families differ.
struct Flavour {
    family: &'static Family,
    /// Whether what is at fault in the package is done as there.
    as_packaged: bool,
    words: &'static str,
}

static AS_PACKAGED: Flavour = Flavour {
    family: &FAMILY,
    as_packaged: true,
    words: "known faults kept: equal scores of a frame and its truths go from the last of the list to the first, the \
            curves of precision and recall are read off at scores in the order of frames instead of sorted ones, an \
            identity switch or a missed localisation onto the first remaining triplet goes unseen, findings of classes \
            that the frame has not are dropped where all others are accounted for",
};

static AS_MEANT: Flavour = Flavour {
    family: &MENDED,
    as_packaged: false,
    words: "equal scores keep the order of frames and findings; precision and recall are read off at sorted scores",
};

/// Averaged over videos, and of all videos together.
const WAYS: usize = 2;

struct Triplets {
    lines: Vec<Line>,
    /// A component's rankings over all, and those of each video.
    components: Vec<(Group, Vec<Group>)>,
    /// The seven associations of each case, with its video.
    associations: Vec<(usize, [u32; 7])>,
    videos: usize,
    as_packaged: bool,
}

fn prepare(scope: &Scope<'_>, flavour: &'static Flavour) -> Box<dyn Prepared> {
    let mut names = BTreeMap::new();
    let video_of = |case: &crate::regions::scope::ScopedCase<'_>| {
        case.entry.case().attributes.get("video").cloned().unwrap_or_default()
    };
    for case in &scope.cases {
        let next = names.len();
        names.entry(video_of(case)).or_insert(next);
    }
    let videos = scope.cases.iter().map(|case| names.get(&video_of(case)).copied().unwrap_or_default());
    let videos = videos.collect::<Vec<_>>();
    // Video by video, as the package puts them together.
    let mut order = (0..videos.len()).collect::<Vec<_>>();
    order.sort_by_key(|&case| videos[case]);
    let mut components = Vec::new();
    let mut associations = Vec::new();
    for component in Component::ALL {
        let frames = Frame::all(scope, component, flavour.as_packaged);
        if component == Component::Triplet {
            let associated = frames.iter().map(|frame| frame.associations(flavour.as_packaged));
            associations = videos.iter().copied().zip(associated).collect();
        }
        let group = |video: Option<usize>| {
            let counted = order.iter().filter(|case| video.is_none_or(|video| videos[**case] == video));
            Group::new(counted.filter_map(|&case| Some((case as u32, frames.get(case)?))))
        };
        components.push((group(None), (0..names.len()).map(|video| group(Some(video))).collect()));
    }
    let as_packaged = flavour.as_packaged;
    Box::new(Triplets { lines: lines(flavour), components, associations, videos: names.len(), as_packaged })
}

fn lines(flavour: &Flavour) -> Vec<Line> {
    let definitions = flavour.family.definitions;
    let (of_classes, of_associations) = definitions.split_at(WAYS * METRICS);
    let mut lines = Vec::new();
    for component in Component::ALL {
        let words = format!(
            "labels are instrument,verb,target and classes are their {}; cases of one attribute \"video\" are one \
             video; from the highest score down each finding of a frame takes the first free truth of its class with \
             IoU >= 0.5; average precision over 101 recalls by the trapezoid rule, so that a perfect class has 0.995; \
             classes without truth are left out; best F1 is that of the mean over classes at 1000 scores, smoothed \
             over 100; crowds are left out; {}; {}n counts truths",
            component.words(),
            flavour.words,
            if matches!(component, Component::InstrumentVerb | Component::InstrumentTarget) {
                "this component is no part of the package; "
            } else {
                ""
            },
        );
        let convention = Convention {
            interpolation: Some(Interpolation::Trapezoid101),
            admission: Some(Admission::AtLeast),
            ties: (!flavour.as_packaged).then_some(Ties::ListOrder),
            without_truth: Some(WithoutTruth::Counted),
            pairing: Some(Pairing::FirstInList),
            ..Convention::new(flavour.family.convention, words)
        };
        lines.extend(of_classes.iter().map(|definition| Line {
            id: definition.id,
            class: component.class(),
            convention: convention.clone(),
        }));
    }
    let words = format!(
        "labels are instrument,verb,target, all three the class; cases of one attribute \"video\" are one video; all \
         findings whatever their score; in each frame in turn: same class and IoU >= 0.5, same class and IoU > 0, \
         another's place (IoU > 0.5) while the class is elsewhere, another's place, class elsewhere; what is left is \
         false; the seven shares sum to 1; crowds are left out; {}; n counts all seven",
        flavour.words
    );
    let convention = Convention {
        pairing: Some(Pairing::FirstInList),
        without_truth: Some(WithoutTruth::Counted),
        ..Convention::new(flavour.family.convention, words)
    };
    lines.extend(of_associations.iter().map(|definition| Line {
        id: definition.id,
        class: None,
        convention: convention.clone(),
    }));
    lines
}

impl Prepared for Triplets {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mut measured = Vec::with_capacity(self.lines.len());
        for (all, videos) in &self.components {
            let n = all.truths(weights);
            let of_videos = videos.iter().map(|video| video.values(weights, self.as_packaged)).collect::<Vec<_>>();
            let of_all = [all.values(weights, self.as_packaged)];
            for by_class in [ranking::mean_over(&of_videos), ranking::mean_over(&of_all)] {
                measured.extend(by_class.map(|statistic| Measured { statistic, n }));
            }
        }
        let mut counts = vec![[0_u64; 7]; self.videos];
        for (case, (video, of_case)) in self.associations.iter().enumerate() {
            for (count, &of_case) in counts[*video].iter_mut().zip(of_case) {
                *count += u64::from(of_case) * u64::from(weights.of(case));
            }
        }
        let mut pooled = [0_u64; 7];
        for of_video in &counts {
            for (sum, count) in pooled.iter_mut().zip(of_video) {
                *sum += count;
            }
        }
        let n = pooled.iter().sum();
        for kinds in [counts.as_slice(), &[pooled]] {
            for kind in 0..7 {
                let totals = kinds.iter().map(|of_video| (of_video[kind], of_video.iter().sum::<u64>()));
                let shares = totals.filter(|(_, total)| *total > 0).map(|(count, total)| count as f64 / total as f64);
                let (sum, videos) = shares.fold((0.0, 0_u32), |(sum, videos), share| (sum + share, videos + 1));
                let statistic = Statistic::ratio(sum, f64::from(videos), Undefined::Nothing);
                measured.push(Measured { statistic, n });
            }
        }
        measured
    }
}
