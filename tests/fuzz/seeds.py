"""Seeds for the fuzz targets, in corpus/: answers from the goldens, the smallest golden of every form, and small files by hand
with what readers fear (bombs, headers of 2^31 pixels, deep nesting, entities, run lengths beyond the frame). Run once; the
minimised corpus is what is committed.
"""

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "reference"

BOX = "There is <ref>an effusion</ref><box>[[1,2,3,4],[5,6,7,1000]]</box> and Fractures <box>(1,2),(3,4)</box>."
ANSWERS = [
    BOX,
    "<answer>0.1000, 0.6000, 0.3000, 0.9000</answer>",
    '<tool_call>{"name":"add_bbox","arguments":{"bbox_2d":[1,2,3,4]}}</tool_call><tool_call>{"name":"add_point","arguments":{"point_2d":[5,6],"label":"negative"}}</tool_call><tool_call>{"name":"stop_action"}</tool_call>',
    '```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "mass", "score": 0.5}, {"bbox_2d": [5, 6',
    "The <p>liver</p>[SEG] and <p>a cyst</p> [SEG].",
    "The answer is (C).",
    "B. Pneumonia",
]
RUNS = {"size": [48, 64], "counts": [10, 20, 3042]}
COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}, {"id": "b", "file_name": "b.png"}],
    "categories": [{"id": 1, "name": "cell"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "iscrowd": 0, "area": 1200.5},
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9, 1, 9]]},
        {"id": 3, "image_id": 1, "category_id": 1, "segmentation": RUNS},
        {"id": 4, "image_id": "b", "category_id": 1, "segmentation": {"size": [48, 64], "counts": "61X1"}},
    ],
}
RESULTS = [
    {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5},
    {"image_id": 7, "category_id": 3, "segmentation": RUNS, "score": 1, "file_name": "a.png", "category_name": "cell"},
    {"image_id": 42, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]], "score": 1e-3},
]
AGKD = (
    "image_id,tgt_bbox,pred_bbox,tgt_class_id,pred_class_id,tgt_class_name,pred_class_name\n"
    'a.png,"[[1, 2, 30, 40]]","[[1.5, 2, 31, 41], [5, 5, 9, 9]]",[3],"[3, 4]",[\'nodule\'],"[\'nodule\', \'mass\']"\n'
    "b.png,[array([ 7.  8. 20. 21.])],[],[4],[],effusion,\n"
)


# What is dropped together: a picture, its boxes, a label map, and a manifest.
VOC = "<annotation><filename>a.png</filename><size><width>8</width><height>6</height></size><object><name>cell</name>\
<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>5</ymax></bndbox></object></annotation>"
MANIFEST = {
    "schema": "groundglass.bundle/1",
    "generator": "groundglass",
    "cases": [
        {
            "name": "a.png", "sha256": "00", "width": 8, "height": 6, "spacing": [0.5, 0.5], "attributes": {"site": "north"},
            "truth": [{"label": "cell", "box": [1, 1, 4, 5], "mask": "61X1", "area": 12.5}],
            "readers": {"r1": [{"label": "cell", "box": [1, 1, 4, 5], "crowd": True}], "r2": []},
            "fixations": {"gaze.csv": [[1.5, 2], [-3, 40.25]], "more.csv": [[0.1, 0.2]]},
            "findings": [{"label": "cell", "box": [0.5, 1, 4, 5], "score": 0.5}],
        },
        {"name": "s.nii#2", "file": "s.nii", "width": 4, "height": 4, "slice": {"stack": "s.nii", "index": 1, "count": 3}},
    ],
    "sentences": [
        {"file": "report.csv", "image": "a", "region": "cell", "sentence": "A cell."},
        {"file": "report.csv", "image": "b", "sentence": "Clear."},
    ],
    "data": {"a.png": "00", "gaze.csv": "01"},
    "state": {"threshold": 0.5},
    "report": None,
}
ENTITIES = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">\
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/hostname">]><annotation><filename>&c;&x;</filename>\
<object><name>&c;</name></object></annotation>'


def put(target: str, name: str, content: str | bytes) -> None:
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def png(width: int, height: int, rows: bytes | None = None) -> bytes:
    """Grey, 8 bits; without rows a header that lies."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(rows if rows is not None else b"\0" * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def archives() -> dict[str, bytes]:
    """A dropped set in every kind of archive. Stored, so that what is within can be changed byte by byte."""
    files = {"a.png": png(8, 6, b"".join(bytes([0, *range(8)]) for _ in range(6))), "a.xml": VOC.encode(),
             "masks/a.png": png(8, 6, b"".join(bytes([0, 0, 1, 1, 0, 2, 2, 0, 0]) for _ in range(6)))}
    objects = REFERENCE / "dicom" / "objects"
    drawn = ["ct2.dcm", "rtstruct_loose.dcm", "seg_one_vessel.dcm", "seg_two_again.dcm"]
    looked = {"gaze.csv": b"image,x_px,y_px,duration\na.png,1.5,2,1\na.png,7,90,2\n",
              "report.csv": b"image,region,sentence\na,cell,A cell.\nb,,Clear.\n"}
    volumes = REFERENCE / "dicom" / "volumes"
    laid = {"s/ct/ct2.dcm": (objects / "ct2.dcm").read_bytes(), "s/sag.dcm": (volumes / "sag3.dcm").read_bytes(),
            "s/mask.nii.gz": (volumes / "axial_itk.nii.gz").read_bytes(),
            "s/seg/liver.nii.gz": (volumes / "sagittal_canonical.nii.gz").read_bytes()}
    made = {}
    for name, more in {"set": {}, "drawn": {path: (objects / path).read_bytes() for path in drawn}, "looked": looked, "laid": laid, "bundle": {"groundglass-bundle.json": json.dumps(MANIFEST).encode()},
                       "answers": {"r.json": json.dumps([{"image": "a.png", "text": "<p>cell</p>[SEG] and [SEG]"}]).encode(),
                                   "a_seg1.png": files["masks/a.png"], "a_2.png": files["a.png"]}}.items():
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w") as archive:
            for path, content in (files | more).items():
                archive.writestr(zipfile.ZipInfo(path), content)
        made[f"{name}.zip"] = stored.getvalue()
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    made["set.tar"] = tarred.getvalue().rstrip(b"\0") + b"\0" * 1024
    made["set.tar.gz"] = gzip.compress(made["set.tar"], mtime=0)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("bomb.csv"), b"")
        archive.writestr(zipfile.ZipInfo("bomb.json"), b"[" * 4_000_000, zipfile.ZIP_DEFLATED)
    made["bomb.zip"] = bomb.getvalue()
    made["bomb.tar.gz"] = gzip.compress(gzip.compress(b"\0" * 4_000_000, mtime=0), mtime=0)
    return made


def fears() -> None:
    put("images", "seed_huge.png", png(2**31 - 1, 2**31 - 1))
    put("images", "seed_bomb.png", png(1000, 1000, b"\0" * 1001 * 1000))
    nifti = bytearray(352)
    struct.pack_into("<i", nifti, 0, 348)
    struct.pack_into("<8h", nifti, 40, 4, 32767, 32767, 32767, 32767, 1, 1, 1)
    struct.pack_into("<hh", nifti, 70, 16, 32)
    struct.pack_into("<8f", nifti, 76, 1, 1, 1, 1, 1, 0, 0, 0)
    struct.pack_into("<f", nifti, 108, 352)
    nifti[344:348] = b"n+1\0"
    put("images", "seed_huge.nii", bytes(nifti))
    put("images", "seed_huge.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 80)
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }".ljust(79) + b"\n")
    put("images", "seed_huge.nrrd", "NRRD0004\ntype: float\ndimension: 3\nsizes: 2147483647 2147483647 9\nencoding: gzip\n\n")
    for depth in (200, 20_000):
        put("annotations", f"seed_deep_{depth}.json", '{"a":' * depth + "1" + "}" * depth)
        put("annotations", f"seed_deep_list_{depth}.json", "[" * depth)
        put("annotations", f"seed_deep_{depth}.xml", "<annotation>" * (depth // 10))
    put("annotations", "seed_entities.xml", ENTITIES)
    beyond = {"size": [2**31, 2**31], "counts": "61X1" * 40}
    put("annotations", "seed_beyond.json", json.dumps(COCO | {"annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "segmentation": beyond},
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": {"size": [48, 64], "counts": [2**32 - 1, 2**32 - 1]}}]}))
    put("annotations", "seed_gaze.csv", "image,x,y,duration,reader\na.png,0.5,0.25,1,r1\nb.png,1,0,2,r2\n")
    put("annotations", "seed_sentences.csv", "Volumename,Anatomy,Sentence\ns.nii.gz,lung,Clear.\ns.nii.gz,,None seen.\n")


def goldens() -> None:
    """The smallest golden of every ending, so that each reader begins with a file that it reads."""
    for target, folders in {"annotations": ["annotations"], "images": ["dicom", "images", "formats"]}.items():
        smallest: dict[str, Path] = {}
        for folder in folders:
            for path in (REFERENCE / folder).rglob("*"):
                kind = f"{path.parent.name}{path.suffix}"
                is_seed = path.is_file() and path.suffix not in {".py", ".md", ".bin"} and path.stat().st_size < 6000
                if is_seed and path.stat().st_size < smallest.get(kind, Path("/dev/full")).stat().st_size + 6000 * (kind not in smallest):
                    smallest[kind] = path
        for kind, path in smallest.items():
            put(target, f"golden_{kind}", path.read_bytes())


def main() -> None:
    florence = json.loads((REFERENCE / "grounded" / "florence.json").read_text())
    texts = [case["text"] for cases in florence.values() for case in cases[:12]] + ANSWERS
    for place, text in enumerate(texts):
        put("grounded", f"seed_{place}", text)
    records = [{"image": f"{place}.png", "question": "Which?", "response": text, "gt": "B"} for place, text in enumerate(ANSWERS)]
    records.append({"image": 7, "phrase": "cyst", "prediction": ANSWERS[4], "masks": [RUNS, [1, 1, 9, 1, 9, 9]], "gt": [[1, 2, 3, 4]]})
    put("annotations", "seed_coco.json", json.dumps(COCO))
    put("annotations", "seed_results.json", json.dumps(RESULTS))
    put("annotations", "seed_list.json", json.dumps(records))
    put("annotations", "seed_wrapped.json", json.dumps({"results": records[:2]}))
    put("annotations", "seed_by_image.json", json.dumps({record["response"][:3] + ".png": record["response"] for record in records[:3]}))
    put("annotations", "seed.jsonl", "\n".join(map(json.dumps, records)))
    put("annotations", "seed_agkd.csv", AGKD)
    put("annotations", "seed_answers.csv", "image,question,prediction\na.png,Which?,B\nb.png,Where?,nodule<loc_1><loc_2><loc_3><loc_4>\n")
    # One of each kind of answer, and a list of knowledge.
    answers = json.loads((REFERENCE / "language" / "answers.json").read_text())
    for place, (_, text, *_) in enumerate(answers[1::9]):
        put("florence_text", f"seed_{place}", text)
    put("florence_text", "seed_list.yaml", "- label: cyst\n  definition: A sac.\n  attributes: {shape: round, colour: [grey]}\n- mass\n")
    for name, content in archives().items():
        put("bundle", f"seed_{name}", content)
    put("bundle", "seed_manifest.json", json.dumps(MANIFEST))
    for path in (REFERENCE / "dicom" / "objects").glob("*.dcm"):
        put("bundle", f"golden_{path.name}", path.read_bytes())
    fears()
    goldens()
    put("coco_results", "seed.json", json.dumps(RESULTS))
    put("table", "seed_agkd.csv", AGKD)
    put("table", "seed.csv", "image;label;x_min\r\na.png;mass;1.5\r\nb.png;\"a \"\"b\"\"\";-2e3\r\n")
    put("table", "seed.tsv", "\ufeffcase\tscore\na\t0.5\n")


if __name__ == "__main__":
    main()
