//! Any text as an answer of Florence-2, for every task in both flavours, and as a list of knowledge.
#![no_main]

use groundglass_language::{
    Flavour, Knowledge, Prompt, PromptStyle, Task, Transcript, answer, read_answer, repair_labels,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // As tokens of three bytes each, which may cut characters.
    let transcript = Transcript::new(bytes.chunks(3));
    let prompt = Prompt::of_text(&transcript.text);
    for named in &Task::ALL {
        for (flavour, _) in Flavour::ALL {
            let reading = answer::Reading { flavour, prompt: Some(&prompt), ..answer::Reading::new(named.task, [640, 480]) };
            let answer = read_answer(&transcript, &reading);
            for found in &answer.found {
                assert!(transcript.text.get(found.words.range()).is_some());
                assert!(transcript.tokens.get(found.word_tokens.range()).is_some());
                assert!(!found.location_tokens.is_empty());
                assert!(found.phrase.is_none_or(|phrase| prompt.text.get(phrase.range()).is_some()));
            }
            // Similarity takes time by the product of both lengths, as labels are short.
            let labels: Vec<&str> = answer.found.iter().map(|found| found.label.as_str()).collect();
            let labels: Vec<&str> = labels.into_iter().filter(|label| label.len() < 200).take(8).collect();
            let _ = repair_labels(&labels, &["pleural effusion", "nodule or mass"]);
        }
        for (style, _) in PromptStyle::ALL {
            let _ = named.task.prompt(style, Some(&transcript.text), Some("A sign."));
        }
    }
    if let Ok((knowledge, _)) = Knowledge::read("a.yaml", bytes) {
        let again = Knowledge::read("b.yaml", knowledge.to_yaml().as_bytes());
        assert!(again.is_ok_and(|(again, problems)| again == knowledge && problems.is_empty()));
    }
});
