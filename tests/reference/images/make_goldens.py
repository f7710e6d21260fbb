"""Golden files for the readers of images: small files of every form, and what a reader must make of them.

Each form is written by programs of its own world: TIFF by tifffile and Pillow, PNG, JPEG, WebP and BMP by Pillow and
OpenCV, NIfTI by nibabel and SimpleITK, NRRD by pynrrd and SimpleITK, arrays by NumPy. What is expected does not come from
the code under test either: volumes are turned by nibabel's `as_closest_canonical` or SimpleITK's `DICOMOrient`, and
photographs by Pillow's `exif_transpose`.

`goldens.json` says for every file what is expected; the samples of all its frames stand in `samples.bin` from `start` on,
frame after frame, as 32-bit floats, little-endian. Run by `cargo xtask reference images`; the tests need no Python.
"""

import gzip
import io
import json
import re
from pathlib import Path

import cv2
import nibabel as nib
import nrrd
import numpy as np
import SimpleITK as sitk
import tifffile
from PIL import Image, ImageOps

HERE = Path(__file__).parent
FILES = HERE / "files"
GOLDENS: dict[str, dict] = {}
SAMPLES = io.BytesIO()


def kind_of(frame: np.ndarray, measured: bool) -> str:
    """Which samples a frame has: other whole numbers than 8 or 16 bits without sign are 16 bits where they fit."""
    if measured or frame.dtype.kind == "f":
        return "f32"
    if frame.dtype in (np.uint8, np.bool_):
        return "u8"
    if frame.dtype == np.uint16:
        return "u16"
    fits = frame.min() >= 0 and frame.max() <= 65535
    return "u16" if fits else "f32"


def golden(name: str, frames: list[np.ndarray], measured: bool = False, **facts: object) -> None:
    """Frames are rows x columns, or rows x columns x 3."""
    GOLDENS[name] = {
        "start": SAMPLES.tell(),
        "frames": [[frame.shape[1], frame.shape[0], 3 if frame.ndim == 3 else 1] for frame in frames],
        "kinds": [kind_of(frame, measured) for frame in frames],
        **facts,
    }
    for frame in frames:
        SAMPLES.write(frame.astype("<f4").tobytes())


# ---- pictures ---------------------------------------------------------------------------------------------------------


def picture(height: int = 5, width: int = 7, channels: int = 3) -> np.ndarray:
    rows, columns, layers = np.mgrid[:height, :width, :channels]
    return ((rows * 37 + columns * 11 + layers * 83) % 256).astype(np.uint8)


def smooth(height: int = 16, width: int = 24) -> np.ndarray:
    """A picture that lossy codings change little."""
    grey = np.add.outer(np.arange(height) * 5, np.arange(width) * 4).astype(np.uint8)
    return np.dstack([grey, 255 - grey, grey // 2 + 60])


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[274] = orientation
    return block


def upright(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def pictures() -> None:
    rgb = picture()
    for orientation in range(1, 9):
        note = [f"turned upright by its EXIF orientation {orientation}"] if orientation > 1 else []
        path = FILES / f"orientation_{orientation}.jpg"
        Image.fromarray(smooth()).save(path, exif=exif(orientation), quality=95, subsampling=0)
        golden(path.name, [upright(path)], tolerance=2, notes=note)
    for name, options in {
        "orientation_6.png": {},
        "orientation_5.webp": {"lossless": True},
        "orientation_8.tif": {"compression": "tiff_lzw"},
    }.items():
        orientation = int(name.split("_")[1][0])
        Image.fromarray(rgb).save(FILES / name, exif=exif(orientation), **options)
        golden(name, [upright(FILES / name)], notes=[f"turned upright by its EXIF orientation {orientation}"])

    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 90, np.uint8)])
    Image.fromarray(rgb).save(FILES / "rgb.webp", lossless=True)
    golden("rgb.webp", [rgb])
    Image.fromarray(alpha).save(FILES / "rgba.webp", lossless=True, exact=True)
    golden("rgba.webp", [rgb])
    Image.fromarray(smooth()).save(FILES / "lossy.webp", quality=90)
    golden("lossy.webp", [upright(FILES / "lossy.webp")], tolerance=4)
    second = Image.fromarray(255 - rgb)
    Image.fromarray(rgb).save(FILES / "animated.webp", save_all=True, append_images=[second], lossless=True)
    golden("animated.webp", [rgb], notes=["it is an animation, of which only the first picture is read"])

    cv2.imwrite(str(FILES / "rgb.bmp"), rgb[..., ::-1])
    golden("rgb.bmp", [rgb])
    Image.fromarray(alpha).save(FILES / "rgba.bmp")
    golden("rgba.bmp", [rgb])
    # A bitmap of 8 bits has a palette, of greys too.
    Image.fromarray(rgb[..., 0]).save(FILES / "grey.bmp")
    golden("grey.bmp", [np.dstack([rgb[..., 0]] * 3)])
    bilevel = (rgb[..., 0] > 100).astype(np.uint8) * 255
    Image.fromarray(bilevel).convert("1").save(FILES / "bilevel.bmp")
    golden("bilevel.bmp", [np.dstack([bilevel] * 3)])


# ---- TIFF -------------------------------------------------------------------------------------------------------------


def tiffs() -> None:
    rows, columns = np.mgrid[:5, :7]
    ramp = rows * 10 + columns

    def tiff(name: str, pixels: np.ndarray, expected: list[np.ndarray] | None = None, **options: object) -> None:
        facts = {key: options.pop(key) for key in ("spacing", "slice_spacing", "tolerance", "notes") if key in options}
        options.setdefault("metadata", None)
        tifffile.imwrite(FILES / name, pixels, software=None, **options)
        golden(name, [pixels] if expected is None else expected, **facts)

    tiff("int8.tif", (ramp - 20).astype(np.int8))
    tiff("int16.tif", (ramp * 500 - 9000).astype(np.int16))
    tiff("int16_positive.tif", (ramp * 500).astype(np.int16), byteorder=">")
    tiff("uint32.tif", (ramp * 1000).astype(np.uint32))
    tiff("uint32_large.tif", (ramp * 100_000).astype(np.uint32), compression="zlib")
    tiff("int32.tif", (ramp * 100 - 2000).astype(np.int32), byteorder=">")
    tiff("uint64.tif", ramp.astype(np.uint64))
    tiff("int64.tif", (ramp - 3).astype(np.int64))
    tiff("float16.tif", (ramp * 0.25 - 3).astype(np.float16))
    tiff("float32.tif", (ramp * 0.37 - 3).astype(np.float32), byteorder=">")
    tiff("float32_predictor.tif", (ramp * 0.37 - 3).astype(np.float32), compression="zlib", predictor=3)
    tiff("float64.tif", ramp * 1.1e-3 - 3)
    tiff("float32_rgb.tif", np.dstack([ramp * 0.5, ramp + 1, ramp - 2.5]).astype(np.float32), photometric="rgb")

    bilevel = ((ramp + rows) % 3 == 0)
    grey = bilevel.astype(np.uint8) * 255
    tiff("bilevel.tif", bilevel, [grey], photometric="minisblack")
    tiff("bilevel_white_is_zero.tif", bilevel, [255 - grey], photometric="miniswhite")
    for name in ("bilevel.tif", "bilevel_white_is_zero.tif"):
        seen = np.asarray(Image.open(FILES / name).convert("L"))
        assert (seen == (grey if name == "bilevel.tif" else 255 - grey)).all(), name
    Image.fromarray(grey).convert("1").save(FILES / "bilevel_packbits.tif", compression="packbits")
    golden("bilevel_packbits.tif", [grey])

    colors = np.array([[3, 2, 1], [255, 0, 0], [0, 200, 0], [9, 8, 7], [250, 250, 250]], np.uint8)
    index = (ramp % 5).astype(np.uint8)
    palette = Image.fromarray(index).convert("P")
    palette.putpalette(colors.flatten().tolist())
    palette.save(FILES / "palette_lzw.tif", compression="tiff_lzw")
    golden("palette_lzw.tif", [colors[index]])
    table = np.zeros((3, 256), np.uint16)
    table[:, :5] = colors.T.astype(np.uint16) * 257
    tiff("palette8.tif", index, [colors[index]], photometric="palette", colormap=table)
    tiff("grey4.tif", index, [index * 17], bitspersample=4, photometric="minisblack")

    # Tiles that hang over the edge, in planes apart and together, and larger than the page.
    scene = picture(37, 53)
    noise = np.random.default_rng(4).integers(0, 4, (357, 300)).astype(np.uint8)
    tiff("tiles_planes.tif", scene.transpose(2, 0, 1), [scene], photometric="rgb", planarconfig="separate", tile=(16, 32))
    tiff("tiles_lzw.tif", noise, [noise], compression="lzw", tile=(64, 64))
    tiff("tiles_predictor.tif", scene.astype(np.uint16) * 250, [scene.astype(np.uint16) * 250], compression="lzw",
         predictor=2, tile=(16, 16), photometric="rgb", byteorder=">")
    levels = scene[..., 0] * 0.37 - 3
    tiff("tiles_float.tif", levels.astype(np.float32), [levels.astype(np.float32)], compression="zlib", predictor=3,
         tile=(16, 16))
    tiff("tiles_white_is_zero.tif", scene[..., 0], [255 - scene[..., 0]], tile=(16, 16), photometric="miniswhite")
    flat = np.tile(np.arange(40, dtype=np.uint8) * 2, (21, 1))
    tiff("tiles_jpeg.tif", flat, [flat], compression="jpeg", tile=(64, 64))
    GOLDENS["tiles_jpeg.tif"]["tolerance"] = 3

    pages = [ramp.astype(np.uint8), (ramp * 100).astype(np.uint16)[:3, :4], (ramp * 0.5).astype(np.float32)[:4]]
    with tifffile.TiffWriter(FILES / "pages.tif") as writer:
        for page in pages:
            writer.write(page, photometric="minisblack", metadata=None, software=None)
    golden("pages.tif", pages)

    stack = np.stack([ramp, ramp + 100, ramp + 200]).astype(np.uint16)
    tifffile.imwrite(
        FILES / "imagej.tif", stack, imagej=True, resolution=(4.0, 2.0), metadata={"unit": "um", "spacing": 0.75}
    )
    golden("imagej.tif", list(stack), spacing=[0.25e-3, 0.5e-3], slice_spacing=0.75e-3)
    tifffile.imwrite(
        FILES / "physical.ome.tif",
        stack,
        photometric="minisblack",
        metadata={"axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 3.0},
    )
    golden("physical.ome.tif", list(stack), spacing=[0.25e-3, 0.5e-3], slice_spacing=3e-3)
    tiff("microscope.tif", stack[0], resolution=(40_000, 20_000), resolutionunit="CENTIMETER",
         spacing=[10 / 40_000, 10 / 20_000])
    tiff("print.tif", stack[0], resolution=(300, 300), resolutionunit="INCH")

    # JPEG inside: what it decodes to is allowed to differ between decoders.
    big = smooth(32, 48)
    tifffile.imwrite(FILES / "jpeg_rgb.tif", big, photometric="rgb", compression="jpeg", compressionargs={"level": 95},
                     metadata=None, software=None, rowsperstrip=16)
    golden("jpeg_rgb.tif", [tifffile.imread(FILES / "jpeg_rgb.tif")], tolerance=3)
    tifffile.imwrite(FILES / "jpeg_grey.tif", big[..., 0], compression="jpeg", tile=(16, 16), metadata=None, software=None)
    golden("jpeg_grey.tif", [tifffile.imread(FILES / "jpeg_grey.tif")], tolerance=2)


# ---- volumes ----------------------------------------------------------------------------------------------------------


def volume(shape: tuple[int, ...] = (7, 5, 3), kind: type = np.int16, low: int = 0) -> np.ndarray:
    """Every voxel another number, the first axis fastest."""
    return (np.arange(np.prod(shape)).reshape(shape, order="F") + low).astype(kind)


def frames_of(image: nib.spatialimages.SpatialImage, data: np.ndarray | None = None) -> list[np.ndarray]:
    """Axial slices with the patient's right at the left and the front at the top, of every time."""
    canonical = nib.as_closest_canonical(image)
    data = np.asanyarray(canonical.dataobj)
    if data.dtype.names:
        data = np.stack([data[name] for name in ("R", "G", "B")], axis=-1)
        return [data[::-1, ::-1, k].swapaxes(0, 1) for k in range(data.shape[2])]
    if data.ndim == 2:
        data = data[..., None]
    data = data[..., None] if data.ndim == 3 else data
    return [data[::-1, ::-1, k, t].T for t in range(data.shape[3]) for k in range(data.shape[2])]


def spacing_of(image: nib.spatialimages.SpatialImage, unit: float = 1.0) -> dict:
    affine = nib.as_closest_canonical(image).affine
    x, y, z = (float(np.linalg.norm(affine[:3, axis]) * unit) for axis in range(3))
    return {"spacing": [x, y], "slice_spacing": z}


AS_ANALYZE = (
    "it does not say how it lies in the patient, and is read with its first axis to the patient's left and its second "
    "to the front"
)


def niftis() -> None:
    plain = np.diag([0.5, 0.75, 2.0, 1.0])
    plain[:3, 3] = [-3, 4, 5]

    def rotation(x: float, y: float, z: float) -> np.ndarray:
        (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians([x, y, z])), np.sin(np.radians([x, y, z]))
        return (
            np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
            @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
            @ np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        )

    def affine(matrix: np.ndarray) -> np.ndarray:
        whole = np.eye(4)
        whole[:3, :3] = matrix @ np.diag([0.5, 0.75, 2.0])
        whole[:3, 3] = [-3, 4, 5]
        return whole

    def save(name: str, image: nib.Nifti1Image, unit: float = 1.0, measured: bool = False, **facts: object) -> None:
        nib.save(image, FILES / name)
        # What the file says, as nibabel reads it.
        read = nib.load(FILES / name)
        golden(name, frames_of(read), measured, **{**spacing_of(read, unit), "affine": read.affine[:3].tolist(), **facts})

    for kind in (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64, np.float32, np.float64):
        low = -30 if np.dtype(kind).kind in "if" else 3
        save(f"type_{np.dtype(kind).name}.nii", nib.Nifti1Image(volume((4, 3, 2), kind, low), plain, dtype=kind))
    for kind in (np.int16, np.float32):
        header = nib.Nifti1Header(endianness=">")
        header.set_data_dtype(kind)
        image = nib.Nifti1Image(volume(kind=kind, low=-5), plain, header)
        save(f"big_endian_{np.dtype(kind).name}.nii", image)
    save("version2.nii", nib.Nifti2Image(volume(), plain))
    save("version2_big_endian.nii.gz", nib.Nifti2Image(volume(), plain, nib.Nifti2Header(endianness=">")))
    colors = np.zeros((4, 3, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    for layer, name in enumerate("RGB"):
        colors[name] = volume((4, 3, 2), np.uint8, layer * 70)
    save("rgb24.nii", nib.Nifti1Image(colors, plain))

    scaled = nib.Nifti1Image(volume(), plain)
    scaled.header.set_slope_inter(0.5, -100)
    nib.save(scaled, FILES / "scaled.nii")
    # nibabel scales what it is given when it writes: the stored numbers are those above, and are set by hand.
    save_raw_scale("scaled.nii", 0.5, -100.25)
    read = nib.load(FILES / "scaled.nii")
    golden("scaled.nii", frames_of(read), True, **spacing_of(read))

    save("times.nii", nib.Nifti1Image(volume((4, 3, 2, 3)), plain))
    save("times.nii.gz", nib.Nifti1Image(volume((4, 3, 2, 3)), affine(rotation(90, 0, 0))))
    window = nib.Nifti1Image(volume(), plain)
    window.header["cal_min"], window.header["cal_max"] = 10, 60
    save("window.nii", window, window=[10, 60])
    flat = nib.Nifti1Image(volume((7, 5)), plain)
    save("one_slice.nii", flat)

    cases = {
        "ras": np.eye(3),
        "las": np.diag([-1, 1, 1]),
        "lps": np.diag([-1, -1, 1]),
        "rai": np.diag([1, 1, -1]),
        "sagittal": np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]),
        "coronal": np.array([[-1, 0, 0], [0, 0, 1], [0, -1, 0]]),
        "ira": np.array([[0, 1, 0], [0, 0, 1], [-1, 0, 0]]),
        "oblique": rotation(20, -10, 30),
        "oblique_sagittal": np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]) @ rotation(15, 25, -10),
    }
    for name, matrix in cases.items():
        ending = "nii.gz" if "sagittal" in name else "nii"
        image = nib.Nifti1Image(volume(), affine(matrix))
        image.set_sform(affine(matrix), 1)
        image.set_qform(None, 0)
        save(f"affine_{name}.{ending}", image)

    # The qform alone; both, of which the sform goes before; and neither.
    for name, q, s in (("qform", 1, 0), ("both", 1, 2), ("neither", 0, 0)):
        image = nib.Nifti1Image(volume(), affine(rotation(20, -10, 30) @ np.diag([1, 1, -1])))
        image.set_qform(affine(rotation(20, -10, 30) @ np.diag([1, 1, -1])), q)
        image.set_sform(affine(cases["sagittal"]), s)
        if name == "neither":
            # nibabel, as SPM, puts the middle of such a volume at 0; the format itself puts its first voxel there.
            bare = np.diag([-0.5, 0.75, 2.0, 1.0])
            save(f"{name}.nii", image, notes=[AS_ANALYZE], affine=bare[:3].tolist())
        else:
            save(f"{name}.nii", image, notes=[])
    for name, unit in (("meter", 1000.0), ("micron", 0.001)):
        image = nib.Nifti1Image(volume(), plain)
        image.header.set_xyzt_units(name, "sec")
        save(f"unit_{name}.nii", image, unit, affine=(plain[:3] * unit).tolist())

    # Labels, as nibabel puts them on the grid of a scan: what `write_nifti_labels` must write bit for bit.
    labels = (volume((7, 5, 3)) % 4).astype(np.uint8)
    for name, values in (("labels", labels), ("labels16", labels.astype(np.uint16) * 300)):
        image = nib.Nifti1Image(values, affine(cases["oblique_sagittal"]))
        image.set_qform(affine(cases["oblique_sagittal"]), 1)
        image.set_sform(affine(cases["oblique_sagittal"]), 1)
        image.header.set_xyzt_units("mm", "sec")
        save(f"{name}.nii", image)

    itk = sitk.GetImageFromArray(volume().T.copy())
    itk.SetSpacing([0.5, 0.75, 2.0])
    itk.SetOrigin([1.0, 2.0, 3.0])
    itk.SetDirection(rotation(0, 0, 15).flatten().tolist())
    sitk.WriteImage(itk, str(FILES / "itk.nii.gz"))
    turned = sitk.GetArrayFromImage(sitk.DICOMOrient(itk, "LPS"))
    golden("itk.nii.gz", list(turned), spacing=[0.5, 0.75], slice_spacing=2.0)

    # What is to be refused.
    nib.save(nib.Nifti1Pair(volume((4, 3, 2)), plain), FILES / "pair.hdr")
    nib.save(nib.AnalyzeImage(volume((4, 3, 2)), None), FILES / "analyze.hdr")
    (FILES / "analyze.img").unlink()


def save_raw_scale(name: str, slope: float, intercept: float) -> None:
    """Sets the scale of a NIfTI-1 file, whose stored numbers stay what they are."""
    file = bytearray((FILES / name).read_bytes())
    file[112:120] = np.array([slope, intercept], "<f4").tobytes()
    (FILES / name).write_bytes(bytes(file))


def nrrds() -> None:
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([0.5, 0.75, 2.0]),
        "space origin": np.array([1.0, 2.0, 3.0]),
        "kinds": ["domain"] * 3,
    }

    def expected(name: str, measured: bool = False, **facts: object) -> None:
        """What SimpleITK reads, turned to the left, the back and the head."""
        image = sitk.ReadImage(str(FILES / name))
        turned = sitk.DICOMOrient(image, "LPS")
        x, y, z = turned.GetSpacing()
        golden(name, list(sitk.GetArrayFromImage(turned)), measured, spacing=[x, y], slice_spacing=z, **facts)

    def save(name: str, data: np.ndarray, fields: dict, **options: object) -> None:
        nrrd.write(str(FILES / name), data, fields, **options)

    for kind in (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64, np.float32, np.float64):
        low = -30 if np.dtype(kind).kind in "if" else 3
        name = f"type_{np.dtype(kind).name}.nrrd"
        save(name, volume((4, 3, 2), kind, low), {**header, "encoding": "raw"})
        expected(name)
    save("big_endian.nrrd", volume(), {**header, "encoding": "raw", "endian": "big"})
    expected("big_endian.nrrd")
    save("gzip.nrrd", volume(), {**header, "encoding": "gzip"})
    expected("gzip.nrrd")
    for kind in (np.int16, np.float64):
        name = f"text_{np.dtype(kind).name}.nrrd"
        save(name, volume((4, 3, 2), kind, -7), {**header, "encoding": "ascii"})
        expected(name)
    spaces = {"ras": "right-anterior-superior", "las": "left-anterior-superior", "lps": "LPS"}
    oblique = np.array([[0.1, -0.5, 0.05], [0.0, 0.1, -0.7], [1.9, 0.2, 0.1]])
    for short, space in spaces.items():
        name = f"space_{short}.nrrd"
        save(name, volume(), {**header, "space": space, "space directions": oblique, "encoding": "gzip"})
        expected(name)
    bare = volume()
    save("spacings.nrrd", bare, {"spacings": [0.5, 0.75, 2.0], "encoding": "raw"})
    golden("spacings.nrrd", list(bare.T), spacing=[0.5, 0.75], slice_spacing=2.0, notes=[
        "it does not say how it lies in the patient, and is shown as it is stored"])
    save("picture.nrrd", volume((7, 5), np.uint8), {"spacings": [0.5, 0.75], "encoding": "raw"})
    golden("picture.nrrd", [volume((7, 5), np.uint8).T], spacing=[0.5, 0.75], notes=[])
    colors = picture().transpose(2, 1, 0)
    save("colors.nrrd", colors, {"kinds": ["RGB-color", "domain", "domain"], "encoding": "raw"})
    golden("colors.nrrd", [picture()])
    # Times as the fastest axis, as Slicer writes sequences.
    times = volume((2, 4, 3, 2))
    directions = np.vstack([[np.nan] * 3, np.diag([0.5, 0.75, 2.0])])
    save("times.nrrd", times, {**header, "space directions": directions, "kinds": ["list"] + ["domain"] * 3,
                               "encoding": "gzip"})
    golden("times.nrrd", [times[t, :, :, k].T for t in range(2) for k in range(2)], spacing=[0.5, 0.75], slice_spacing=2.0)

    itk = sitk.GetImageFromArray(volume().T.copy())
    itk.SetSpacing([0.5, 0.75, 2.0])
    itk.SetDirection([0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0, -1.0, 0.0])
    sitk.WriteImage(itk, str(FILES / "itk.nrrd"), useCompression=True)
    expected("itk.nrrd")
    rgb = sitk.GetImageFromArray(picture(), isVector=True)
    sitk.WriteImage(rgb, str(FILES / "itk_colors.nrrd"))
    golden("itk_colors.nrrd", [picture()], spacing=[1.0, 1.0])
    nrrd.write(str(FILES / "detached.nhdr"), volume((4, 3, 2)), {**header, "encoding": "raw"})
    (FILES / "detached.raw").unlink()


# ---- arrays -----------------------------------------------------------------------------------------------------------


def arrays() -> None:
    grey = picture()[..., 0]

    def save(name: str, array: np.ndarray, frames: list[np.ndarray]) -> None:
        np.save(FILES / name, array)
        golden(name, frames)

    for kind in "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split():
        for order in "<>" if kind in ("i2", "f4") else "<":
            array = (grey.astype(np.int64) - (60 if kind[0] in "if" else 0)).clip(-120, 120).astype(order + kind)
            save(f"type_{order.replace('<', '').replace('>', 'big_')}{kind}.npy", array, [array])
    save("bool.npy", grey > 100, [(grey > 100).astype(np.uint8)])
    save("fortran.npy", np.asfortranarray(grey), [grey])
    stack = volume((3, 5, 7), np.uint16)
    save("stack.npy", stack, list(stack))
    save("stack_fortran.npy", np.asfortranarray(stack), list(stack))
    save("colors.npy", picture(), [picture()])
    save("colors_fortran.npy", np.asfortranarray(picture()), [picture()])
    save("colors_stack.npy", np.stack([picture(), 255 - picture()]), [picture(), 255 - picture()])
    save("colors_alpha.npy", picture(channels=4).astype(np.uint16) * 100, [picture().astype(np.uint16) * 100])
    save("last_of_one.npy", grey[..., None], [grey])
    save("times.npy", volume((2, 3, 5, 7), np.float32), list(volume((2, 3, 5, 7), np.float32).reshape(6, 5, 7)))
    members = {"image": grey, "label": np.arange(4), "mask": stack}
    notes = [
        "frame 1 is its array image",
        "its array label is left out: members.npz is a NumPy image of a kind that is not read here: its shape (4) is no "
        "image and no stack of images",
        "frames 2 to 4 are its array mask",
    ]
    np.savez(FILES / "members.npz", **members)
    golden("members.npz", [grey, *stack], notes=notes)
    np.savez_compressed(FILES / "members_compressed.npz", **members)
    golden("members_compressed.npz", [grey, *stack])

    # Maps that are no images: with NaN, and with axes in the other order.
    heat = np.linspace(-1, 1, 12).reshape(3, 4)
    heat[1, 2], heat[0, 0] = np.nan, np.inf
    np.save(FILES / "heat.npy", heat)
    np.savez_compressed(FILES / "heat.npz", heat=np.asfortranarray(heat), point=np.float32(2.5))
    np.save(FILES / "objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.save(FILES / "complex.npy", np.array([[1j, 2]]))
    np.save(FILES / "records.npy", np.zeros(3, [("a", "f4"), ("b", "i2")]))


def main() -> None:
    FILES.mkdir(exist_ok=True)
    for path in FILES.iterdir():
        path.unlink()
    pictures()
    tiffs()
    niftis()
    nrrds()
    arrays()
    # pynrrd writes the time into a comment, and tifffile another name into every OME file.
    for path in [*FILES.glob("*.nrrd"), *FILES.glob("*.nhdr")]:
        path.write_bytes(re.sub(rb"# on [^\n]*\n", b"", path.read_bytes(), count=1))
    for path in FILES.glob("*.ome.tif"):
        path.write_bytes(re.sub(rb"uuid:[0-9a-f-]{36}", b"uuid:" + b"0" * 36, path.read_bytes()))
    # A gzip stream holds the time at which it was made, in bytes 4 to 7; the same files come out every time.
    for path in FILES.glob("*.gz"):
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), mtime=0))
    (HERE / "samples.bin").write_bytes(SAMPLES.getvalue())
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in GOLDENS.items())
    (HERE / "goldens.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
