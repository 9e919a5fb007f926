//! The operations log of those who submit orders, and the checker that compares it with the database afterwards.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use chrono::{Days, Utc};
use models::configurations::Answers;
use models::drafts::{Draft, OrderAnswers};
use sqlx::AssertSqlSafe;

use crate::browser::Visitor;
use crate::site::Site;

/// One order that somebody wants: the draft is the key, sending it twice is the same order.
#[derive(Debug, Clone)]
pub struct Operation {
    pub draft: i64,
    /// How often it was sent until an answer came.
    pub sent: u32,
    /// From the first sending to the answer.
    pub took: Duration,
    /// Status of the last answer; none when none came.
    pub status: Option<u16>,
    /// The order as the answer named it.
    pub order: Option<String>,
}

#[derive(Default)]
pub struct Operations {
    done: Mutex<Vec<Operation>>,
}

impl Operations {
    pub fn note(&self, operation: Operation) {
        self.done.lock().expect("nobody panicked here").push(operation);
    }

    pub fn all(&self) -> Vec<Operation> {
        self.done.lock().expect("nobody panicked here").clone()
    }

    pub fn accepted(&self) -> usize {
        self.all().iter().filter(|one| one.order.is_some()).count()
    }

    /// Submits a draft as a patient person does: the same button again after a lost answer or a 503, until the order is
    /// there or `limit` is over. Other answers are final.
    pub async fn submit(&self, visitor: &Visitor, draft: i64, limit: Duration) -> Operation {
        let start = Instant::now();
        let mut operation = Operation { draft, sent: 0, took: Duration::ZERO, status: None, order: None };
        while start.elapsed() < limit {
            operation.sent += 1;
            let answer = visitor.submit(draft).await;
            (operation.took, operation.status) = (start.elapsed(), answer.as_ref().map(|answer| answer.status));
            operation.order = answer.as_ref().and_then(|answer| answer.order());
            if operation.status == Some(422) {
                panic!("the draft is not ready: {}", answer.map(|answer| answer.text()).unwrap_or_default());
            }
            if !matches!(operation.status, None | Some(503)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        self.note(operation.clone());
        operation
    }
}

/// Drafts that lack nothing but the last click, each with one sink.
pub async fn prepare_drafts(site: &Site, count: usize) -> Vec<i64> {
    let user = site.user().await;
    let mut tx = site.db.begin().await.expect("a transaction");
    let before = sqlx::query_scalar::<_, i64>("select count(*) from drafts").fetch_one(&mut *tx).await;
    let before = before.expect("the drafts") as usize;
    let mut drafts = Vec::new();
    for number in before + 1..=before + count {
        drafts.push(Draft::create(&mut tx, &user, &order(number)).await.expect("a draft"));
    }
    tx.commit().await.expect("the drafts are kept");
    drafts
}

fn order(number: usize) -> OrderAnswers {
    let mut sink = Answers::from(&app::demo::configurations::sink(1));
    sink.faucets.iter_mut().filter(|faucet| faucet.place.is_empty()).for_each(|faucet| faucet.place = "basin-1".into());
    sink.sprayers.iter_mut().filter(|sprayer| sprayer.side.is_empty()).for_each(|sprayer| sprayer.side = "left".into());
    OrderAnswers {
        po_number: format!("PO {number}"),
        customer: format!("Lakeshore General {}", number % 7),
        sales_person: "M. Keller".into(),
        language: "EN".into(),
        priority: "standard".into(),
        want_on: (Utc::now().date_naive() + Days::new(200)).to_string(),
        quantity: "1".into(),
        build_numbers: vec![format!("F-{number:05}")],
        builds: vec![sink],
        ..OrderAnswers::default()
    }
}

/// What must be zero whatever happened: orphans either way, and effects that were kept twice (promises P2, P3).
const NEVER: [(&str, &str); 13] = [
    ("orders without a build", "orders o where not exists (select from builds b where b.order_id = o.id)"),
    (
        "orders without exactly one audit row",
        "orders o where 1 <> (select count(*) from audit_log a where a.noun = 'orders' and a.action = 'submitted' and a.object_id = o.number)",
    ),
    (
        "orders without exactly one line of history",
        "orders o where 1 <> (select count(*) from order_history h where h.order_id = o.id)",
    ),
    (
        "audit rows of orders that do not exist",
        "audit_log a where a.noun = 'orders' and a.action = 'submitted' and not exists (select from orders o where o.number = a.object_id)",
    ),
    (
        "builds without exactly one job",
        "builds b where 1 <> (select count(*) from jobs j where j.build_id = b.id and j.kind = 'generate_bom')",
    ),
    (
        "jobs of builds that do not exist",
        "jobs j where j.order_id is not null and not exists (select from builds b where b.id = j.build_id and b.order_id = j.order_id)",
    ),
    ("builds with two BOMs", "builds b where 1 < (select count(*) from boms m where m.build_id = b.id)"),
    (
        "BOMs without exactly one audit row",
        "boms m join builds b on b.id = m.build_id where 1 <> (select count(*) from audit_log a where a.noun = 'boms' and a.action = 'generated' and a.object_id = b.number)",
    ),
    (
        "audit rows of BOMs that do not exist",
        "audit_log a where a.noun = 'boms' and a.action = 'generated' and not exists (select from boms m join builds b on b.id = m.build_id where b.number = a.object_id)",
    ),
    ("BOMs without lines", "boms m where not exists (select from bom_lines l where l.bom_id = m.id)"),
    (
        "jobs done without their BOM",
        "jobs j where j.state = 'done' and j.order_id is not null and not exists (select from boms m where m.build_id = j.build_id and m.job_id = j.id)",
    ),
    ("BOMs of jobs that are not done", "boms m join jobs j on j.id = m.job_id where j.state <> 'done'"),
    (
        "jobs with two attempts that ended as done",
        "jobs j where 1 < (select count(*) from job_attempts a where a.job_id = j.id and a.outcome = 'done')",
    ),
];

/// What the checker found.
#[derive(Debug, Default)]
pub struct Verdict {
    pub orders: usize,
    /// Orders that were answered with their number and are not there, or whose BOM did not come.
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    pub orphans: Vec<String>,
}

impl Verdict {
    #[track_caller]
    pub fn assert_clean(&self) -> &Verdict {
        assert!(self.lost.is_empty() && self.doubled.is_empty() && self.orphans.is_empty(), "{self:#?}");
        self
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (orders, lost, doubled, orphans) = (self.orders, self.lost.len(), self.doubled.len(), self.orphans.len());
        write!(f, "{orders} orders: {lost} lost, {doubled} doubled, {orphans} orphans")
    }
}

/// Compares what was answered with what is there. Call it when no job lives any more.
pub async fn check(site: &Site, operations: &Operations) -> Verdict {
    let sql = "
        select o.number, o.draft_id, coalesce(bool_and(m.id is not null and j.state = 'done'), false)
        from orders o
        left join builds b on b.order_id = o.id
        left join boms m on m.build_id = b.id
        left join jobs j on j.id = m.job_id
        group by o.id";
    let found: Vec<(String, Option<i64>, bool)> =
        sqlx::query_as(sql).fetch_all(&site.db).await.expect("the orders are read");
    let mut verdict = Verdict { orders: found.len(), ..Verdict::default() };
    let by_number: HashMap<&str, (Option<i64>, bool)> =
        found.iter().map(|(number, draft, whole)| (number.as_str(), (*draft, *whole))).collect();
    let mut seen = HashSet::new();
    for operation in operations.all() {
        let Some(number) = &operation.order else { continue };
        match by_number.get(number.as_str()) {
            Some((draft, true)) if *draft == Some(operation.draft) => {}
            Some((draft, true)) => verdict.doubled.push(format!("{number} is of draft {draft:?}: {operation:?}")),
            Some(_) => verdict.lost.push(format!("{number} has no BOM: {operation:?}")),
            None => verdict.lost.push(format!("{number} is not there: {operation:?}")),
        }
        seen.insert(number.clone());
    }
    for (number, draft, whole) in &found {
        let again = found.iter().filter(|(_, other, _)| other.is_some() && other == draft).count() > 1;
        if again {
            verdict.doubled.push(format!("draft {draft:?} became {number} and another order"));
        }
        // An order whose answer was lost is an order all the same.
        if !whole && !seen.contains(number) {
            verdict.lost.push(format!("{number} was made and has no BOM"));
        }
    }
    for (what, rows) in NEVER {
        let sql = format!("select count(*) from {rows}");
        let found: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&site.db).await.expect("the rows are counted");
        if found > 0 {
            verdict.orphans.push(format!("{found} {what}"));
        }
    }
    verdict
}
