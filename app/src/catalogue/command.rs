//! `app import FOLDER [--dry-run]`: the catalogue from the command line, with its report.

use anyhow::{Result, bail};
use models::{
    audit::Actor,
    catalogue::{
        Files,
        defects::{self, Report, Severity, counted},
        handmade::Lost,
        import::{self, Outcome},
    },
};
use sqlx::PgPool;
use std::{fmt::Write, path::Path};

/// Reads the folder, prints what was found, and stores the catalogue unless this is a dry run.
///
/// # Errors
/// When the catalogue is refused; the report has said why.
pub async fn import(db: &PgPool, folder: &str, how: How) -> Result<()> {
    let (files, unreadable) = Files::read(Path::new(folder));
    if !unreadable.is_empty() {
        print(&report(&Report { defects: unreadable, ..Report::default() }));
        bail!("Nothing was imported.");
    }
    let examined = import::examine(&files);
    print(&report(&examined.report));
    if examined.report.is_refused() {
        bail!("Nothing was imported. Correct what was refused and import again.");
    }
    let mut tx = db.begin().await?;
    let lost = import::loses(&mut tx, &examined).await?;
    print(&given_up(&lost));
    if how == How::Dry {
        print("Dry run: nothing was saved. Import it without --dry-run.\n");
        return Ok(());
    }
    let gives_up = if how == How::Replacing { lost.len() } else { 0 };
    let label = format!("Imported from {folder}");
    let outcome = import::store(&mut tx, &examined, &label, &Actor::system(), gives_up).await?;
    tx.commit().await?;
    match outcome {
        Outcome::Imported(numbers) => print(&made(&numbers)),
        Outcome::Known(number) => {
            print(&format!("These files were imported before, as revision {number}. Nothing was changed.\n"))
        }
        Outcome::Refused => bail!("Nothing was imported."),
        Outcome::Loses(_) => {
            bail!("Nothing was imported. If the files are right, import again with --replace-revised.")
        }
    }
    Ok(())
}

/// How serious an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Only judged.
    Dry,
    /// Refused when it would undo what people revised by hand.
    Careful,
    /// The files win over what people revised by hand.
    Replacing,
}

/// What people revised by hand and the files say differently.
fn given_up(lost: &[Lost]) -> String {
    let mut text = String::new();
    if !lost.is_empty() {
        let lines = counted(lost.len(), "line was", "lines were");
        let _ = writeln!(text, "\n{lines} revised by hand and would be replaced:");
        for line in lost {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

/// What the import made, as a sentence.
pub fn made(numbers: &[i32]) -> String {
    match numbers {
        [one] => format!("Imported as revision {one}, which is active now.\n"),
        [read, decided] => format!(
            "Imported as revision {read} (the files as they are) and revision {decided} (with the decided control boxes). Revision {decided} is active now.\n"
        ),
        _ => String::new(),
    }
}

/// The report for a terminal: each kind of defect with everything of its kind.
pub fn report(report: &Report) -> String {
    let mut text = String::new();
    for (code, defects) in report.kinds() {
        let _ = writeln!(text, "{} ({}): {}", defects::title(code), defects[0].severity.word(), defects.len());
        for defect in defects {
            let _ = writeln!(text, "  {}", defect.message);
        }
    }
    let counts = &report.counts;
    if counts.items > 0 {
        let _ = writeln!(
            text,
            "\n{}, {}, {} and {} make {} with {}; {} of them made by the import.",
            counted(counts.categories, "category", "categories"),
            counted(counts.subcategories, "subcategory", "subcategories"),
            counted(counts.assemblies, "assembly", "assemblies"),
            counted(counts.parts, "part", "parts"),
            counted(counts.items, "item", "items"),
            counted(counts.components, "component line", "component lines"),
            counts.derived,
        );
    }
    let _ = writeln!(
        text,
        "{} refused, {} repaired, {} reported.",
        report.count(Severity::Refused),
        report.count(Severity::Repaired),
        report.count(Severity::Reported)
    );
    text
}

/// Prints to the terminal; a reader that went away (a pager, `head`) is no fault.
fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}
