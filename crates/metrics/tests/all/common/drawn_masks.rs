//! Small random masks from SplitMix64, drawn alike in `tests/reference/masks/draw.py`.

use groundglass_metrics::surface::{Grid, Volume};

const SPACINGS: [f64; 4] = [1.0, 0.5, 2.5, 0.75];

pub struct Draw(pub u64);

/// One value a voxel, x fastest.
pub struct Drawn {
    pub size: [usize; 3],
    pub values: Vec<u8>,
}

pub struct SurfaceCase {
    pub first: Volume,
    pub second: Volume,
    pub tolerance: f64,
}

impl Draw {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn mask(&mut self, size: [usize; 3]) -> Drawn {
        let [nx, ny, nz] = size;
        let mut drawn = Drawn { size, values: vec![0; nx * ny * nz] };
        let kind = self.below(7);
        match kind {
            0 => {}
            1 => {
                let (x, y, z) = (self.below(nx), self.below(ny), self.below(nz));
                drawn.values[x + nx * (y + ny * z)] = 1;
            }
            2 | 3 => {
                let share = if kind == 2 { 2 } else { 8 };
                drawn.values.iter_mut().for_each(|value| *value = u8::from(self.below(share) == 0));
            }
            4 | 5 => {
                let [x, y, z] = size.map(|n| {
                    let (a, b) = (self.below(n + 1), self.below(n + 1));
                    a.min(b)..a.max(b)
                });
                drawn.put(|at| x.contains(&at[0]) && y.contains(&at[1]) && z.contains(&at[2]));
                if kind == 5 {
                    self.flip(&mut drawn);
                }
            }
            _ => {
                let centre = size.map(|n| self.below(n));
                let radius = 1 + self.below(nx.max(ny).max(nz));
                drawn.put(|at| {
                    (0..3).map(|axis| at[axis].abs_diff(centre[axis]).pow(2)).sum::<usize>() <= radius * radius
                });
            }
        }
        drawn
    }

    pub fn flip(&mut self, drawn: &mut Drawn) {
        for value in &mut drawn.values {
            if self.below(12) == 0 {
                *value = 1 - *value;
            }
        }
    }

    pub fn pair(&mut self, size: [usize; 3]) -> (Drawn, Drawn) {
        let first = self.mask(size);
        if self.below(2) == 0 {
            return (first, self.mask(size));
        }
        let mut second = Drawn { size, values: first.values.clone() };
        self.flip(&mut second);
        (first, second)
    }

    pub fn surface_case(&mut self) -> SurfaceCase {
        let (mut dimensions, mut size) = if self.below(3) > 0 {
            (2, [1 + self.below(14), 1 + self.below(14), 1])
        } else {
            (3, [0; 3].map(|_| 1 + self.below(7)))
        };
        if self.below(12) == 0 {
            size = [60 + self.below(80), 1 + self.below(3), 1];
            dimensions = 2;
        }
        let spacing = if self.below(2) == 1 { [0; 3].map(|_| SPACINGS[self.below(4)]) } else { [1.0; 3] };
        let grid = if dimensions == 2 {
            Grid::plane([size[0], size[1]], [spacing[0], spacing[1]])
        } else {
            Grid::volume(size, spacing)
        };
        let (first, second) = self.pair(size);
        let volume = |drawn: Drawn| Volume::from_values(grid.clone().unwrap(), &drawn.values).unwrap();
        let tolerance = 0.5 + 0.5 * self.below(5) as f64;
        SurfaceCase { first: volume(first), second: volume(second), tolerance }
    }
}

impl Drawn {
    fn put(&mut self, inside: impl Fn([usize; 3]) -> bool) {
        let [nx, ny, _] = self.size;
        for (at, value) in self.values.iter_mut().enumerate() {
            *value = u8::from(inside([at % nx, at / nx % ny, at / (nx * ny)]));
        }
    }
}
