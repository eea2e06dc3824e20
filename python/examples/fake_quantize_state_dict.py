#!/usr/bin/env python3
"""Fake-quantises the linear layers of a transformers-style state dict and saves what loads in its place.

Usage: fake_quantize_state_dict.py [--format e3m2] [--scale row] OUT.npz

The state dict here is a tiny LLaMA-shaped one with random weights; with torch it would be model.state_dict(), whose
tensors fp6sim reads through DLPack: new = torch.from_numpy(fp6sim.quantize(tensor, "e3m2").dequantize()).
"""
import argparse

import fp6sim
import numpy as np

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def tiny_state_dict(dim=64, hidden=176, layers=2, vocabulary=256):
    random = np.random.default_rng(0)

    def weight(*shape):
        return (random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float16)

    state = {"model.embed_tokens.weight": weight(vocabulary, dim), "model.norm.weight": np.ones(dim, np.float16)}
    for layer in range(layers):
        for part in LINEAR:
            rows, columns = {"gate_proj": (hidden, dim), "up_proj": (hidden, dim),
                             "down_proj": (dim, hidden)}.get(part, (dim, dim))
            block = "mlp" if "gate" in part or "up" in part or "down" in part else "self_attn"
            state[f"model.layers.{layer}.{block}.{part}.weight"] = weight(rows, columns)
    return state


def fake_quantize(state, format, scale):
    """A new state dict: linear layers as float16 values the format can hold, the rest as it is. Prints the damage."""
    result = {}
    for name, tensor in state.items():
        if not any(part in name for part in LINEAR):
            result[name] = tensor
            continue
        values = fp6sim.quantize(tensor, format, scale).dequantize()
        original = np.asarray(tensor, dtype=np.float64)
        noise = np.square(original - values.astype(np.float64)).sum()
        print(f"{name:48} SNR {10 * np.log10(np.square(original).sum() / noise):6.2f} dB")
        result[name] = values
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--format", default="e3m2")
    parser.add_argument("--scale", default="row")
    arguments = parser.parse_args()
    np.savez(arguments.out, **fake_quantize(tiny_state_dict(), arguments.format, arguments.scale))


if __name__ == "__main__":
    main()
