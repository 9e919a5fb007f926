use super::*;
use crate::configurations::{
    BasinKind, BasinSize, Colour, Drawer, FaucetKind, Feet, Flow, Language, Legs, Model, PegboardKind, Place, Side,
    SprayerKind, StandardSize,
};

const HEADER: &str =
    "record\tcase\tline\tlevel\tparent_line\tparent_item\titem\tquantity\trole\tsource_id\tassert\tflag\tnote\tconfig";
const PLAIN: &str = "family=MDRD builds=1 lang=EN model=T2-B1 width_in=48 length_in=72 legs=T2-DL27-KIT feet=casters \
                     pegboard=- basins=1:EDR/20X20X8 faucets=- sprayers=- drawers=- accessories=-";

fn case(config: &str, lines: &[&str]) -> String {
    let head = format!("{HEADER}\nCASE\tG01\t\t\t\t\t\t1\t\t\t\t\t\t{config}");
    let rows = lines.iter().map(|line| line.replace(' ', "\t"));
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

fn with(changes: &[(&str, &str)]) -> Configuration {
    let mut pairs: Vec<String> = PLAIN.split_whitespace().map(String::from).collect();
    for (key, value) in changes {
        pairs.retain(|pair| !pair.starts_with(&format!("{key}=")));
        pairs.push(format!("{key}={value}"));
    }
    configuration(&pairs.join(" ")).unwrap()
}

fn refused(key: &str, value: &str) -> String {
    let pairs: Vec<String> =
        PLAIN.split_whitespace().filter(|pair| !pair.starts_with(&format!("{key}="))).map(String::from).collect();
    configuration(&format!("{} {key}={value}", pairs.join(" "))).unwrap_err()
}

#[test]
fn a_case_says_its_configuration_in_item_numbers_or_in_our_words() {
    assert_eq!(with(&[("lang", "ES")]).language, Language::Spanish);
    assert_eq!(with(&[("LANG", "fr")]).language, Language::French);
    for word in ["T2-DL14-FH-KIT", "DL14-FH", "dl14 fh"] {
        assert_eq!(with(&[("legs", word)]).legs, Legs::Dl14Fixed);
    }
    assert_eq!(with(&[("legs", "T2-LC1-KIT")]).legs, Legs::Lc1);
    for word in ["T2-SEISMIC-FEET", "seismic"] {
        assert_eq!(with(&[("feet", word)]).feet, Feet::Seismic);
    }
    assert_eq!(with(&[("feet", "T2-LEVELING-CASTOR-475")]).feet, Feet::Casters);
    assert_eq!(with(&[("flow", "RIGHT_TO_LEFT")]).flow, Flow::RightToLeft);
    let drawers = with(&[("drawers", "T2-OA-PO-SHLF-1212,two-drawer")]).drawers;
    assert_eq!(drawers, [Drawer::PullOutShelf, Drawer::TwoDrawer]);
}

#[test]
fn a_case_may_have_a_board_of_its_own_size_and_colour_or_none() {
    for word in ["-", "none", "NO"] {
        assert_eq!(with(&[("pegboard", word), ("pegboard_colour", "RED")]).pegboard, None);
    }
    let board = with(&[("pegboard", "SOLID"), ("pegboard_colour", "none"), ("pegboard_size", "same-as-sink")]).pegboard;
    assert_eq!(board.map(|board| (board.kind, board.colour, board.size)), Some((PegboardKind::Solid, None, None)));
    let board = with(&[("pegboard", "PERFORATED"), ("pegboard_colour", "BLUE"), ("pegboard_size", "50.0x36.5")])
        .pegboard
        .unwrap();
    let size = board.size.unwrap();
    assert_eq!(board.colour, Some(Colour::Blue));
    assert_eq!((size.width_in.to_string(), size.length_in.to_string()), ("50".into(), "36.5".into()));
}

#[test]
fn basins_are_read_by_their_number_with_sizes_and_add_ons() {
    let basins = "2:ESK-DI/26X22X9.50+T2-OA-MS-1026+T2-OA-BASIN-LIGHT-ESK-KIT;1:EDR/24x20x10";
    let basins = with(&[("model", "T2-B2"), ("basins", basins)]).basins;
    assert_eq!(basins[0].size, BasinSize::Standard(StandardSize::S24x20x10));
    assert_eq!((basins[0].kind, basins[0].p_trap, basins[0].light), (BasinKind::EDrain, false, false));
    assert_eq!((basins[1].kind, basins[1].p_trap, basins[1].light), (BasinKind::ESinkDi, true, true));
    assert_eq!(basins[1].size.inches().2.to_string(), "9.5");
    assert_eq!(with(&[("model", "B1")]).model, Model::B1);
}

#[test]
fn faucets_sprayers_and_accessories_carry_quantities_and_places() {
    let read = with(&[
        ("faucets", "T2-OA-STD-FAUCET-WB-KIT*2@between-1-2,T2-OA-DI-GOOSENECK-FAUCET-KIT@center-basin-1"),
        ("sprayers", "T2-OA-AIRGUN-ROSETTE-KIT*1@RIGHT_SIDE,T2-OA-WATERGUN-TURRET-KIT*2@left"),
        ("accessories", "T-OA-BINRAIL-36-KIT*3,B210-BLUE,ACC 14085*2"),
    ]);
    let faucets: Vec<_> = read.faucets.iter().map(|one| (one.kind, one.quantity, one.place)).collect();
    assert_eq!(
        faucets,
        [(FaucetKind::WristBlade, 2, Some(Place::Between12)), (FaucetKind::Gooseneck, 1, Some(Place::Basin1))]
    );
    let sprayers: Vec<_> = read.sprayers.iter().map(|one| (one.kind, one.side)).collect();
    assert_eq!(sprayers[0], (SprayerKind::AirRosette, Some(Side::Right)));
    assert_eq!(sprayers[1..], [(SprayerKind::WaterTurret, Some(Side::Left)); 2]);
    let accessories: Vec<_> = read.accessories.iter().map(|one| (one.item.as_str(), one.quantity)).collect();
    assert_eq!(accessories, [("T-OA-BINRAIL-36-KIT", 3), ("B210-BLUE", 1), ("ACC 14085", 2)]);
}

#[test]
fn a_word_nobody_knows_is_named() {
    assert_eq!(refused("lang", "DE"), "\"DE\" is no language.");
    assert_eq!(refused("legs", "LC1-FH"), "\"LC1-FH\" are no legs.");
    assert_eq!(refused("basins", "1:EDR"), "The basin \"EDR\" is not written type/size.");
    assert_eq!(refused("basins", "1:EDR/24X20"), "The basin size \"24X20\" is not width × length × depth.");
    assert_eq!(refused("model", "T2-B2"), "T2-B2 has 2 basins, not 1.");
    assert_eq!(refused("length_in", "59.5"), "The length 59.5 is not a whole number of inches.");
    assert_eq!(refused("sprayers", "HOSE"), "\"HOSE\" is no sprayer.");
    assert_eq!(refused("length_in", "-"), "length_in is missing.");
}

#[test]
fn lines_asserted_n_are_never_expected_and_absent_lines_are() {
    let text = case(
        PLAIN,
        &[
            "LINE G01 1 0  - A 1 r  Y",
            "LINE G01 2 0  - B 1 r  N",
            "ABSENT G01  0  - C 2.0 r  Y",
            "LINE G01 3 1 1 A ASSY-D 4 r  D",
        ],
    );
    let cases = read(&text).unwrap();
    let items: Vec<_> = cases[0].expected.iter().map(|line| (line.item.as_str(), line.quantity.to_string())).collect();
    assert_eq!(items, [("A", "1".to_string()), ("C", "2".to_string()), ("D", "4".to_string())]);
}

#[test]
fn a_broken_file_names_the_line() {
    let broken = |lines: &[&str]| read(&case(PLAIN, lines)).unwrap_err().to_string();
    assert_eq!(broken(&["LINE G01 1 x  - A 1"]), "line 3: the level \"x\" is not a number.");
    assert_eq!(broken(&["LINE G01 1 0  - A 1", "LINE G02 1 0  - A 1"]), "line 4: the case G02 is not known yet.");
    assert_eq!(broken(&["LINES G01 1 0  - A 1"]), "line 3: \"LINES\" is not CASE, LINE or ABSENT.");
    assert_eq!(broken(&["LINE G01 1 0  - A many"]), "line 3: the quantity \"many\" is not a number.");
    assert_eq!(broken(&["CASE G01"]), "line 3: the case G01 stands twice.");
    assert_eq!(read("").unwrap_err().to_string(), "line 1: the file is empty.");
    assert_eq!(read("record\tcase\n").unwrap_err().to_string(), "line 1: the header row has no column level.");
}

#[test]
fn lines_are_compared_as_a_multiset() {
    let line = |item: &str, quantity: u32| Expected {
        level: 0,
        parent: "-".into(),
        item: item.into(),
        quantity: quantity.into(),
    };
    assert_eq!(
        compare(vec![line("A", 1), line("B", 2), line("A", 1)], vec![line("A", 1), line("A", 1), line("B", 2)]),
        []
    );
    assert_eq!(compare(vec![line("A", 1), line("A", 1)], vec![line("A", 1)]), [Difference::Missing(line("A", 1))]);
    assert_eq!(compare(vec![], vec![line("A", 1)]), [Difference::Unexpected(line("A", 1))]);
    let wrong = compare(vec![line("A", 1), line("A", 3)], vec![line("A", 2), line("A", 1)]);
    assert_eq!(wrong, [Difference::Quantity { expected: line("A", 3), found: 2.into() }]);
    assert_eq!(wrong[0].to_string(), "quantity: level 0, A under -, quantity 3, found 2");
}
