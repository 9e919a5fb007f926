//! A house with something on every page, and the names by which its pages are called.

use crate::spine::clerk::Clerk;
use models::golden::Expected;
use std::collections::BTreeMap;
use tests::{House, Person};

/// What stands for `{order}`, `{build}` and the rest in the address of a page.
pub struct Places(BTreeMap<&'static str, String>);

impl Places {
    /// Orders with BOMs of two versions, one whose BOM waits, a draft of an order and one of the rules.
    pub async fn furnish(house: &House) -> Places {
        app::demo::run(&house.db, "development", None).await.unwrap();
        house.work().await;
        let (coordinator, administrator) = (house.login("coordinator").await, house.login("administrator").await);
        let mut places = BTreeMap::new();
        let build: String = one(house, "select number from builds order by id limit 1").await;
        let order = "select o.number from orders o join builds b on b.order_id = o.id order by b.id limit 1";
        coordinator.post(&format!("/builds/{build}/bom"), &[("after", "1")]).await.assert_status(303);
        house.work().await;
        places.insert("waiting", waiting(&coordinator).await);
        places.insert("draft", draft(&coordinator).await);
        places.insert("order", one(house, order).await);
        let rules = administrator.post("/rules/MDRD/1/copies", &[]).await;
        places.insert("rules", rules.location().rsplit('/').next().unwrap().to_owned());
        app::demo::jobs::fill(&mut house.db.acquire().await.unwrap(), 1000).await.unwrap();
        for (name, question) in [
            ("done", "select id::text from jobs where state = 'done' order by id limit 1"),
            ("dead", "select id::text from jobs where state = 'dead' and kind = 'generate_bom' order by id limit 1"),
            ("worker", "select id from workers order by started_at limit 1"),
            ("line", "select line_number::text from bom_template_items order by id limit 1"),
            ("table", "select name from bom_template_tables order by id limit 1"),
            ("choice", "select position::text from bom_template_choices order by position limit 1"),
            ("category", "select code from catalogue_categories where parent_code is not null order by code limit 1"),
            ("revision", "select number::text from catalogue_revisions order by number limit 1"),
        ] {
            places.insert(name, one(house, question).await);
        }
        places.insert("assembly", top(&coordinator, &build).await);
        places.insert("item", "T2-LEVELING-CASTOR-475".into());
        places.insert("build", build);
        Places(places)
    }

    /// The address with every name replaced.
    pub fn fill(&self, path: &str) -> String {
        let filled =
            self.0.iter().fold(path.to_owned(), |path, (name, what)| path.replace(&format!("{{{name}}}"), what));
        assert!(!filled.contains('{'), "{filled} names a place that is not furnished");
        filled
    }
}

async fn one(house: &House, question: &'static str) -> String {
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap_or_else(|error| panic!("{question}: {error}"))
}

/// A build of an order whose BOM no worker has made yet.
async fn waiting(coordinator: &Person) -> String {
    let sink = app::demo::configurations::sink(2);
    let clerk = Clerk::begin(coordinator).await;
    clerk.head("PO 7001", sink.language.word(), &["71001"]).await;
    clerk.configure(1, &sink).await;
    clerk.create().await;
    "71001".into()
}

/// An order being entered, with something open in its second build.
async fn draft(coordinator: &Person) -> String {
    let sink = app::demo::configurations::sink(13);
    let clerk = Clerk::begin(coordinator).await;
    clerk.head("PO 7002", sink.language.word(), &["71002", "71003"]).await;
    clerk.configure(1, &sink).await;
    clerk.draft.trim_start_matches("/drafts/").to_owned()
}

/// An item that is made of others.
async fn top(person: &Person, build: &str) -> String {
    let lines: Vec<Expected> = crate::spine::clerk::bom(person, build).await;
    lines.into_iter().find(|line| line.level == 1).map(|line| line.parent).unwrap()
}
