//! `groundglass metrics`.

use clap::Args;
use groundglass_metrics::catalogue;

use crate::table::print;

#[derive(Debug, Args)]
pub struct MetricsArguments {
    /// Those whose id, name, convention or task contains this.
    containing: Option<String>,
    /// The list as JSON.
    #[arg(long)]
    json: bool,
}

/// Lists every metric with its definition and source.
pub fn list(arguments: &MetricsArguments) -> anyhow::Result<()> {
    let wanted = arguments.containing.as_deref().unwrap_or_default().to_lowercase();
    let entries = catalogue().iter().filter(|entry| {
        let definition = entry.definition;
        let task = format!("{:?}", entry.task);
        [definition.id, definition.name, entry.convention, &task]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    });
    if arguments.json {
        print(&serde_json::to_string_pretty(&entries.collect::<Vec<_>>())?);
        return Ok(());
    }
    for entry in entries {
        let definition = entry.definition;
        print(&format!(
            "{}  ({}; {:?}; convention {})\n    {}\n    Source: {}",
            definition.id, definition.name, entry.task, entry.convention, definition.definition, definition.source
        ));
    }
    Ok(())
}
