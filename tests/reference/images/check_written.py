"""Has nibabel read the label volumes that `groundglass convert --to nifti` writes.

    python check_written.py path/to/groundglass

For volumes that lie in the patient in several ways it makes random labels on their grid, converts them, and compares every
voxel, the affine and its codes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np

FILES = Path(__file__).parent / "files"
VOLUMES = ["affine_ras.nii", "affine_las.nii", "affine_coronal.nii", "affine_oblique.nii", "affine_oblique_sagittal.nii.gz"]


def main() -> None:
    command = Path(sys.argv[1]).resolve()
    for name in VOLUMES:
        volume = nib.load(FILES / name)
        labels = np.random.default_rng(0).integers(0, 3, volume.shape).astype(np.uint8)
        made = nib.Nifti1Image(labels, volume.affine)
        made.header.set_qform(volume.get_qform(), int(volume.header["qform_code"]))
        made.header.set_sform(volume.get_sform(), int(volume.header["sform_code"]))
        with tempfile.TemporaryDirectory() as folder:
            scan = Path(folder) / ("scan" + "".join(Path(name).suffixes))
            scan.write_bytes((FILES / name).read_bytes())
            mask = Path(folder) / "scan_mask.nii.gz"
            nib.save(made, mask)
            out = Path(folder) / "out"
            subprocess.run([command, "convert", "--from", scan, mask, "--to", "nifti", "--out", out], check=True)
            written = nib.load(out / "labels" / "scan.nii.gz")
            assert np.array_equal(np.asarray(written.dataobj), labels), name
            assert np.allclose(written.affine, volume.affine), name
            for code in ["qform_code", "sform_code"]:
                assert written.header[code] == volume.header[code], (name, code)
    print(f"nibabel {nib.__version__} reads {len(VOLUMES)} label volumes as they were written")


if __name__ == "__main__":
    main()
