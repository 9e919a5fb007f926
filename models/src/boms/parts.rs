//! The parts of a whole order: every number once, summed over the BOMs of all its builds, with a column per build.

use super::sheet::Sheet;
use crate::Result;
use crate::csv::Writer;
use rust_decimal::Decimal;
use sqlx::PgExecutor;
use std::collections::{BTreeMap, HashMap};

/// One number of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub number: String,
    pub name: String,
    /// Over all builds.
    pub quantity: Decimal,
    /// In the order of the builds; none where a build has none of it.
    pub of_builds: Vec<Option<Decimal>>,
    /// Made of other lines: listed, and not laid out by itself.
    pub has_components: bool,
    /// What somebody must look at, each once.
    pub marks: Vec<String>,
}

/// Every number of these BOMs once, in the order of the numbers.
pub fn sum(sheets: &[Sheet]) -> Vec<Part> {
    let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
    for (place, sheet) in sheets.iter().enumerate() {
        for line in sheet.flat() {
            let part = parts.entry(line.number).or_insert_with(|| Part {
                number: line.number.into(),
                name: line.name.into(),
                quantity: Decimal::ZERO,
                of_builds: vec![None; sheets.len()],
                has_components: false,
                marks: Vec::new(),
            });
            part.quantity += line.quantity;
            part.of_builds[place] = Some(line.quantity);
            part.has_components |= line.has_components;
            for mark in line.marks {
                let said = format!("{}: {}", mark.title(), mark.reason());
                if !part.marks.contains(&said) {
                    part.marks.push(said);
                }
            }
        }
    }
    parts.into_values().collect()
}

/// Cost per piece by number, as it is today; a number without one has no price.
pub async fn unit_costs(db: impl PgExecutor<'_>, parts: &[Part]) -> Result<HashMap<String, Decimal>> {
    let numbers: Vec<String> = parts.iter().map(|part| part.number.clone()).collect();
    let rows = sqlx::query!(
        "select i.number, c.cost from items i join item_costs c on c.item_id = i.id where i.number = any($1)",
        &numbers,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.number, row.cost)).collect())
}

/// The list as a file: plain figures, for a spreadsheet. `builds` are the numbers of the builds, as columns.
pub fn csv(parts: &[Part], builds: &[&str], costs: &HashMap<String, Decimal>) -> String {
    let columns: Vec<String> = builds.iter().map(|build| format!("build {build}")).collect();
    let mut heading = vec!["item", "description", "quantity", "unit_cost", "has_components", "marks"];
    heading.extend(columns.iter().map(String::as_str));
    let mut writer = Writer::new(&heading);
    for part in parts {
        let mut row = vec![
            part.number.clone(),
            part.name.clone(),
            figure(part.quantity),
            costs.get(&part.number).map(|cost| figure(*cost)).unwrap_or_default(),
            if part.has_components { "yes" } else { "no" }.into(),
            part.marks.join("; "),
        ];
        row.extend(part.of_builds.iter().map(|quantity| quantity.map(figure).unwrap_or_default()));
        writer.row(row);
    }
    writer.finish()
}

fn figure(number: Decimal) -> String {
    number.normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_two_builds_need_stands_once_with_both_quantities() {
        let part = |number: &str, of_builds: Vec<Option<i64>>| Part {
            number: number.into(),
            name: "Castor, 4\" \"swivel\"".into(),
            quantity: of_builds.iter().flatten().map(|each| Decimal::from(*each)).sum(),
            of_builds: of_builds.into_iter().map(|each| each.map(Decimal::from)).collect(),
            has_components: false,
            marks: vec!["Open question: how many".into()],
        };
        let parts = [part("T2-A", vec![Some(4), Some(8)]), part("=B", vec![None, Some(1)])];
        let costs = HashMap::from([("T2-A".to_string(), "12.50".parse().unwrap())]);

        let lines: Vec<String> = csv(&parts, &["20417", "20418"], &costs).lines().map(str::to_owned).collect();

        assert_eq!(lines[0], "item,description,quantity,unit_cost,has_components,marks,build 20417,build 20418");
        assert_eq!(lines[1], "T2-A,\"Castor, 4\"\" \"\"swivel\"\"\",12,12.5,no,Open question: how many,4,8");
        assert!(lines[2].starts_with("\"'=B\",") && lines[2].ends_with(",1,,no,Open question: how many,,1"));
    }
}
