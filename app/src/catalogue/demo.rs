//! The demo catalogue: our own tables turned into the three files, then imported like any other.

use anyhow::{Context, Result};
use models::{
    audit::Actor,
    catalogue::{
        Files, costs,
        import::{self, Outcome},
    },
};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use std::collections::HashMap;

const CATEGORIES: &str = include_str!("../../demo/categories.tsv");
const ITEMS: &str = include_str!("../../demo/items.tsv");
const COMPONENTS: &str = include_str!("../../demo/components.tsv");
const PEGBOARDS: &str = include_str!("../../demo/pegboards.tsv");
const PLACEMENTS: &str = include_str!("../../demo/placements.tsv");
const COSTS: &str = include_str!("../../demo/costs.tsv");

/// Imports the demo catalogue with its invented costs. Does nothing when it is there already.
pub async fn import(tx: &mut PgConnection, actor: &Actor) -> Result<Outcome> {
    let examined = import::examine(&files()?);
    let outcome = import::store(tx, &examined, "Demo catalogue", actor, 0).await?;
    if let Outcome::Refused = outcome {
        let problem = examined.report.defects.first().map(ToString::to_string).unwrap_or_default();
        anyhow::bail!("The demo catalogue can't be imported: {problem}");
    }
    if let Outcome::Imported(_) = outcome {
        let prices = rows::<2>(COSTS).map(|[number, cost]| Ok((number, cost.parse()?)));
        let prices: Vec<_> = prices.collect::<Result<_>>().context("costs.tsv")?;
        costs::fill(tx, &prices, actor).await?;
    }
    Ok(outcome)
}

/// The demo catalogue in the form of the files.
pub fn files() -> Result<Files> {
    let components = components()?;
    let (mut assemblies, mut parts) = (Map::new(), Map::new());
    for [number, kind, assembly_type, category, subcategory, name, twin] in rows::<7>(ITEMS) {
        if kind == "assembly" {
            let id = if twin == "yes" { format!("ASSY-{number}") } else { number.to_owned() };
            let contents = components.get(number).cloned().unwrap_or_default();
            assemblies.insert(id, assembly(name, assembly_type, [category, subcategory], contents));
        }
        if kind == "part" || twin == "yes" {
            parts.insert(number.into(), json!({ "name": name, "type": "COMPONENT", "status": "ACTIVE" }));
        }
    }
    for (number, entry) in coloured_kits() {
        assemblies.insert(number, entry);
    }
    let bytes = |kind: &str, entries: Map<String, Value>| serde_json::to_vec(&json!({ kind: entries }));
    Ok(Files {
        assemblies: Some(bytes("assemblies", assemblies)?),
        categories: Some(bytes("categories", categories()?)?),
        parts: Some(bytes("parts", parts)?),
    })
}

fn assembly(name: &str, kind: &str, [category, subcategory]: [&str; 2], components: Vec<Value>) -> Value {
    json!({
        "name": name, "type": kind, "category_code": category, "subcategory_code": subcategory,
        "can_order": true, "is_kit": kind == "KIT", "status": "ACTIVE", "components": components,
    })
}

/// Components by parent.
fn components() -> Result<HashMap<&'static str, Vec<Value>>> {
    let mut components: HashMap<&str, Vec<Value>> = HashMap::new();
    for [parent, child, quantity, note] in rows::<4>(COMPONENTS) {
        let quantity: u32 = quantity.parse().with_context(|| format!("components.tsv: {parent}, {child}"))?;
        components.entry(parent).or_default().push(json!({ "part_id": child, "quantity": quantity, "notes": note }));
    }
    Ok(components)
}

/// A kit for each size, colour and type: board, grommet and the colour with its name as a note.
fn coloured_kits() -> Vec<(String, Value)> {
    let mut kits = Vec::new();
    for [size, panel, colours, types, grommet, colour_part] in rows::<6>(PEGBOARDS) {
        let (wide, high) = size.split_at(size.len() - 2);
        for (kind, colour) in types.split(',').flat_map(|kind| colours.split(',').map(move |colour| (kind, colour))) {
            let name = if kind == "PERF" { "perforated" } else { "solid" };
            let name = format!("Pegboard kit {wide} × {high} in, {name}, {}", colour.to_lowercase());
            let components = vec![
                json!({ "part_id": panel, "quantity": 1 }),
                json!({ "part_id": grommet, "quantity": 1 }),
                json!({ "part_id": colour_part, "quantity": 1, "notes": colour }),
            ];
            let entry = assembly(&name, "KIT", ["723", "723.716"], components);
            kits.push((format!("T2-ADW-PB-{size}-{colour}-{kind}-KIT"), entry));
        }
    }
    kits
}

/// Categories with their subcategories, which list the second places.
fn categories() -> Result<Map<String, Value>> {
    let mut categories = Map::new();
    for [code, parent, name, description] in rows::<4>(CATEGORIES) {
        if parent.is_empty() {
            categories.insert(code.into(), json!({ "name": name, "description": description, "subcategories": {} }));
            continue;
        }
        let references: Vec<&str> =
            rows::<2>(PLACEMENTS).filter(|[place, _]| *place == code).map(|[_, number]| number).collect();
        let entry = json!({ "name": name, "description": description, "assembly_refs": references });
        let category = categories.get_mut(parent).with_context(|| format!("categories.tsv: {code} has no {parent}"))?;
        category["subcategories"][code] = entry;
    }
    Ok(categories)
}

/// Rows of a table without its heading.
fn rows<const COLUMNS: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; COLUMNS]> {
    table.lines().skip(1).filter(|line| !line.is_empty()).map(|line| {
        let mut fields = line.split('\t');
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    })
}
