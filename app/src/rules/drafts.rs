//! Changing a draft: its lines, its tables, its choices. What was typed stays when something is wrong with it.

use super::{crumbs, find};
use crate::{Page, errors::Error, forms::Fields, hx::Hx, routes::Routes};
use maud::Markup;
use models::{
    rules::{
        Status, Template,
        templates::{
            self,
            forms::{ChoiceForm, FieldProblem, LineForm, RowForm, TableForm},
        },
    },
    users::Can,
};
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Path},
};
use sqlx::{PgPool, Postgres, Transaction};
use views::rules::{Shown, forms as view};

/// What the form of a line asks for.
const LINE_FIELDS: [&str; 14] = [
    "lock_version",
    "line_number",
    "parent",
    "role",
    "repeat_for",
    "item",
    "item_expression",
    "base_quantity",
    "condition",
    "quantity_formula",
    "reason",
    "note",
    "source",
    "omits",
];

pub fn routes() -> Routes {
    Routes::new()
        .get("/rules/:family/:version/lines/:line", Can::EditRules, edit_line)
        .post("/rules/:family/:version/lines/:line", Can::EditRules, save_line)
        .takes(&LINE_FIELDS)
        .post("/rules/:family/:version/lines/:line/removal", Can::EditRules, remove_line)
        .takes(&["lock_version"])
        .get("/rules/:family/:version/tables/:table", Can::EditRules, edit_table)
        .post("/rules/:family/:version/tables/:table", Can::EditRules, save_table)
        .takes(&["lock_version", "name", "kind", "description", "low+", "high+", "key+", "value+"])
        .get("/rules/:family/:version/choices/:choice", Can::EditRules, edit_choice)
        .post("/rules/:family/:version/choices/:choice", Can::EditRules, save_choice)
        .takes(&["lock_version", "position", "group_code", "item", "requirement", "severity", "message"])
        .post("/rules/:family/:version/choices/:choice/removal", Can::EditRules, remove_choice)
        .takes(&["lock_version"])
}

/// Family, version, and the thing in it; `new` is one that does not exist yet.
type Part = (String, String, String);

#[handler]
async fn edit_line(hx: Hx, Path(path): Path<Part>, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let old = old_line(&template, &part)?;
    let form = match old {
        Some(position) => LineForm::of(&template.lines[position], &template),
        None => {
            let last = template.lines.iter().map(|line| line.line_number).max().unwrap_or(0);
            LineForm { line_number: (last + 10).to_string(), base_quantity: "1".into(), ..LineForm::default() }
        }
    };
    let csrf = hx.csrf();
    let number = old.map(|position| template.lines[position].line_number);
    let page = view::line(&shown(&template, &csrf), number, template.lock_version, &form, &[]);
    Ok(hx.page("Line of the BOM rules", &crumbs(&template), page.clone(), page))
}

#[handler]
async fn save_line(hx: Hx, Path(path): Path<Part>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let old = old_line(&template, &part)?.map(|position| &template.lines[position]);
    let get = |name: &str| fields.get(name).replace("\r\n", "\n");
    let form = LineForm {
        line_number: get("line_number"),
        parent: get("parent"),
        role: get("role"),
        repeat_for: get("repeat_for"),
        item: get("item"),
        item_expression: get("item_expression"),
        base_quantity: get("base_quantity"),
        condition: get("condition"),
        quantity_formula: get("quantity_formula"),
        reason: get("reason"),
        note: get("note"),
        source: get("source"),
        omits: get("omits"),
    };
    let lock = lock(&fields);
    let problems = match form.read(&template, old) {
        Ok(line) => {
            let mut tx = db.begin().await?;
            let saved = templates::save_line(&mut tx, &hx.actor(), &template, lock, &line).await;
            commit(tx, saved).await?
        }
        Err(problems) => problems,
    };
    if problems.is_empty() {
        return Ok(hx.see(&views::rules::href(&template.family, template.version)));
    }
    let csrf = hx.csrf();
    let (shown, number) = (shown(&template, &csrf), old.map(|old| old.line_number));
    let page = view::line(&shown, number, next_lock(&template, lock, &problems), &form, &problems);
    Ok(refused(&hx, "Line of the BOM rules", &template, page, &problems))
}

#[handler]
async fn remove_line(hx: Hx, Path(path): Path<Part>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let position = old_line(&template, &part)?.ok_or_else(missing)?;
    let mut tx = db.begin().await?;
    templates::remove_line(&mut tx, &hx.actor(), &template, lock(&fields), &template.lines[position]).await?;
    tx.commit().await?;
    Ok(hx.see(&views::rules::href(&template.family, template.version)))
}

#[handler]
async fn edit_table(hx: Hx, Path(path): Path<Part>, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let old = template.table(&part);
    if old.is_none() && part != "new" {
        return Err(missing());
    }
    let blank = || TableForm { kind: "match".into(), ..TableForm::default() };
    let form = old.map_or_else(blank, TableForm::of);
    let csrf = hx.csrf();
    let name = old.map(|old| old.name.as_str());
    let page = view::table(&shown(&template, &csrf), name, template.lock_version, &form, &[]);
    Ok(hx.page("Table of the BOM rules", &crumbs(&template), page.clone(), page))
}

#[handler]
async fn save_table(hx: Hx, Path(path): Path<Part>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let old = template.table(&part);
    if old.is_none() && part != "new" {
        return Err(missing());
    }
    let [low, high, key, value] = ["low", "high", "key", "value"].map(|name| fields.all(name).collect::<Vec<_>>());
    let cell = |column: &[&str], row: usize| column.get(row).map(|cell| cell.trim().to_string()).unwrap_or_default();
    let row = |at| RowForm { low: cell(&low, at), high: cell(&high, at), key: cell(&key, at), value: cell(&value, at) };
    let mut rows: Vec<RowForm> = (0..value.len()).map(row).collect();
    rows.retain(|row| *row != RowForm::default());
    let get = |name| fields.get(name).trim().to_string();
    let form = TableForm { name: get("name"), kind: get("kind"), description: get("description"), rows };
    let lock = lock(&fields);
    let problems = match form.read(&template, old) {
        Ok(table) => {
            let mut tx = db.begin().await?;
            let saved = templates::save_table(&mut tx, &hx.actor(), &template, lock, &table).await;
            commit(tx, saved).await?
        }
        Err(problems) => problems,
    };
    if problems.is_empty() {
        return Ok(hx.see(&format!("{}/tables", views::rules::href(&template.family, template.version))));
    }
    let csrf = hx.csrf();
    let (shown, name) = (shown(&template, &csrf), old.map(|old| old.name.as_str()));
    let page = view::table(&shown, name, next_lock(&template, lock, &problems), &form, &problems);
    Ok(refused(&hx, "Table of the BOM rules", &template, page, &problems))
}

#[handler]
async fn edit_choice(hx: Hx, Path(path): Path<Part>, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let old = old_choice(&template, &part)?;
    let form = match old {
        Some(at) => ChoiceForm::of(&template.choices[at]),
        None => {
            let last = template.choices.iter().map(|choice| choice.position).max().unwrap_or(0);
            ChoiceForm { position: (last + 1).to_string(), severity: "warning".into(), ..ChoiceForm::default() }
        }
    };
    let csrf = hx.csrf();
    let position = old.map(|at| template.choices[at].position);
    let page = view::choice(&shown(&template, &csrf), position, template.lock_version, &form, &[]);
    Ok(hx.page("Choice of step 4", &crumbs(&template), page.clone(), page))
}

#[handler]
async fn save_choice(hx: Hx, Path(path): Path<Part>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let old = old_choice(&template, &part)?.map(|at| template.choices[at].position);
    let get = |name: &str| fields.get(name).replace("\r\n", "\n");
    let form = ChoiceForm {
        position: get("position"),
        group_code: get("group_code"),
        item: get("item"),
        requirement: get("requirement"),
        severity: get("severity"),
        message: get("message"),
    };
    let lock = lock(&fields);
    let problems = match form.read(&template, old) {
        Ok(choice) => {
            let mut tx = db.begin().await?;
            let saved = templates::save_choice(&mut tx, &hx.actor(), &template, lock, old, &choice).await;
            commit(tx, saved).await?
        }
        Err(problems) => problems,
    };
    if problems.is_empty() {
        return Ok(hx.see(&format!("{}/choices", views::rules::href(&template.family, template.version))));
    }
    let csrf = hx.csrf();
    let page = view::choice(&shown(&template, &csrf), old, next_lock(&template, lock, &problems), &form, &problems);
    Ok(refused(&hx, "Choice of step 4", &template, page, &problems))
}

#[handler]
async fn remove_choice(hx: Hx, Path(path): Path<Part>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (template, part) = draft(db, path).await?;
    let at = old_choice(&template, &part)?.ok_or_else(missing)?;
    let mut tx = db.begin().await?;
    templates::remove_choice(&mut tx, &hx.actor(), &template, lock(&fields), &template.choices[at]).await?;
    tx.commit().await?;
    Ok(hx.see(&format!("{}/choices", views::rules::href(&template.family, template.version))))
}

/// The draft of the address. A published version has no forms.
async fn draft(db: &PgPool, (family, version, part): Part) -> Result<(Template, String), Error> {
    let template = find(db, &(family, version)).await?;
    if template.status != Status::Draft {
        let said = format!("Version {} has been published and stays as it is. Copy it to change it.", template.version);
        return Err(Error::Invalid(said));
    }
    Ok((template, part))
}

fn shown<'a>(template: &'a Template, csrf: &'a str) -> Shown<'a> {
    Shown { template, csrf, may_edit: true }
}

/// Where the line stands among the draft's; none for a new one.
fn old_line(template: &Template, part: &str) -> Result<Option<usize>, Error> {
    if part == "new" {
        return Ok(None);
    }
    let found = template.lines.iter().position(|line| line.line_number.to_string() == part);
    found.map(Some).ok_or_else(missing)
}

fn old_choice(template: &Template, part: &str) -> Result<Option<usize>, Error> {
    if part == "new" {
        return Ok(None);
    }
    let found = template.choices.iter().position(|choice| choice.position.to_string() == part);
    found.map(Some).ok_or_else(missing)
}

/// The draft as the form saw it. What is no number was seen by nobody.
fn lock(fields: &Fields) -> i32 {
    fields.get("lock_version").parse().unwrap_or(0)
}

/// Keeps what was saved. Somebody else was quicker: a problem of no field, so that the form keeps what was typed.
async fn commit(tx: Transaction<'_, Postgres>, saved: models::Result<()>) -> Result<Vec<FieldProblem>, Error> {
    match saved {
        Ok(()) => tx.commit().await.map(|()| Vec::new()).map_err(Error::from),
        Err(models::Error::Stale(message)) => Ok(vec![FieldProblem { field: String::new(), message }]),
        Err(other) => Err(other.into()),
    }
}

fn is_behind(problems: &[FieldProblem]) -> bool {
    problems.iter().any(|problem| problem.field.is_empty())
}

/// Whoever is told that somebody was quicker may save over it the next time.
fn next_lock(template: &Template, lock: i32, problems: &[FieldProblem]) -> i32 {
    if is_behind(problems) { template.lock_version } else { lock }
}

fn refused(hx: &Hx, title: &str, template: &Template, page: Markup, problems: &[FieldProblem]) -> Response {
    let mut response = hx.refused(&format!("Error: {title}"), &crumbs(template), page);
    if is_behind(problems) {
        response.set_status(StatusCode::CONFLICT);
    }
    response
}

fn missing() -> Error {
    Error::NotFound("This part of the BOM rules was not found. Somebody may have removed it.".into())
}
