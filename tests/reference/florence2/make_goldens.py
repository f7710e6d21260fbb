"""What `transformers` makes of small Florence-2 networks with seeded weights: configurations and outputs are written
here, weights are not (see seeded.py).

    python make_goldens.py              # small twins, resized images
    python make_goldens.py --full       # the published configuration: 4 GB of memory, some minutes
    python make_goldens.py --weights D  # its 0.9 GB of weights and config.json, into the folder D
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file
from transformers import BartConfig, CLIPImageProcessor, Florence2Config, Florence2ForConditionalGeneration

import seeded

HERE = pathlib.Path(__file__).parent
PROMPT = [0, 11, 12, 13, 14, 11, 2]
DECODER = [2, 0, 5, 6, 7]

STEM = {"patch_size": (7, 3, 3, 3), "patch_stride": (4, 2, 2, 2), "patch_padding": (3, 1, 1, 1)}
TWINS = {
    # Two stages, windows of 4.
    "two_stages": {
        "seed": 1,
        "image": (64, 64),
        "vision": {
            "depths": (1, 2), "embed_dim": (8, 16), "num_heads": (2, 4), "num_groups": (1, 2), "window_size": 4,
            "patch_size": (7, 3), "patch_stride": (4, 2), "patch_padding": (3, 1), "patch_prenorm": (False, True),
        },
        "text": {
            "vocab_size": 120, "d_model": 24, "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 3,
            "decoder_attention_heads": 4, "encoder_ffn_dim": 40, "decoder_ffn_dim": 32, "max_position_embeddings": 128,
        },
    },
    # 512 pixels: every stage's windows of 12 are padded (128 -> 132, 64 -> 72, 32 -> 36, 16 -> 24).
    "padded_windows": {
        "seed": 2,
        "image": (512, 512),
        "vision": {
            "depths": (1, 1, 1, 1), "embed_dim": (8, 8, 16, 16), "num_heads": (1, 2, 4, 4), "num_groups": (2, 1, 4, 2),
            "window_size": 12, "patch_prenorm": (False, True, True, True), **STEM,
        },
        "text": {
            "vocab_size": 300, "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2,
            "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 320,
        },
    },
    # Neither square nor even: other norms, no bias in the attention, a narrow hidden layer.
    "oblong": {
        "seed": 3,
        "image": (90, 157),
        "vision": {
            "depths": (0, 1, 1), "embed_dim": (6, 12, 18), "num_heads": (1, 3, 3), "num_groups": (3, 4, 9),
            "window_size": 5, "patch_size": (5, 3, 2), "patch_stride": (3, 2, 2), "patch_padding": (2, 1, 0),
            "patch_prenorm": (True, False, True), "mlp_ratio": 2.0, "qkv_bias": False, "max_position_embeddings": 20,
        },
        "text": {
            "vocab_size": 90, "d_model": 20, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 5,
            "decoder_attention_heads": 1, "encoder_ffn_dim": 30, "decoder_ffn_dim": 50, "max_position_embeddings": 160,
        },
    },
}
FULL = {
    "seed": 4,
    "image": (768, 768),
    "vision": {},
    "text": {
        "vocab_size": 51290, "d_model": 768, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12,
        "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072,
        "max_position_embeddings": 1024,
    },
}
SIZES = [((40, 30), (24, 24)), ((33, 47), (64, 64)), ((200, 13), (17, 96)), ((5, 5), (5, 9)), ((300, 211), (32, 32)),
         ((1, 1), (4, 3)), ((64, 48), (64, 20))]


def configuration(twin):
    text = BartConfig(**twin["text"], scale_embedding=False)
    vision = {**twin["vision"], "projection_dim": twin["text"]["d_model"]}
    token = twin["text"]["vocab_size"] - 1
    config = Florence2Config(text_config=text.to_dict(), vision_config=vision, image_token_id=token)
    config._attn_implementation = "eager"
    return config


def tensors(config, seed):
    """Every parameter by its native name."""
    with torch.device("meta"):
        model = Florence2ForConditionalGeneration(config)
    return {
        name: seeded.weights(name.removeprefix("model."), tuple(parameter.shape), seed)
        for name, parameter in model.named_parameters()
    }


def build(config, values):
    model = Florence2ForConditionalGeneration(config).eval()
    parameters = dict(model.named_parameters())
    assert parameters.keys() == values.keys()
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(values[name]))
    # The text model as the published files configure it.
    model.generation_config.decoder_start_token_id = 2
    return model


def inputs(twin, config, model):
    height, width = twin["image"]
    pixels = seeded.uniform("pixel_values", 3 * height * width, twin["seed"]) * np.float32(2)
    pixels = torch.from_numpy(pixels.reshape(1, 3, height, width))
    with torch.no_grad():
        features = model.get_image_features(pixels)
    ids = [config.image_token_id] * features.shape[1] + PROMPT
    return pixels, features, torch.tensor([ids])


def plain(**options):
    return {"num_beams": 1, "early_stopping": True, "no_repeat_ngram_size": 0, "length_penalty": 1.0,
            "max_new_tokens": 24, "eos_token_id": 2, "forced_bos_token_id": 0, "forced_eos_token_id": 2} | options


def generated(model, pixels, ids, options):
    output = model.generate(
        input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids), do_sample=False, pad_token_id=1,
        bos_token_id=0, return_dict_in_generate=True, output_scores=True, **options,
    )
    beams = options["num_beams"] > 1
    transition = model.compute_transition_scores(
        output.sequences, output.scores, output.beam_indices if beams else None, normalize_logits=not beams
    )
    return {
        "options": options,
        "tokens": output.sequences[0].tolist(),
        "transition_scores": transition[0].tolist(),
        "sequences_score": output.sequences_scores[0].item() if beams else None,
    }


def searches(model, pixels, ids, vocabulary):
    def run(**options):
        return generated(model, pixels, ids, plain(**options))

    runs = [run(), run(no_repeat_ngram_size=3), run(no_repeat_ngram_size=2, max_new_tokens=40), run(max_new_tokens=1),
            run(max_new_tokens=2), run(forced_bos_token_id=None, forced_eos_token_id=None, no_repeat_ngram_size=1)]
    # Seeded networks seldom end an answer of themselves: more tokens are said to be ends.
    said = runs[2]["tokens"]
    often = [2, said[5], said[9]]
    many = [2, *range(5, vocabulary, 9)]
    runs.append(run(eos_token_id=often, no_repeat_ngram_size=3))
    for beams in (2, 3, 5):
        runs.append(run(num_beams=beams, no_repeat_ngram_size=3))
        for early in (True, False, "never"):
            for penalty in (-1.0, 0.0, 1.0, 2.0):
                runs.append(run(num_beams=beams, early_stopping=early, length_penalty=penalty, eos_token_id=often,
                                no_repeat_ngram_size=3, max_new_tokens=20))
            runs.append(run(num_beams=beams, early_stopping=early, length_penalty=0.5, eos_token_id=many,
                            no_repeat_ngram_size=2, max_new_tokens=15))
    for tokens in (1, 2, 3, 7, 40):
        runs.append(run(num_beams=3, max_new_tokens=tokens, no_repeat_ngram_size=3))
        runs.append(run(num_beams=3, max_new_tokens=tokens, forced_bos_token_id=None, forced_eos_token_id=None))
    return runs


def make_twin(name, twin):
    torch.manual_seed(0)
    config = configuration(twin)
    model = build(config, tensors(config, twin["seed"]))
    pixels, features, ids = inputs(twin, config, model)
    with torch.no_grad():
        output = model(input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids),
                       decoder_input_ids=torch.tensor([DECODER]))
    runs = searches(model, pixels, ids, twin["text"]["vocab_size"])
    lengths = sorted({len(run["tokens"]) for run in runs})
    print(name, "features", tuple(features.shape), "parameters", model.num_parameters(), "lengths", lengths)
    save_file({
        "image_features": features[0].numpy(),
        "encoder_last": output.encoder_last_hidden_state[0].numpy().copy(),
        "logits": output.logits[0].numpy().copy(),
    }, HERE / f"{name}.safetensors")
    (HERE / f"{name}.config.json").write_text(config.to_json_string(use_diff=True))
    (HERE / f"{name}.json").write_text(json.dumps(
        {"seed": twin["seed"], "image": twin["image"], "prompt": PROMPT, "decoder": DECODER, "runs": runs}) + "\n")


def sampled(values, step):
    return values.reshape(-1)[::step].astype(np.float32)


def make_full():
    config = configuration(FULL)
    model = build(config, tensors(config, FULL["seed"]))
    pixels, features, ids = inputs(FULL, config, model)
    with torch.no_grad():
        output = model(input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids),
                       decoder_input_ids=torch.tensor([DECODER]))
    greedy = generated(model, pixels, ids, plain(max_new_tokens=50, no_repeat_ngram_size=3))
    beams = generated(model, pixels, ids, plain(max_new_tokens=20, no_repeat_ngram_size=3, num_beams=3))
    print("full", greedy["tokens"], beams["tokens"])
    save_file({
        "image_features": sampled(features[0].numpy(), 997),
        "encoder_last": sampled(output.encoder_last_hidden_state[0].numpy(), 997),
        "logits": sampled(output.logits[0].numpy(), 501),
    }, HERE / "full.safetensors")
    (HERE / "full.config.json").write_text(config.to_json_string(use_diff=True))
    (HERE / "full.json").write_text(json.dumps(
        {"seed": FULL["seed"], "image": FULL["image"], "prompt": PROMPT, "decoder": DECODER,
         "runs": [greedy, beams]}) + "\n")


def write_weights(folder):
    folder.mkdir(parents=True, exist_ok=True)
    config = configuration(FULL)
    values = {name: value for name, value in tensors(config, FULL["seed"]).items()}
    save_file(values, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(config.to_json_string(use_diff=True))


def picture(name, size):
    width, height = size
    values = seeded.uniform(name, 3 * width * height, 9)
    return ((values + np.float32(1)) * np.float32(128)).astype(np.uint8).reshape(height, width, 3)


def make_resized():
    """Seeded pictures, resized by Pillow, by OpenCV, and normalised by the processor of Florence-2."""
    import cv2

    kept, cases = {}, []
    for index, (size, target) in enumerate(SIZES):
        image = picture(f"picture {index}", size)
        kept[f"bicubic {index}"] = np.asarray(Image.fromarray(image).resize(target, Image.Resampling.BICUBIC))
        kept[f"linear {index}"] = cv2.resize(image, target, interpolation=cv2.INTER_LINEAR)
        cases.append({"size": size, "target": target})
    processor = CLIPImageProcessor(size={"height": 36, "width": 36}, resample=3, do_center_crop=False,
                                   image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    image = picture("picture 0", SIZES[0][0])
    kept["pixel_values"] = processor(images=image, return_tensors="np")["pixel_values"][0].astype(np.float32)
    save_file({name: np.ascontiguousarray(value) for name, value in kept.items()}, HERE / "resized.safetensors")
    (HERE / "resized.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--weights", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.weights:
        write_weights(arguments.weights)
    elif arguments.full:
        make_full()
    else:
        for name, twin in TWINS.items():
            make_twin(name, twin)
        make_resized()
