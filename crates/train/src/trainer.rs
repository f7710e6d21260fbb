//! The loop: batches from a thread of their own, steps, checkpoints.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::Context;
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::store::{BurnpackStore, ModuleSnapshot};
use burn::tensor::{Device, Tensor, TensorData};
use groundglass_models::retina_unet::anchors::{Anchor, anchors};
use groundglass_models::retina_unet::{ARCHITECTURE, RetinaUNet, RetinaUNetModel};
use groundglass_models::weights;
use indicatif::{ProgressBar, ProgressStyle};
use rand::distr::weighted::WeightedIndex;
use rand::prelude::Distribution;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::example::Example;
use crate::loss::{BatchTargets, Losses};
use crate::recipe::Recipe;
use crate::sample::{Sample, draw};
use crate::targets::{Targets, targets};

/// Steps over which printed losses are averaged.
const REPORT_EVERY: usize = 25;

/// Where a training stops and goes on.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    /// The folder.
    pub folder: PathBuf,
    /// Steps between two.
    pub every: usize,
    /// Whether to go on from the last one.
    pub resume: bool,
}

struct Batch {
    step: usize,
    samples: Vec<Sample>,
    targets: Vec<Targets>,
    has_masks: Vec<bool>,
}

/// Trains and returns the weights file.
pub fn train(recipe: &Recipe, examples: Vec<Example>, checkpoints: &Checkpoints) -> anyhow::Result<Vec<u8>> {
    let device = Device::flex().autodiff();
    device.seed(recipe.training.seed);
    let mut model = RetinaUNet::new(&recipe.model, &device);
    let mut optimizer = AdamWConfig::new()
        .with_weight_decay(recipe.training.weight_decay)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(recipe.training.gradient_norm)))
        .init();
    std::fs::create_dir_all(&checkpoints.folder).context("the folder for checkpoints cannot be made")?;
    let mut first = 0;
    if checkpoints.resume {
        (first, model, optimizer) = resume(&checkpoints.folder, model, optimizer)?;
    }

    let progress = ProgressBar::new(recipe.training.steps as u64).with_position(first as u64);
    progress.set_style(ProgressStyle::with_template(
        "{bar:30} step {pos}/{len}, {elapsed_precise} gone, {eta_precise} left  {msg}",
    )?);
    let mut sums = [0.0; 3];
    for batch in batches(recipe.clone(), examples, first) {
        let step = batch.step;
        let losses = forward(&model, &batch, recipe, &device);
        let total = losses.total(&recipe.training);
        for (sum, loss) in sums.iter_mut().zip([&losses.class, &losses.boxes, &losses.segmentation]) {
            *sum += loss.clone().into_scalar::<f64>();
        }
        let gradients = GradientsParams::from_grads(total.backward(), &model);
        model = optimizer.step(recipe.learning_rate(step), model, gradients);
        progress.inc(1);
        if (step + 1).is_multiple_of(REPORT_EVERY) {
            let [class, boxes, segmentation] = sums.map(|sum| sum / REPORT_EVERY as f64);
            let line = format!("class {class:.4}  boxes {boxes:.4}  segmentation {segmentation:.4}");
            progress.set_message(line.clone());
            progress.suspend(|| eprintln!("step {:>6}  {line}", step + 1));
            sums = [0.0; 3];
        }
        if (step + 1).is_multiple_of(checkpoints.every) || step + 1 == recipe.training.steps {
            save(&checkpoints.folder, step + 1, &model, &optimizer)?;
            std::fs::write(checkpoints.folder.join(format!("{}.safetensors", recipe.name)), export(recipe, &model)?)?;
        }
    }
    progress.finish();
    export(recipe, &model)
}

fn forward(model: &RetinaUNet, batch: &Batch, recipe: &Recipe, device: &Device) -> Losses {
    let (count, side) = (batch.samples.len(), recipe.training.crop);
    let pixels: Vec<f32> = batch.samples.iter().flat_map(|sample| sample.pixels.iter().copied()).collect();
    let shape = [count, recipe.model.in_channels, side, side];
    let input = Tensor::<4>::from_data(TensorData::new(pixels, shape), device);
    let targets = BatchTargets::new(&batch.targets, &batch.has_masks, recipe.model.labels.len(), side, device);
    Losses::of(model.forward(input, &recipe.model), targets)
}

/// Batches of the steps from `first` on, drawn in a thread of their own.
fn batches(recipe: Recipe, examples: Vec<Example>, first: usize) -> Receiver<Batch> {
    let (sender, receiver) = sync_channel(2);
    std::thread::spawn(move || {
        let side = recipe.training.crop;
        let anchors = anchors(&recipe.model, side, side);
        let weight = |example: &Example| (example.classes.len().max(1) as f64).powf(recipe.training.object_power);
        let Ok(choice) = WeightedIndex::new(examples.iter().map(weight)) else { return };
        for step in first..recipe.training.steps {
            let batch = draw_batch(step, &recipe, &examples, &choice, &anchors);
            if sender.send(batch).is_err() {
                return;
            }
        }
    });
    receiver
}

fn draw_batch(
    step: usize,
    recipe: &Recipe,
    examples: &[Example],
    choice: &WeightedIndex<f64>,
    anchors: &[Anchor],
) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(recipe.training.seed);
    rng.set_stream(step as u64 + 1);
    let mut batch = Batch { step, samples: Vec::new(), targets: Vec::new(), has_masks: Vec::new() };
    for _ in 0..recipe.training.batch {
        let example = &examples[choice.sample(&mut rng)];
        let sample = draw(example, recipe.model.in_channels, &recipe.training, &mut rng);
        batch.targets.push(targets(&sample, &example.classes, anchors, recipe.model.labels.len(), &recipe.training));
        batch.samples.push(sample);
        batch.has_masks.push(example.has_masks);
    }
    batch
}

fn save(folder: &Path, step: usize, model: &RetinaUNet, optimizer: &ModuleOptimizer) -> anyhow::Result<()> {
    let mut store = BurnpackStore::from_file(folder.join("model.bpk")).overwrite(true);
    model.save_into(&mut store).map_err(|error| anyhow::anyhow!("{error}"))?;
    optimizer.save(folder.join("optimizer.bpk")).map_err(|error| anyhow::anyhow!("{error}"))?;
    std::fs::write(folder.join("step"), step.to_string())?;
    Ok(())
}

fn resume(
    folder: &Path,
    mut model: RetinaUNet,
    optimizer: ModuleOptimizer,
) -> anyhow::Result<(usize, RetinaUNet, ModuleOptimizer)> {
    let step = std::fs::read_to_string(folder.join("step")).context("there is no checkpoint to resume from")?;
    let mut store = BurnpackStore::from_file(folder.join("model.bpk"));
    model.load_from(&mut store).map_err(|error| anyhow::anyhow!("{error}"))?;
    let optimizer = optimizer.load(folder.join("optimizer.bpk")).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok((step.trim().parse().context("the checkpoint's step is not a number")?, model, optimizer))
}

/// The weights file. Its known answer is computed from the file itself, so that rounding to f16 is in it.
fn export(recipe: &Recipe, model: &RetinaUNet) -> anyhow::Result<Vec<u8>> {
    let config = serde_json::to_string(&recipe.model)?;
    let to_bytes = |answer: &_| {
        weights::to_bytes(&model.valid(), &recipe.name, ARCHITECTURE, &config, answer).map_err(anyhow::Error::msg)
    };
    let draft = to_bytes(&Default::default())?;
    let header = weights::read_header(&recipe.name, &draft)?;
    let rounded = RetinaUNetModel::load(&recipe.name, &header, &draft, &Device::flex())?;
    let answer = pollster::block_on(rounded.known_answer()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    to_bytes(&answer)
}
