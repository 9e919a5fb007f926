//! The rules in force, choice by choice, also where no known BOM has ever gone.

use crate::golden::import_catalogue;
use models::{
    boms::{ChosenLine, explode},
    catalogue,
    configurations::{Configuration, Model, PegboardKind},
    golden::{comparable, configuration},
    rules::{self, Facts, Rules, Severity},
};
use std::sync::Arc;
use tests::Database;

const PLAIN: &str = "family=MDRD builds=1 lang=EN model=T2-B1 width_in=30 length_in=72 legs=DL27-HA feet=casters \
                     pegboard=none basins=1:EDR/24X20X10 faucets=- sprayers=- drawers=- accessories=-";

/// The plain sink with other answers.
fn sink(changes: &str) -> Configuration {
    let key = |pair: &str| pair.split('=').next().unwrap_or_default().to_string();
    let changed: Vec<String> = changes.split_whitespace().map(key).collect();
    let kept = PLAIN.split_whitespace().filter(|pair| !changed.contains(&key(pair)));
    let kept: Vec<&str> = kept.collect();
    configuration(&format!("{} {changes}", kept.join(" "))).unwrap()
}

async fn in_force(database: &Database) -> Arc<Rules> {
    rules::active(&database.pool, "MDRD").await.unwrap()
}

fn chosen(rules: &Rules, changes: &str) -> Vec<ChosenLine> {
    rules.lines(&sink(changes)).unwrap()
}

/// Numbers and quantities of one role, such as "T2-DL14-KIT × 1".
fn of(lines: &[ChosenLine], role: &str) -> Vec<String> {
    let own = lines.iter().filter(|line| line.role == role);
    own.map(|line| format!("{} × {}", line.number, line.quantity)).collect()
}

#[tokio::test]
async fn the_manual_follows_the_language_and_comes_once_per_build() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    for (language, item) in
        [("EN", "T2-STD-MANUAL-EN-KIT"), ("FR", "T2-STD-MANUAL-FR-KIT"), ("ES", "T2-STD-MANUAL-SP-KIT")]
    {
        let lines = chosen(&rules, &format!("lang={language} builds=3"));
        assert_eq!(of(&lines, "manual"), [format!("{item} × 1")]);
    }
    assert_eq!(chosen(&rules, "lang=ES")[0].reason, "Manuals: Spanish");
}

#[tokio::test]
async fn the_body_follows_the_length_at_every_bound() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let bodies = [
        (48, "T2-BODY-48-60-HA", "48 to 60"),
        (60, "T2-BODY-48-60-HA", "48 to 60"),
        (61, "T2-BODY-61-72-HA", "61 to 72"),
        (72, "T2-BODY-61-72-HA", "61 to 72"),
        (73, "T2-BODY-73-120-HA", "73 to 120"),
        (120, "T2-BODY-73-120-HA", "73 to 120"),
    ];
    for (length, body, span) in bodies {
        let lines = chosen(&rules, &format!("length_in={length}"));
        assert_eq!(of(&lines, "body"), [format!("{body} × 1")]);
        let reason = &lines.iter().find(|line| line.role == "body").unwrap().reason;
        assert_eq!(*reason, format!("Length {length} in is in {span}"));
    }
    for length in [47, 121] {
        let error = rules.lines(&sink(&format!("length_in={length}"))).unwrap_err();
        assert!(error.to_string().contains(&format!("table body has no row for {length}")), "{error}");
    }
}

#[tokio::test]
async fn fixed_legs_and_seismic_feet_have_their_own_kits() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let legs = [
        ("DL27-HA", "T2-DL27-KIT"),
        ("DL14-HA", "T2-DL14-KIT"),
        ("LC1-HA", "T2-LC1-KIT"),
        ("DL27-FH", "T2-DL27-FH-KIT"),
        ("DL14-FH", "T2-DL14-FH-KIT"),
    ];
    for (word, kit) in legs {
        assert_eq!(of(&chosen(&rules, &format!("legs={word}")), "legs"), [format!("{kit} × 1")]);
    }
    assert_eq!(of(&chosen(&rules, "feet=seismic"), "feet"), ["T2-SEISMIC-FEET × 1"]);
}

#[tokio::test]
async fn the_overhead_light_comes_with_every_pegboard_and_never_without() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let without = chosen(&rules, "pegboard=none");
    assert!(of(&without, "overhead-light").is_empty() && of(&without, "pegboard").is_empty());
    for board in ["pegboard=SOLID", "pegboard=PERFORATED pegboard_colour=RED", "pegboard=SOLID pegboard_size=40x30"] {
        assert_eq!(of(&chosen(&rules, board), "overhead-light"), ["T2-OHL-MDRD-KIT × 1"]);
    }
}

#[tokio::test]
async fn a_board_of_the_sinks_size_follows_length_type_and_colour() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let sizes = [
        (48, "4836"),
        (59, "4836"),
        (60, "6036"),
        (71, "6036"),
        (72, "7236"),
        (83, "7236"),
        (84, "8436"),
        (95, "8436"),
        (96, "9636"),
        (107, "9636"),
        (108, "10836"),
        (119, "10836"),
        (120, "12036"),
    ];
    for (length, size) in sizes {
        let plain = chosen(&rules, &format!("length_in={length} pegboard=SOLID"));
        assert_eq!(of(&plain, "pegboard"), [format!("T2-ADW-PB-{size}-SOLID-KIT × 1")]);
        let grey = chosen(&rules, &format!("length_in={length} pegboard=PERFORATED pegboard_colour=Grey"));
        assert_eq!(of(&grey, "pegboard"), [format!("T2-ADW-PB-{size}-GREY-PERF-KIT × 1")]);
    }
}

#[tokio::test]
async fn a_custom_board_is_its_own_number_and_its_kit_comes_without_the_120_inch_panel() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let lines = chosen(&rules, "pegboard=SOLID pegboard_colour=BLUE pegboard_size=50.0X36.5");
    let panel = lines.iter().find(|line| line.role == "pegboard-panel").unwrap();
    assert_eq!((panel.number.as_str(), panel.custom_group.as_deref()), ("T2-ADW-PB-50x36.5", Some("720.215.002")));
    assert_eq!((panel.note.as_str(), panel.reason.as_str()), ("Blue", "Pegboard made to size: 50 × 36.5 in"));
    assert_eq!(of(&lines, "pegboard"), ["T2-ADW-PB-SOLID-KIT × 1"]);

    let Some(()) = import_catalogue(&database.pool).await else { return };
    let catalogue = catalogue::active(&database.pool).await.unwrap();
    let bom = comparable(&catalogue, &lines, &explode::explode(&catalogue, &lines).unwrap());
    let kit: Vec<_> =
        bom.iter().filter(|line| line.parent == "T2-ADW-PB-SOLID-KIT").map(|line| line.item.as_str()).collect();
    assert_eq!(kit, ["22MP20026"]);
    assert!(!bom.iter().any(|line| line.item == "T2-ADW-PB-12036"));
}

#[tokio::test]
async fn every_combination_of_basin_types_has_its_control_box() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let boxes = [
        ("EDR", "T2-CTRL-EDR1"),
        ("ESK", "T2-CTRL-ESK1"),
        ("ESK-DI", "T2-CTRL-ESK1"),
        ("EDR EDR", "T2-CTRL-EDR2"),
        ("EDR ESK", "T2-CTRL-EDR1-ESK1"),
        ("ESK-DI EDR", "T2-CTRL-EDR1-ESK1"),
        ("ESK ESK-DI", "T2-CTRL-ESK2"),
        ("EDR EDR EDR", "T2-CTRL-EDR3"),
        ("EDR ESK EDR", "T2-CTRL-EDR2-ESK1"),
        ("EDR ESK ESK-DI", "T2-CTRL-EDR1-ESK2"),
        ("ESK ESK ESK", "T2-CTRL-ESK3"),
        ("ESK-DI ESK-DI ESK-DI", "T2-CTRL-ESK3"),
    ];
    for (types, expected) in boxes {
        let basins: Vec<String> =
            types.split(' ').enumerate().map(|(at, kind)| format!("{}:{kind}/20X20X8", at + 1)).collect();
        let lines = chosen(&rules, &format!("model=T2-B{} basins={} length_in=100", basins.len(), basins.join(";")));
        assert_eq!(of(&lines, "control-box"), [format!("{expected} × 1")], "{types}");
    }
}

#[tokio::test]
async fn basin_kits_are_merged_by_type_and_bowls_are_not() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let lines = chosen(&rules, "model=T2-B3 length_in=100 basins=1:EDR/24X20X10;2:ESK-DI/24X20X10;3:EDR/30X20X8");
    assert_eq!(of(&lines, "basin-kit"), ["T2-BSN-EDR-KIT × 2", "T2-BSN-ESK-DI-KIT × 1"]);
    let bowls = ["T2-ADW-BASIN24X20X10 × 1", "T2-ADW-BASIN24X20X10 × 1", "T2-ADW-BASIN30X20X8 × 1"];
    assert_eq!(of(&lines, "basin-bowl"), bowls);
}

#[tokio::test]
async fn a_custom_basin_is_numbered_by_its_dimensions_without_needless_zeros() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let lines = chosen(&rules, "model=T2-B2 basins=1:ESK/26.0X22.50X9.5;2:EDR/26X22.5X9.50");
    let bowls: Vec<_> = lines.iter().filter(|line| line.role == "basin-bowl").collect();
    assert_eq!(bowls[0].number, "T2-ADW-BASIN-26x22.5x9.5");
    assert_eq!(bowls[0].number, bowls[1].number, "same size, same number");
    assert_eq!(bowls[0].custom_group.as_deref(), Some("720.215.001"));
    assert_eq!(bowls[1].reason, "Basin 2 made to size: 26 × 22.5 × 9.5 in");
}

#[tokio::test]
async fn the_basin_light_fits_the_basins_type_and_the_p_trap_fits_all() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let lines = chosen(
        &rules,
        "model=T2-B3 length_in=100 \
         basins=1:EDR/24X20X10+LIGHT+P-TRAP;2:ESK/24X20X10+LIGHT;3:ESK-DI/24X20X10+LIGHT+T2-OA-MS-1026",
    );
    let addons = [
        "T2-OA-MS-1026 × 1",
        "T2-OA-MS-1026 × 1",
        "T2-OA-BASIN-LIGHT-EDR-KIT × 1",
        "T2-OA-BASIN-LIGHT-ESK-KIT × 1",
        "T2-OA-BASIN-LIGHT-ESK-KIT × 1",
    ];
    assert_eq!(of(&lines, "basin-addon"), addons);
}

#[tokio::test]
async fn a_gooseneck_for_a_di_basin_is_not_counted_twice() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let di = "model=T2-B2 basins=1:ESK-DI/20X20X8;2:ESK-DI/20X20X8";
    let goosenecks = |changes: &str| of(&chosen(&rules, changes), "faucet");
    assert_eq!(goosenecks(di), ["T2-OA-DI-GOOSENECK-FAUCET-KIT × 2"]);
    assert_eq!(goosenecks(&format!("{di} faucets=DI-GOOSENECK*1")), ["T2-OA-DI-GOOSENECK-FAUCET-KIT × 2"]);
    assert_eq!(goosenecks(&format!("{di} faucets=DI-GOOSENECK*3")), ["T2-OA-DI-GOOSENECK-FAUCET-KIT × 3"]);
    assert_eq!(goosenecks("faucets=DI-GOOSENECK*1"), ["T2-OA-DI-GOOSENECK-FAUCET-KIT × 1"]);
    assert!(goosenecks("faucets=-").is_empty());
}

#[tokio::test]
async fn faucets_sprayers_drawers_and_accessories_come_as_chosen() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let lines = chosen(
        &rules,
        "faucets=WRIST-BLADE*2@basin-1,PRE-RINSE*1 sprayers=T2-OA-AIRGUN-ROSETTE-KIT*1@left,WATER-GUN-TURRET*1@right \
         drawers=two-drawer,T2-OA-PO-SHLF-1212 accessories=B210-BLUE*7,T-OA-BINRAIL-24-KIT",
    );
    assert_eq!(of(&lines, "faucet"), ["T2-OA-STD-FAUCET-WB-KIT × 2", "T2-OA-PRE-RINSE-FAUCET-KIT × 1"]);
    assert_eq!(of(&lines, "sprayer"), ["T2-OA-AIRGUN-ROSETTE-KIT × 1", "T2-OA-WATERGUN-TURRET-KIT × 1"]);
    assert_eq!(of(&lines, "drawer"), ["T2-OA-2D-152012-STACKED-KIT × 1", "T2-OA-PO-SHLF-1212 × 1"]);
    assert_eq!(of(&lines, "accessory"), ["B210-BLUE × 7", "T-OA-BINRAIL-24-KIT × 1"]);
}

#[tokio::test]
async fn direction_width_and_places_change_nothing() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let numbers = |changes: &str| {
        let lines = chosen(&rules, changes);
        lines.into_iter().map(|line| (line.number, line.quantity)).collect::<Vec<_>>()
    };
    let one = numbers("flow=LEFT_TO_RIGHT width_in=30 faucets=WRIST-BLADE*1@basin-1");
    assert_eq!(one, numbers("flow=RIGHT_TO_LEFT width_in=47.5 faucets=WRIST-BLADE*1"));
}

#[tokio::test]
async fn an_accessory_says_when_the_rest_of_the_sink_does_not_suit_it() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let said = |changes: &str| {
        let facts = Facts::from(&sink(changes));
        rules
            .findings(&facts)
            .into_iter()
            .map(|finding| (finding.item.to_string(), finding.severity))
            .collect::<Vec<_>>()
    };
    let warned = |item: &str| vec![(item.to_string(), Severity::Warning)];
    let refused = vec![("T2-OHL-INSTRO-KIT".to_string(), Severity::Error)];
    assert_eq!(said("accessories=T2-OHL-INSTRO-KIT"), refused);
    let bolted = "accessories=T-OA-SSSHELF-1812-BOLT-ON-KIT";
    assert_eq!(said(&format!("{bolted} pegboard=PERFORATED")), warned("T-OA-SSSHELF-1812-BOLT-ON-KIT"));
    assert_eq!(said(&format!("{bolted} pegboard=SOLID")), []);
    assert_eq!(said("accessories=T-OA-MMA-PB"), warned("T-OA-MMA-PB"));
    assert_eq!(said("accessories=T-OA-MMA-PB pegboard=SOLID"), []);
    for (length, small, large) in [(83, false, true), (84, true, true), (85, true, false)] {
        let at =
            |adder: &str| said(&format!("length_in={length} accessories=T-OA-RAIL-SHELF-ADDER-{adder}")).len() == 1;
        assert_eq!((at("SML"), at("LRG")), (small, large), "{length}");
    }
    assert_eq!(said("accessories=T2-OA-SC-2420-SS"), []);
    assert_eq!(said("accessories=T2-OA-SC-3020-SS"), warned("T2-OA-SC-3020-SS"));
}

#[tokio::test]
async fn half_a_configuration_shows_the_lines_that_are_already_certain() {
    let database = Database::open().await;
    let rules = in_force(&database).await;
    let roles = |facts: &Facts| rules.preview(facts).into_iter().map(|line| line.role).collect::<Vec<_>>();
    let mut facts = Facts::default();
    assert!(roles(&facts).is_empty());
    facts.length_in = Some(72);
    facts.model = Some(Model::B2);
    assert_eq!(roles(&facts), ["body"]);
    facts.has_pegboard = Some(true);
    facts.board_is_custom = Some(false);
    assert_eq!(roles(&facts), ["body", "overhead-light"]);
    facts.pegboard_kind = Some(PegboardKind::Solid);
    assert_eq!(roles(&facts), ["body", "overhead-light", "pegboard"]);
    facts.basins = Facts::from(&sink("")).basins;
    assert_eq!(roles(&facts)[3..], ["basin-kit", "basin-bowl"], "no control box before the second basin has a type");
    facts.length_in = Some(400);
    assert!(!roles(&facts).contains(&"body".to_string()), "a length without a body drops the body, not the preview");
}
