"""Has highdicom and pydicom read the segmentation that Groundglass wrote (objects/written.dcm).

The Rust tests hold the writer to the bytes of that file; this script holds the file to highdicom. To write it anew run
the tests of groundglass-formats with GROUNDGLASS_WRITE_GOLDENS set, then this script.

With the path of the command as its argument it also converts objects/seg_binary.dcm by `groundglass convert --to dicom-seg`
and compares what highdicom reads of both.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom

FOLDER = Path(__file__).parent / "objects"


def main() -> None:
    written = hd.seg.segread(FOLDER / "written.dcm")
    said = json.loads((FOLDER / "objects.json").read_text())["seg_binary.dcm"]["frames"]
    assert written.number_of_segments == 2 and written.segmentation_type == hd.seg.SegmentationTypeValues.BINARY
    descriptions = [written.get_segment_description(number) for number in (1, 2)]
    assert [d.segment_label for d in descriptions] == ["nodule Ä", "vessel"]
    assert descriptions[0].segmented_property_type.meaning == "Lesion"
    assert descriptions[0].algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    assert descriptions[1].algorithm_type == hd.seg.SegmentAlgorithmTypeValues.MANUAL
    images = [pydicom.dcmread(FOLDER / f"ct{number}.dcm") for number in (1, 2, 3)]
    uids = [image.SOPInstanceUID for image in images]
    assert [uid for _, _, uid in written.get_source_image_uids()] == uids
    pixels = written.get_pixels_by_source_instance(uids)
    expected = np.zeros_like(pixels)
    for frame in said:
        inside = np.array([int(pixel) for pixel in frame["pixels"]]).reshape(12, 16)
        expected[uids.index(frame["instance"]), ..., frame["segment"] - 1] = inside
    assert np.array_equal(pixels, expected)
    volume = written.get_volume(combine_segments=False)
    assert np.allclose(volume.spacing, [2.5, 0.5, 0.75]) and volume.array.sum() == expected.sum()
    plain = pydicom.dcmread(FOLDER / "written.dcm")
    for keyword in ["PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate",
                    "StudyID", "AccessionNumber", "FrameOfReferenceUID"]:
        assert plain[keyword].value == images[0][keyword].value, keyword
    assert plain.pixel_array.shape == (len(said), 12, 16)
    print(f"highdicom {hd.__version__} reads {len(said)} frames as they were written")


def converted(command: Path) -> None:
    images = [FOLDER / f"ct{number}.dcm" for number in (1, 2, 3)]
    uids = [pydicom.dcmread(image).SOPInstanceUID for image in images]
    with tempfile.TemporaryDirectory() as folder:
        files = [*images, FOLDER / "seg_binary.dcm"]
        subprocess.run([command, "convert", "--from", *files, "--to", "dicom-seg", "--out", folder], check=True)
        (written,) = Path(folder).glob("segmentations/*.dcm")
        both = [hd.seg.segread(FOLDER / "seg_binary.dcm"), hd.seg.segread(written)]
    pixels = [segmentation.get_pixels_by_source_instance(uids) for segmentation in both]
    labels = [[one.get_segment_description(number).segment_label for number in one.segment_numbers] for one in both]
    assert sorted(labels[0]) == sorted(labels[1])
    for label in labels[0]:
        of_label = [array[..., names.index(label)] for array, names in zip(pixels, labels)]
        assert np.array_equal(*of_label), label
    volumes = [segmentation.get_volume(combine_segments=False) for segmentation in both]
    assert np.allclose(volumes[0].affine, volumes[1].affine)
    print(f"highdicom {hd.__version__} reads {labels[1]} as they were converted")


if __name__ == "__main__":
    main()
    if len(sys.argv) > 1:
        converted(Path(sys.argv[1]).resolve())
