"""Goldens for the words of Florence-2: tokens, prompts, answers, bins and lists of knowledge.

What is asked: transformers 4.57.1 (`Florence2Processor` and its post-processing), Microsoft's processor, and PyYAML. The
Rust tests read what this wrote and need no Python.

    python make_goldens.py [--microsoft FILE] [--bart FILE]

Microsoft's processor is in no package: FILE is `src/Florence2/preprocessor_florence2.py` of
https://github.com/LijunRio/AG-KD at def444e. BART's `tokenizer.json` is not kept here either: FILE is any copy of it
(facebook/bart-base, or `src/Florence2/tokenizer.json` of AG-KD). Without them the goldens made with them stay as they are.
"""

import argparse
import importlib.util
import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import yaml
from PIL import Image
from tokenizers import ByteLevelBPETokenizer
from transformers import BartTokenizerFast, CLIPImageProcessor
from transformers.models.florence2.processing_florence2 import Florence2PostProcessor, Florence2Processor

HERE = Path(__file__).parent
SENTENCES = """
Locate the phrases in the caption: a small round nodule in the upper lobe of the left lung.
Locate the objects with category name in the image.
Locate the objects in the image, with their descriptions.
Locate the region proposals in the image.
What does the image describe? Describe in detail what is shown in the image.
What is the polygon mask of region one? What does the region describe?
The nucleus means a dark round or oval spot inside a cell with a sharp border.
A dividing nucleus means two dark clumps side by side in a clear cell.
The coin lies beside the key, the button and the scissors on a table of wood.
A leaf is thin and flat, with veins that branch; a feather has soft barbs.
There are 12 cells of 3.5 um, 40 of 7 um and none that it's hard to see.
""".strip().splitlines()
BEFORE = ["<od>", "</od>", "<ocr>", "</ocr>"]
AFTER = ["<cap>", "</cap>", "<ncap>", "</ncap>", "<dcap>", "</dcap>", "<grounding>", "</grounding>", "<seg>", "</seg>",
         "<sep>", "<region_cap>", "</region_cap>", "<region_to_desciption>", "</region_to_desciption>", "<proposal>",
         "</proposal>", "<poly>", "</poly>", "<and>"]
ADDED = BEFORE + [f"<loc_{place}>" for place in range(1000)] + AFTER
OCR = r"(.+?)" + r"<loc_(\d+)>" * 8
NAMELESS = ["it", "a group", "the image", "that"]
CONFIG = {
    "ocr": {"PATTERN": OCR, "AREA_THRESHOLD": 0.0},
    "phrase_grounding": {"banned_grounding_tokens": NAMELESS},
    **{name: {} for name in ["pure_text", "description_with_bboxes", "description_with_polygons", "polygons", "bboxes",
                             "description_with_bboxes_or_polygons"]},
}
SIZES = [(512, 512), (640, 480), (1333, 800), (97, 251), (2544, 3056), (1000, 1)]


def write(name: str, value: object) -> None:
    (HERE / name).write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


def make_tokenizer() -> None:
    """A vocabulary of our own sentences, in the form of BART's file, without Florence-2's tokens."""
    tokenizer = ByteLevelBPETokenizer(add_prefix_space=False)
    tokenizer.train_from_iterator(SENTENCES, vocab_size=420, min_frequency=2,
                                  special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False)
    made = json.loads(tokenizer._tokenizer.to_str())
    vocabulary = made["model"]["vocab"]
    vocabulary["<mask>"] = len(vocabulary)
    flags = {"special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True}
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made["added_tokens"] = [{"id": vocabulary[token], "content": token, **flags, "lstrip": token == "<mask>"} for token in tokens]
    made["post_processor"] = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False}
    # As in older files, and in BART's.
    made["model"]["merges"] = [" ".join(pair) for pair in made["model"]["merges"]]
    write("tokenizer.json", made)


def tokenizer_of(file: Path, image: bool) -> BartTokenizerFast:
    tokenizer = BartTokenizerFast(tokenizer_file=str(file), clean_up_tokenization_spaces=False)
    tokenizer.add_special_tokens({"additional_special_tokens": ADDED + ["<image>"] * image})
    if image:
        tokenizer.image_token = "<image>"
        tokenizer.image_token_id = tokenizer.convert_tokens_to_ids("<image>")
    return tokenizer


def native_of(file: Path) -> Florence2Processor:
    image = CLIPImageProcessor(size={"height": 8, "width": 8}, crop_size={"height": 8, "width": 8})
    image.image_seq_length = 3
    return Florence2Processor(image, tokenizer_of(file, image=True), post_processor_config=CONFIG)


def ids_of(processor: Florence2Processor, prompt: str) -> tuple[str, list[int]]:
    """The sentence that a prompt becomes, and its ids without those of the image."""
    ids = processor(text=[prompt], images=[Image.new("RGB", (8, 8))])["input_ids"][0]
    return processor._construct_prompts(prompt)[0], [one for one in ids if one != processor.image_token_id]


INPUTS = ["nodule", "  a red\u00a0coin ", "pleural effusion means Fluid.", "M\u00e9ni\u00e8re \u4e2d\u6587 \U0001fac1!", "it's 3.5 um\n\n  wide",
          "<loc_1><loc_20><loc_300><loc_999>", "", "a <s> b </s>", "<mask> x <mask>", "1234567   tabs\t\tend\t"]


def make_prompts(native: Florence2Processor, microsoft: object, bart: Path | None) -> None:
    before = json.loads((HERE / "prompts.json").read_text()) if (HERE / "prompts.json").exists() else {}
    added = tokenizer_of(HERE / "tokenizer.json", image=False)
    made = {"plain": [], "native": [], "microsoft": before.get("microsoft", []), "bart": before.get("bart", [])}
    made["sizes"] = [len(added), len(native.tokenizer)]
    prompts = list(native.task_prompts_without_inputs)
    prompts += [token + text for token in native.task_prompts_with_input for text in INPUTS[:6] if text]
    for prompt in prompts:
        made["native"].append([prompt, *ids_of(native, prompt)])
    for text in INPUTS + SENTENCES[:3] + [" ", "  \n ", "\u00e9", "<loc_5", "<loc_1000><loc_07>", "x" * 60]:
        made["plain"].append([text, added(text)["input_ids"]])
    draw = random.Random(3)
    made["decoded"] = []
    for place in range(60):
        some = draw.choice([420, 420, len(added)])
        ids = [draw.randrange(some) for _ in range(draw.randrange(1, 14))]
        made["decoded"].append([ids, added.decode(ids, skip_special_tokens=False)])
    reader = Florence2PostProcessor(CONFIG, added)
    made["spans"] = []
    for text in ["<s>a leaf<loc_1><loc_2><loc_3><loc_4> and the coin<loc_9><loc_8><loc_7><loc_6></s>", "What is shown?"]:
        ids = added(text, add_special_tokens=False)["input_ids"]
        made["spans"].append([ids, *reader.decode_with_spans(ids)])
    if microsoft:
        made["microsoft"] = [[prompt, microsoft.prompt(prompt)] for prompt in prompts]
    if bart:
        tokenizer = tokenizer_of(bart, image=True)
        texts = [sentence for _, sentence, _ in made["native"]] + INPUTS + SENTENCES
        made["bart"] = [[text, tokenizer(text)["input_ids"]] for text in dict.fromkeys(texts)]
    write("prompts.json", made)


class Microsoft:
    """Microsoft's processor, as far as it needs no image."""

    def __init__(self, file: Path, tokenizer: BartTokenizerFast) -> None:
        spec = importlib.util.spec_from_file_location("microsoft_florence2", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.kind = module.Florence2Processor
        self.self = SimpleNamespace(post_processor=module.Florence2PostProcesser(tokenizer=tokenizer))
        text = file.read_text()
        # The tables that its constructor fills, which also wants an image processor.
        tables = text[text.index("self.tasks_answer_post_processing_type"):text.index("self.post_processor =")]
        exec("if True:\n        " + tables, {"self": self.self})
        # Its list of words that name nothing is longer; what is tested is the rule.
        self.self.post_processor.black_list_of_phrase_grounding = set(NAMELESS)

    def prompt(self, text: str) -> str:
        return self.kind._construct_prompts(self.self, [text])[0]

    def answer(self, text: str, task: str, size: tuple[int, int]) -> object:
        return self.kind.post_process_generation(self.self, text, task, size)[task]


WORDS = ["nodule", "pleural effusion", "a red coin", "Leaf", "M\u00e9ni\u00e8re", "\u4e2d\u6587", "2.5 cm", "it", "the image", "a, b", "x > y", "loc_5>", "od>", "a\u00a0b"]
TAGS = ["<s>", "</s>", "<pad>", "<sep>", "<poly>", "</poly>", "<od>", "</od>", "<box>", "</bbox>", "<ground>", "<obj>", "<and>", "<loc_", "<loc_x>", "<", ">", "\n", " ", "\u2028", "\x1f", "<<s>s>", "<po<s>ly>"]


def locations(draw: random.Random, count: int) -> str:
    return "".join(f"<loc_{draw.choice([0, 999, draw.randrange(1000), draw.randrange(1000)])}>" for _ in range(count))


def phrase(draw: random.Random) -> str:
    return " " * draw.randrange(2) + " ".join(draw.choice(WORDS) for _ in range(draw.randrange(1, 3))) + draw.choice(["", "", " ", "\n"] if draw.random() < 0.3 else [""])


def polygon(draw: random.Random) -> str:
    rings = "<sep>".join(locations(draw, draw.choice([1, 2, 5, 6, 8, 9])) for _ in range(draw.randrange(1, 3)))
    return draw.choice(["{}", "<poly>{}</poly>", "<poly>{}</poly>", "<poly>{}", "{}</poly>", "</poly>{}<poly>", "<sep>{}", "{}<sep>"]).format(rings)


def text_of(draw: random.Random, task: str) -> str:
    """A text such as the task is answered with, or something that only looks like it."""
    parts = []
    kind = draw.random()
    for _ in range(draw.randrange(0, 4)):
        if kind < 0.35:
            parts.append(draw.choice([phrase(draw), phrase(draw), locations(draw, draw.randrange(1, 10)), polygon(draw), draw.choice(TAGS)]))
        elif task in ("<REFERRING_EXPRESSION_SEGMENTATION>", "<REGION_TO_SEGMENTATION>"):
            parts.append(draw.choice(["", "", phrase(draw)]) + polygon(draw))
        elif task == "<REGION_PROPOSAL>":
            parts.append(locations(draw, draw.choice([0, 3, 4, 8, 9])))
        elif task == "<OCR_WITH_REGION>":
            parts.append(phrase(draw) + locations(draw, draw.choice([4, 7, 8, 8, 8, 9, 16])))
        elif task == "<OPEN_VOCABULARY_DETECTION>" and kind < 0.75:
            parts.append(phrase(draw) + "".join(polygon(draw) for _ in range(draw.randrange(1, 3))))
        else:
            parts.append(phrase(draw) + locations(draw, draw.choice([0, 3, 4, 4, 4, 5, 8, 8, 11])))
    ends = draw.choice([("</s><s>", "</s>"), ("</s><s>", "</s>"), ("<s>", "</s><pad>"), ("", "")])
    return ends[0] + "".join(parts) + ends[1]


TASKS = {
    "<CAPTION_TO_PHRASE_GROUNDING>": 70, "<OPEN_VOCABULARY_DETECTION>": 80, "<OD>": 30, "<DENSE_REGION_CAPTION>": 12,
    "<REGION_PROPOSAL>": 40, "<REFERRING_EXPRESSION_SEGMENTATION>": 80, "<REGION_TO_SEGMENTATION>": 12,
    "<OCR_WITH_REGION>": 60, "<OCR>": 4, "<CAPTION>": 6, "<DETAILED_CAPTION>": 2, "<MORE_DETAILED_CAPTION>": 2,
    "<REGION_TO_CATEGORY>": 4, "<REGION_TO_DESCRIPTION>": 2, "<REGION_TO_OCR>": 2,
}


def short(value: object) -> object:
    """Numbers of single precision with as few digits as show which they are."""
    if isinstance(value, dict):
        return {name: short(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [short(one) for one in value]
    return float(str(np.float32(value))) if isinstance(value, float) else value


def make_answers(native: Florence2Processor, microsoft: Microsoft | None) -> None:
    draw = random.Random(11)
    file = HERE / "answers.json"
    kept = {}
    if microsoft is None and file.exists():
        kept = {(case[0], case[1], tuple(case[2])): case[4] for case in json.loads(file.read_text())}
    made = []
    for task, count in TASKS.items():
        for place in range(count):
            text, size = "" if place == 0 else text_of(draw, task), draw.choice(SIZES)
            expected = native.post_process_generation(text=text, task=task, image_size=size)[task]
            if microsoft:
                other = short(microsoft.answer(text, task, size))
            else:
                other = kept.get((task, text, size))
            made.append([task, text, size, expected, other])
    write("answers.json", made)


def make_bins(native: Florence2Processor) -> None:
    draw = random.Random(12)
    made = {"quantise": [], "dequantise": [], "training": []}
    for _ in range(150):
        size = draw.choice(SIZES + [(draw.randrange(1, 5000), draw.randrange(1, 5000))])
        # Borders of bins, places outside, and anything.
        places = [draw.choice([edge * draw.randrange(-1, 1002) / 1000, draw.uniform(-5, edge + 5), float(draw.randrange(edge + 1))]) for edge in (*size, *size)]
        places = [float(str(np.float32(place))) for place in places]
        made["quantise"].append([size, places, native.post_processor.quantize(torch.tensor([places]), size)[0].tolist()])
        x1, y1, x2, y2 = (min(max(place, 0.0), edge) for place, edge in zip(places, (*size, *size)))
        made["training"].append([size, [x1, y1, x2, y2], [min(int(x / edge * 1000), 999) for x, edge in zip((x1, y1, x2, y2), (*size, *size))]])
        bins = [draw.randrange(1000) for _ in range(4)]
        made["dequantise"].append([size, bins, native.post_processor.dequantize(torch.tensor([bins]), size)[0].tolist()])
    # Every bin of edges on which the middles of many are whole numbers, where rounding shows.
    for edge in [16, 80, 400, 1200, 2000, 3056, 3600]:
        bins = torch.arange(1000).reshape(-1, 4)
        cut = native.post_processor.dequantize(bins, (edge, edge)).reshape(-1).tolist()
        made["dequantise"].append([[edge, edge], bins.reshape(-1).tolist(), cut])
    write("bins.json", made)


KNOWLEDGE = [
    'nodule: "A small round spot."\nPleural Effusion: Fluid around the lung.\n',
    "# all\nild: >\n  Scarring of the\n  tissue.\n\nmass: |\n  Two lines,\n  kept.\nempty:\nnil: ~\nyes: 'it''s'\n12: 3.5\n",
    '{"a b": "c: d", \'e\': "\\u00e9 \\"q\\" \\n", f: g}\n',
    "\u4e2d\u6587: \"\u00e9\u2019s \U0001fac1\"\n? long key\n: value # comment\n\"q: r\": '#no comment'\n",
    "---\na: b\nc: plain text\n  over lines\n...\n",
]


def make_knowledge() -> None:
    made = []
    for text in [*KNOWLEDGE, (HERE / "../../../crates/language/src/knowledge/example.yaml").read_text()]:
        # Everything as text: that a label may be "yes" or 12 is no question of types here.
        made.append([text, [[key, value or ""] for key, value in yaml.load(text, yaml.BaseLoader).items()]])
    write("knowledge.json", made)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--microsoft", type=Path)
    parser.add_argument("--bart", type=Path)
    given = parser.parse_args()
    make_tokenizer()
    native = native_of(HERE / "tokenizer.json")
    microsoft = Microsoft(given.microsoft, tokenizer_of(HERE / "tokenizer.json", image=False)) if given.microsoft else None
    make_prompts(native, microsoft, given.bart)
    make_answers(native, microsoft)
    make_bins(native)
    make_knowledge()


if __name__ == "__main__":
    main()
