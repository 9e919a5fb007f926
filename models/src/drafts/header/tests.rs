use super::*;

fn house() -> House {
    House { today: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), ..House::default() }
}

fn order() -> OrderAnswers {
    OrderAnswers {
        po_number: "PO 88213".into(),
        customer: "Lakeshore General".into(),
        sales_person: "M. Keller".into(),
        want_on: "2027-02-01".into(),
        build_numbers: vec!["20419".into()],
        ..OrderAnswers::default()
    }
}

fn says(field: &str, change: impl FnOnce(&mut OrderAnswers)) -> String {
    says_in(&house(), field, change)
}

fn says_in(house: &House, field: &str, change: impl FnOnce(&mut OrderAnswers)) -> String {
    let mut answers = order();
    change(&mut answers);
    answers.follow_quantity();
    let heading = heading(&answers, house);
    let problem = heading.customer.iter().chain(&heading.sinks).find(|problem| problem.field == field);
    let problem = problem.unwrap_or_else(|| panic!("nothing about {field}"));
    if problem.stops() {
        assert!(heading.header.is_none() || heading.numbers.is_none() || heading.family != Some(Family::Mdrd));
    }
    problem.message.clone()
}

#[test]
fn a_whole_heading_is_taken_over() {
    let heading = heading(&order(), &house());
    assert_eq!((heading.customer, heading.sinks), (vec![], vec![]));
    assert_eq!(heading.header.unwrap().customer, "Lakeshore General");
    assert_eq!(heading.numbers, Some(vec!["20419".into()]));
}

#[test]
fn every_text_of_step_one_has_its_limits() {
    for field in ["po_number", "customer", "sales_person"] {
        let set = |text: &str| {
            let text = text.to_string();
            move |order: &mut OrderAnswers| match field {
                "po_number" => order.po_number = text,
                "customer" => order.customer = text,
                _ => order.sales_person = text,
            }
        };
        assert!(says(field, set("")).contains("is empty"));
        assert!(says(field, set("   ")).contains("is empty"));
        assert!(says(field, set("ab")).contains("fewer than 3"));
        assert!(says(field, set(&"x".repeat(10_000))).contains("10,000 characters"));
        assert!(says(field, set("abc\0def")).contains("cannot be printed"));
        assert!(says(field, set("abc\u{202E}def")).contains("hidden character"));
    }
    assert!(says("project", |order| order.project = "ab".into()).contains("fewer than 3"));
    assert!(says("notes", |order| order.notes = "x".repeat(10_000)).contains("Keep it to 4,000"));
    assert!(says("language", |order| order.language = "DE".into()).contains("French"));
    assert!(says("priority", |order| order.priority = "now".into()).contains("Emergency"));
}

#[test]
fn the_want_date_is_a_day_to_come() {
    let on = |day: &str| {
        let day = day.to_string();
        says("want_on", move |order| order.want_on = day)
    };
    assert!(on("").contains("is empty"));
    assert!(on("2026-11-23").contains("is today"));
    assert!(on("2026-11-22").contains("in the past"));
    assert!(on("2027-02-30").contains("The calendar has no"));
    assert!(on("24/11/2027").contains("cannot be read"));
    assert!(on("tomorrow").contains("cannot be read"));
    assert!(on("9999-12-31").contains("5 years away"));
    assert!(on("2031-11-24").contains("5 years away"));
    assert_eq!(on("2027-01-30"), "2027-01-30 is a Saturday.");
}

#[test]
fn a_po_number_and_a_build_number_are_used_once() {
    let house = House {
        po_taken_by: Some("TOR-2026-0007".into()),
        builds_taken: vec![("tor-9".into(), "TOR-2026-0008".into())],
        ..house()
    };
    assert!(says_in(&house, "po_number", |_| {}).contains("is order TOR-2026-0007 already"));
    assert!(
        says_in(&house, "build-1-number", |order| order.build_numbers = vec!["TOR-9".into()]).contains("TOR-2026-0008")
    );
    let twins = |order: &mut OrderAnswers| {
        order.quantity = "2".into();
        order.build_numbers = vec!["ab-1".into(), "AB-1".into()];
    };
    assert!(says("build-2-number", twins).contains("Build 1 of this order"));
}

#[test]
fn quantity_family_and_build_numbers_are_checked() {
    for typed in ["0", "11", "1.5", "-2", "two", "1e1", "", "٣"] {
        assert!(
            says("quantity", |order| order.quantity = typed.into()).contains("whole number from 1 to 10"),
            "{typed}"
        );
    }
    assert!(says("family", |order| order.family = "INSTROSINK".into()).contains("under construction"));
    assert!(says("family", |order| order.family = "BATH".into()).contains("does not exist"));
    for typed in ["ab", "a--", "20 419", "20419/1", "2041९", &"9".repeat(41)] {
        assert!(says("build-1-number", |order| order.build_numbers = vec![typed.into()]).contains("label"), "{typed}");
    }
    assert!(says("build-3-number", |order| order.quantity = "3".into()).contains("is empty"));
}

#[test]
fn a_smaller_quantity_keeps_the_builds_beyond_it() {
    let mut answers = order();
    answers.quantity = "3".into();
    answers.follow_quantity();
    answers.builds[2].length = "99".into();
    answers.quantity = "1".into();
    answers.follow_quantity();
    assert_eq!(answers.builds().count(), 1);
    answers.quantity = "3".into();
    assert_eq!(answers.builds().last().unwrap().2.length, "99");
}
