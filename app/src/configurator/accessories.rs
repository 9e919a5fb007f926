//! Step 4: what the rules in force offer, filtered, with what they say about this build.

use super::{
    Desk, Typed,
    desk::Table,
    steps::{read, save as save_step},
};
use crate::{Page, errors::Error, hx::Hx, session::Signed};
use models::configurations::Family;
use models::drafts::OrderAnswers;
use models::rules::{self, Severity};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::configurator::Step;
use views::configurator::accessories::{self as view, Group, Offer, Shop};

#[handler]
pub async fn show(
    hx: Hx,
    Signed(user): Signed,
    Path((id, position)): Path<(i64, usize)>,
    Data(db): Data<&PgPool>,
) -> Page {
    read(hx, user, db, id, Step::Accessories(position)).await
}

#[handler]
pub async fn save(
    hx: Hx,
    Signed(user): Signed,
    Path((id, position)): Path<(i64, usize)>,
    Data(db): Data<&PgPool>,
    typed: Typed,
) -> Page {
    save_step(hx, user, db, id, Step::Accessories(position), typed).await
}

/// The numbers on offer, for the step that asks for them.
pub async fn offered(db: &PgPool, step: Step) -> Result<Vec<String>, Error> {
    if !matches!(step, Step::Accessories(_)) {
        return Ok(Vec::new());
    }
    let rules = rules::active(db, Family::Mdrd.word()).await?;
    Ok(rules.choices().iter().map(|choice| choice.item.clone()).collect())
}

pub fn page(
    hx: &Hx,
    desk: &Desk,
    table: &Table<'_>,
    position: usize,
    before: Option<&OrderAnswers>,
    typed: &Typed,
) -> Page {
    let build = desk.review.build(position).ok_or_else(Error::not_found)?;
    let search = if typed.go() == "all" { "" } else { typed.get("search") };
    let (groups, offered) = groups(desk, position, search);
    let answers = &desk.draft.answers.builds[position - 1];
    let is_offered = |item: &str| desk.rules.as_deref().is_none_or(|rules| rules.offers_item(item));
    let gone = answers.accessories.iter().filter(|chosen| !is_offered(&chosen.item));
    let gone: Vec<(String, String)> = gone.map(|chosen| (chosen.item.clone(), chosen.quantity.clone())).collect();
    let shop = Shop { groups: &groups, gone: &gone, search, offered };
    let preview = desk.preview(position, before);
    let sheet = table.sheet();
    let part = view::accessories(&sheet, position, &shop, &build.checked, preview.as_ref().map_err(String::as_str));
    table.answer(hx, &format!("Accessories of {}", build.title), part)
}

/// The groups with what matches the search, and how many numbers there are in all.
fn groups(desk: &Desk, position: usize, search: &str) -> (Vec<Group>, usize) {
    let (Some(rules), Some(build)) = (desk.rules.as_deref(), desk.review.build(position)) else {
        return (Vec::new(), 0);
    };
    let words: Vec<String> = search.to_lowercase().split_whitespace().map(str::to_string).collect();
    let answers = &desk.draft.answers.builds[position - 1];
    let mut groups: Vec<Group> = Vec::new();
    for (choice, finding) in rules.offers(&build.facts) {
        let name = desk
            .catalogue()
            .and_then(|catalogue| catalogue.find(&choice.item).map(|index| catalogue.item(index).name.clone()));
        let name = name.unwrap_or_default();
        let text = format!("{} {name}", choice.item).to_lowercase();
        if !words.iter().all(|word| text.contains(word)) {
            continue;
        }
        let quantity = answers.accessories.iter().find(|chosen| chosen.item == choice.item);
        let said = |severity| {
            finding.filter(|finding| finding.severity == severity).map(|finding| finding.message.to_string())
        };
        let offer = Offer {
            number: choice.item.clone(),
            name,
            quantity: quantity.map(|chosen| chosen.quantity.clone()).unwrap_or_default(),
            refused: said(Severity::Error),
            caution: said(Severity::Warning),
        };
        match groups.iter_mut().find(|group| group.code == choice.group_code) {
            Some(group) => group.offers.push(offer),
            None => groups.push(Group {
                code: choice.group_code.clone(),
                name: view::group_title(&choice.group_code).into(),
                offers: vec![offer],
            }),
        }
    }
    (groups, rules.choices().len())
}
