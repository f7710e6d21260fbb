"""Seeds for the fuzz targets, in corpus/: answers from the goldens, and small files by hand. Images need none here, for the
goldens themselves are given to the fuzzer (run.sh). Run once; the minimised corpus is what is committed.
"""

import json
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


def put(target: str, name: str, text: str) -> None:
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


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
    put("coco_results", "seed.json", json.dumps(RESULTS))
    put("table", "seed_agkd.csv", AGKD)
    put("table", "seed.csv", "image;label;x_min\r\na.png;mass;1.5\r\nb.png;\"a \"\"b\"\"\";-2e3\r\n")
    put("table", "seed.tsv", "\ufeffcase\tscore\na\t0.5\n")


if __name__ == "__main__":
    main()
