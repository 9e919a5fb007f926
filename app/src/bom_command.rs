//! `app bom`: the BOM of a configuration document on the terminal. Nothing is saved.

use anyhow::{Context, Result, bail};
use models::{
    boms::{ChosenLine, Line, LineItem, explode},
    catalogue::{self, Catalogue},
    configurations, rules,
};
use sqlx::PgPool;
use std::fmt::Write;
use std::io::{ErrorKind, Read, Write as _};

/// Longest document taken, bytes. The largest sink fits in a hundredth of it.
const LONGEST: u64 = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Tree,
    /// Columns level, parent_item, item, quantity, role, reason; no quoting.
    Tsv,
}

/// Prints the BOM of the document in the file (`-`: standard input).
///
/// # Errors
/// With every sentence about a document that cannot be built, or the rule or item that stopped the BOM.
pub async fn run(db: &PgPool, words: &[&str]) -> Result<()> {
    let form = if words.contains(&"--tsv") { Form::Tsv } else { Form::Tree };
    let files: Vec<&str> = words.iter().copied().filter(|word| *word != "--tsv").collect();
    let [file] = files[..] else { bail!("app bom FILE [--tsv] takes one file; - reads standard input.") };
    if file.starts_with("--") {
        bail!("app bom has no option {file}. It has --tsv.");
    }
    let text = read(file)?;
    let (bom, warnings) = bom(db, &text, form).await.with_context(|| format!("{file} gives no BOM"))?;
    for warning in warnings {
        eprintln!("Warning: {warning}");
    }
    print(&bom)
}

/// Writes to standard output. Whoever reads only the beginning has seen enough.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(problem) if problem.kind() != ErrorKind::BrokenPipe => Err(problem).context("The output can't be written."),
        _ => Ok(()),
    }
}

fn read(file: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let opened: Box<dyn Read> = match file {
        "-" => Box::new(std::io::stdin()),
        path => Box::new(std::fs::File::open(path).with_context(|| format!("{path} can't be opened."))?),
    };
    opened.take(LONGEST + 1).read_to_end(&mut bytes).with_context(|| format!("{file} can't be read."))?;
    if bytes.len() as u64 > LONGEST {
        bail!("{file} is larger than 1 MiB; a configuration document is a few kilobytes.");
    }
    String::from_utf8(bytes).ok().with_context(|| format!("{file} is not UTF-8 text."))
}

/// The BOM of a document as text, with what somebody should look at although it can be built.
///
/// # Errors
/// As [`run`].
pub async fn bom(db: &PgPool, text: &str, form: Form) -> Result<(String, Vec<String>)> {
    let said = |problem: &models::configurations::Problem| match problem.field.as_str() {
        "" => problem.message.clone(),
        field => format!("{field}: {}", problem.message),
    };
    let (configuration, warnings) = configurations::read_document_with_warnings(text).map_err(|problems| {
        let sentences: Vec<String> = problems.iter().filter(|problem| problem.stops()).map(said).collect();
        anyhow::anyhow!("{}", sentences.join("\n"))
    })?;
    let rules = rules::active(db, configuration.family.word()).await?;
    let catalogue = catalogue::active(db).await?;
    let chosen = rules.lines(&configuration)?;
    let lines = explode::explode(&catalogue, &chosen)?;
    let mut warnings: Vec<String> = warnings.iter().map(said).collect();
    warnings.extend(unsuitable(&rules, &configuration)?);
    let bom = match form {
        Form::Tree => tree(&catalogue, &chosen, &lines),
        Form::Tsv => tsv(&catalogue, &chosen, &lines),
    };
    Ok((bom, warnings))
}

/// What the chosen accessories say about the rest of the sink.
///
/// # Errors
/// When one of them is refused.
fn unsuitable(rules: &rules::Rules, configuration: &configurations::Configuration) -> Result<Vec<String>> {
    let facts = rules::Facts::from(configuration);
    let (refused, warned): (Vec<_>, Vec<_>) =
        rules.findings(&facts).into_iter().partition(|finding| finding.severity == rules::Severity::Error);
    let said = |finding: &rules::Finding<'_>| format!("accessories: {}: {}", finding.item, finding.message);
    if !refused.is_empty() {
        bail!("{}", refused.iter().map(said).collect::<Vec<_>>().join("\n"));
    }
    let others = configuration.accessories.iter().filter(|accessory| !rules.offers_item(&accessory.item));
    let others = others.map(|accessory| format!("accessories: step 4 does not offer {}.", accessory.item));
    Ok(warned.iter().map(said).chain(others).collect())
}

fn tree(catalogue: &Catalogue, chosen: &[ChosenLine], lines: &[Line]) -> String {
    let number = |line: &Line| explode::number(catalogue, chosen, line);
    let indented = |line: &Line| 2 * usize::from(line.level) + number(line).chars().count();
    let width = lines.iter().map(indented).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let indent = 2 * usize::from(line.level);
        let described = match (line.chosen.map(|position| &chosen[position as usize]), line.item) {
            (Some(chosen), _) => chosen.reason.clone(),
            (None, LineItem::Catalogue(index)) => catalogue.item(index).name.clone(),
            (None, LineItem::Custom(_)) => String::new(),
        };
        let (number, quantity) = (number(line), line.quantity.normalize().to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:indent$}{number:<rest$}  {quantity:>6}  {}",
            "",
            plain(&described),
            rest = width - indent
        );
    }
    let summary = explode::summarize(lines, chosen);
    let _ = writeln!(
        text,
        "\n{} lines, {} different numbers, {} pieces. Rules and catalogue revision {} in force.",
        lines.len(),
        summary.totals.len(),
        summary.pieces.normalize(),
        catalogue.revision
    );
    text
}

fn tsv(catalogue: &Catalogue, chosen: &[ChosenLine], lines: &[Line]) -> String {
    let number = |line: &Line| plain(explode::number(catalogue, chosen, line));
    let mut text = String::from("level\tparent_item\titem\tquantity\trole\treason\n");
    for line in lines {
        let parent = line.parent.map_or("-".into(), |parent| number(&lines[parent as usize - 1]));
        let rule = line.chosen.map(|position| &chosen[position as usize]);
        let (role, reason) =
            rule.map_or((String::new(), String::new()), |rule| (plain(&rule.role), plain(&rule.reason)));
        let quantity = line.quantity.normalize();
        let _ = writeln!(text, "{}\t{parent}\t{}\t{quantity}\t{role}\t{reason}", line.level, number(line));
    }
    text
}

/// Without tabs, line ends and whatever else a terminal would act on.
fn plain(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}
