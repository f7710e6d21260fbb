//! Where the objects lie, and which pixels they fill.

use crate::options::{PhantomKind, PhantomOptions};
use crate::random::Random;

/// How often an object is thrown before it is left out.
const TRIES: u32 = 1000;

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct Disc {
    /// Class name.
    pub label: &'static str,
    center: (i64, i64),
    radius: i64,
    hole_radius: i64,
}

/// The pixels that an object can fill: columns `left..right` and rows `top..bottom`, cut at the image's edge.
pub struct Window {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Disc {
    /// The window around the disc.
    pub fn window(&self, options: &PhantomOptions) -> Window {
        let cut = |position: i64, end: u32| position.clamp(0, i64::from(end)) as usize;
        let (x, y) = self.center;
        Window {
            left: cut(x - self.radius, options.width),
            top: cut(y - self.radius, options.height),
            right: cut(x + self.radius + 1, options.width),
            bottom: cut(y + self.radius + 1, options.height),
        }
    }

    /// Calls `visit(index, in_hole)` for every pixel whose distance from the centre is less than the
    /// radius; `index` counts the image's pixels row by row.
    pub fn for_each_pixel(&self, options: &PhantomOptions, mut visit: impl FnMut(usize, bool)) {
        let window = self.window(options);
        for y in window.top..window.bottom {
            for x in window.left..window.right {
                let (dx, dy) = (x as i64 - self.center.0, y as i64 - self.center.1);
                let squared = dx * dx + dy * dy;
                if squared < self.radius * self.radius {
                    visit(y * options.width as usize + x, squared < self.hole_radius * self.hole_radius);
                }
            }
        }
    }
}

/// Throws the objects one after another.
pub fn place(options: &PhantomOptions, random: &mut Random) -> Vec<Disc> {
    let [fewest, most] = options.count;
    let count = random.between(fewest, most);
    let mut discs = Vec::new();
    for _ in 0..count {
        let second_class = random.up_to(1) == 1;
        let placed = (0..TRIES).find_map(|_| {
            let disc = throw(options, second_class, random);
            discs.iter().all(|other| far_enough(&disc, other, options.overlap)).then_some(disc)
        });
        discs.extend(placed);
    }
    discs
}

fn throw(options: &PhantomOptions, second_class: bool, random: &mut Random) -> Disc {
    let (radius, hole_radius) = match (options.kind, second_class) {
        (PhantomKind::Size, false) => (options.small_radius, 0),
        (PhantomKind::Size, true) | (_, false) => (options.radius, 0),
        (_, true) => (options.radius, options.hole_radius),
    };
    // The paper's margin. Where an image is smaller than that, the centre lies in its middle.
    let mut coordinate = |length: u32| {
        let margin = (options.radius / 2).min((length - 1) / 2);
        i64::from(random.between(margin, length - 1 - margin))
    };
    let center = (coordinate(options.width), coordinate(options.height));
    let label = options.kind.labels()[usize::from(second_class)];
    Disc { label, center, radius: i64::from(radius), hole_radius: i64::from(hole_radius) }
}

fn far_enough(one: &Disc, other: &Disc, overlap: f64) -> bool {
    let (dx, dy) = (one.center.0 - other.center.0, one.center.1 - other.center.1);
    let needed = (one.radius + other.radius) as f64 * (1.0 - overlap);
    (dx * dx + dy * dy) as f64 >= needed * needed
}
