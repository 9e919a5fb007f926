use super::*;
use crate::configurations::{AccessoryAnswers, BasinAnswers, FaucetAnswers, Override, SprayerAnswers, read_document};
use proptest::prelude::*;

pub(in crate::configurations) const HERE: Context<'static> =
    Context { family: Some(Family::Mdrd), language: Some(Language::English), offered: None, is_document: false };

/// A sink with two basins that can be built as it is.
pub(in crate::configurations) fn sink() -> Answers {
    let basin =
        |kind: &str, size: &str| BasinAnswers { kind: kind.into(), size: size.into(), ..BasinAnswers::default() };
    Answers {
        model: "T2-B2".into(),
        length: "72".into(),
        basins: vec![basin("E-Drain", "24X20X8"), basin("E-Sink", "30X20X8")],
        faucets: vec![FaucetAnswers { kind: "wrist-blade".into(), quantity: "1".into(), place: "between-1-2".into() }],
        ..Answers::usual()
    }
}

fn sentence(answers: &Answers, field: &str) -> String {
    check(answers, &HERE).problem(field).map(|problem| problem.message.clone()).unwrap_or_default()
}

/// Changes the sink and says what the check answers about a field; the sink must not be buildable.
fn refused(field: &str, change: impl FnOnce(&mut Answers)) -> String {
    let mut answers = sink();
    change(&mut answers);
    let checked = check(&answers, &HERE);
    assert!(checked.configuration.is_none(), "{field} was accepted");
    let problem = checked.problem(field).unwrap_or_else(|| panic!("nothing about {field}: {:?}", checked.problems));
    assert!(problem.stops());
    problem.message.clone()
}

fn warned(field: &str, change: impl FnOnce(&mut Answers)) -> String {
    let mut answers = sink();
    change(&mut answers);
    let checked = check(&answers, &HERE);
    assert!(checked.configuration.is_some(), "stopped: {:?}", checked.problems);
    let problem = checked.problem(field).unwrap_or_else(|| panic!("nothing about {field}"));
    assert!(!problem.stops());
    problem.message.clone()
}

#[test]
fn a_whole_sink_becomes_its_configuration() {
    let checked = check(&sink(), &HERE);
    assert_eq!(checked.problems, []);
    let configuration = checked.configuration.unwrap();
    assert_eq!((configuration.length_in, configuration.basins.len()), (72, 2));
    assert_eq!(configuration.faucets[0].place, Some(crate::configurations::Place::Between12));
}

#[test]
fn a_new_build_asks_for_its_basins_and_nothing_is_called_wrong() {
    let checked = check(&Answers::usual(), &HERE);
    let open: Vec<&str> = checked.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(open, ["basin-1-type", "basin-1-size"]);
    assert!(checked.problems.iter().all(|problem| problem.severity == Severity::Missing));
}

#[test]
fn a_length_without_a_body_is_refused_with_its_reason() {
    for (typed, words) in [
        ("", "Length is empty. Choose whole inches, 48 to 120."),
        ("47", "A sink 47 in long has no body. Choose 48 to 120 in."),
        ("47.9", "A sink 47.9 in long has no body. Choose 48 to 120 in."),
        ("121", "A sink 121 in long has no body. Choose 48 to 120 in."),
        ("0", "A sink 0 in long has no body. Choose 48 to 120 in."),
        ("60.5", "Bodies come in whole inches and 60.5 in is between two. Choose 60 or 61 in."),
        ("-72", "Length “-72” is below zero. Choose whole inches, 48 to 120."),
        ("seventy", "Length “seventy” is not a number. Choose whole inches, 48 to 120."),
        ("1e3", "Length “1e3” is short for another number. Write it out in digits. Choose whole inches, 48 to 120."),
        ("٧٢", "Length “٧٢” is not written with the digits 0 to 9. Choose whole inches, 48 to 120."),
        ("99999999999999999999", "Length “99999999999999999999” is far too large. Choose whole inches, 48 to 120."),
    ] {
        assert_eq!(refused("length", |sink| sink.length = typed.into()), words);
    }
    for typed in ["48", "120", "72 in", "072", "72.0"] {
        assert!(check(&Answers { length: typed.into(), ..sink() }, &HERE).problem("length").is_none(), "{typed}");
    }
}

#[test]
fn a_width_is_above_zero_and_an_unusual_one_is_looked_at() {
    assert!(refused("width", |sink| sink.width = "0".into()).contains("above 0"));
    assert!(refused("width", |sink| sink.width = "-30".into()).contains("below zero"));
    assert!(refused("width", |sink| sink.width = "deep".into()).contains("not a number"));
    assert!(warned("width", |sink| sink.width = "23.5".into()).contains("unusual"));
    assert!(warned("width", |sink| sink.width = "121".into()).contains("unusual"));
}

#[test]
fn every_list_refuses_a_word_it_does_not_have() {
    assert!(refused("model", |sink| sink.model = "T2-B4".into()).contains("“T2-B4” does not exist"));
    assert!(refused("feet", |sink| sink.feet = "wheels".into()).contains("Seismic feet"));
    assert!(refused("flow", |sink| sink.flow = "up".into()).contains("Left to right"));
    assert!(refused("legs", |sink| sink.legs = "DL99".into()).contains("does not exist"));
    assert!(refused("legs", |sink| sink.legs = "LC1-FH".into()).contains("no fixed LC1"));
    assert!(refused("pegboard", |sink| sink.pegboard = "maybe".into()).contains("with or without"));
    assert!(refused("drawers", |sink| sink.drawers = vec!["three-drawer".into()]).contains("does not exist"));
    assert!(refused("drawers", |sink| sink.drawers = vec!["two-drawer".into(); 2]).contains("twice"));
    assert!(refused("basin-2-type", |sink| sink.basins[1].kind = "Bathtub".into()).contains("E-Sink DI"));
    assert!(refused("basin-2-size", |sink| sink.basins[1].size = "20X20X10".into()).contains("not one we stock"));
}

#[test]
fn a_pegboard_needs_its_type_and_may_be_plain() {
    assert!(refused("pegboard_type", |sink| sink.pegboard = "yes".into()).contains("not chosen yet"));
    let board = |sink: &mut Answers| {
        sink.pegboard = "yes".into();
        sink.pegboard_type = "solid".into();
    };
    let mut plain = sink();
    board(&mut plain);
    assert_eq!(check(&plain, &HERE).configuration.unwrap().pegboard.unwrap().colour, None);
    assert!(
        refused("pegboard_colour", |sink| {
            board(sink);
            sink.pegboard_colour = "Pink".into();
        })
        .contains("Orange")
    );
    assert!(
        refused("pegboard_width", |sink| {
            board(sink);
            sink.pegboard_size = "custom".into();
            sink.pegboard_length = "36".into();
        })
        .contains("empty")
    );
    // Answers under a pegboard nobody wants say nothing.
    assert_eq!(sentence(&Answers { pegboard_type: "glass".into(), ..sink() }, "pegboard_type"), "");
}

#[test]
fn a_custom_basin_has_three_sizes_within_limits() {
    let custom = |width: &str, length: &str, depth: &str| {
        let (width, length, depth) = (width.to_string(), length.to_string(), depth.to_string());
        move |sink: &mut Answers| {
            sink.length = "120".into();
            sink.basins[0] = BasinAnswers { size: "custom".into(), width, length, depth, ..sink.basins[0].clone() };
        }
    };
    assert!(refused("basin-1-width", custom("0", "20", "8")).contains("above 0, up to 50"));
    assert!(refused("basin-1-width", custom("50.1", "20", "8")).contains("up to 50"));
    assert!(refused("basin-1-length", custom("24", "51", "8")).contains("up to 50"));
    assert!(refused("basin-1-depth", custom("24", "20", "20.5")).contains("up to 20"));
    assert!(refused("basin-1-depth", custom("24", "20", "")).contains("empty"));
    let mut answers = sink();
    custom("24.50", "20", "8")(&mut answers);
    let size = check(&answers, &HERE).configuration.unwrap().basins[0].size.clone();
    assert_eq!(size.inches().0.to_string(), "24.5");
}

#[test]
fn the_model_decides_how_many_basins_there_are() {
    let mut answers = sink();
    answers.model = "T2-B3".into();
    assert!(
        refused("model", |sink| sink.model = "T2-B3".into()).contains("has 3 basins, and the answers have 2 basins")
    );
    answers.follow_model();
    assert_eq!(answers.basins.len(), 3);
    assert_eq!(answers.basins[1].kind, "E-Sink");
    answers.model = "T2-B1".into();
    answers.follow_model();
    assert_eq!(answers.basins.len(), 1);
    assert!(sentence(&answers, "faucet-1-place").contains("This sink has 1 basin"));
}

#[test]
fn faucets_stay_within_what_the_sink_carries() {
    let faucet = |quantity: &str, place: &str| FaucetAnswers {
        kind: "pre-rinse".into(),
        quantity: quantity.into(),
        place: place.into(),
    };
    assert!(refused("faucets", |sink| sink.faucets.push(faucet("2", "basin-1"))).contains("up to 2. Take 1 away"));
    assert!(refused("faucet-1-quantity", |sink| sink.faucets[0].quantity = "0".into()).contains("whole number"));
    assert!(refused("faucet-1-quantity", |sink| sink.faucets[0].quantity = "1.5".into()).contains("whole number"));
    assert!(refused("faucet-1-quantity", |sink| sink.faucets[0].quantity = "-1".into()).contains("below zero"));
    assert!(refused("faucet-1-type", |sink| sink.faucets[0].kind = "tap".into()).contains("does not exist"));
    assert!(refused("faucet-1-place", |sink| sink.faucets[0].place = String::new()).contains("not chosen"));
    assert!(
        refused("faucet-1-place", |sink| sink.faucets[0].place = "between-2-3".into())
            .contains("This sink has 2 basins")
    );
    for place in ["basin-1", "basin-2", "between-1-2"] {
        let mut answers = sink();
        answers.faucets[0].place = place.into();
        assert!(check(&answers, &HERE).configuration.is_some(), "{place}");
    }
    let mut three = sink();
    three.model = "T2-B3".into();
    three.length = "120".into();
    three.follow_model();
    three.basins[2] = three.basins[0].clone();
    three.faucets = vec![faucet("2", "between-2-3"), faucet("1", "basin-3")];
    assert!(check(&three, &HERE).configuration.is_some());
}

#[test]
fn a_place_that_does_not_exist_is_blocked_by_the_model() {
    let checked = check(&sink(), &HERE);
    let blocked = checked.blocked("faucet-1-place", "between-2-3").unwrap();
    assert_eq!((blocked.choice.as_str(), blocked.change.as_str()), ("Model: T2-B2, 2 basins", "model"));
    assert!(checked.blocked("faucet-1-place", "basin-2").is_none());
    assert!(checked.blocked("legs", "LC1-FH").unwrap().reason.contains("no fixed LC1"));
    assert!(checked.blocked("faucets", "add").is_none());
}

#[test]
fn a_gooseneck_of_a_treated_water_basin_is_counted_once() {
    let message = warned("faucets", |sink| {
        sink.basins[1].kind = "E-Sink-DI".into();
        sink.faucets[0].kind = "di-gooseneck".into();
    });
    assert!(message.contains("counted once"), "{message}");
}

#[test]
fn a_sprayer_without_type_or_side_is_refused() {
    let sprayer = |kind: &str, side: &str| SprayerAnswers { kind: kind.into(), side: side.into() };
    assert!(refused("sprayer-1-type", |sink| sink.sprayers.push(sprayer("", "left"))).contains("not chosen"));
    assert!(refused("sprayer-1-side", |sink| sink.sprayers.push(sprayer("air-gun-turret", ""))).contains("not chosen"));
    assert!(refused("sprayers", |sink| sink.sprayers = vec![sprayer("air-gun-turret", "left"); 3]).contains("up to 2"));
}

#[test]
fn basins_wider_than_the_sink_stop_it_until_an_administrator_decides() {
    let narrow = |sink: &mut Answers| sink.length = "48".into();
    assert!(refused("geometry", narrow).contains("54 in wide together and the sink is 48 in long"));
    assert!(warned("geometry", |sink| sink.length = "54".into()).contains("exactly the length"));
    let given = Override {
        reason: "Overhang agreed with the customer".into(),
        user_id: 1,
        user_name: "A. Novak".into(),
        geometry: "54 in of basins in 48 in".into(),
    };
    let allow = |given: Override| {
        move |sink: &mut Answers| {
            narrow(sink);
            sink.geometry_override = Some(given);
        }
    };
    assert!(warned("geometry", allow(given.clone())).contains("A. Novak allowed it"));
    let other = Override { geometry: "54 in of basins in 50 in".into(), ..given.clone() };
    assert!(refused("geometry", allow(other)).contains("narrower basins"));
    assert!(refused("geometry", allow(Override { reason: "  ".into(), ..given })).contains("narrower basins"));
}

#[test]
fn a_deep_bowl_over_lifters_and_a_shelf_without_its_rail_are_warnings() {
    assert!(warned("geometry", |sink| sink.basins[0].size = "24X20X10".into()).contains("T2-ADW-LINAKFRAME-8"));
    let mut fixed = sink();
    fixed.legs = "DL27-FH".into();
    fixed.basins[0].size = "24X20X10".into();
    assert_eq!(check(&fixed, &HERE).problems, []);
    assert!(warned("drawers", |sink| sink.drawers = vec!["pull-out-shelf".into()]).contains("Add one in step 4"));
}

#[test]
fn accessories_are_those_on_offer_each_once_in_whole_pieces() {
    let offered = vec!["T-OA-BINRAIL-24-KIT".to_string()];
    let here = Context { offered: Some(&offered), ..HERE };
    let judge = |item: &str, quantity: &str| {
        let accessory = AccessoryAnswers { item: item.into(), quantity: quantity.into() };
        let checked = check(&Answers { accessories: vec![accessory], ..sink() }, &here);
        checked.problems.first().map(|problem| problem.message.clone()).unwrap_or_default()
    };
    assert_eq!(judge("T-OA-BINRAIL-24-KIT", "2"), "");
    assert!(judge("T-OA-BINRAIL-24-KIT", "0").contains("1 to 999"));
    assert!(judge("T-OA-BINRAIL-24-KIT", "1000").contains("1 to 999"));
    assert!(judge("T-OA-BINRAIL-24-KIT", "2 in").contains("not a number"));
    assert!(judge("6.65E+11", "1").contains("not among the accessories"));
    assert!(judge("8-32 PAN HEAD SCREWS 1/2\"", "1").contains("not among the accessories"));
    assert!(judge("", "1").contains("no number"));
    let twice = AccessoryAnswers { item: offered[0].clone(), quantity: "1".into() };
    let checked = check(&Answers { accessories: vec![twice.clone(), twice], ..sink() }, &here);
    assert!(checked.problems[0].message.contains("twice"));
}

/// Words that exist, words that nearly do, and anything at all.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "",
        "T2-B1",
        "T2-B3",
        "72",
        "48",
        "120",
        "47.5",
        "DL27-HA",
        "LC1-FH",
        "casters",
        "left-to-right",
        "yes",
        "no",
        "solid",
        "red",
        "custom",
        "same",
        "E-Sink",
        "E-Sink-DI",
        "E-Drain",
        "20X20X8",
        "30X20X10",
        "wrist-blade",
        "di-gooseneck",
        "basin-1",
        "between-2-3",
        "air-gun-turret",
        "left",
        "two-drawer",
        "-1",
        "1e9",
    ];
    prop_oneof![8 => proptest::sample::select(known.to_vec()).prop_map(String::from), 1 => any::<String>()]
}

prop_compose! {
    fn anything()(words in proptest::collection::vec(word(), 40), basins in 0usize..5, faucets in 0usize..5, sprayers in 0usize..4) -> Answers {
        let mut words = words.into_iter().cycle();
        let mut next = || words.next().unwrap_or_default();
        Answers {
            started: true,
            model: next(), width: next(), length: next(), legs: next(), feet: next(), flow: next(),
            pegboard: next(), pegboard_type: next(), pegboard_colour: next(), pegboard_size: next(), pegboard_width: next(), pegboard_length: next(),
            drawers: vec![next()],
            basins: (0..basins).map(|_| BasinAnswers { kind: next(), size: next(), width: next(), length: next(), depth: next(), p_trap: true, light: false }).collect(),
            faucets: (0..faucets).map(|_| FaucetAnswers { kind: next(), quantity: next(), place: next() }).collect(),
            sprayers: (0..sprayers).map(|_| SprayerAnswers { kind: next(), side: next() }).collect(),
            accessories: vec![AccessoryAnswers { item: next(), quantity: next() }],
            geometry_override: None,
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_there_is_a_configuration_or_a_sentence_why_not(answers in anything()) {
        let checked = check(&answers, &HERE);
        prop_assert_eq!(checked.configuration.is_none(), checked.open() > 0);
        for problem in &checked.problems {
            prop_assert!(problem.message.ends_with('.') && !problem.label.is_empty() && !problem.field.is_empty());
        }
        if let Some(configuration) = &checked.configuration {
            prop_assert_eq!(configuration.basins.len(), configuration.model.basins());
            prop_assert_eq!(read_document(&configuration.document().to_string()).ok().map(|read| read.hash()), Some(configuration.hash()));
        }
        let stored = serde_json::json!(answers);
        prop_assert_eq!(serde_json::from_value::<Answers>(stored).ok(), Some(answers));
    }
}
