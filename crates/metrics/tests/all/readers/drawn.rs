//! Sets drawn as in `tests/reference/readers/make_goldens.py`.

use super::*;

pub fn draw_groups(rng: &mut SplitMix, classes: usize) -> Groups {
    let mut order = (0..classes as u32).collect::<Vec<_>>();
    for i in (1..classes).rev() {
        let j = rng.below(i as u64 + 1);
        order.swap(i, j);
    }
    let mut groups = Groups::new();
    let length = rng.below(classes as u64 + 1);
    for (index, &class) in order[..length].iter().enumerate() {
        if index == 0 || rng.below(3) > 0 {
            groups.push(vec![class]);
        } else {
            groups.last_mut().unwrap().push(class);
        }
    }
    groups
}

pub fn draw_ranked(rng: &mut SplitMix) -> RankedReadings {
    let count = 2 + rng.below(6);
    let readers = (0..rng.below(5)).map(|_| draw_groups(rng, count)).collect::<Vec<_>>();
    let prediction = match rng.below(5) {
        0 | 1 => Some(Prediction::Ranking(draw_groups(rng, count))),
        2 | 3 => Some(Prediction::Scores((0..count).map(|_| rng.below(5) as f64 / 4.0).collect())),
        _ => None,
    };
    let risks = (0..count).map(|_| rng.below(3) as u8).collect();
    let case = RankedReading { case: "a".into(), readers: named(readers), prediction, ..Default::default() };
    RankedReadings::new(classes(count), Some(risks), vec![case]).unwrap()
}

pub fn draw_labelled(rng: &mut SplitMix) -> LabelReadings {
    let (count, readers, everybody) = (2 + rng.below(3), 2 + rng.below(3), rng.below(2) == 0);
    let only_one = rng.below(8) == 0;
    let names = classes(count);
    let case = |index: usize, rng: &mut SplitMix| {
        let truth = rng.below(count as u64);
        let mut given = BTreeMap::new();
        for reader in 0..readers {
            let (there, wrong, other) = (rng.below(4) > 0, rng.below(3) == 0, rng.below(count as u64));
            let label = if only_one {
                0
            } else if wrong {
                other
            } else {
                truth
            };
            if there || everybody {
                given.insert(reader.to_string(), names[label].clone());
            }
        }
        let prediction = names.get(rng.below(count as u64 + 1)).cloned();
        LabelReading { case: index.to_string(), readers: given, prediction, ..Default::default() }
    };
    let cases = (0..1 + rng.below(7)).map(|index| case(index, rng)).collect();
    LabelReadings::new(Some(names.clone()), cases).unwrap()
}

const WIDTH: usize = 10;
const HEIGHT: usize = 8;
type Drawn = Vec<([usize; 4], usize, f64)>;

fn draw_rectangle(rng: &mut SplitMix) -> [usize; 4] {
    let (x, y) = (rng.below(WIDTH as u64), rng.below(HEIGHT as u64));
    [x, y, 1 + rng.below((WIDTH - x) as u64), 1 + rng.below((HEIGHT - y) as u64)]
}

fn jittered(rng: &mut SplitMix, [x, y, width, height]: [usize; 4]) -> [usize; 4] {
    let mut moved = |from: usize, least: usize, most: usize| (from + rng.below(3)).saturating_sub(1).clamp(least, most);
    let (x, y) = (moved(x, 0, WIDTH - 1), moved(y, 0, HEIGHT - 1));
    [x, y, moved(width, 1, WIDTH - x), moved(height, 1, HEIGHT - y)]
}

fn draw_side(rng: &mut SplitMix, base: &[([usize; 4], usize)]) -> Drawn {
    let mut side = Vec::new();
    for &(xywh, label) in base {
        if rng.below(4) > 0 {
            side.push((jittered(rng, xywh), label, (1 + rng.below(8)) as f64 / 8.0));
        }
    }
    if rng.below(4) == 0 {
        side.push((draw_rectangle(rng), rng.below(2), (1 + rng.below(8)) as f64 / 8.0));
    }
    side
}

fn region([x, y, width, height]: [usize; 4]) -> Region {
    let inside = |column, row| column >= x && column < x + width && row >= y && row < y + height;
    Region::from_mask(Mask::from_fn(WIDTH, HEIGHT, inside).unwrap()).unwrap()
}

const LABELS: [&str; 2] = ["a", "b"];

fn truths(side: &Drawn) -> Vec<TruthRegion> {
    let made = |&(xywh, label, _): &([usize; 4], usize, f64)| TruthRegion {
        label: LABELS[label].into(),
        region: region(xywh),
        crowd: false,
        area: None,
    };
    side.iter().map(made).collect()
}

pub fn draw_areas(rng: &mut SplitMix, case: usize) -> AreaReading {
    let base = (0..rng.below(4)).map(|_| (draw_rectangle(rng), rng.below(2))).collect::<Vec<_>>();
    let readers = (0..rng.below(6)).map(|_| truths(&draw_side(rng, &base))).collect();
    let made = |(xywh, label, score): ([usize; 4], usize, f64)| Finding {
        label: LABELS[label].into(),
        score,
        region: region(xywh),
    };
    let findings = (rng.below(6) > 0).then(|| draw_side(rng, &base).into_iter().map(made).collect());
    AreaReading {
        case: case.to_string(),
        width: WIDTH,
        height: HEIGHT,
        readers: named(readers),
        findings,
        ..Default::default()
    }
}
