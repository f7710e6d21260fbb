"""Golden files for the readers of images and annotations.

Images are written by Pillow and tifffile, masks by pycocotools, percentiles by numpy. Beside each image
lies NAME.raw: its samples as a reader must give them, row by row, 16 bits little-endian; images.json lists
sizes. Run by `cargo xtask reference formats`; the tests read what it wrote and need no Python.
"""

import json
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from pycocotools import mask as coco

HERE = Path(__file__).parent
WIDTH, HEIGHT = 23, 17


def pattern(channels: int, bits: int) -> np.ndarray:
    """A picture in which every pixel, row and channel differs."""
    rows, columns, layers = np.mgrid[:HEIGHT, :WIDTH, :channels]
    values = rows * 997 + columns * 131 + layers * 4099
    return (values % (1 << bits)).astype(np.uint8 if bits == 8 else np.uint16)


def palettes() -> None:
    """One map of labels in the forms that have a palette. Its colours would say something else: 0 is white, 1 is black, and
    2 and 3 are one red. What numpy finds in Pillow's image is what readers of such maps go by."""
    folder = HERE / "palettes"
    folder.mkdir(exist_ok=True)
    labels = np.zeros((6, 9), np.uint8)
    labels[1:3, 1:4], labels[3:5, 2:7], labels[0:4, 6:8] = 1, 2, 3
    colors = [255, 255, 255, 0, 0, 0, 200, 0, 0, 200, 0, 0]
    # Pillow takes as few bits as the colours need.
    for name, count in {"bits2.png": 4, "bits4.png": 16, "bits8.png": 256, "plain.tif": 4, "lzw.tif": 4, "plain.bmp": 4}.items():
        image = Image.fromarray(labels).convert("P")
        image.putpalette(colors + [9, 9, 9] * (count - 4))
        image.save(folder / name, **({"compression": "tiff_lzw"} if name == "lzw.tif" else {}))
        assert (np.array(Image.open(folder / name)) == labels).all()
    (folder / "labels.json").write_text(json.dumps(labels.tolist()) + "\n")


def images() -> None:
    folder = HERE / "images"
    folder.mkdir(exist_ok=True)
    grey8, grey16 = pattern(1, 8)[..., 0], (pattern(1, 16)[..., 0] * 3 + 5).astype(np.uint16)
    rgb8, rgb16 = pattern(3, 8), pattern(3, 16)
    alpha8 = np.full((HEIGHT, WIDTH), 77, np.uint8)
    made: dict[str, np.ndarray] = {}

    def png(name: str, image: Image.Image, expected: np.ndarray, **options: object) -> None:
        image.save(folder / name, **options)
        made[name] = expected

    png("grey8.png", Image.fromarray(grey8), grey8)
    png("grey16.png", Image.fromarray(grey16), grey16)
    png("rgb8.png", Image.fromarray(rgb8), rgb8)
    png("rgba8.png", Image.fromarray(np.dstack([rgb8, alpha8])), rgb8)
    png("grey_alpha8.png", Image.fromarray(np.dstack([grey8, alpha8])), grey8)
    bilevel = (grey8 > 127).astype(np.uint8)
    png("grey1.png", Image.fromarray(bilevel * 255).convert("1"), bilevel * 255)
    index = (grey8 % 5).astype(np.uint8)
    colors = np.array([[0, 0, 0], [255, 0, 0], [0, 200, 0], [9, 8, 7], [250, 250, 250]], np.uint8)
    palette = Image.fromarray(index).convert("P")
    palette.putpalette(colors.flatten().tolist())
    png("palette.png", palette, colors[index])
    png("palette_transparent.png", palette, colors[index], transparency=1)

    def tiff(name: str, pixels: np.ndarray, expected: np.ndarray | None = None, **options: object) -> None:
        tifffile.imwrite(folder / name, pixels, metadata=None, software=None, **options)
        made[name] = pixels if expected is None else expected

    # tifffile writes LZW only with imagecodecs, Pillow writes it with libtiff.
    tiff("grey8.tif", grey8)
    tiff("grey16_deflate.tif", grey16, compression="zlib")
    tiff("grey16_big_endian.tif", grey16, byteorder=">")
    tiff("grey16_bigtiff.tif", grey16, bigtiff=True)
    tiff("grey16_strips.tif", grey16, rowsperstrip=5)
    tiff("rgb8_tiles.tif", rgb8, photometric="rgb", tile=(16, 16))
    tiff("rgb8_planar.tif", np.moveaxis(rgb8, -1, 0), rgb8, photometric="rgb", planarconfig="separate")
    tiff("rgb16.tif", rgb16, photometric="rgb")
    tiff("rgba8.tif", np.dstack([rgb8, alpha8]), rgb8, photometric="rgb", extrasamples=["unassalpha"])
    tiff("white_is_zero8.tif", grey8, 255 - grey8, photometric="miniswhite")
    tiff("two_pages.tif", np.stack([grey16, grey16[::-1]]), grey16, photometric="minisblack")
    tiff("float32.tif", grey8.astype(np.float32))
    tiff("grey32.tif", grey16.astype(np.uint32))
    del made["float32.tif"], made["grey32.tif"]  # the same numbers as grey8.tif and grey16_strips.tif in more bits
    for name, pixels in {"grey8_lzw.tif": grey8, "rgb8_lzw.tif": rgb8, "grey16_lzw.tif": grey16}.items():
        Image.fromarray(pixels).save(folder / name, compression="tiff_lzw")
        made[name] = pixels
    Image.fromarray(grey8).save(folder / "grey8_packbits.tif", compression="packbits")
    made["grey8_packbits.tif"] = grey8

    # What a JPEG decodes to is allowed to differ by one grey level between decoders.
    smooth = np.clip(np.add.outer(np.arange(HEIGHT) * 9, np.arange(WIDTH) * 5), 0, 255).astype(np.uint8)
    smooth_rgb = np.dstack([smooth, 255 - smooth, smooth // 2])
    for name, pixels, options in [
        ("grey8.jpg", smooth, {}),
        ("rgb8.jpg", smooth_rgb, {"subsampling": 0}),
        ("progressive.jpg", smooth_rgb, {"subsampling": 0, "progressive": True}),
    ]:
        Image.fromarray(pixels).save(folder / name, quality=95, **options)
        made[name] = np.asarray(Image.open(folder / name))

    listing = {}
    for name, pixels in sorted(made.items()):
        bits = 8 * pixels.dtype.itemsize
        (folder / f"{name}.raw").write_bytes(pixels.astype(f"<u{bits // 8}").tobytes())
        samples = pixels.reshape(HEIGHT, WIDTH, -1)
        listing[name] = {
            "width": WIDTH,
            "height": HEIGHT,
            "channels": samples.shape[2],
            "bits": bits,
            "percentiles": [np.percentile(samples[..., layer], [1, 99.8]).tolist() for layer in range(samples.shape[2])],
        }
    write("images/images.json", listing)


def polygons(random: np.random.Generator) -> list[dict]:
    """Outlines of many kinds, each with the run lengths that pycocotools makes of their union."""
    cases = []

    def add(name: str, width: int, height: int, shapes: list[list[float]]) -> None:
        runs = coco.merge(coco.frPyObjects(shapes, height, width))
        runs["counts"] = runs["counts"].decode()
        mask = coco.decode(runs)
        cases.append({
            "name": name, "width": width, "height": height, "polygons": shapes, "rle": runs["counts"],
            "counts": uncompressed(mask), "area": int(coco.area(runs)), "bbox": coco.toBbox(runs).tolist(),
        })

    add("rectangle", 9, 8, [[1, 1, 5, 1, 5, 4, 1, 4]])
    add("triangle", 9, 8, [[0.5, 0.5, 8, 2, 3, 7.5]])
    add("clockwise and back", 9, 8, [[1, 1, 1, 6, 6, 6, 6, 1]])
    add("doubled vertex", 9, 8, [[1, 1, 1, 1, 6, 1, 6, 6, 6, 6, 1, 6]])
    add("smaller than a pixel", 9, 8, [[3.2, 3.2, 3.4, 3.2, 3.4, 3.4]])
    add("whole image", 9, 8, [[0, 0, 9, 0, 9, 8, 0, 8]])
    add("over every edge", 9, 8, [[-4, -3, 13, -3, 13, 12, -4, 12]])
    add("beside the image", 9, 8, [[20, 1, 25, 1, 25, 5]])
    add("left of the image", 9, 8, [[-20, 1, -2, 1, -7, 5]])
    add("crossing itself", 12, 12, [[1, 1, 10, 10, 10, 1, 1, 10]])
    add("two parts that touch", 12, 12, [[1, 1, 5, 1, 5, 5, 1, 5], [5, 1, 9, 1, 9, 5, 5, 5]])
    add("two parts that overlap", 12, 12, [[1, 1, 7, 1, 7, 7, 1, 7], [4, 4, 11, 4, 11, 11, 4, 11]])
    add("one part inside another", 12, 12, [[1, 1, 11, 1, 11, 11, 1, 11], [4, 4, 7, 4, 7, 7, 4, 7]])
    for index in range(24):
        width, height = (int(side) for side in random.integers(5, 60, 2))
        shapes = []
        for _ in range(int(random.integers(1, 4))):
            corners = int(random.integers(3, 9))
            points = random.uniform(-0.2, 1.2, (corners, 2)) * [width, height]
            shapes.append(np.round(points, int(random.integers(0, 4))).flatten().tolist())
        add(f"random {index}", width, height, shapes)
    return cases


def uncompressed(mask: np.ndarray) -> list[int]:
    """Run lengths of a mask down its columns, beginning with a run of 0."""
    flat = np.concatenate([[0], mask.flatten(order="F")])
    edges = np.flatnonzero(np.diff(flat))
    ends = np.concatenate([edges, [flat.size - 1]])
    return np.diff(np.concatenate([[0], ends])).tolist()


def compressed(random: np.random.Generator) -> list[dict]:
    """Bitmaps of many densities and their run lengths as pycocotools writes them."""
    cases = []
    for index in range(20):
        width, height = (int(side) for side in random.integers(1, 70, 2))
        mask = (random.random((height, width)) < random.choice([0, 0.01, 0.2, 0.8, 1])).astype(np.uint8)
        runs = coco.encode(np.asfortranarray(mask))
        cases.append({
            "name": f"random {index}", "width": width, "height": height, "counts": uncompressed(mask),
            "rle": runs["counts"].decode(),
        })
    long = np.zeros((900, 1100), np.uint8)
    long[100:800, 3:1090] = 1
    long[400:410, 500:] = 0
    runs = coco.encode(np.asfortranarray(long))
    cases.append({"name": "long runs", "width": 1100, "height": 900, "counts": uncompressed(long), "rle": runs["counts"].decode()})
    return cases


def label_maps() -> None:
    """Label maps with the run lengths of every label."""
    folder = HERE / "label_maps"
    folder.mkdir(exist_ok=True)
    labels = np.zeros((HEIGHT, WIDTH), np.uint16)
    labels[2:6, 3:9] = 1
    labels[4:9, 7:12] = 300
    labels[10:16, 1:5] = 65535
    labels[12:14, 2:4] = 0
    labels[0, 22] = 7
    small = np.where(labels > 255, labels % 251, labels).astype(np.uint8)
    Image.fromarray(labels).save(folder / "labels16.png")
    Image.fromarray(small).save(folder / "labels8.png")
    tifffile.imwrite(folder / "labels16.tif", labels, compression="zlib", metadata=None, software=None)
    palette = Image.fromarray((small % 4).astype(np.uint8)).convert("P")
    colors = [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
    palette.putpalette([channel for color in colors for channel in color])
    palette.save(folder / "palette.png")
    # Colours go by their samples from red on, so the palette's order is 0, green (2), red (1), yellow (3).
    by_color = np.argsort(np.argsort([0, 128 << 16, 128 << 8, (128 << 16) + (128 << 8)]))[small % 4]
    listing = {}
    for name, values in {
        "labels16.png": labels, "labels8.png": small, "labels16.tif": labels, "palette.png": by_color,
    }.items():
        listing[name] = [uncompressed((values == value).astype(np.uint8)) for value in np.unique(values) if value]
    write("label_maps/label_maps.json", listing)


def write(name: str, content: object) -> None:
    (HERE / name).write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    palettes()
    images()
    random = np.random.default_rng(11)
    write("polygons.json", polygons(random))
    write("run_lengths.json", compressed(random))
    label_maps()
