"""A small Florence-2 with seeded weights as a folder of files, as a user has one, and what `transformers` answers with it to
an image of 8 bits: the page's modules and the page itself are held to that.

    python make_small.py
"""

import json
import pathlib
import shutil

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file
from transformers import CLIPImageProcessor

import make_goldens
import seeded

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "small"
# The tokenizer's own entries, those that Florence-2 adds, and the image's.
VOCABULARY = 359 + 1024 + 1
SIDE = 64
TWIN = {
    "seed": 11,
    "vision": {
        "depths": (1, 1, 1, 1), "embed_dim": (8, 16, 16, 32), "num_heads": (1, 2, 2, 4), "num_groups": (1, 2, 2, 4),
        "window_size": 4, "patch_prenorm": (False, True, True, True), **make_goldens.STEM,
    },
    "text": {
        "vocab_size": VOCABULARY, "d_model": 24, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
        "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 160,
    },
}
GENERATION = {"num_beams": 3, "early_stopping": True, "no_repeat_ngram_size": 3, "max_new_tokens": 40,
              "decoder_start_token_id": 2, "eos_token_id": 2, "forced_bos_token_id": 0, "forced_eos_token_id": 2}
QUESTION = [0, 100, 71, 200, 44, 13, 2]


def picture():
    """40 rows and 56 columns of grey, by a rule that a test can repeat."""
    y, x = np.mgrid[0:40, 0:56]
    return ((x * 7 + y * 13 + (x * y) % 29 * 4) % 256).astype(np.uint8)


def main():
    torch.manual_seed(0)
    config = make_goldens.configuration(TWIN)
    values = {name: value.astype(np.float16) for name, value in make_goldens.tensors(config, TWIN["seed"]).items()}
    model = make_goldens.build(config, {name: value.astype(np.float32) for name, value in values.items()})
    FOLDER.mkdir(exist_ok=True)
    save_file(values, FOLDER / "model.safetensors")
    (FOLDER / "config.json").write_text(config.to_json_string(use_diff=True))
    (FOLDER / "generation_config.json").write_text(json.dumps(GENERATION, indent=1) + "\n")
    processing = {"size": {"height": SIDE, "width": SIDE}, "resample": 3, "image_mean": [0.485, 0.456, 0.406],
                  "image_std": [0.229, 0.224, 0.225]}
    (FOLDER / "preprocessor_config.json").write_text(json.dumps(processing, indent=1) + "\n")
    shutil.copy(HERE.parent / "language" / "tokenizer.json", FOLDER / "tokenizer.json")

    processor = CLIPImageProcessor(do_center_crop=False, **processing)
    image = Image.fromarray(picture()).convert("RGB")
    pixels = processor(image, return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        features = model.get_image_features(pixels)
    ids = torch.tensor([[config.image_token_id] * features.shape[1] + QUESTION])
    with torch.no_grad():
        output = model(input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids),
                       decoder_input_ids=torch.tensor([[2]]))
    runs = [make_goldens.generated(model, pixels, ids, {**make_goldens.plain(no_repeat_ngram_size=3, max_new_tokens=40),
                                                        "num_beams": beams})["tokens"] for beams in (1, 3)]
    print("parameters", model.num_parameters(), "features", tuple(features.shape), "tokens", [len(run) for run in runs])
    (FOLDER / "expected.json").write_text(json.dumps({
        "question": QUESTION, "greedy": runs[0], "beams": runs[1],
        "features": np.round(features[0].numpy().astype(float), 7).ravel().tolist(),
        "encoded": np.round(output.encoder_last_hidden_state[0].numpy().astype(float), 7).ravel().tolist(),
        "logits": np.round(output.logits[0, -1].numpy().astype(float), 6).ravel().tolist(),
    }) + "\n")


if __name__ == "__main__":
    main()
