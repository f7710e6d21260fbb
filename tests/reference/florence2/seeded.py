"""Numbers that look random and are the same in Python and in Rust, so that no weights need to be stored.

A number is a hash (SplitMix64's finaliser, Steele et al. 2014) of its tensor's name and its place; its 24 high bits are
a number of [-1, 1) in steps that f32 holds exactly. Scales are f32 too, so every product is rounded alike everywhere.
"""

import math

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniform(name, count, seed):
    """`count` numbers of [-1, 1) in f32."""
    key = np.uint64((fnv(name) + seed * GOLDEN) & MASK)
    with np.errstate(over="ignore"):
        z = key + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    high = (z >> np.uint64(40)).astype(np.float32)
    return (high - np.float32(2**23)) * np.float32(2.0**-23)


def weights(name, shape, seed):
    """One tensor by its native name, without `model.`: norms about 1, biases about 0, and what is multiplied by scaled
    to keep a signal's size."""
    values = uniform(name, math.prod(shape), seed)
    if len(shape) == 1:
        scaled = values * np.float32(0.1) if name.endswith("bias") else np.float32(1.0) + values * np.float32(0.2)
    else:
        inputs = math.prod(shape[1:])
        gain = 3.0 if "embed" in name or "shared" in name else 1.5
        scaled = values * np.float32(gain * math.sqrt(3.0 / inputs))
    return scaled.reshape(shape)
