"""Has highdicom and pydicom read the segmentation that Groundglass wrote (objects/written.dcm).

The Rust tests hold the writer to the bytes of that file; this script holds the file to highdicom. To write it anew run
the tests of groundglass-formats with GROUNDGLASS_WRITE_GOLDENS set, then this script.
"""

import json
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


if __name__ == "__main__":
    main()
