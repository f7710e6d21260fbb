"""Golden files for the readers of annotations.

Written by other people's tools: Pascal VOC, YOLO, CVAT, Open Images and LabelMe's older XML by datumaro, LabelMe's JSON by
labelme, GeoJSON by geojson and shapely, run lengths by pycocotools, tables by pandas. expected.json says what a reader must
find: boxes as left, top, right, bottom, masks as COCO's run lengths with the IoU that is wanted (1 where both sides fill by
the same rule; less where the other tool fills by another one). Run by `cargo xtask reference annotations`.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # labelme is a program with windows

import geojson
import numpy as np
import pandas as pd
import shapely
from datumaro.components.annotation import Bbox, Mask, Polygon
from datumaro.components.dataset import Dataset
from datumaro.components.dataset_base import DatasetItem
from datumaro.components.media import Image
from labelme.label_file import LabelFile
from labelme.utils import shape_to_mask
from pycocotools import mask as coco

HERE = Path(__file__).parent
WIDTH, HEIGHT = 40, 30
LABELS = ["cell", "odd & name"]
expected: list[dict] = []


def runs(mask: np.ndarray) -> str:
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()


def region(label: str, box=None, mask=None, iou=1.0, **more: object) -> dict:
    """What must be found: a box in pixels, or a mask with the IoU that is wanted."""
    found: dict = {"label": label, **more}
    if box is not None:
        found["box"] = [float(edge) for edge in box]
    if mask is not None:
        found |= {"runs": runs(mask), "iou": iou}
    return found


def expect(file: str, form: str, images: dict[str, list[dict]], within=1e-9, size=(WIDTH, HEIGHT), problems=0) -> None:
    """`within`: how far in pixels a box may lie from the one that was written, which the writer rounded."""
    expected.append(
        {"file": file, "form": form, "within": within, "size": size, "problems": problems,
         "images": [{"name": name, "regions": regions} for name, regions in images.items()]}
    )


def polygon_mask(polygon: list[float]) -> np.ndarray:
    return coco.decode(coco.merge(coco.frPyObjects([polygon], HEIGHT, WIDTH))).astype(bool)


def with_datumaro() -> None:
    ring = np.zeros((HEIGHT, WIDTH), bool)
    ring[5:12, 20:33] = True
    ring[7:9, 25:28] = False
    outline = [3.0, 4.0, 15.0, 4.0, 15.5, 20.0, 3.0, 20.0]

    def item(name: str, annotations: list, subset: str = "train") -> DatasetItem:
        pixels = Image.from_numpy(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
        return DatasetItem(id=name, subset=subset, media=pixels, annotations=annotations)

    boxes = [
        Bbox(1, 2, 10.5, 7.25, label=0, id=1, group=1),
        Bbox(20, 5, 12, 20, label=1, id=2, group=2, attributes={"difficult": True, "occluded": False}),
    ]
    items = [item("a", boxes), item("b", []), item("c", [Polygon(outline, label=1), Mask(ring, label=0)]), item("d", [], "val")]
    dataset = Dataset.from_iterable(items, categories=LABELS)
    corners = [(1, 2, 11.5, 9.25), (20, 5, 32, 25)]
    found = [region(label, box) for label, box in zip(LABELS, corners)]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        for form in ["voc_detection", "yolo", "yolo_ultralytics", "cvat", "label_me", "open_images"]:
            dataset.export(str(made / form), form, save_media=form == "yolo_ultralytics")

        def keep(source: str, name: str) -> str:
            (HERE / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(made / source, HERE / name)
            return name

        difficult = [found[0], found[1] | {"crowd": True}]
        expect(keep("voc_detection/Annotations/a.xml", "voc/a.xml"), "voc", {"": difficult}, problems=1)
        # Six decimals of the image's width and height.
        expect(keep("yolo/obj_train_data/a.txt", "yolo/a.txt"), "yolo", {"": found}, within=1e-4)
        expect(keep("yolo/obj_train_data/b.txt", "yolo/b.txt"), "yolo", {"": []})
        keep("yolo/obj.names", "yolo/obj.names")
        expect(keep("yolo_ultralytics/labels/train/a.txt", "ultralytics/a.txt"), "yolo", {"": found}, within=1e-4)
        keep("yolo_ultralytics/data.yaml", "ultralytics/data.yaml")
        drawn = [region(LABELS[1], mask=polygon_mask(outline)), region(LABELS[0], mask=ring)]
        cvat = {"a.jpg": found, "b.jpg": [], "c.jpg": drawn}
        expect(keep("cvat/train.xml", "cvat/train.xml"), "cvat", cvat)
        expect(keep("label_me/Annotations/train/a.xml", "labelme_old/a.xml"), "voc", {"": found})
        # Its mask lies in another file.
        expect(keep("label_me/Annotations/train/c.xml", "labelme_old/c.xml"), "voc", {"": drawn[:1]}, problems=1)
        table = keep("open_images/annotations/train-annotations-bbox.csv", "tables/open_images.csv")
        expect(table, "csv", {"a": found})


def with_labelme() -> None:
    hole = np.zeros((9, 12), bool)
    hole[1:8, 2:11] = True
    hole[4, 5] = False
    shapes = [
        ("cell", "polygon", [[3.0, 4.0], [15.0, 4.0], [15.5, 20.0], [3.0, 20.0]]),
        ("cell", "rectangle", [[30.0, 25.0], [20.5, 5.0]]),
        ("odd & name", "circle", [[25.0, 15.0], [32.0, 15.0]]),
        ("cell", "mask", [[7.0, 8.0], [18.0, 16.0]]),
        ("tip", "point", [[3.0, 3.0]]),
        ("edge", "linestrip", [[3.0, 3.0], [9.0, 9.0], [12.0, 2.0]]),
    ]
    kept, found = [], []
    for label, kind, points in shapes:
        shape = {"label": label, "points": points, "group_id": None, "description": "", "shape_type": kind, "flags": {}, "mask": None}
        if kind == "mask":
            from labelme.utils import img_arr_to_b64

            shape["mask"] = img_arr_to_b64(hole.astype(np.uint8))
            whole = np.zeros((HEIGHT, WIDTH), bool)
            whole[8:17, 7:19] = hole
            found.append(region(label, mask=whole))
        elif kind == "rectangle":
            found.append(region(label, (20.5, 5, 30, 25)))
        elif kind in ("polygon", "circle"):
            # labelme draws with Pillow, which also fills the pixels that the outline touches.
            mask = shape_to_mask((HEIGHT, WIDTH), points, shape_type=kind)
            found.append(region(label, mask=mask, iou=0.85))
        kept.append(shape)
    folder = HERE / "labelme"
    folder.mkdir(exist_ok=True)
    LabelFile().save(
        filename=str(folder / "a.json"), shapes=kept, imagePath="a.png", imageHeight=HEIGHT, imageWidth=WIDTH,
        imageData=None, otherData={}, flags={"blurred": True},
    )
    expect("labelme/a.json", "labelme", {"": found}, problems=2)


def with_shapely() -> None:
    square = shapely.Polygon([(2, 3), (12, 3), (12, 15), (2, 15)], [[(5, 6), (9, 6), (9, 10), (5, 10)]])
    slanted = shapely.Polygon([(20.25, 3.5), (38.0, 10.5), (30.75, 27.25), (18.5, 20.0)])
    several = shapely.MultiPolygon([shapely.box(1, 20, 5, 24), shapely.box(7, 20, 9, 28)])
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    found, features = [], []
    for shape, label, iou in [(square, "Tumor", 1.0), (slanted, "Stroma", 0.95), (several, "Tumor: Positive", 1.0)]:
        found.append(region(label, mask=shapely.contains_xy(shape, columns, rows), iou=iou))
        properties = {"objectType": "annotation", "classification": {"name": label, "color": [200, 0, 0]}}
        features.append(geojson.Feature(geometry=shapely.geometry.mapping(shape), properties=properties))
    features.append(geojson.Feature(geometry=geojson.Point((3, 4)), properties={"objectType": "annotation"}))
    folder = HERE / "qupath"
    folder.mkdir(exist_ok=True)
    (folder / "slide.geojson").write_text(geojson.dumps(geojson.FeatureCollection(features)))
    (folder / "list.json").write_text(geojson.dumps(features))
    for name in ["slide.geojson", "list.json"]:
        expect(f"qupath/{name}", "qupath", {"": found}, problems=1)


def with_pycocotools() -> None:
    outlines = {"Edema": [[[3, 4], [15, 4], [15.5, 20], [3, 20]], [[20, 5], [33, 6], [30, 18]]], "Mass": [[[1, 1], [9, 2], [5, 9]]]}

    def mask(pathology: str) -> np.ndarray:
        flat = [[number for point in outline for number in point] for outline in outlines[pathology]]
        return coco.decode(coco.merge(coco.frPyObjects(flat, HEIGHT, WIDTH))).astype(bool)

    image = "patient1_study1_view1_frontal"
    found = {image: [region(pathology, mask=mask(pathology)) for pathology in outlines]}
    folder = HERE / "chexlocalize"
    folder.mkdir(exist_ok=True)
    (folder / "annotations.json").write_text(json.dumps({image: {"img_size": [HEIGHT, WIDTH], **outlines}}))
    nothing = np.zeros((HEIGHT, WIDTH), bool)
    encoded = {name: {"size": [HEIGHT, WIDTH], "counts": runs(mask(name))} for name in outlines}
    encoded["Pneumothorax"] = {"size": [HEIGHT, WIDTH], "counts": runs(nothing)}
    (folder / "segmentations.json").write_text(json.dumps({image: encoded}))
    expect("chexlocalize/annotations.json", "chexlocalize", found)
    expect("chexlocalize/segmentations.json", "chexlocalize", found)


def with_pandas() -> None:
    rows = [
        ("a", "No finding", 14, "R1", None, None, None, None),
        ("b", "Cardiomegaly", 3, "R1", 691.0, 375.0, 1653.0, 831.0),
        ("b", "Nodule, mass", 8, "R2", 1264.25, 743.0, 1611.0, 1019.5),
    ]
    columns = ["image_id", "class_name", "class_id", "rad_id", "x_min", "y_min", "x_max", "y_max"]
    table = pd.DataFrame(rows, columns=columns)
    found = {"a": [], "b": [region(row[1], row[4:], reader=row[3]) for row in rows[1:]]}
    (HERE / "tables").mkdir(exist_ok=True)
    for name, options in {
        "vindr.csv": {}, "semicolons.csv": {"sep": ";"}, "tabs.tsv": {"sep": "\t", "na_rep": "NaN"},
        "with_mark.csv": {"encoding": "utf-8-sig", "lineterminator": "\r\n", "quoting": 1},
    }.items():
        table.to_csv(HERE / "tables" / name, index=False, **options)
        expect(f"tables/{name}", "csv", found, size=(2000, 1500))


with_datumaro()
with_labelme()
with_shapely()
with_pycocotools()
with_pandas()
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
