//! Metrics of masks as sets of pixels, as surfaces and as instances.

mod case_means;
mod components;
mod empties;
mod instances;
mod medsam;
mod patients;
mod pixels;
mod references;
mod surfaces;
mod unetplusplus;
mod unibiomed;

pub(super) use components::{BY_CORNERS as COMPONENTS, BY_FACES as FACE_COMPONENTS};
pub(super) use empties::{FLAIR, MGCA, UPL_SFDA};
pub(super) use instances::FAMILY as INSTANCES;
pub(super) use medsam::FAMILY as MEDSAM;
pub(super) use patients::FAMILY as PATIENTS;
pub(super) use pixels::FAMILY as PIXELS;
pub(super) use references::{MEDPY, MONAI, SURFACE_DISTANCE};
pub(super) use surfaces::FAMILY as SURFACES;
pub(super) use unetplusplus::FAMILY as UNETPLUSPLUS;
pub(super) use unibiomed::FAMILY as UNIBIOMED;

use crate::engine::{Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::case_entry::LabelIndex;
use crate::regions::families::{Family, Pace};
use crate::regions::mask_unions::spacing_of;
use crate::regions::scope::Scope;

/// A family of masks, computed only for a whole assessment.
const fn family(
    convention: &'static str,
    by_default: bool,
    definitions: &'static [Definition],
    prepare: fn(&Scope<'_>) -> Box<dyn Prepared>,
) -> Family {
    Family { convention, by_default, definitions, region: Some(RegionKind::Mask), pace: Pace::OnDemand, prepare }
}

/// All classes together, then each that is worth a value of its own.
fn classes(scope: &Scope<'_>) -> impl Iterator<Item = Option<LabelIndex>> {
    std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some))
}

/// What is compared, in words.
fn union_words(scope: &Scope<'_>, class: Option<LabelIndex>) -> String {
    format!(
        "union of the masks of findings with score >= {} against the union of truth masks{}; pixels of a crowd that \
         no other truth covers do not count",
        scope.options.score_threshold,
        if class.is_some() { "" } else { ", whatever their classes" },
    )
}

/// The unit of distances, in words.
fn spacing_words(scope: &Scope<'_>) -> &'static str {
    let known = scope.cases.iter().filter(|case| spacing_of(case).is_some()).count();
    if known == 0 {
        "distances in pixels, as no case has a pixel spacing"
    } else if known == scope.cases.len() {
        "distances in mm by each case's pixel spacing"
    } else {
        "distances in mm by each case's pixel spacing, and in pixels (1 pixel taken for 1 mm) where it is unknown"
    }
}
