"""The names and shapes that Microsoft's own code gives the tensors of the twin `padded_windows`.

    python make_microsoft.py FOLDER

FOLDER holds modeling_florence2.py and configuration_florence2.py, as Microsoft publishes them with the weights and
AG-KD keeps them in src/Florence2. Of timm, which the code imports, two names are enough.
"""
# needs: Microsoft's modeling_florence2.py: cargo xtask reference florence2/make_microsoft -- FOLDER

import importlib
import json
import pathlib
import sys
import types

import torch

import make_goldens

HERE = pathlib.Path(__file__).parent
TWIN = make_goldens.TWINS["padded_windows"]

layers = types.ModuleType("timm.models.layers")
layers.DropPath = torch.nn.Identity
layers.trunc_normal_ = torch.nn.init.trunc_normal_
sys.modules |= {"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"),
                "timm.models.layers": layers}

folder = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(folder.parent))
configuration = importlib.import_module(f"{folder.name}.configuration_florence2")
modeling = importlib.import_module(f"{folder.name}.modeling_florence2")
# What a newer transformers asks of a model's class.
modeling.Florence2ForConditionalGeneration._supports_sdpa = True
modeling.Florence2LanguagePreTrainedModel._supports_sdpa = True

vision = dict(TWIN["vision"])
vision["dim_embed"] = vision.pop("embed_dim")
vision |= {
    "model_type": "davit", "drop_path_rate": 0.1, "enable_checkpoint": False, "projection_dim": TWIN["text"]["d_model"],
    "visual_temporal_embedding": {"type": "COSINE", "max_temporal_embeddings": 100},
    "image_pos_embed": {"type": "learned_abs_2d", "max_pos_embeddings": 50},
    "image_feature_source": ["spatial_avg_pool", "temporal_avg_pool"],
}
text = {**TWIN["text"], "scale_embedding": False, "normalize_before": False}
config = configuration.Florence2Config(vision_config=vision, text_config=text, projection_dim=text["d_model"],
                                       vocab_size=text["vocab_size"])
model = modeling.Florence2ForConditionalGeneration(config)
shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items())
(HERE / "microsoft.json").write_text(f"{{\n{lines}\n}}\n")
