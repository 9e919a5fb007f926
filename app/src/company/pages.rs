//! /system/company-account: how the company account is used, who keeps a password, and when that one was used.

use crate::{
    Page,
    errors::Error,
    forms::{Fields, Text, text},
    hx::Hx,
    routes::Routes,
};
use models::{
    company::{CompanyAccount, emergency},
    settings::{self, Kept, Setting, Wrong},
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    layout::Crumb,
    system::company::{self as view, Provider, Typed},
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/system/company-account", Can::ManageSettings, show)
        .post("/system/company-account", Can::ManageSettings, change)
        .takes(&["revision", "groups_claim", "emergency_account", "trusts_second_factor", "is_required", "reason"])
        .post("/system/company-account/uses/:id", Can::ManageSettings, explain)
        .takes(&["reason"])
}

#[handler]
async fn show(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let page = page(&hx, db, &Typed::default()).await?;
    Ok(hx.page(TITLE, &crumbs(), page.clone(), page))
}

#[handler]
async fn change(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let typed = |problems| Typed { fields: Some(&fields.0), explains: None, problems };
    let new = match decided(&hx, db, &fields).await? {
        Ok(new) => new,
        Err((field, sentence)) => {
            let page = page(&hx, db, &typed(&[(field, &sentence)])).await?;
            return Ok(hx.refused("Error: Company account", &crumbs(), page));
        }
    };
    let seen = fields.get("revision").parse().unwrap_or(-1);
    let mut tx = db.begin().await?;
    match settings::change(&mut tx, &hx.actor(), &new, seen, fields.get("reason")).await {
        Err(models::Error::Stale(sentence)) => {
            drop(tx);
            let page = page(&hx, db, &typed(&[("reason", &sentence)])).await?;
            Ok(hx.conflict("Error: Company account", &crumbs(), page))
        }
        changed => {
            changed?;
            tx.commit().await?;
            Ok(hx.see("/system/company-account"))
        }
    }
}

/// What the form says, or the field and the sentence of what is wrong.
async fn decided(hx: &Hx, db: &PgPool, fields: &Fields) -> Result<Result<CompanyAccount, Wrong>, Error> {
    let email = fields.get("emergency_account").trim();
    let emergency_account = match email {
        "" => None,
        email => match emergency::candidate(db, email).await {
            Err(models::Error::Invalid(sentence)) => return Ok(Err(("emergency_account", sentence))),
            found => Some(found?),
        },
    };
    let new = CompanyAccount {
        groups_claim: fields.get("groups_claim").trim().into(),
        trusts_second_factor: fields.get("trusts_second_factor") == "yes",
        is_required: fields.get("is_required") == "yes",
        emergency_account,
    };
    if let Err(wrong) = new.check() {
        return Ok(Err(wrong));
    }
    if new.is_required && hx.visitor().app.company.is_none() {
        let sentence = "No provider is set up, so everybody needs a password. OIDC_ISSUER names one.";
        return Ok(Err(("is_required", sentence.into())));
    }
    Ok(match text(fields.get("reason"), Text { label: "The reason", longest: 300, lines: false }) {
        Err(sentence) => Err(("reason", sentence)),
        Ok(reason) if reason.is_empty() => Err(("reason", "Say why. The reason is kept with the change.".into())),
        Ok(_) => Ok(new),
    })
}

#[handler]
async fn explain(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let reason = text(fields.get("reason"), Text { label: "The reason", longest: 300, lines: false });
    let mut tx = db.begin().await?;
    let explained = match reason {
        Ok(reason) => emergency::explain(&mut tx, &hx.actor(), id, &reason).await,
        Err(sentence) => Err(models::Error::Invalid(sentence)),
    };
    match explained {
        Err(models::Error::Invalid(sentence)) => {
            drop(tx);
            let field = format!("reason-{id}");
            let typed = Typed { fields: Some(&fields.0), explains: Some(id), problems: &[(&field, &sentence)] };
            let page = page(&hx, db, &typed).await?;
            Ok(hx.refused("Error: Company account", &crumbs(), page))
        }
        explained => {
            explained?;
            tx.commit().await?;
            Ok(hx.see("/system/company-account"))
        }
    }
}

async fn page(hx: &Hx, db: &PgPool, typed: &Typed<'_>) -> Result<maud::Markup, Error> {
    let setting: Kept<CompanyAccount> = settings::read(db).await?;
    let app = &hx.visitor().app;
    let answers = match &app.company {
        Some(company) => company.metadata().await.is_ok(),
        None => false,
    };
    let provider = app.company.as_ref().map(|company| Provider {
        issuer: company.settings.issuer.as_str(),
        client_id: &company.settings.client_id,
        redirect: company.settings.redirect.as_str(),
        answers,
    });
    Ok(view::page(&view::Company {
        csrf: &hx.csrf(),
        now: chrono::Utc::now(),
        provider,
        emergency: emergency::holder(db, setting.value.emergency_account).await?,
        setting: &setting,
        uses: &emergency::uses(db).await?,
        typed,
    }))
}

const TITLE: &str = "Company account";

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("System", "/system")]
}
