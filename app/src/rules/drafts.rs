//! Changing a draft: its lines, its tables, its choices. What was typed stays when something is wrong with it.

use super::{crumbs, find};
use crate::{Page, errors::Error, forms::Fields, hx::Hx, routes::Routes};
use models::{
    rules::{
        Status, Template,
        templates::{
            self,
            forms::{ChoiceForm, LineForm, RowForm, TableForm},
        },
    },
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::rules::{Shown, forms as view};

pub fn routes() -> Routes {
    Routes::new()
        .get("/rules/:family/:version/lines/:line", Can::EditRules, edit_line)
        .post("/rules/:family/:version/lines/:line", Can::EditRules, save_line)
        .post("/rules/:family/:version/lines/:line/removal", Can::EditRules, remove_line)
        .get("/rules/:family/:version/tables/:table", Can::EditRules, edit_table)
        .post("/rules/:family/:version/tables/:table", Can::EditRules, save_table)
        .get("/rules/:family/:version/choices/:choice", Can::EditRules, edit_choice)
        .post("/rules/:family/:version/choices/:choice", Can::EditRules, save_choice)
        .post("/rules/:family/:version/choices/:choice/removal", Can::EditRules, remove_choice)
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
    match form.read(&template, old) {
        Ok(line) => {
            let mut tx = db.begin().await?;
            templates::save_line(&mut tx, &hx.actor(), &template, lock, &line).await?;
            tx.commit().await?;
            Ok(hx.see(&views::rules::href(&template.family, template.version)))
        }
        Err(problems) => {
            let csrf = hx.csrf();
            let page = view::line(&shown(&template, &csrf), old.map(|old| old.line_number), lock, &form, &problems);
            Ok(hx.refused("Line of the BOM rules", &crumbs(&template), page))
        }
    }
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
    match form.read(&template, old) {
        Ok(table) => {
            let mut tx = db.begin().await?;
            templates::save_table(&mut tx, &hx.actor(), &template, lock, &table).await?;
            tx.commit().await?;
            Ok(hx.see(&format!("{}/tables", views::rules::href(&template.family, template.version))))
        }
        Err(problems) => {
            let csrf = hx.csrf();
            let name = old.map(|old| old.name.as_str());
            let page = view::table(&shown(&template, &csrf), name, lock, &form, &problems);
            Ok(hx.refused("Table of the BOM rules", &crumbs(&template), page))
        }
    }
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
    match form.read(&template, old) {
        Ok(choice) => {
            let mut tx = db.begin().await?;
            templates::save_choice(&mut tx, &hx.actor(), &template, lock, old, &choice).await?;
            tx.commit().await?;
            Ok(hx.see(&format!("{}/choices", views::rules::href(&template.family, template.version))))
        }
        Err(problems) => {
            let csrf = hx.csrf();
            let page = view::choice(&shown(&template, &csrf), old, lock, &form, &problems);
            Ok(hx.refused("Choice of step 4", &crumbs(&template), page))
        }
    }
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

fn missing() -> Error {
    Error::NotFound("This part of the BOM rules was not found. Somebody may have removed it.".into())
}
