"""The authors' own PyTorch code on a checkpoint in the hub's layout, float64.

usage: python3 authors.py videomae|whisper CLONE CHECKPOINT INPUT OUTPUT [TOKEN ...]
CLONE is a clone of MCG-NJU/VideoMAE or openai/whisper; INPUT holds a clip's bytes or a mel as float32;
OUTPUT gets float32 numbers: the mean of the last tokens, or the logits of every token.
"""
import importlib.util
import json
import os
import struct
import sys
import types
from functools import partial

import numpy as np
import torch

torch.set_grad_enabled(False)


def read_safetensors(folder):
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        numbers = np.frombuffer(data[start:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(numbers.astype(np.float64))
    return tensors


def load_module(name, path, package=None):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def stub(name, **members):
    """Stands for a package that the file imports and this comparison does not need."""
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


def videomae(clone, folder, source, target):
    stub("timm")
    stub("timm.models")
    stub(
        "timm.models.layers",
        drop_path=lambda x, *_: x,
        to_2tuple=lambda n: (n, n),
        trunc_normal_=torch.nn.init.trunc_normal_,
    )
    stub("timm.models.registry", register_model=lambda model: model)
    code = load_module("modeling_finetune", os.path.join(clone, "modeling_finetune.py"))
    config = json.load(open(os.path.join(folder, "config.json")))
    model = code.VisionTransformer(
        img_size=config["image_size"], patch_size=config["patch_size"], num_classes=1,
        embed_dim=config["hidden_size"], depth=config["num_hidden_layers"], num_heads=config["num_attention_heads"],
        mlp_ratio=config["intermediate_size"] / config["hidden_size"], qkv_bias=True,
        norm_layer=partial(torch.nn.LayerNorm, eps=config["layer_norm_eps"]),
        all_frames=config["num_frames"], tubelet_size=config["tubelet_size"], use_mean_pooling=False,
    ).double().eval()
    given = {key.removeprefix("videomae."): value for key, value in read_safetensors(folder).items()}
    state = {f"patch_embed.proj.{part}": given[f"embeddings.patch_embeddings.projection.{part}"] for part in ("weight", "bias")}
    for part in ("weight", "bias"):
        state[f"norm.{part}"] = given[f"layernorm.{part}"]
    for i in range(config["num_hidden_layers"]):
        old, new = f"encoder.layer.{i}.", f"blocks.{i}."
        attention = old + "attention.attention."
        state[new + "attn.qkv.weight"] = torch.cat([given[f"{attention}{role}.weight"] for role in ("query", "key", "value")])
        state[new + "attn.q_bias"] = given[attention + "q_bias"]
        state[new + "attn.v_bias"] = given[attention + "v_bias"]
        for part in ("weight", "bias"):
            state[f"{new}norm1.{part}"] = given[f"{old}layernorm_before.{part}"]
            state[f"{new}norm2.{part}"] = given[f"{old}layernorm_after.{part}"]
            state[f"{new}attn.proj.{part}"] = given[f"{old}attention.output.dense.{part}"]
            state[f"{new}mlp.fc1.{part}"] = given[f"{old}intermediate.dense.{part}"]
            state[f"{new}mlp.fc2.{part}"] = given[f"{old}output.dense.{part}"]
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"head.weight", "head.bias"}, (missing, unexpected)
    frames = np.fromfile(source, dtype=np.uint8).reshape(config["num_frames"], config["image_size"], config["image_size"], 3)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    pixels = (frames / 255.0 - mean) / deviation
    caught = []
    model.norm.register_forward_hook(lambda _module, _inputs, output: caught.append(output))
    model(torch.from_numpy(pixels.transpose(3, 0, 1, 2))[None])
    caught[0][0].mean(0).numpy().astype("<f4").tofile(target)


def whisper(clone, folder, source, target, tokens):
    stub("whisper")
    sys.modules["whisper"].__path__ = []
    stub("whisper.decoding", decode=None, detect_language=None)
    stub("whisper.transcribe", transcribe=None)
    code = load_module("whisper.model", os.path.join(clone, "whisper", "model.py"))
    # Its LayerNorm goes through float32, which half precision needs and float64 does not.
    code.LayerNorm.forward = torch.nn.LayerNorm.forward
    config = json.load(open(os.path.join(folder, "config.json")))
    model = code.Whisper(code.ModelDimensions(
        n_mels=config["num_mel_bins"], n_audio_ctx=config["max_source_positions"], n_audio_state=config["d_model"],
        n_audio_head=config["encoder_attention_heads"], n_audio_layer=config["encoder_layers"],
        n_vocab=config["vocab_size"], n_text_ctx=config["max_target_positions"], n_text_state=config["d_model"],
        n_text_head=config["decoder_attention_heads"], n_text_layer=config["decoder_layers"],
    )).double().eval()
    names = [
        ("model.", ""), ("layers.", "blocks."), ("encoder_attn_layer_norm", "cross_attn_ln"),
        ("self_attn_layer_norm", "attn_ln"), ("final_layer_norm", "mlp_ln"), ("encoder_attn.", "cross_attn."),
        ("self_attn.", "attn."), ("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out"),
        ("fc1", "mlp.0"), ("fc2", "mlp.2"), ("embed_tokens", "token_embedding"),
        ("embed_positions.weight", "positional_embedding"), ("encoder.layer_norm", "encoder.ln_post"),
        ("decoder.layer_norm", "decoder.ln"),
    ]
    state = {}
    for name, value in read_safetensors(folder).items():
        for old, new in names:
            name = name.replace(old, new)
        state[name] = value
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"decoder.mask"}, (missing, unexpected)
    mel = np.fromfile(source, dtype="<f4").astype(np.float64).reshape(1, config["num_mel_bins"], -1)
    logits = model.decoder(torch.tensor([tokens]), model.encoder(torch.from_numpy(mel)))
    logits[0].numpy().astype("<f4").tofile(target)


kind, clone, folder, source, target, *rest = sys.argv[1:]
if kind == "videomae":
    videomae(clone, folder, source, target)
else:
    whisper(clone, folder, source, target, [int(token) for token in rest])
