//! Twelve invented orders, entered the way a coordinator would.

use super::configurations::sink;
use anyhow::Result;
use chrono::{Days, NaiveDate};
use jobs::Job;
use models::{
    configurations::Answers,
    drafts::{OrderAnswers, Review},
    jobs::Links,
    orders::submit::NewOrder,
    users::User,
};
use sqlx::PgConnection;

/// Customer, project, sales person, days until wanted, language, priority, and the demo sinks of the order.
type Sample = (&'static str, &'static str, &'static str, u64, &'static str, &'static str, &'static [u32]);

const SAMPLES: [Sample; 12] = [
    ("Alderwick General Hospital", "MDRD renewal", "Jonah Keller", 24, "EN", "standard", &[1]),
    ("Lakemere Regional Health Centre", "", "Jonah Keller", 31, "EN", "standard", &[4, 4]),
    ("Centre hospitalier Anse-aux-Érables", "Endoscopy suite", "Mireille Roy", 12, "FR", "rush", &[7]),
    ("Hôpital du Val-Boréal", "Phase 2", "Mireille Roy", 45, "FR", "standard", &[10, 13]),
    ("Chinook Ridge Surgical Centre", "", "Jonah Keller", 6, "EN", "rush", &[16]),
    ("Quoddy Light Memorial Hospital", "Sterile core", "Ana Duarte", 60, "EN", "standard", &[19, 22, 25]),
    ("Hospital Valle Sereno", "", "Ana Duarte", 52, "SP", "standard", &[28]),
    ("St. Othmar's Hospital", "Tower B", "Jonah Keller", 38, "EN", "standard", &[31, 32]),
    ("Lakemere Regional Health Centre", "Replacement", "Jonah Keller", 4, "EN", "emergency", &[34]),
    ("Foxglove Children's Hospital", "", "Ana Duarte", 29, "EN", "standard", &[37]),
    ("Foxglove Children's Hospital", "Second theatre", "Ana Duarte", 73, "EN", "standard", &[40, 43]),
    ("Millbrook & Dunmore Day Surgery", "New wing", "Mireille Roy", 18, "EN", "standard", &[46]),
];

/// The orders as typed, wanted some days from today.
pub fn sample(today: NaiveDate) -> Vec<OrderAnswers> {
    let mut build = 20410;
    SAMPLES.iter().enumerate().map(|(position, sample)| order(position, sample, today, &mut build)).collect()
}

fn order(position: usize, sample: &Sample, today: NaiveDate, build: &mut u32) -> OrderAnswers {
    let (customer, project, sales_person, days, language, priority, sinks) = *sample;
    let build_numbers = sinks.iter().map(|_| {
        *build += 1;
        build.to_string()
    });
    OrderAnswers {
        po_number: (88200 + position * 17).to_string(),
        customer: customer.into(),
        project: project.into(),
        sales_person: sales_person.into(),
        want_on: (today + Days::new(days)).to_string(),
        language: language.into(),
        priority: priority.into(),
        quantity: sinks.len().to_string(),
        build_numbers: build_numbers.collect(),
        builds: sinks.iter().map(|number| Answers::from(&sink(*number))).collect(),
        ..OrderAnswers::default()
    }
}

/// One BOM per build, asked for in the order's own transaction.
pub async fn ask_for_boms(tx: &mut PgConnection, order: &NewOrder, user: &User) -> Result<()> {
    for (build_id, _) in &order.builds {
        let links = Links {
            order_id: Some(order.id),
            build_id: Some(*build_id),
            requested_by: Some(user.id),
            ..Links::default()
        };
        Job::GenerateBom { build_id: *build_id }.enqueue(&mut *tx, links).await?;
    }
    Ok(())
}

/// What stands in the way of a demo order, for whoever changed the rules under it.
pub fn first_problem(review: &Review) -> String {
    let builds = review.builds.iter().flat_map(|build| &build.checked.problems);
    let all = review.heading.customer.iter().chain(&review.heading.sinks).chain(builds);
    all.map(|problem| problem.message.clone()).collect::<Vec<_>>().join(" ")
}
