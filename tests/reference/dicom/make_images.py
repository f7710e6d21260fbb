"""Golden files for the reader of DICOM images.

Files are written by pydicom, whose frames are packed by pydicom (RLE), pyjpegls (JPEG-LS, CharLS),
imagecodecs (JPEG of 8 and 12 bits and lossless by libjpeg-turbo, JPEG 2000 by OpenJPEG). Beside each lies NAME.raw: the values of
all frames as pydicom gives them (pixel_array, apply_modality_lut, apply_color_lut, convert_color_space), little-endian;
images.json lists what else a reader must find. Frames are read back by pylibjpeg, which is another implementation than
those that packed them wherever there are two. Run by `cargo xtask reference dicom`; the tests need no Python.
"""

import json
import shutil
import warnings
from pathlib import Path

import imagecodecs
import jpeg_ls
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels import apply_color_lut, apply_modality_lut, convert_color_space
from pydicom.uid import (
    CTImageStorage, DeflatedExplicitVRLittleEndian, DigitalXRayImageStorageForPresentation, EnhancedCTImageStorage,
    ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit,
    JPEGExtended12Bit, JPEGLSLossless, JPEGLSNearLossless, JPEGLossless, JPEGLosslessSV1, RLELossless,
    SecondaryCaptureImageStorage,
)

warnings.simplefilter("ignore")
HERE = Path(__file__).parent
FOLDER = HERE / "images"
WIDTH, HEIGHT, FRAMES = 16, 12, 3
PREFIX = "1.2.826.0.1.3680043.8.498."
made: dict[str, dict] = {}


def pattern(bits: int, *, signed: bool = False, channels: int = 1, frames: int = 1, smooth: bool = False) -> np.ndarray:
    """A picture in which every pixel, row, channel and frame differs; smooth ones suit lossy codecs."""
    frame, row, column, layer = np.mgrid[:frames, :HEIGHT, :WIDTH, :channels]
    top = 1 << bits
    if smooth:
        values = ((row * 9 + column * 5 + layer * 30 + frame * 11) * (top // 256)) % top
    else:
        values = (row * 997 + column * 131 + layer * 4099 + frame * 7919) * (1 if bits > 8 else 7) % top
        # A flat corner, for the runs of RLE and JPEG-LS.
        values[:, 4:8, 3:13, :] = values[:, 4:5, 3:4, :]
    if signed:
        values = values - top // 2
    kind = {True: "i", False: "u"}[signed] + str(1 if bits <= 8 else 2 if bits <= 16 else 4)
    values = values.astype(kind)
    if channels == 1:
        values = values[..., 0]
    return values if frames > 1 else values[0]


def base(pixels: np.ndarray, bits: int, *, channels: int = 1, photometric: str = "MONOCHROME2", frames: int = 1) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = PREFIX + "1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = PREFIX + "2", PREFIX + "3"
    ds.PatientID, ds.PatientName, ds.PatientBirthDate = "P-17", "Doe^Jane", "19700101"
    ds.Modality, ds.Rows, ds.Columns = "OT", HEIGHT, WIDTH
    ds.SamplesPerPixel, ds.PhotometricInterpretation = channels, photometric
    ds.BitsAllocated = pixels.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    if channels > 1:
        ds.PlanarConfiguration = 0
    if frames > 1:
        ds.NumberOfFrames = frames
    return ds


def write(name: str, ds: Dataset, syntax: str = ExplicitVRLittleEndian, *, tolerance: float = 0, preamble: bool = True,
          values: np.ndarray | None = None, **more: object) -> None:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    path = FOLDER / f"{name}.dcm"
    if preamble:
        ds.save_as(path, enforce_file_format=True)
    else:
        meta, ds.file_meta = ds.file_meta, FileMetaDataset()
        del ds.file_meta
        pydicom.dcmwrite(path, ds, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != ExplicitVRBigEndian)
        ds.file_meta = meta
    if values is None:
        read = pydicom.dcmread(path, force=True)
        if not preamble:
            read.file_meta = ds.file_meta
        values = expected(read)
    window = more.pop("window", None)
    frames, channels = int(ds.get("NumberOfFrames", 1)), 3 if values.shape[-1] == 3 and values.ndim > 2 else 1
    kind = {"|u1": "u8", "<u2": "u16", "<f4": "f32"}[values.dtype.newbyteorder("<").str]
    (FOLDER / f"{name}.dcm.raw").write_bytes(values.astype(values.dtype.newbyteorder("<")).tobytes())
    made[f"{name}.dcm"] = {"frames": frames, "channels": channels, "kind": kind, "tolerance": tolerance, "window": window, **more}


def expected(ds: Dataset) -> np.ndarray:
    """What Groundglass gives, out of what pydicom gives."""
    pixels = ds.pixel_array if ds.SamplesPerPixel == 1 else pydicom.pixels.pixel_array(ds, raw=False)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(pixels, ds)
    if ds.SamplesPerPixel == 3:
        return pixels
    values = apply_modality_lut(pixels, ds)
    plain = values.dtype.kind == "u" and values.dtype.itemsize <= 2 and "ModalityLUTSequence" not in ds
    if ds.PhotometricInterpretation == "MONOCHROME1":
        low = -(1 << ds.BitsStored - 1) if ds.PixelRepresentation else 0
        high = low + (1 << ds.BitsStored) - 1
        slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
        turned = slope * (low + high) + 2 * intercept - values.astype(float)
        return turned.astype(values.dtype if plain else "f4")
    return values if plain else values.astype("f4")


def set_frames(ds: Dataset, frames: list[bytes], *, table: bool = True, fragments: int = 1) -> None:
    ds.PixelData = encapsulate(frames, has_bot=table, fragments_per_frame=fragments)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True


def mixed(bits: int, channels: int) -> np.ndarray:
    row, column, layer = np.mgrid[:47, :61, :channels]
    top = 1 << bits
    values = (np.sin(column / 9 + layer) + np.cos(row / 7) + 2) / 4 * (top - 1)
    values += np.random.default_rng(bits).normal(0, top / 60, values.shape)
    values[15:24], values[:, :12] = 0, top - 1
    values = np.clip(values, 0, top - 1).astype("u1" if bits <= 8 else "u2")
    return values[..., 0] if channels == 1 else values


def jpeg_2000(frame: np.ndarray, bits: int, level: float = 0) -> bytes:
    return imagecodecs.jpeg2k_encode(frame, level=level, codecformat="j2k", resolutions=2, reversible=level == 0,
                                     bitspersample=bits, mct=frame.ndim == 3)


def native() -> None:
    ct = pattern(12, signed=True, frames=FRAMES).astype("i2")
    for name, syntax in {"implicit": ImplicitVRLittleEndian, "explicit": ExplicitVRLittleEndian,
                         "big_endian": ExplicitVRBigEndian, "deflated": DeflatedExplicitVRLittleEndian}.items():
        ds = base(ct, 16, frames=FRAMES)
        ds.RescaleSlope, ds.RescaleIntercept = 2, -1024
        ds.WindowCenter, ds.WindowWidth = [40, 300], [400, 1500]
        data = ct.astype(">i2") if syntax == ExplicitVRBigEndian else ct
        ds.PixelData = data.tobytes()
        ds["PixelData"].VR = "OW"
        write(f"ct_{name}", ds, syntax, window=[-160.0, 239.0], notes="several windows")
    for name, syntax in {"implicit": ImplicitVRLittleEndian, "explicit": ExplicitVRLittleEndian,
                         "big_endian": ExplicitVRBigEndian}.items():
        ds = base(ct[0], 16)
        ds.PixelData = (ct[0].astype(">i2") if syntax == ExplicitVRBigEndian else ct[0]).tobytes()
        ds["PixelData"].VR = "OW"
        write(f"bare_{name}", ds, syntax, preamble=False, values=ct[0].astype("f4"))
    # 8 bits within words of 16, which a big-endian file swaps; an odd size, so that frames begin within a word.
    grey = pattern(8, frames=FRAMES)[:, :11, :15].copy()
    ds = base(grey, 8, frames=FRAMES)
    ds.Rows, ds.Columns = 11, 15
    data = grey.tobytes() + b"\0" * (grey.size % 2)
    ds.PixelData = np.frombuffer(data, "u1").reshape(-1, 2)[:, ::-1].tobytes()
    ds["PixelData"].VR = "OW"
    write("grey8_big_endian_words", ds, ExplicitVRBigEndian, values=grey, width=15, height=11)
    # 12 bits in the upper part of 16, with overlays below.
    high = pattern(12)
    ds = base(high, 12)
    ds.HighBit = 15
    ds.PixelData = (high.astype("u2") << 4 | 0xA).astype("u2").tobytes()
    write("grey12_high_bit", ds, values=high.astype("u2"))
    mask = pattern(8, frames=FRAMES)[:, :, :15] > 100
    ds = base(mask.astype("u1"), 1, frames=FRAMES)
    ds.BitsAllocated, ds.Columns = 1, 15
    ds.PixelData = pydicom.pixels.pack_bits(mask.astype("u1"), pad=True)
    write("bits1", ds, window=[0.0, 1.0], width=15)
    wide = (pattern(16).astype("u4") * 300)
    ds = base(wide, 32)
    ds.PixelData = wide.tobytes()
    write("grey32", ds)
    ds = base(wide.astype("i4"), 24)
    ds.PixelData = (wide.astype("i4") - (1 << 23)).tobytes()
    write("grey24_signed", ds)
    floats = (pattern(12).astype("f4") - 1000) / 7
    for name, kind, attribute in [("float", "f4", "FloatPixelData"), ("double", "f8", "DoubleFloatPixelData")]:
        ds = base(floats, 16)
        for keyword in ["BitsStored", "HighBit", "PixelRepresentation"]:
            delattr(ds, keyword)
        ds.BitsAllocated = 32 if kind == "f4" else 64
        setattr(ds, attribute, floats.astype(kind).tobytes())
        write(name, ds, values=floats)


def transformations() -> None:
    grey = pattern(12)
    ds = base(grey, 12, photometric="MONOCHROME1")
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 1000, 500, "LINEAR_EXACT"
    ds.PixelData = grey.tobytes()
    write("monochrome1", ds, window=[4095.0 - 1250, 4095.0 - 750], notes="MONOCHROME1")
    signed = pattern(12, signed=True)
    ds = base(signed, 12, photometric="MONOCHROME1")
    ds.RescaleSlope, ds.RescaleIntercept, ds.PixelPaddingValue = "0.5", "3", -2000
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 100, 60, "SIGMOID"
    ds.PixelData = (signed & 0xFFF).astype("u2").tobytes()
    low, high = 100 - 30.0, 100 + 30.0
    turned = 0.5 * -1 + 2 * 3 - (signed * 0.5 + 3)
    write("monochrome1_signed", ds, values=turned.astype("f4"), window=[5.5 - high, 5.5 - low], notes="sigmoid")
    table = Dataset()
    table.LUTDescriptor = [256, 100, 16]
    table.ModalityLUTType = "US"
    table.LUTData = (np.arange(256) ** 2 % 60000).astype("u2").tobytes()
    ds = base(pattern(9).astype("u2"), 9)
    ds.ModalityLUTSequence = [table]
    ds.PixelData = pattern(9).astype("u2").tobytes()
    write("modality_table", ds)
    voi = Dataset()
    voi.LUTDescriptor, voi.LUTData = [64, 200, 8], bytes(range(64))
    ds = base(grey, 12)
    ds.VOILUTSequence = [voi]
    ds.PixelData = grey.tobytes()
    write("voi_table", ds, window=[200.0, 263.0], notes="table of shades")


def colors() -> None:
    rgb = pattern(8, channels=3, frames=2)
    for planar in (0, 1):
        ds = base(rgb, 8, channels=3, photometric="RGB", frames=2)
        ds.PlanarConfiguration = planar
        ds.PixelData = (np.moveaxis(rgb, -1, 1) if planar else rgb).tobytes()
        write(f"rgb_planar{planar}", ds)
    ds = base(rgb[0], 8, channels=3, photometric="YBR_FULL")
    ds.PixelData = rgb[0].tobytes()
    write("ybr_full", ds, tolerance=1)
    ybr = rgb[0].copy()
    ybr[:, 1::2, 1:] = ybr[:, ::2, 1:]
    packed = np.empty((HEIGHT, WIDTH // 2, 4), "u1")
    packed[..., 0], packed[..., 1] = ybr[:, ::2, 0], ybr[:, 1::2, 0]
    packed[..., 2], packed[..., 3] = ybr[:, ::2, 1], ybr[:, ::2, 2]
    ds = base(ybr, 8, channels=3, photometric="YBR_FULL_422")
    ds.PixelData = packed.tobytes()
    write("ybr_full_422", ds, tolerance=1, values=convert_color_space(ybr, "YBR_FULL", "RGB"))
    deep = pattern(16, channels=3)
    ds = base(deep, 16, channels=3, photometric="RGB")
    ds.PixelData = deep.tobytes()
    write("rgb16", ds, window=[0.0, 65535.0])
    index = pattern(8)
    for bits in (8, 16):
        ds = base(index, 8, photometric="PALETTE COLOR")
        for number, color in enumerate(["Red", "Green", "Blue"]):
            setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [200, 10, bits])
            entries = (np.arange(200) * (number + 1) * (1 if bits == 8 else 251)) % (1 << bits)
            setattr(ds, f"{color}PaletteColorLookupTableData", entries.astype("u1" if bits == 8 else "<u2").tobytes())
        ds.PixelData = index.tobytes()
        write(f"palette{bits}", ds, window=None if bits == 8 else [0.0, 65535.0])
    ds = base(index, 8, photometric="PALETTE COLOR")
    for number, color in enumerate(["Red", "Green", "Blue"]):
        setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [256, 0, 16])
        segments = np.array([0, 2, 0, 100 * (number + 1), 1, 126, 20000 * (number + 1), 2, 2, 0, 0], "<u2")
        setattr(ds, f"Segmented{color}PaletteColorLookupTableData", segments.tobytes())
    ds.PixelData = index.tobytes()
    write("palette_segments", ds, tolerance=1, window=[0.0, 65535.0])


def packed() -> None:
    grey8, grey12, grey16 = pattern(8, frames=FRAMES), pattern(12, frames=FRAMES), pattern(16, frames=FRAMES)
    signed = pattern(16, signed=True, frames=FRAMES)
    rgb = pattern(8, channels=3, frames=FRAMES)
    kinds = [("grey8", grey8, 8, 1), ("grey12", grey12, 12, 1), ("grey16", grey16, 16, 1), ("signed16", signed, 16, 1), ("rgb", rgb, 8, 3)]
    for syntax, label in [(RLELossless, "rle"), (JPEGLSLossless, "jpeg_ls"), (JPEG2000Lossless, "jpeg_2000")]:
        for name, pixels, bits, channels in kinds:
            if name == "signed16" and syntax == JPEGLSLossless:
                continue
            ds = base(pixels, bits, channels=channels, photometric="RGB" if channels == 3 else "MONOCHROME2", frames=FRAMES)
            if syntax == JPEG2000Lossless:
                set_frames(ds, [jpeg_2000(frame, bits) for frame in pixels])
                ds.PhotometricInterpretation = "YBR_RCT" if channels == 3 else "MONOCHROME2"
            else:
                ds.PixelData = pixels.tobytes()
                ds.compress(syntax, pixels, generate_instance_uid=False)
            write(f"{label}_{name}", ds, syntax)
    # 12 bits with a sign, whose codestream says so, or says nothing of a sign.
    ct = pattern(12, signed=True)
    for name, frame in {"jpeg_2000_signed12": ct, "jpeg_2000_sign_unsaid": (ct & 0xFFF).astype("u2")}.items():
        ds = base(ct, 12)
        set_frames(ds, [jpeg_2000(frame, 12)])
        write(name, ds, JPEG2000Lossless, values=ct.astype("f4"))
    for near in (1, 3):
        for name, pixels, bits, channels in kinds:
            if name in ("grey8", "grey12", "rgb"):
                ds = base(pixels, bits, channels=channels, photometric="RGB" if channels == 3 else "MONOCHROME2", frames=FRAMES)
                ds.PixelData = pixels.tobytes()
                ds.compress(JPEGLSNearLossless, pixels, jls_error=near, generate_instance_uid=False)
                write(f"jpeg_ls_near{near}_{name}", ds, JPEGLSNearLossless)
    # Larger, with noise, slopes and flat parts, so that contexts fill and runs grow long; channels line by line and
    # pixel by pixel.
    for name, bits, channels, near, interleave in [("16", 16, 1, 0, 0), ("12_near", 12, 1, 2, 0), ("lines", 8, 3, 0, 1), ("pixels_near", 8, 3, 1, 2)]:
        pixels = mixed(bits, channels)
        ds = base(pixels, bits, channels=channels, photometric="RGB" if channels == 3 else "MONOCHROME2")
        ds.Rows, ds.Columns = pixels.shape[:2]
        set_frames(ds, [bytes(jpeg_ls.encode_array(pixels, lossy_error=near, interleave_mode=interleave))])
        write(f"jpeg_ls_large{name}", ds, JPEGLSNearLossless, width=pixels.shape[1], height=pixels.shape[0])
    smooth, smooth_rgb = pattern(12, frames=FRAMES, smooth=True), pattern(8, channels=3, frames=FRAMES, smooth=True)
    for name, pixels, bits, channels in [("grey12", smooth, 12, 1), ("rgb", smooth_rgb, 8, 3)]:
        ds = base(pixels, bits, channels=channels, photometric="RGB" if channels == 3 else "MONOCHROME2", frames=FRAMES)
        set_frames(ds, [jpeg_2000(frame, bits, level=45) for frame in pixels])
        if channels == 3:
            ds.PhotometricInterpretation = "YBR_ICT"
        write(f"jpeg_2000_lossy_{name}", ds, JPEG2000, tolerance=2)
    # JPEG: no offset table and two fragments a frame; then the extended table.
    smooth8 = pattern(8, frames=FRAMES, smooth=True)
    frames = [imagecodecs.jpeg8_encode(frame, level=90) for frame in smooth8]
    ds = base(smooth8, 8, frames=FRAMES)
    set_frames(ds, frames, table=False)
    write("jpeg_grey8", ds, JPEGBaseline8Bit, tolerance=1)
    ds = base(smooth8, 8, frames=FRAMES)
    set_frames(ds, frames, table=False, fragments=2)
    write("jpeg_fragments", ds, JPEGBaseline8Bit, tolerance=1, values=np.stack([imagecodecs.jpeg8_decode(frame) for frame in frames]))
    ds = base(smooth8, 8, frames=FRAMES)
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    write("jpeg_extended_table", ds, JPEGBaseline8Bit, tolerance=1)
    for name, photometric, options in [
        ("jpeg_rgb", "RGB", {"colorspace": "rgb", "outcolorspace": "rgb"}),
        ("jpeg_ybr", "YBR_FULL_422", {"colorspace": "rgb", "outcolorspace": "ycbcr", "subsampling": "444"}),
    ]:
        frames = [imagecodecs.jpeg8_encode(frame, level=95, **options) for frame in smooth_rgb]
        ds = base(smooth_rgb, 8, channels=3, photometric=photometric, frames=FRAMES)
        set_frames(ds, frames)
        write(name, ds, JPEGBaseline8Bit, tolerance=2, values=np.stack([imagecodecs.jpeg8_decode(frame) for frame in frames]))
    frames = [imagecodecs.jpeg_encode(frame, level=95, bitspersample=12) for frame in smooth]
    ds = base(smooth, 12, frames=FRAMES)
    set_frames(ds, frames)
    write("jpeg_grey12", ds, JPEGExtended12Bit, tolerance=2)
    for predictor in range(1, 8):
        for name, pixels, bits in [("grey8", grey8, 8), ("grey12", grey12, 12), ("grey16", grey16, 16)]:
            if predictor not in (1, 4) and name != "grey12":
                continue
            frames = [imagecodecs.jpeg_encode(frame, lossless=True, predictor=predictor, bitspersample=bits) for frame in pixels]
            ds = base(pixels, bits, frames=FRAMES)
            set_frames(ds, frames)
            write(f"jpeg_lossless{predictor}_{name}", ds, JPEGLosslessSV1 if predictor == 1 else JPEGLossless, values=pixels)
    frames = [imagecodecs.jpeg_encode(frame, lossless=True, predictor=1, colorspace="rgb", outcolorspace="rgb") for frame in rgb]
    ds = base(rgb, 8, channels=3, photometric="RGB", frames=FRAMES)
    set_frames(ds, frames)
    write("jpeg_lossless_rgb", ds, JPEGLosslessSV1, values=rgb)


def places() -> None:
    ct = pattern(12, signed=True).astype("i2")
    ds = base(ct, 16)
    ds.SOPClassUID, ds.Modality, ds.BodyPartExamined = CTImageStorage, "CT", "CHEST"
    ds.SpecificCharacterSet, ds.Manufacturer = "ISO_IR 100", "Bär"
    ds.PatientSex, ds.PatientAge, ds.InstanceNumber = "F", "045Y", 7
    ds.PixelSpacing, ds.SpacingBetweenSlices = [0.5, 0.75], 2.5
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [-10, 20, 30.5], [1, 0, 0, 0, 1, 0]
    ds.FrameOfReferenceUID = PREFIX + "4"
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelData = ct.tobytes()
    write("place", ds, spacing=[0.75, 0.5], slice_spacing=2.5, position=[-10.0, 20.0, 30.5], along_normal=30.5,
          attributes={"patient": "P-17", "sex": "F", "age": "45", "modality": "CT", "body_part": "CHEST", "manufacturer": "Bär",
                      "instance_number": "7", "series": PREFIX + "3", "study": PREFIX + "2"})
    dx = pattern(12)
    ds = base(dx, 12)
    ds.SOPClassUID, ds.Modality = DigitalXRayImageStorageForPresentation, "DX"
    ds.ImagerPixelSpacing, ds.ViewPosition, ds.ImageLaterality = [0.14, 0.15], "PA", "L"
    ds.PixelData = dx.tobytes()
    write("imager_spacing", ds, spacing=[0.15, 0.14], notes="detector",
          attributes={"patient": "P-17", "modality": "DX", "view": "PA", "laterality": "L", "series": PREFIX + "3", "study": PREFIX + "2"})
    # Enhanced: slope, window and position of each frame.
    frames = pattern(12, frames=FRAMES)
    ds = base(frames, 12, frames=FRAMES)
    ds.SOPClassUID, ds.Modality = EnhancedCTImageStorage, "CT"
    shared = Dataset()
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.4, 0.6], 3
    orientation = Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    ds.SharedFunctionalGroupsSequence = [shared]
    items = []
    for number in range(FRAMES):
        item, position, window, rescale = Dataset(), Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [1, 2 + 1.5 * number, 3]
        window.WindowCenter, window.WindowWidth = 100 * (number + 1), 51
        rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = number + 1, -10 * number, "US"
        item.PlanePositionSequence, item.FrameVOILUTSequence = [position], [window]
        item.PixelValueTransformationSequence = [rescale]
        items.append(item)
    ds.PerFrameFunctionalGroupsSequence = items
    ds.PixelData = frames.tobytes()
    values = np.stack([frames[n].astype("f4") * (n + 1) - 10 * n for n in range(FRAMES)])
    # The first frame changes nothing and stays whole.
    write("enhanced", ds, values=values, spacing=[0.6, 0.4], slice_spacing=1.5, position=[1.0, 2.0, 3.0], along_normal=2.0,
          frame_positions=[[1.0, 2.0, 3.0], [1.0, 3.5, 3.0], [1.0, 5.0, 3.0]],
          windows=[[100 * n + 74.5, 100 * n + 124.5] for n in range(FRAMES)], first_is_whole=True)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for step in (native, transformations, colors, packed, places):
        step()
    (FOLDER / "images.json").write_text(json.dumps(made, separators=(",", ":")).replace('"},"', '"},\n"').replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
