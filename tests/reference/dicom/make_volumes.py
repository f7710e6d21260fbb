"""Golden files for label volumes on series of DICOM images, whose names have nothing in common.

Label volumes by SimpleITK, on the grid that its reader of series gives, and by nibabel, with the voxels of the first stored in
other orders; over the three oblique axial slices of make_objects.py, and over four sagittal slices by pydicom. volumes.json
says which pixels of which image a reader must find. Run by `cargo xtask reference dicom`; the tests need no Python.
"""

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

HERE = Path(__file__).parent
FOLDER = HERE / "volumes"
PREFIX = "1.2.826.0.1.3680043.8.498.8."
AXIAL = [HERE / "objects" / f"ct{number}.dcm" for number in (1, 2, 3)]


def sagittal() -> list[Path]:
    """Rows from the front to the back, columns from the head to the feet, slices from the left to the right."""
    paths = []
    for number in range(4):
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, f"{PREFIX}1.{number + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = PREFIX + "2", PREFIX + "3", PREFIX + "4"
        ds.PatientID, ds.PatientName, ds.Modality, ds.InstanceNumber = "P-18", "", "MR", number + 1
        ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 6, 5, 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
        ds.PixelSpacing, ds.SliceThickness = [1.5, 1.0], 2.0
        ds.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        ds.ImagePositionPatient = [8.0 - 2.0 * number, -30.0, 55.5]
        ds.PixelData = np.arange(30, dtype="u1").tobytes()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        # Names in another order than the slices.
        path = FOLDER / f"sag{(7, 3, 9, 1)[number]}.dcm"
        ds.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def read(paths: list[Path]) -> tuple[SimpleITK.Image, list[Path]]:
    """The series as SimpleITK reads it, and its files in the order of the slices."""
    reader = SimpleITK.ImageSeriesReader()
    folder = FOLDER / "series"
    folder.mkdir()
    by_uid = {}
    for path in paths:
        shutil.copy(path, folder)
        by_uid[path.name] = path
    names = reader.GetGDCMSeriesFileNames(str(folder))
    reader.SetFileNames(names)
    image = reader.Execute()
    shutil.rmtree(folder)
    return image, [by_uid[Path(name).name] for name in names]


def labels(image: SimpleITK.Image, seed: int) -> np.ndarray:
    """Values 0 to 2 by chance, the last slice empty."""
    shape = image.GetSize()[::-1]
    made = np.random.default_rng(seed).choice([0, 1, 2], size=shape, p=[0.6, 0.3, 0.1]).astype("u1")
    made[-1] = 0
    return made


def volume(image: SimpleITK.Image, values: np.ndarray, name: str) -> None:
    made = SimpleITK.GetImageFromArray(values)
    made.CopyInformation(image)
    SimpleITK.WriteImage(made, str(FOLDER / name), useCompression=True)


def said(values: np.ndarray, order: list[Path]) -> dict:
    """Of every image the places, row by row, of each value."""
    return {
        path.name: {str(value): np.flatnonzero(slice_ == value).tolist() for value in (1, 2) if (slice_ == value).any()}
        for path, slice_ in zip(order, values, strict=True)
    }


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    expected = {}
    for name, paths, seed in (("axial", AXIAL, 1), ("sagittal", sagittal(), 2)):
        image, order = read(paths)
        values = labels(image, seed)
        volume(image, values, f"{name}_itk.nii.gz")
        volume(image, values, f"{name}_itk.nrrd")
        stored = nibabel.load(FOLDER / f"{name}_itk.nii.gz")
        nibabel.save(nibabel.as_closest_canonical(stored), FOLDER / f"{name}_canonical.nii")
        turn = nibabel.orientations.ornt_transform(
            nibabel.io_orientation(stored.affine), nibabel.orientations.axcodes2ornt("SPR" if name == "axial" else "LAS")
        )
        nibabel.save(stored.as_reoriented(turn), FOLDER / f"{name}_turned.nii")
        # Half a slice off.
        off = stored.affine.copy()
        off[:3, 3] += 0.5 * off[:3, 2]
        nibabel.save(nibabel.Nifti1Image(np.asarray(stored.dataobj), off), FOLDER / f"{name}_off.nii")
        expected[name] = said(values, order)
    for path in FOLDER.glob("*.nii"):
        nibabel.save(nibabel.load(path), path.with_suffix(".nii.gz"))
        path.unlink()
    (FOLDER / "volumes.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
