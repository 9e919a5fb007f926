//! The catalogue files as their author wrote them, each value checked; what is wrong is said with file, entry and value.

mod reader;

use super::{defects::Defect, files::Files, json::Json};

/// Components in all, at most.
const COMPONENT_LIMIT: usize = 500_000;

/// What the three files say.
#[derive(Debug, Default)]
pub struct Source {
    pub categories: Vec<Category>,
    pub assemblies: Vec<Assembly>,
    pub parts: Vec<Part>,
    /// Counts the files state about themselves: file, field, value.
    pub claims: Vec<(&'static str, String, u64)>,
}

#[derive(Debug)]
pub struct Category {
    pub code: String,
    pub name: String,
    pub description: String,
    pub subcategories: Vec<Subcategory>,
}

#[derive(Debug)]
pub struct Subcategory {
    pub code: String,
    pub name: String,
    pub description: String,
    /// Ids of assemblies, also of such that have their place elsewhere.
    pub references: Vec<String>,
}

#[derive(Debug)]
pub struct Assembly {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub category: String,
    pub subcategory: String,
    pub can_order: Option<bool>,
    pub is_kit: Option<bool>,
    pub status: Option<String>,
    pub components: Vec<SourceComponent>,
    /// The names of its fields, sorted.
    pub fields: Vec<String>,
}

#[derive(Debug)]
pub struct SourceComponent {
    pub part: String,
    pub quantity: u64,
    pub note: String,
}

#[derive(Debug)]
pub struct Part {
    pub id: String,
    pub name: String,
    pub maker: Option<String>,
    pub maker_number: Option<String>,
    pub kind: Option<String>,
    pub status: Option<String>,
    pub fields: Vec<String>,
}

/// Reads the files as far as they can be read. Every refusal found on the way is in the defects.
pub fn read(files: &Files) -> (Source, Vec<Defect>) {
    let mut source = Source::default();
    let mut defects = Vec::new();
    for (file, bytes) in files.all() {
        let Some(bytes) = bytes else {
            defects.push(Defect::refused(
                "missing_file",
                file,
                format!("{file} is missing. A catalogue is assemblies.json, categories.json and parts.json."),
            ));
            continue;
        };
        if bytes.len() > super::files::FILE_LIMIT {
            defects.push(super::files::too_large(file));
            continue;
        }
        let root = match Json::read(bytes) {
            Ok(root) => root,
            Err(problem) => {
                defects.push(Defect::refused("broken_file", file, format!("{file} {problem}.")));
                continue;
            }
        };
        let mut reader = reader::Reader { file, defects: &mut defects };
        let kind = file.trim_end_matches(".json");
        let Some(entries) = reader.entries(&root, kind) else { continue };
        source.claims.extend(claims(file, &root));
        match kind {
            "assemblies" => {
                source.assemblies = entries.iter().filter_map(|(id, entry)| reader.assembly(id, entry)).collect()
            }
            "parts" => source.parts = entries.iter().filter_map(|(id, entry)| reader.part(id, entry)).collect(),
            _ => source.categories = entries.iter().filter_map(|(code, entry)| reader.category(code, entry)).collect(),
        }
    }
    let components: usize = source.assemblies.iter().map(|assembly| assembly.components.len()).sum();
    if components > COMPONENT_LIMIT {
        let message = format!("There are {components} components; a catalogue may have {COMPONENT_LIMIT}.");
        defects.push(Defect::refused("too_many", "assemblies.json", message));
    }
    (source, defects)
}

/// The numbers a file states about itself in `metadata.total_…`.
fn claims(file: &'static str, root: &Json) -> Vec<(&'static str, String, u64)> {
    let Some(Json::Map(facts)) = root.get("metadata") else { return Vec::new() };
    let totals = facts.iter().filter_map(|(field, value)| match value {
        Json::Number(number) if field.starts_with("total_") => Some((file, field.clone(), number.as_u64()?)),
        _ => None,
    });
    totals.collect()
}
