"""Golden files for segmentations and structure sets.

Three slices of a CT by pydicom; segmentations over them by highdicom (binary, fractional, label map; one for each
structure); structure sets by pydicom, whose points highdicom turns into pixel coordinates, with the images that they were
drawn on and without. objects.json says what a reader must find. Run by `cargo xtask reference dicom`; the tests need no
Python.
"""

import copy
import json
import shutil
import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RTStructureSetStorage

warnings.simplefilter("ignore")
HERE = Path(__file__).parent
FOLDER = HERE / "objects"
WIDTH, HEIGHT, SLICES = 16, 12, 3
PREFIX = "1.2.826.0.1.3680043.8.498.7."
# A plane that is tilted, with pixels that are not square.
TURN = np.deg2rad(20)
ORIENTATION = [float(x) for x in (np.cos(TURN), np.sin(TURN), 0, -np.sin(TURN), np.cos(TURN), 0)]
SPACING = [0.5, 0.75]


def save(ds: Dataset, name: str, syntax: str = ExplicitVRLittleEndian) -> None:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.save_as(FOLDER / name, enforce_file_format=True)


def slices() -> list[Dataset]:
    made = []
    for number in range(SLICES):
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 100"
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{PREFIX}1.{number + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = PREFIX + "2", PREFIX + "3", PREFIX + "4"
        ds.PositionReferenceIndicator = ""
        ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = "P-17", "Bär^Jane", "19700101", "F"
        ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20260102", "030405", "S-1", "A-1"
        ds.ReferringPhysicianName, ds.Modality, ds.Manufacturer, ds.SeriesNumber = "", "CT", "", 1
        ds.InstanceNumber, ds.ImageType = number + 1, ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = HEIGHT, WIDTH, 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.PixelSpacing, ds.SliceThickness = SPACING, 2.5
        ds.ImageOrientationPatient = [f"{x:.12f}" for x in ORIENTATION]
        ds.ImagePositionPatient = [-10.0, 20.0, 30.0 + 2.5 * number]
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        ds.PixelData = (np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) + 100 * number).astype("i2").tobytes()
        save(ds, f"ct{number + 1}.dcm")
        made.append(ds)
    return made


def masks() -> np.ndarray:
    """Two segments on three slices, of which the second is nowhere on the first slice."""
    made = np.zeros((SLICES, HEIGHT, WIDTH, 2), bool)
    made[0, 2:5, 3:9, 0] = True
    made[1, 2:6, 3:9, 0] = True
    made[1, 4, 5, 0] = False
    made[2, 0, 0, 0] = True
    made[1, 8:11, 10:16, 1] = True
    made[2, 7:12, 0:3, 1] = True
    return made


def descriptions() -> list[hd.seg.SegmentDescription]:
    algorithm = hd.AlgorithmIdentificationSequence("detector", codes.DCM.ArtificialIntelligence, "1.0")
    return [
        hd.seg.SegmentDescription(1, "nodule Ä", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Nodule,
                                  hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC, algorithm),
        hd.seg.SegmentDescription(2, "vessel", codes.SCT.AnatomicalStructure, codes.SCT.BloodVessel,
                                  hd.seg.SegmentAlgorithmTypeValues.MANUAL),
    ]


def segmentation(images: list[Dataset], pixels: np.ndarray, kind: str, name: str, **options: object) -> dict:
    made = hd.seg.Segmentation(
        source_images=images, pixel_array=pixels, segmentation_type=kind, segment_descriptions=descriptions(),
        series_instance_uid=PREFIX + "5", series_number=5, sop_instance_uid=f"{PREFIX}6.{len(name)}", instance_number=1,
        manufacturer="maker", manufacturer_model_name="model", software_versions="1", device_serial_number="0", **options)
    made.save_as(FOLDER / name)
    by_segment = masks() if pixels.dtype != float else pixels >= 0.5
    frames = []
    for segment in (1, 2):
        for number in range(SLICES):
            mask = by_segment[number, ..., segment - 1]
            if mask.any():
                frames.append({"segment": segment, "instance": images[number].SOPInstanceUID,
                               "position": [float(x) for x in images[number].ImagePositionPatient],
                               "pixels": "".join("1" if pixel else "0" for pixel in mask.ravel())})
    return {"frames": frames}


def sparse(images: list[Dataset]) -> None:
    """Segments on the second slice alone: highdicom leaves out the empty frames and lists all three images. The same once
    more without a word of the images, so that only the frames' places in the patient are left."""
    pixels = masks()
    pixels[[0, 2]] = False
    segmentation(images, pixels, "BINARY", "seg_sparse.dcm")
    ds = pydicom.dcmread(FOLDER / "seg_sparse.dcm")
    assert ds.NumberOfFrames == 2 and len(ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 3
    del ds.ReferencedSeriesSequence
    for frame in ds.PerFrameFunctionalGroupsSequence:
        del frame.DerivationImageSequence
    ds.save_as(FOLDER / "seg_placed.dcm")


def apart(images: list[Dataset]) -> dict:
    """One object for each structure, and a third that draws a vessel once more, on a slice that has one and on one that has
    none, beside a cyst."""
    again = np.zeros((SLICES, HEIGHT, WIDTH, 2), bool)
    again[0:2, 1:4, 12:15, 0] = True
    again[1:3, 5:7, 6:9, 1] = True
    said = {}
    for number, (name, labels, pixels) in enumerate([
        ("seg_one_nodule.dcm", ["nodule"], masks()[..., :1]),
        ("seg_one_vessel.dcm", ["vessel"], masks()[..., 1:]),
        ("seg_two_again.dcm", ["vessel", "cyst"], again),
    ]):
        described = [
            hd.seg.SegmentDescription(place + 1, label, codes.SCT.AnatomicalStructure, codes.SCT.BloodVessel,
                                      hd.seg.SegmentAlgorithmTypeValues.MANUAL)
            for place, label in enumerate(labels)
        ]
        made = hd.seg.Segmentation(
            source_images=images, pixel_array=pixels, segmentation_type="BINARY", segment_descriptions=described,
            series_instance_uid=f"{PREFIX}10.{number}", series_number=10 + number, sop_instance_uid=f"{PREFIX}11.{number}",
            instance_number=1, manufacturer="maker", manufacturer_model_name="model", software_versions="1",
            device_serial_number="0")
        made.save_as(FOLDER / name)
        said[name] = {"frames": [
            {"label": label, "slice": slice_number, "pixels": "".join("1" if pixel else "0" for pixel in mask.ravel())}
            for place, label in enumerate(labels) for slice_number in range(SLICES)
            if (mask := pixels[slice_number, ..., place]).any()
        ]}
    return said


def to_patient(image: Dataset, corners: list) -> np.ndarray:
    transform = hd.spatial.ImageToReferenceTransformer(
        image_position=image.ImagePositionPatient, image_orientation=image.ImageOrientationPatient, pixel_spacing=image.PixelSpacing)
    return transform(np.array(corners, float))


def frame_of_reference(uid: str, images: list[Dataset]) -> Dataset:
    """Which images a structure set is about, as far as it says so for all of its contours."""
    item, study, series = Dataset(), Dataset(), Dataset()
    listed = []
    for image in images:
        one = Dataset()
        one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = CTImageStorage, image.SOPInstanceUID
        listed.append(one)
    series.SeriesInstanceUID, series.ContourImageSequence = PREFIX + "3", listed
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", PREFIX + "2"
    study.RTReferencedSeriesSequence = [series]
    item.FrameOfReferenceUID, item.RTReferencedStudySequence = uid, [study]
    return item


def loose(images: list[Dataset]) -> None:
    """The structure set without a word of the image that each contour was drawn on."""
    ds = pydicom.dcmread(FOLDER / "rtstruct.dcm")
    ds.SOPInstanceUID = PREFIX + "12.1"
    ds.ReferencedFrameOfReferenceSequence = [frame_of_reference(PREFIX + "4", images)]
    for roi in ds.ROIContourSequence:
        for contour in roi.ContourSequence:
            del contour.ContourImageSequence
    save(ds, "rtstruct_loose.dcm", ImplicitVRLittleEndian)


def astray(images: list[Dataset]) -> None:
    """Contours without images, of which some lie in no plane of one: off is how far they lie from the second slice."""
    ds = pydicom.dcmread(FOLDER / "rtstruct_loose.dcm")
    ds.SOPInstanceUID = PREFIX + "12.2"
    del ds.ReferencedFrameOfReferenceSequence
    square = [(2, 3), (9, 3), (9, 8), (2, 8)]
    across = [(2, 3, 0.0), (9, 3, 0.0), (9, 3, 2.5), (2, 3, 2.5)]
    flat = [(column, row, off) for off in (0.05, 0.3, 1.25, 1.25) for column, row in square]
    outlines = {
        "rounded": ("4", [flat[:4]]), "off": ("4", [flat[4:8], flat[8:12], flat[12:]]), "across": ("4", [across]),
        "elsewhere": ("99", [[(column, row, 0.0) for column, row in square]]),
        "nowhere": (None, [[(column, row, 0.0) for column, row in square]]),
    }
    rois, contours = [], []
    for number, (name, (reference, lines)) in enumerate(outlines.items(), start=1):
        roi, item = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, roi.ROIGenerationAlgorithm = number, name, "MANUAL"
        if reference is not None:
            roi.ReferencedFrameOfReferenceUID = PREFIX + reference
        item.ReferencedROINumber, item.ContourSequence = number, []
        for line in lines:
            points = to_patient(images[1], [corner[:2] for corner in line])
            points[:, 2] += [corner[2] for corner in line]
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(line)
            contour.ContourData = [f"{x:.9f}"[:16] for x in points.ravel()]
            item.ContourSequence.append(contour)
        rois.append(roi)
        contours.append(item)
    ds.StructureSetROISequence, ds.ROIContourSequence = rois, contours
    save(ds, "rtstruct_astray.dcm")


def structures(images: list[Dataset]) -> dict:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = RTStructureSetStorage, PREFIX + "8", "RTSTRUCT"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.StructureSetLabel = PREFIX + "2", PREFIX + "9", "plan"
    ds.PatientID, ds.PatientName = "P-17", "Bär^Jane"
    # Corners in pixels (column, row), as highdicom counts them: a half is the centre of the first pixel.
    outlines = {
        "tumour": [(0, "CLOSED_PLANAR", [(2, 3), (9, 3), (9, 8), (2, 8)]), (1, "CLOSED_PLANAR", [(1.25, 2.5), (6, 2), (4.75, 9.5)])],
        "Blase ü": [(2, "CLOSED_PLANAR", [(5, 5), (11, 5), (11, 11), (5, 11)])],
        "marker": [(0, "POINT", [(7.5, 6.5)])],
        "empty": [],
    }
    rois, contours, said = [], [], []
    for number, (name, lines) in enumerate(outlines.items(), start=1):
        roi, item = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, PREFIX + "4"
        roi.ROIGenerationAlgorithm = "MANUAL"
        item.ReferencedROINumber, item.ROIDisplayColor, item.ContourSequence = number, [255, 0, 0], []
        told = []
        for slice_number, kind, corners in lines:
            image = images[slice_number]
            points = to_patient(image, corners)
            contour, reference = Dataset(), Dataset()
            reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, image.SOPInstanceUID
            contour.ContourImageSequence, contour.ContourGeometricType = [reference], kind
            contour.NumberOfContourPoints = len(corners)
            contour.ContourData = [f"{x:.9f}"[:16] for x in points.ravel()]
            item.ContourSequence.append(contour)
            told.append({"instance": image.SOPInstanceUID, "slice": slice_number, "kind": kind, "pixels": [list(map(float, corner)) for corner in corners]})
        rois.append(roi)
        contours.append(item)
        said.append({"number": number, "name": name, "contours": told})
    ds.StructureSetROISequence, ds.ROIContourSequence = rois, contours
    save(ds, "rtstruct.dcm", ImplicitVRLittleEndian)
    return {"rois": said}


def elsewhere(images: list[Dataset]) -> None:
    """Segmentations whose frames name images and lie otherwise: the same pixels with mirrored columns and rows turned, two
    images named of which the second is meant, and a frame between two slices."""
    ds = pydicom.dcmread(FOLDER / "seg_one_nodule.dcm")
    row, column = np.array(ORIENTATION[:3]), np.array(ORIENTATION[3:])
    # Sideways and mirrored: rows run where columns ran, and against it.
    frames = ds.pixel_array.transpose(0, 2, 1)[..., ::-1]
    ds.Rows, ds.Columns = WIDTH, HEIGHT
    ds.PixelData = pydicom.pixels.pack_bits(np.ascontiguousarray(frames), pad=True)
    shared = ds.SharedFunctionalGroupsSequence[0]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [f"{x:.12f}" for x in (*-column, *row)]
    shared.PixelMeasuresSequence[0].PixelSpacing = SPACING[::-1]
    for frame in ds.PerFrameFunctionalGroupsSequence:
        position = np.array([float(x) for x in frame.PlanePositionSequence[0].ImagePositionPatient])
        position += column * SPACING[0] * (HEIGHT - 1)
        frame.PlanePositionSequence[0].ImagePositionPatient = [f"{x:.10f}" for x in position]
    ds.SOPInstanceUID = PREFIX + "13.1"
    ds.save_as(FOLDER / "seg_turned.dcm")

    ds = pydicom.dcmread(FOLDER / "seg_one_nodule.dcm")
    for frame in ds.PerFrameFunctionalGroupsSequence:
        own = frame.DerivationImageSequence[0].SourceImageSequence[0]
        others = [image.SOPInstanceUID for image in images if image.SOPInstanceUID != own.ReferencedSOPInstanceUID]
        sources = []
        for uid in [others[0], own.ReferencedSOPInstanceUID, others[1]]:
            source = copy.deepcopy(own)
            source.ReferencedSOPInstanceUID = uid
            sources.append(source)
        frame.DerivationImageSequence[0].SourceImageSequence = sources
    ds.SOPInstanceUID = PREFIX + "13.2"
    ds.save_as(FOLDER / "seg_several_sources.dcm")

    ds = pydicom.dcmread(FOLDER / "seg_one_nodule.dcm")
    x, y, z = ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient
    ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient = [x, y, float(z) + 1.25]
    ds.SOPInstanceUID = PREFIX + "13.3"
    ds.save_as(FOLDER / "seg_between.dcm")


def misnamed(images: list[Dataset]) -> None:
    """Contours of the second slice that name two images, or only the first one, and one between the slices."""
    ds = pydicom.dcmread(FOLDER / "rtstruct.dcm")
    contour = ds.ROIContourSequence[0].ContourSequence[1]
    names = {"both": [0, 1], "wrong": [0], "between": [0, 1]}
    rois, contours = [], []
    for number, (name, named) in enumerate(names.items(), start=1):
        roi, item, one = copy.deepcopy(ds.StructureSetROISequence[0]), Dataset(), copy.deepcopy(contour)
        roi.ROINumber, roi.ROIName = number, name
        item.ReferencedROINumber, references = number, []
        for image in named:
            reference = Dataset()
            reference.ReferencedSOPClassUID = CTImageStorage
            reference.ReferencedSOPInstanceUID = images[image].SOPInstanceUID
            references.append(reference)
        one.ContourImageSequence = references
        if name == "between":
            points = np.array([float(x) for x in one.ContourData]).reshape(-1, 3) - [0, 0, 1.25]
            one.ContourData = [f"{x:.9f}"[:16] for x in points.ravel()]
        item.ContourSequence = [one]
        rois.append(roi)
        contours.append(item)
    ds.StructureSetROISequence, ds.ROIContourSequence, ds.SOPInstanceUID = rois, contours, PREFIX + "13.4"
    save(ds, "rtstruct_misnamed.dcm")


def nested(images: list[Dataset]) -> None:
    """A ring of two contours within one another, through the centres of its own outermost pixels, as OpenCV draws them."""
    ds = pydicom.dcmread(FOLDER / "rtstruct.dcm")
    contour = ds.ROIContourSequence[0].ContourSequence[0]
    item = Dataset()
    item.ReferencedROINumber, item.ContourSequence = 1, []
    for left, top, right, bottom in [(2.5, 1.5, 9.5, 8.5), (4.5, 3.5, 7.5, 6.5)]:
        one = copy.deepcopy(contour)
        points = to_patient(images[0], [(left, top), (right, top), (right, bottom), (left, bottom)])
        one.ContourData = [f"{x:.9f}"[:16] for x in points.ravel()]
        item.ContourSequence.append(one)
    roi = copy.deepcopy(ds.StructureSetROISequence[0])
    roi.ROIName = "ring"
    ds.StructureSetROISequence, ds.ROIContourSequence, ds.SOPInstanceUID = [roi], [item], PREFIX + "13.5"
    save(ds, "rtstruct_nested.dcm")


def main() -> None:
    written = FOLDER / "written.dcm"
    kept = written.read_bytes() if written.exists() else None
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    if kept is not None:
        # What Groundglass wrote; see check_written.py.
        written.write_bytes(kept)
    images = slices()
    shares = masks() * 0.8 + 0.2 * (np.indices(masks().shape).sum(0) % 3 == 0)
    said = {
        "seg_binary.dcm": segmentation(images, masks(), "BINARY", "seg_binary.dcm"),
        "seg_fractional.dcm": segmentation(images, shares, "FRACTIONAL", "seg_fractional.dcm", max_fractional_value=200,
                                           fractional_type="PROBABILITY"),
        "seg_labelmap.dcm": segmentation(images, masks()[..., 0] + 2 * masks()[..., 1].astype("u1"), "LABELMAP", "seg_labelmap.dcm"),
        "rtstruct.dcm": structures(images),
        **apart(images),
    }
    loose(images)
    astray(images)
    sparse(images)
    elsewhere(images)
    misnamed(images)
    nested(images)
    (FOLDER / "objects.json").write_text(json.dumps(said, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
