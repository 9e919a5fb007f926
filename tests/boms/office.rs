//! A house with an order and its build, and BOMs of any shape for it.

use models::audit::Actor;
use models::boms::store::{self, Generation, Kept};
use models::boms::{ChosenLine, explode};
use models::catalogue;
use models::configurations::Configuration;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgPool;
use tests::{House, Person};

pub struct Office {
    pub house: House,
    pub build_id: i64,
}

impl Office {
    /// An order for one build, 20421, and no catalogue.
    pub async fn open() -> Office {
        let house = House::open().await;
        let coordinator = house.account("coordinator").await;
        let build_id = build(&house.db, coordinator.id, &configuration()).await;
        Office { house, build_id }
    }

    /// The same with the demo catalogue.
    pub async fn with_catalogue() -> Office {
        let office = Office::open().await;
        let mut tx = office.house.db.begin().await.unwrap();
        app::catalogue::demo::import(&mut tx, &Actor::system()).await.unwrap();
        tx.commit().await.unwrap();
        office
    }

    /// The same with its first BOM.
    pub async fn with_bom() -> Office {
        let office = Office::with_catalogue().await;
        office.generate().await;
        office
    }

    pub fn db(&self) -> &PgPool {
        &self.house.db
    }

    /// Asks for the next version as the coordinator and lets the worker make it.
    pub async fn generate(&self) {
        let coordinator = self.house.login("coordinator").await;
        self.ask(&coordinator).await;
        self.house.work().await;
    }

    /// Sends the form that asks for a BOM, with the version that is in force.
    pub async fn ask(&self, person: &Person) {
        let active = "select coalesce(max(version), 0)::text from boms where build_id = $1 and is_active";
        let active: String = sqlx::query_scalar(active).bind(self.build_id).fetch_one(self.db()).await.unwrap();
        person.post("/builds/20421/bom", &[("after", &active)]).await.assert_status(303);
    }

    /// Changes what was ordered, as if an administrator had.
    pub async fn configure(&self, change: impl FnOnce(&mut Configuration)) {
        let mut configuration = configuration();
        change(&mut configuration);
        sqlx::query("update builds set configuration = $2, configuration_hash = $3 where id = $1")
            .bind(self.build_id)
            .bind(configuration.document())
            .bind(configuration.hash())
            .execute(self.db())
            .await
            .unwrap();
    }

    /// Keeps a BOM of these level-0 numbers from the active catalogue.
    pub async fn keep(&self, numbers: &[&str]) -> Kept {
        let catalogue = catalogue::active(self.db()).await.unwrap();
        let chosen: Vec<ChosenLine> = numbers.iter().map(|number| chosen(number)).collect();
        let lines = explode::explode(&catalogue, &chosen).unwrap();
        let template = "select id from bom_templates where status = 'active'";
        let template_id: i32 = sqlx::query_scalar(template).fetch_one(self.db()).await.unwrap();
        let generation = Generation {
            build_id: self.build_id,
            configuration: &configuration(),
            template_id,
            catalogue: &catalogue,
            chosen: &chosen,
            lines: &lines,
            job_id: None,
            generated_by: None,
        };
        let mut tx = self.db().begin().await.unwrap();
        let kept = store::save(&mut tx, &generation).await.unwrap();
        tx.commit().await.unwrap();
        kept
    }

    /// A catalogue of our own: (number, name) and (parent, child, pieces).
    pub async fn catalogue(&self, items: &[(String, String)], components: &[(String, String, i32)]) {
        let revision =
            "insert into catalogue_revisions (number, label, status, digest) values (1, 'Test', 'active', 'x')";
        sqlx::query(revision).execute(self.db()).await.unwrap();
        let (numbers, names): (Vec<_>, Vec<_>) = items.iter().cloned().unzip();
        sqlx::query("insert into items (number) select unnest($1::text[])")
            .bind(&numbers)
            .execute(self.db())
            .await
            .unwrap();
        let kept = "insert into catalogue_items (revision_id, item_id, name, kind)
            select r.id, i.id, g.name, 'part' from unnest($1::text[], $2::text[]) as g (number, name)
            join items i using (number) cross join catalogue_revisions r";
        sqlx::query(kept).bind(&numbers).bind(&names).execute(self.db()).await.unwrap();
        let parents: Vec<&str> = components.iter().map(|(parent, _, _)| parent.as_str()).collect();
        let children: Vec<&str> = components.iter().map(|(_, child, _)| child.as_str()).collect();
        let pieces: Vec<i32> = components.iter().map(|(_, _, pieces)| *pieces).collect();
        let kept = "insert into catalogue_components (revision_id, parent_id, position, child_id, quantity)
            select r.id, p.id, g.position, c.id, g.pieces
            from unnest($1::text[], $2::text[], $3::int[]) with ordinality as g (parent, child, pieces, position)
            join items p on p.number = g.parent join items c on c.number = g.child cross join catalogue_revisions r";
        sqlx::query(kept).bind(&parents).bind(&children).bind(&pieces).execute(self.db()).await.unwrap();
    }

    pub async fn set_cost(&self, number: &str, cost: &str) {
        let cost: Decimal = cost.parse().unwrap();
        let mut tx = self.db().begin().await.unwrap();
        catalogue::costs::set(&mut tx, number, Some(cost), &Actor::system()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn chosen(number: &str) -> ChosenLine {
    ChosenLine {
        template_item_id: 1,
        role: "test".into(),
        number: number.into(),
        quantity: Decimal::ONE,
        reason: "Because the test says so".into(),
        note: String::new(),
        custom_group: None,
        omits: None,
        parent: None,
    }
}

/// Two basins, casters, a plain pegboard and a bowl made to size.
pub fn configuration() -> Configuration {
    let document = json!({
        "schema": "torvan.configuration.v1", "family": "MDRD", "language": "EN", "model": "T2-B2", "width_in": "30",
        "length_in": 72, "legs": "DL27-HA", "feet": "casters", "flow": "left-to-right",
        "pegboard": {"type": "perforated", "colour": null, "size": null}, "drawers": [],
        "basins": [
            {"type": "E-Drain", "size": "24X20X8", "p_trap": false, "light": false},
            {"type": "E-Sink", "size": {"width_in": "25.5", "length_in": "20", "depth_in": "9"}, "p_trap": false, "light": true}
        ],
        "faucets": [{"type": "wrist-blade", "quantity": 1, "place": "between-1-2"}],
        "sprayers": [], "accessories": [{"item": "T-OA-BINRAIL-36-KIT", "quantity": 2}]
    });
    serde_json::from_value(document).unwrap()
}

async fn build(db: &PgPool, coordinator: i64, configuration: &Configuration) -> i64 {
    let order = "with customer as (insert into customers (name, name_key) values ('Lakeshore General', 'lakeshore general') returning id)
        insert into orders (number, po_number, po_key, customer_id, project, sales_person, want_on, language, family, created_by)
        select 'TOR-2026-0412', '88213', '88213', id, 'West wing', 'M. Keller', '2027-01-15', 'EN', 'MDRD', $1 from customer returning id";
    let order: i64 = sqlx::query_scalar(order).bind(coordinator).fetch_one(db).await.unwrap();
    let build = "insert into builds (order_id, position, number, number_key, configuration, configuration_hash)
        values ($1, 1, '20421', '20421', $2, $3) returning id";
    let build = sqlx::query_scalar(build).bind(order).bind(configuration.document()).bind(configuration.hash());
    build.fetch_one(db).await.unwrap()
}
