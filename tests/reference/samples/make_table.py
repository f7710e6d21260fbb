"""What pydicom and nibabel read of the sample files that come with pydicom, nibabel and nilearn: table.json.

One line a file: columns, rows, slices or frames, channels, and sum, least and greatest of all samples as Groundglass means
them: modality LUT applied, MONOCHROME1 turned round over the stored range, palettes and YBR as RGB; NIfTI scaled, with its
affine. A file of which these packages give no image is there with their word for it. The files themselves stay where pip puts
them. Run by `cargo xtask reference samples`; the tests need no Python, and skip where the files are not.
"""

import importlib.metadata
import importlib.util
import json
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut

warnings.simplefilter("ignore")
FOLDERS = {"pydicom": "data/test_files", "nibabel": "tests/data", "nilearn": "datasets/data"}
LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91"}


def summary(values: np.ndarray) -> list[float]:
    values = values.astype(float)
    known = values[np.isfinite(values)]
    return [float(known.sum()), float(known.min()), float(known.max())]


def of_dicom(path: Path) -> dict:
    ds = pydicom.dcmread(path, force=True)
    frames = int(ds.get("NumberOfFrames", 1) or 1)
    pixels = ds.pixel_array
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, ds)
    elif ds.SamplesPerPixel == 1:
        pixels = apply_modality_lut(pixels, ds).astype(float)
        if ds.PhotometricInterpretation == "MONOCHROME1":
            signed = ds.PixelRepresentation == 1
            low, high = (-(1 << ds.BitsStored - 1), (1 << ds.BitsStored - 1) - 1) if signed else (0, (1 << ds.BitsStored) - 1)
            slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
            pixels = (low + high) * slope + 2 * intercept - pixels
    syntax = str(ds.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2")) if hasattr(ds, "file_meta") else ""
    return {"size": [ds.Columns, ds.Rows, frames], "channels": 3 if pixels.ndim > 2 and pixels.shape[-1] == 3 else 1,
            "summary": summary(pixels), "lossy": syntax in LOSSY or "YBR" in ds.PhotometricInterpretation}


def of_nifti(path: Path) -> dict:
    image = nibabel.load(path)
    if not isinstance(image, (nibabel.Nifti1Image, nibabel.Nifti2Image, nibabel.Nifti1Pair)):
        raise ValueError(f"{type(image).__name__}, which is no NIfTI")
    # A slice is what lies across the axis nearest to that from foot to head; the size is that of the volume in any order.
    data = np.asarray(image.dataobj, dtype=float)
    return {"size": sorted(data.shape[:3]), "times": int(np.prod(data.shape[3:])), "channels": 1, "summary": summary(data),
            "affine": [[round(float(value), 5) for value in row] for row in image.affine[:3]]}


def main() -> None:
    table = {}
    for package, folder in FOLDERS.items():
        root = Path(importlib.util.find_spec(package).submodule_search_locations[0]) / folder
        files = {}
        for path in sorted(root.iterdir()):
            if path.suffix in {".py", ".md", ".txt", ".rst", ".m", ".json", ".dump", ".csv", ".icc"} or path.is_dir():
                continue
            try:
                is_nifti = path.name.endswith((".nii", ".nii.gz"))
                files[path.name] = of_dicom(path) if path.suffix == ".dcm" else of_nifti(path) if is_nifti else {"none": "another form"}
            except Exception as error:  # noqa: BLE001: whatever the package says of it
                files[path.name] = {"none": f"{type(error).__name__}: {error}".split("\n")[0][:120]}
        table[package] = {"version": importlib.metadata.version(package), "folder": f"{package}/{folder}", "files": files}
    lines = ["{"]
    for last, (package, entry) in enumerate(table.items(), start=1):
        lines.append(f' {json.dumps(package)}: {{"version": {json.dumps(entry["version"])}, "folder": {json.dumps(entry["folder"])}, "files": {{')
        rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in entry["files"].items()]
        lines += [",\n".join(rows), " }}" + ("," if last < len(table) else "")]
    (Path(__file__).parent / "table.json").write_text("\n".join(lines + ["}"]) + "\n")


if __name__ == "__main__":
    main()
