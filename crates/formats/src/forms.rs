//! Forms of annotation files beside COCO, one file each.

mod chexlocalize;
mod cvat;
mod gaze;
mod json;
mod labelme;
mod map_classes;
mod prostatd;
mod qupath;
mod rankings;
mod sentences;
mod shapes;
mod table;
mod via;
mod via_project;
mod via_table;
mod voc;
mod xml;
mod yaml;
mod yolo;
mod yolo_classes;

pub use chexlocalize::CheXlocalize;
pub use cvat::Cvat;
pub use gaze::Gaze;
pub use labelme::LabelMe;
pub use map_classes::MapClasses;
pub use prostatd::ProstaTd;
pub use qupath::QuPath;
pub use rankings::{RankedCase, RankedClass, RankedGroups, Rankings, RankingsFile, read_rankings};
pub use sentences::Sentences;
pub use table::BoxTable;
pub use via::Via;
pub use via_project::ViaProject;
pub use via_table::ViaTable;
pub use voc::Voc;
pub use yolo::Yolo;
pub use yolo_classes::YoloClasses;
