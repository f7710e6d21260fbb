"""Goldens for grounded text: Florence-2's own post-processing (transformers) and Python's difflib.

Texts are drawn at random from the grammar that the model is trained to write, and some by hand. Boxes are as transformers
gives them: cut to whole pixels. The Rust test reads what this wrote and needs no Python.
"""

import difflib
import json
import random
from pathlib import Path

from transformers.models.florence2.processing_florence2 import Florence2PostProcessor

HERE = Path(__file__).parent
SIZES = [(512, 512), (640, 480), (1024, 768), (1333, 800), (97, 251), (2544, 3056)]
WORDS = ["pleural", "effusion", "nodule", "or", "mass", "T12", "2.5 cm", "left (upper) lobe", "fibrosis", "M\u00e9ni\u00e8re", "ILD", "a, b"]


class Tokens:
    """What the post-processing asks of a tokenizer when it is given text."""

    all_special_tokens = ["<s>", "</s>", "<pad>"]
    bos_token_id = 0


TASKS = ["description_with_bboxes", "phrase_grounding", "bboxes", "polygons", "description_with_polygons"]
reader = Florence2PostProcessor({task: {} for task in TASKS}, Tokens())


def said(text: str, size: tuple[int, int], task: str) -> list[dict]:
    return reader(text=text, image_size=size, parse_tasks=task)[task]


def locations(draw: random.Random, count: int) -> str:
    return "".join(f"<loc_{draw.choice([0, 999, draw.randrange(1000), draw.randrange(1000)])}>" for _ in range(count))


def phrase(draw: random.Random) -> str:
    return " " * draw.randrange(2) + " ".join(draw.choice(WORDS) for _ in range(draw.randrange(1, 4))) + " " * draw.randrange(2)


def boxes() -> list[dict]:
    draw = random.Random(7)
    texts = [
        "</s><s>pulmonary fibrosis<loc_10><loc_20><loc_30><loc_40>pulmonary fibrosis<loc_50><loc_60><loc_70><loc_80></s>",
        "cat<loc_1><loc_2><loc_3><loc_4><loc_5>",
        "cat<loc_1><loc_2><loc_3>dog<loc_5><loc_6><loc_7><loc_8>",
        "no location at all",
        "<s>a</s><pad><pad>",
        "nodule<loc_0><loc_0><loc_999><loc_999><loc_9><loc_8><loc_7><loc_6>",
        "",
    ]
    for _ in range(110):
        parts = [phrase(draw) + locations(draw, draw.choice([0, 2, 4, 4, 4, 5, 8, 8, 11, 12])) for _ in range(draw.randrange(1, 5))]
        texts.append("</s><s>" * draw.randrange(2) + "".join(parts) + "</s>" + "<pad>" * draw.randrange(3))
    made = []
    for text in texts:
        size = draw.choice(SIZES)
        found = said(text, size, "description_with_bboxes")
        grounded = [[one["cat_name"], box] for one in said(text, size, "phrase_grounding") for box in one["bbox"]]
        assert grounded == [[one["cat_name"], one["bbox"]] for one in found], text
        made.append({"text": text, "size": size, "boxes": grounded})
    return made


def proposals() -> list[dict]:
    draw = random.Random(8)
    made = []
    for _ in range(25):
        text, size = f"</s><s>{locations(draw, draw.choice([0, 4, 8, 9, 20]))}</s>", draw.choice(SIZES)
        made.append({"text": text, "size": size, "boxes": [["", one["bbox"]] for one in said(text, size, "bboxes")]})
    return made


def polygons() -> tuple[list[dict], list[dict]]:
    """Between <poly> tags behind phrases, and bare runs as for one referred object."""
    draw = random.Random(9)
    tagged, bare = [], []
    for _ in range(40):
        text, size = "</s><s>", draw.choice(SIZES)
        for _ in range(draw.randrange(1, 4)):
            text += phrase(draw)
            for _ in range(draw.randrange(1, 3)):
                rings = [locations(draw, draw.randrange(6, 11)) for _ in range(draw.randrange(1, 4))]
                text += "<poly>" + "<sep>".join(rings) + "</poly>"
        found = said(text + "</s>", size, "description_with_polygons")
        tagged.append({"text": text + "</s>", "size": size, "polygons": [[one["cat_name"], one["polygons"]] for one in found]})
    for _ in range(20):
        rings = [locations(draw, draw.randrange(6, 13)) for _ in range(draw.randrange(1, 4))]
        text, size = f"</s><s>{'<sep>'.join(rings)}</s>", draw.choice(SIZES)
        found = said(text, size, "polygons")
        bare.append({"text": text, "size": size, "polygons": [[one["cat_name"], one["polygons"]] for one in found]})
    return tagged, bare


def names() -> tuple[list, list]:
    draw = random.Random(10)
    ratios, closest = [], []
    labels = ["pulmonary fibrosis", "pleural effusion", "pleural thickening", "aortic enlargement", "nodule or mass", "mass",
              "infiltration", "consolidation", "calcification", "cardiomegaly", "other lesion", "atelectasis", "", "\u00e9dema"]

    def distorted(text: str) -> str:
        symbols = list(text)
        for _ in range(draw.randrange(0, 9)):
            at = draw.randrange(len(symbols) + 1)
            if draw.random() < 0.5 and at < len(symbols):
                del symbols[at]
            else:
                symbols.insert(at, draw.choice("abcde lmnu \u00e9"))
        return "".join(symbols)

    for _ in range(150):
        size = draw.choice(["ab", "abcdef", "abcdefghijklmnop \u00e9\u4e2d"])
        one, other = ("".join(draw.choice(size) for _ in range(draw.randrange(0, 30))) for _ in range(2))
        ratios.append([one, other])
    # As text, for not every JSON reader gives all digits back. From 200 characters of the second side on, frequent ones begin no match.
    for length in [199, 200, 201, 230, 260]:
        for size in ["ab", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?"]:
            other = "".join(draw.choice(size) for _ in range(length))
            one = distorted(other[:150]) + distorted(other[150:])
            ratios.append([one, other])
            ratios.append([other, one])
    plain = [difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() for one, other in ratios]
    ratios = [[one, other, repr(difflib.SequenceMatcher(None, one, other).ratio())] for one, other in ratios]
    assert sum(repr(one) != other[2] for one, other in zip(plain, ratios, strict=True)) >= 5
    for _ in range(200):
        name = distorted(draw.choice(labels))
        some = draw.sample(labels, draw.randrange(1, len(labels)))
        cutoff = draw.choice([0.5, 0.5, 0.6, 0.8, 0.0])
        found = difflib.get_close_matches(name, some, n=1, cutoff=cutoff)
        closest.append([name, some, cutoff, found[0] if found else None])
    return ratios, closest


def main() -> None:
    tagged, bare = polygons()
    florence = {"boxes": boxes(), "proposals": proposals(), "polygons": tagged, "bare_polygons": bare}
    (HERE / "florence.json").write_text(json.dumps(florence, separators=(",", ":")) + "\n")
    ratios, closest = names()
    (HERE / "names.json").write_text(json.dumps({"ratios": ratios, "closest": closest}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
