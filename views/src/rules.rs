//! The BOM rules: their versions, and one version with its lines, tables and choices.

pub mod forms;
pub mod publishing;

use crate::components::buttons::{Kind, icon_link, post_button};
use crate::components::signing::signatures;
use crate::components::{Header, Tab, Tone, badge, code, empty, link_button, notice, plate, tabs};
use crate::layout;
use crate::table::{Column, Table};
use maud::{Markup, html};
use models::rules::environment::{NAMES, Name, REPEATS, Type};
use models::rules::{
    ChoiceRow, FUNCTIONS, Severity, Status, Table as Lookup, TableKind, Template, TemplateLine, templates::Heading,
};
use models::signatures::{Signature, Standing};

/// What a part of a version's page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Lines,
    Tables,
    Choices,
    Language,
}

/// A version as somebody sees it.
pub struct Shown<'a> {
    pub template: &'a Template,
    pub csrf: &'a str,
    /// Whether the person may change rules; a published version is copied, not changed.
    pub may_edit: bool,
}

impl Shown<'_> {
    pub fn href(&self) -> String {
        href(&self.template.family, self.template.version)
    }

    fn is_open(&self) -> bool {
        self.may_edit && self.template.status == Status::Draft
    }
}

pub fn href(family: &str, version: i32) -> String {
    format!("/rules/{family}/{version}")
}

pub fn title(family: &str, version: i32) -> String {
    format!("{family} rules, version {version}")
}

fn status(status: Status) -> Markup {
    match status {
        Status::Draft => badge(Tone::Waiting, "draft"),
        Status::Active => badge(Tone::Good, "in force"),
        Status::Retired => badge(Tone::Idle, "retired"),
    }
}

/// The list of all versions.
pub fn index(versions: &[Heading]) -> Markup {
    let date = |on: Option<chrono::NaiveDate>| html! { @if let Some(on) = on { (on.format("%Y-%m-%d")) } };
    let columns = [
        Column::key(
            "Version",
            |row: &Heading| html! { a href=(href(&row.family, row.version)) { (row.family) " " (row.version) } },
        ),
        Column::new("Name", |row: &Heading| html! { (row.name) }),
        Column::new("State", |row: &Heading| status(row.status)),
        Column::number("Lines", |row: &Heading| html! { (row.lines) }),
        Column::date("In force from", move |row: &Heading| date(row.effective_on)),
        Column::new("Published by", |row: &Heading| html! { (row.published_by.as_deref().unwrap_or("")) }),
        Column::new(
            "Copied from",
            |row: &Heading| html! { @if let Some(from) = row.copied_from { "version " (from) } },
        ),
    ];
    layout::main(html! {
        (Header::new("BOM rules").facts("What each choice of the configurator puts on the BOM. One version per sink family is in force."))
        (Table::new("Versions of the BOM rules", &columns, versions).empty(empty("There are no BOM rules.", html! {})))
    })
}

/// One version.
pub fn show(shown: &Shown<'_>, part: Part, problems: &[String], signed: &[(Signature, Standing)]) -> Markup {
    let template = shown.template;
    layout::main(html! {
        (Header::new(&title(&template.family, template.version)).badge(status(template.status)).actions(html! {
            (link_button(Kind::Plain, &format!("{}/history", shown.href()), "Show every change"))
            @if shown.may_edit {
                @if template.status == Status::Active { (link_button(Kind::Plain, "/jobs/batches/new", "Regenerate BOMs…")) }
                (post_button(&format!("{}/copies", shown.href()), shown.csrf, Kind::Plain, "Copy to a new draft"))
                @if template.status == Status::Draft {
                    (link_button(Kind::Primary, &format!("{}/publication", shown.href()), "Validate draft"))
                }
            }
        }))
        (plate([
            ("Name", html! { (template.name) }),
            ("Lines", html! { (template.lines.len()) }),
            ("Tables", html! { (template.tables.len()) }),
            ("Choices", html! { (template.choices.len()) }),
            ("In force from", html! { @match template.effective_on { Some(on) => (on.format("%Y-%m-%d")), None => "not yet" } }),
        ]))
        @if !problems.is_empty() {
            (notice(Tone::Stop, html! {
                "This version cannot be used as it is. "
                @for problem in problems.iter().take(5) { span { (problem) " " } }
            }))
        }
        (signatures(signed, |_, _| None))
        (parts(shown, part))
        @match part {
            Part::Lines => (lines(shown)),
            Part::Tables => (tables(shown)),
            Part::Choices => (choices(shown)),
            Part::Language => (language()),
        }
    })
}

fn parts(shown: &Shown<'_>, current: Part) -> Markup {
    let counts = [shown.template.lines.len(), shown.template.tables.len(), shown.template.choices.len()]
        .map(|count| count.to_string());
    let base = shown.href();
    let hrefs = [base.clone(), format!("{base}/tables"), format!("{base}/choices"), format!("{base}/language")];
    let tab = |part, label, href, note| Tab { label, href, note, is_current: part == current, ..Tab::default() };
    tabs(
        "Parts of the version",
        &[
            tab(Part::Lines, "Lines", &hrefs[0], &counts[0]),
            tab(Part::Tables, "Tables", &hrefs[1], &counts[1]),
            tab(Part::Choices, "Choices of step 4", &hrefs[2], &counts[2]),
            tab(Part::Language, "How rules are written", &hrefs[3], ""),
        ],
    )
}

fn lines(shown: &Shown<'_>) -> Markup {
    let base = shown.href();
    let is_open = shown.is_open();
    let columns = [
        Column::key("Line", |line: &TemplateLine| {
            html! {
                @if is_open { a href={ (base) "/lines/" (line.line_number) } { (line.line_number) } } @else { (line.line_number) }
                small { (line.role) @if !line.repeat_for.is_empty() { ", for each " (line.repeat_for) } }
            }
        }),
        Column::new("Item", |line: &TemplateLine| {
            html! {
                @if line.item.is_empty() { code { (line.item_expression) } } @else { (code(&line.item)) }
                @if !line.omits.is_empty() { small { "without " (code(&line.omits)) } }
            }
        }),
        Column::new(
            "When",
            |line: &TemplateLine| html! { @if line.condition.is_empty() { "always" } @else { code { (line.condition) } } },
        ),
        Column::new("Quantity", |line: &TemplateLine| {
            html! {
                (line.base_quantity.normalize()) @if !line.quantity_formula.is_empty() { " × " code { (line.quantity_formula) } }
            }
        }),
        Column::new("Reason on the BOM, and where the rule comes from", |line: &TemplateLine| {
            html! { code { (line.reason) } small { (line.source) } }
        }),
    ];
    html! {
        @if is_open { div .actions { (icon_link(Kind::Plain, &format!("{base}/lines/new"), "plus", "Add line")) } }
        (Table::new("Lines", &columns, &shown.template.lines).two_lines().empty(empty("This version has no lines.", html! {})))
    }
}

fn tables(shown: &Shown<'_>) -> Markup {
    let base = shown.href();
    html! {
        @if shown.is_open() { div .actions { (icon_link(Kind::Plain, &format!("{base}/tables/new"), "plus", "Add table")) } }
        @for table in &shown.template.tables {
            section {
                h2 { code { (table.name) } }
                p { (table.description) @if shown.is_open() { " " a href={ (base) "/tables/" (table.name) } { "Change table " (table.name) } } }
                (rows(table))
            }
        }
    }
}

fn rows(table: &Lookup) -> Markup {
    let heads: &[&str] = match table.kind {
        TableKind::Range => &["From", "To", "Value"],
        TableKind::Match => &["Key", "Value"],
        TableKind::Pattern => &["Group", "Number"],
    };
    html! {
        div .table {
            table {
                caption { "Table " (table.name) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @if table.kind == TableKind::Range {
                                td data-kind="number" { @if let Some(low) = row.low { (low.normalize()) } }
                                td data-kind="number" { @if let Some(high) = row.high { (high.normalize()) } }
                            } @else { td { code { (row.key) } } }
                            td { code { (row.value) } }
                        }
                    }
                }
            }
        }
    }
}

fn choices(shown: &Shown<'_>) -> Markup {
    let base = shown.href();
    let is_open = shown.is_open();
    let columns = [
        Column::key("Item", |choice: &ChoiceRow| {
            html! {
                @if is_open { a href={ (base) "/choices/" (choice.position) } { (code(&choice.item)) } } @else { (code(&choice.item)) }
            }
        }),
        Column::new("Group", |choice: &ChoiceRow| html! { (choice.group_code) }),
        Column::new(
            "Wants",
            |choice: &ChoiceRow| html! { @if !choice.requirement.is_empty() { code { (choice.requirement) } } },
        ),
        Column::new("Otherwise", |choice: &ChoiceRow| {
            html! {
                @if !choice.requirement.is_empty() {
                    @match choice.severity { Severity::Error => (badge(Tone::Stop, "refused")), Severity::Warning => (badge(Tone::Held, "warning")) }
                }
            }
        }),
        Column::new("Sentence", |choice: &ChoiceRow| html! { (choice.message) }),
    ];
    html! {
        @if is_open { div .actions { (icon_link(Kind::Plain, &format!("{base}/choices/new"), "plus", "Add choice")) } }
        (Table::new("Choices of step 4", &columns, &shown.template.choices).empty(empty("Step 4 offers nothing.", html! {})))
    }
}

fn language() -> Markup {
    html! {
        p { "An expression is made of names, numbers, texts in quotes, " code { "+ - * / % == != < <= > >= && || ! in" } " and these functions. Numbers are exact decimals: " code { "5 / 2" } " is 2.5." }
        h2 { "Functions" }
        dl .facts { @for (name, usage) in FUNCTIONS { dt { code { (name) } } dd { (usage) } } }
        h2 { "Names" }
        (names("", &NAMES))
        @for repeat in REPEATS.iter() {
            h2 { "In a line for each " (repeat.name) }
            (names(&format!("{}.", repeat.name), &repeat.fields))
        }
    }
}

fn names(before: &str, names: &[Name]) -> Markup {
    html! {
        dl .facts {
            @for name in names {
                dt { code { (before) (name.name) } }
                dd {
                    (name.meaning)
                    @match &name.is {
                        Type::Word(words) | Type::List(Some(words)) => { ": " @for word in words { code { "\"" (word) "\"" } " " } },
                        Type::Truth => ": yes or no",
                        _ => "",
                    }
                }
            }
        }
    }
}
