//! The numbers on the way to an answer, as a safetensors file: how another implementation is compared with this one.

use std::path::Path;

use groundglass_engine::Trace;
use groundglass_language::Question;
use groundglass_models::florence2::Answer;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Writes `image_features` and `encoder_output` (`[tokens, width]`), `first_logits` (`[vocabulary]`), `prompt_ids` and
/// `answer_ids` (with the decoder's start), and the answer's `log_probabilities`.
pub fn write(path: &Path, trace: &Trace, question: &Question, answer: &Answer) -> anyhow::Result<()> {
    let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let ids = |values: &[u32]| values.iter().flat_map(|&id| i64::from(id).to_le_bytes()).collect::<Vec<u8>>();
    let rows = |values: &[f32]| vec![values.len() / trace.width.max(1), trace.width];
    let tensors = [
        ("image_features", Dtype::F32, rows(&trace.features), floats(&trace.features)),
        ("encoder_output", Dtype::F32, rows(&trace.encoded), floats(&trace.encoded)),
        ("first_logits", Dtype::F32, vec![trace.logits.len()], floats(&trace.logits)),
        ("prompt_ids", Dtype::I64, vec![question.tokens.len()], ids(&question.tokens)),
        ("answer_ids", Dtype::I64, vec![answer.tokens.len()], ids(&answer.tokens)),
        ("log_probabilities", Dtype::F32, vec![answer.log_probabilities.len()], floats(&answer.log_probabilities)),
    ];
    let views = tensors
        .iter()
        .map(|(name, kind, shape, bytes)| Ok((*name, TensorView::new(*kind, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    std::fs::write(path, safetensors::serialize(views, None)?)?;
    Ok(())
}
