"""Small random masks from SplitMix64, drawn alike in crates/metrics/tests/all/common/draw.rs."""

import numpy as np

FULL = (1 << 64) - 1
SPACINGS = [1.0, 0.5, 2.5, 0.75]


class Draw:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & FULL
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & FULL
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & FULL
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def mask(self, size):
        """One value a voxel, indexed [z, y, x] with x fastest."""
        nx, ny, nz = size
        mask = np.zeros((nz, ny, nx), bool)
        kind = self.below(7)
        if kind == 0:
            return mask
        if kind == 1:
            x, y, z = self.below(nx), self.below(ny), self.below(nz)
            mask[z, y, x] = True
            return mask
        if kind in (2, 3):
            share = 2 if kind == 2 else 8
            for at in range(mask.size):
                mask.flat[at] = self.below(share) == 0
            return mask
        if kind in (4, 5):
            (x0, x1), (y0, y1), (z0, z1) = (sorted((self.below(n + 1), self.below(n + 1))) for n in size)
            mask[z0:z1, y0:y1, x0:x1] = True
            if kind == 5:
                self.flip(mask)
            return mask
        x, y, z = (self.below(n) for n in size)
        radius = 1 + self.below(max(size))
        zz, yy, xx = np.indices(mask.shape)
        return (xx - x) ** 2 + (yy - y) ** 2 + (zz - z) ** 2 <= radius * radius

    def flip(self, mask):
        for at in range(mask.size):
            if self.below(12) == 0:
                mask.flat[at] = not mask.flat[at]

    def pair(self, size):
        first = self.mask(size)
        if self.below(2) == 0:
            return first, self.mask(size)
        second = first.copy()
        self.flip(second)
        return first, second

    def surface_case(self):
        """Dimensions, size, spacing, first mask, second mask, tolerance."""
        if self.below(3) > 0:
            dimensions, size = 2, (1 + self.below(14), 1 + self.below(14), 1)
        else:
            dimensions, size = 3, tuple(1 + self.below(7) for _ in range(3))
        if self.below(12) == 0:
            size = (60 + self.below(80), 1 + self.below(3), 1)
            dimensions = 2
        spacing = tuple(SPACINGS[self.below(4)] for _ in range(3)) if self.below(2) else (1.0, 1.0, 1.0)
        if dimensions == 2:
            spacing = (spacing[0], spacing[1], 1.0)
        first, second = self.pair(size)
        return dimensions, size, spacing, first, second, 0.5 + 0.5 * self.below(5)
