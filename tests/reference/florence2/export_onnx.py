"""Writes the weights of a seeded network and the same network as ONNX, for `cargo xtask bench web --model florence2`
alone.

    python export_onnx.py FOLDER [--twin padded_windows]

The network is the published configuration, or a twin of make_goldens.py. ONNX is in three parts: `image.onnx` (vision
encoder and projector), `prompt.onnx` (text encoder over features and a prompt, and the keys and values that the decoder
keeps of it), `step.onnx` (one token of the decoder, with the keys and values of those before it). Each part is compared
with what `transformers` answers before it is written. The published configuration takes 5 GB of memory and of disk 2.
"""

import argparse
import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

import make_goldens
import seeded

# f32 sums in another order.
TOLERANCE = 1e-3
# Tokens of a prompt about as long as those of AG-KD.
PROMPT = 35


class Image(nn.Module):
    """Pixels [1, 3, h, w] -> features [1, tokens, width]."""

    def __init__(self, model):
        super().__init__()
        self.vision, self.projector = model.vision_tower, model.multi_modal_projector

    def forward(self, pixels):
        return self.projector(self.vision(pixels))


def split(attention, values):
    """[1, tokens, width] -> [1, heads, tokens, width / heads]."""
    return values.unflatten(2, (attention.num_heads, attention.head_dim)).transpose(1, 2)


def attend(attention, queries, keys, values):
    queries = split(attention, attention.q_proj(queries)) * attention.scaling
    weights = torch.softmax(queries @ keys.transpose(2, 3), 3)
    return attention.out_proj((weights @ values).transpose(1, 2).flatten(2))


class Prompt(nn.Module):
    """Features and a prompt's ids -> keys and values of the encoder's output, layer by layer."""

    def __init__(self, model):
        super().__init__()
        text = model.language_model
        self.embedding, self.encoder, self.layers = text.shared, text.encoder, text.decoder.layers

    def forward(self, features, ids):
        embedded = torch.cat([features, self.embedding(ids)], 1)
        encoded = self.encoder(inputs_embeds=embedded).last_hidden_state
        kept = []
        for layer in self.layers:
            attention = layer.encoder_attn
            kept += [split(attention, attention.k_proj(encoded)), split(attention, attention.v_proj(encoded))]
        return tuple(kept)


class Step(nn.Module):
    """One token [1, 1] at a position [1], what is kept of the encoder's output and of the tokens before -> logits
    [1, vocabulary], and what is to be kept."""

    def __init__(self, model):
        super().__init__()
        self.decoder, self.head = model.language_model.decoder, model.lm_head
        self.embedding = model.language_model.shared

    def forward(self, token, position, cross, before):
        decoder = self.decoder
        x = self.embedding(token) + nn.functional.embedding(position + 2, decoder.embed_positions.weight)
        x = decoder.layernorm_embedding(x)
        kept = []
        for index, layer in enumerate(decoder.layers):
            attention = layer.self_attn
            keys = torch.cat([before[2 * index], split(attention, attention.k_proj(x))], 2)
            values = torch.cat([before[2 * index + 1], split(attention, attention.v_proj(x))], 2)
            kept += [keys, values]
            x = layer.self_attn_layer_norm(attend(attention, x, keys, values) + x)
            told = attend(layer.encoder_attn, x, cross[2 * index], cross[2 * index + 1])
            x = layer.encoder_attn_layer_norm(told + x)
            hidden = layer.fc2(nn.functional.gelu(layer.fc1(x)))
            x = layer.final_layer_norm(hidden + x)
        return self.head(x[:, 0]), *kept


def checked(name, ours, theirs):
    difference = float((ours - theirs).abs().max())
    print(f"{name}: largest difference from transformers {difference:.1e}")
    if not difference <= TOLERANCE:
        raise SystemExit(f"{name} differs from transformers by {difference}")


def parameters(model):
    """As the file of weights has them: the tied embedding once."""
    return {name: parameter.detach().contiguous() for name, parameter in model.named_parameters()}


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--twin", choices=make_goldens.TWINS)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    twin = make_goldens.TWINS[arguments.twin] if arguments.twin else make_goldens.FULL
    config = make_goldens.configuration(twin)
    model = make_goldens.build(config, make_goldens.tensors(config, twin["seed"]))
    save_file(parameters(model), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(config.to_json_string(use_diff=True))

    height, width = twin["image"]
    pixels = seeded.uniform("pixel_values", 3 * height * width, twin["seed"]).reshape(1, 3, height, width) * 2
    pixels = torch.from_numpy(pixels)
    prompt = [0, *range(4, 2 + PROMPT), 2]
    ids = torch.tensor([prompt])
    image, question, step = Image(model).eval(), Prompt(model).eval(), Step(model).eval()
    features = image(pixels)
    cross = question(features, ids)
    layers, heads = config.text_config.decoder_layers, config.text_config.decoder_attention_heads
    nothing = torch.zeros(1, heads, 0, config.text_config.d_model // heads)
    before, logits = (nothing,) * (2 * layers), None
    for position, token in enumerate(make_goldens.DECODER):
        logits, *before = step(torch.tensor([[token]]), torch.tensor([position]), cross, tuple(before))

    whole = torch.cat([torch.full((1, features.shape[1]), config.image_token_id), ids], 1)
    theirs = model(input_ids=whole, pixel_values=pixels, attention_mask=torch.ones_like(whole),
                   decoder_input_ids=torch.tensor([make_goldens.DECODER]))
    checked("features", features, model.get_image_features(pixels))
    checked("logits", logits, theirs.logits[:, -1])

    torch.onnx.export(image, (pixels,), folder / "image.onnx", input_names=["pixels"], output_names=["features"],
                      external_data=False)
    kept = [f"{part}.{layer}" for layer in range(layers) for part in ("keys", "values")]
    torch.onnx.export(question, (features, ids), folder / "prompt.onnx", input_names=["features", "ids"],
                      output_names=[f"cross.{name}" for name in kept], external_data=False)
    length = torch.export.Dim("length", max=config.text_config.max_position_embeddings)
    torch.onnx.export(
        step, (torch.tensor([[0]]), torch.tensor([2]), list(cross), list(before)), folder / "step.onnx",
        input_names=["token", "position", *(f"cross.{name}" for name in kept), *(f"before.{name}" for name in kept)],
        output_names=["logits", *(f"after.{name}" for name in kept)],
        dynamic_shapes=(None, None, [None] * (2 * layers), [{2: length}] * (2 * layers)), external_data=False,
    )
    (folder / "task.json").write_text(json.dumps({
        "prompt": prompt, "start": 2, "height": height, "width": width, "layers": layers, "heads": heads,
        "head_width": config.text_config.d_model // heads, "seed": twin["seed"],
    }) + "\n")


if __name__ == "__main__":
    main()
