use super::*;
use crate::catalogue::Item;
use proptest::prelude::*;

fn item(number: String) -> Item {
    Item { id: 0, number, name: String::new(), prints_flat: false, to_confirm: None }
}

fn catalogue(items: usize, edges: &[(usize, usize, Decimal)]) -> Catalogue {
    let items: Vec<Item> = (0..items).map(|index| item(format!("I{index}"))).collect();
    let edge = |(parent, child, quantity): &(usize, usize, Decimal)| {
        let child = ItemIndex(*child as u32);
        let component = Component { child, quantity: *quantity, note: String::new(), to_confirm: None };
        (ItemIndex(*parent as u32), component)
    };
    Catalogue::new(1, 1, items, edges.iter().map(edge).collect())
}

fn chosen(number: &str, quantity: Decimal) -> ChosenLine {
    ChosenLine {
        template_item_id: 1,
        role: "accessory".into(),
        number: number.into(),
        quantity,
        reason: String::new(),
        note: String::new(),
        custom_group: None,
        omits: None,
        parent: None,
    }
}

fn whole(edges: &[(usize, usize, u32)]) -> Vec<(usize, usize, Decimal)> {
    edges.iter().map(|(parent, child, quantity)| (*parent, *child, Decimal::from(*quantity))).collect()
}

fn printed(catalogue: &Catalogue, chosen: &[ChosenLine]) -> Vec<(u8, String, String)> {
    let lines = explode(catalogue, chosen).unwrap();
    lines.iter().map(|line| (line.level, number(catalogue, chosen, line).into(), line.quantity.to_string())).collect()
}

fn rows(rows: &[(u8, &str, &str)]) -> Vec<(u8, String, String)> {
    rows.iter().map(|(level, number, quantity)| (*level, number.to_string(), quantity.to_string())).collect()
}

#[test]
fn a_component_comes_as_often_as_its_parent_needs_it() {
    let catalogue = catalogue(4, &whole(&[(0, 1, 2), (0, 2, 3), (1, 3, 4)]));
    let lines = printed(&catalogue, &[chosen("I0", 5.into()), chosen("I3", 1.into())]);
    assert_eq!(lines, rows(&[(0, "I0", "5"), (1, "I1", "10"), (2, "I3", "40"), (1, "I2", "15"), (0, "I3", "1")]));
}

#[test]
fn an_assembly_inside_itself_is_refused_with_the_way_to_it() {
    let catalogue = catalogue(3, &whole(&[(0, 1, 1), (1, 2, 1), (2, 1, 1)]));
    let error = explode(&catalogue, &[chosen("I0", 1.into())]).unwrap_err();
    assert_eq!(error, Error::Cycle { path: ["I0", "I1", "I2", "I1"].map(String::from).to_vec() });
    assert_eq!(error.to_string(), "I1 contains itself: I0 → I1 → I2 → I1.");
}

#[test]
fn a_number_nobody_knows_is_refused_and_a_made_to_size_number_is_not() {
    let catalogue = catalogue(1, &[]);
    let error = explode(&catalogue, &[chosen("X", 1.into())]).unwrap_err();
    assert_eq!(error, Error::Missing { path: vec!["X".into()] });
    let custom = ChosenLine { custom_group: Some("720.215.001".into()), ..chosen("X", 1.into()) };
    assert_eq!(explode(&catalogue, &[custom]).unwrap()[0].item, LineItem::Custom(0));
}

#[test]
fn a_quantity_beyond_a_billion_is_refused() {
    let catalogue = catalogue(2, &whole(&[(0, 1, 11)]));
    let error = explode(&catalogue, &[chosen("I0", 100_000_000.into())]).unwrap_err();
    assert_eq!(error, Error::Overflow { path: vec!["I0".into(), "I1".into()] });
    let error = explode(&catalogue, &[chosen("I0", Decimal::MAX)]).unwrap_err();
    assert_eq!(error, Error::Overflow { path: vec!["I0".into()] });
}

#[test]
fn a_bom_ends_at_32_levels_and_20000_lines() {
    let chain: Vec<_> = (0..40).map(|level| (level, level + 1, Decimal::ONE)).collect();
    let deep = explode(&catalogue(41, &chain[..32]), &[chosen("I0", 1.into())]).unwrap();
    assert_eq!(deep.last().unwrap().level, 32);
    let error = explode(&catalogue(41, &chain), &[chosen("I0", 1.into())]).unwrap_err();
    assert!(matches!(&error, Error::TooDeep { path } if path.len() == 34), "{error}");

    let wide: Vec<_> = (1..=20_000).map(|child| (0, child, Decimal::ONE)).collect();
    assert_eq!(explode(&catalogue(20_001, &wide[..19_999]), &[chosen("I0", 1.into())]).unwrap().len(), 20_000);
    let error = explode(&catalogue(20_001, &wide), &[chosen("I0", 1.into())]).unwrap_err();
    assert_eq!(error, Error::TooManyLines { path: vec!["I0".into(), "I20000".into()] });
}

#[test]
fn a_box_that_prints_flat_lists_its_parts_without_opening_them() {
    let items = (0..3).map(|index| Item { prints_flat: index == 0, ..item(format!("I{index}")) }).collect();
    let edge = |parent, child| {
        let component =
            Component { child: ItemIndex(child), quantity: 2.into(), note: String::new(), to_confirm: None };
        (ItemIndex(parent), component)
    };
    let catalogue = Catalogue::new(1, 1, items, vec![edge(0, 1), edge(1, 2)]);
    assert_eq!(printed(&catalogue, &[chosen("I0", 1.into())]), rows(&[(0, "I0", "1"), (1, "I1", "2")]));
    assert_eq!(printed(&catalogue, &[chosen("I1", 1.into())]), rows(&[(0, "I1", "1"), (1, "I2", "2")]));
}

#[test]
fn a_line_goes_without_the_component_its_rule_omits() {
    let catalogue = catalogue(3, &whole(&[(0, 1, 1), (0, 2, 1)]));
    let kit = ChosenLine { omits: Some("I1".into()), ..chosen("I0", 1.into()) };
    assert_eq!(printed(&catalogue, &[kit]), rows(&[(0, "I0", "1"), (1, "I2", "1")]));
}

#[test]
fn a_chosen_line_under_another_is_multiplied_and_follows_its_components() {
    let catalogue = catalogue(3, &whole(&[(0, 1, 3)]));
    let under = ChosenLine { parent: Some(0), ..chosen("I2", 4.into()) };
    let lines = printed(&catalogue, &[chosen("I0", 2.into()), under, chosen("I1", 1.into())]);
    assert_eq!(lines, rows(&[(0, "I0", "2"), (1, "I1", "6"), (1, "I2", "8"), (0, "I1", "1")]));
}

#[test]
fn fractions_stay_exact_to_a_millionth_of_a_piece() {
    let half = |mantissa, scale| Decimal::new(mantissa, scale);
    let catalogue = catalogue(3, &[(0, 1, half(25, 2)), (1, 2, half(1, 6))]);
    let lines = explode(&catalogue, &[chosen("I0", half(3, 0))]).unwrap();
    assert_eq!(lines[1].quantity, half(75, 2));
    assert_eq!(lines[2].quantity, half(1, 6), "0.00000075 is rounded to a millionth");
}

#[test]
fn the_summary_adds_up_the_same_number_wherever_it_stands() {
    let catalogue = catalogue(4, &whole(&[(0, 1, 2), (0, 2, 3), (1, 3, 4)]));
    let chosen = [chosen("I0", 5.into()), chosen("I3", 1.into())];
    let summary = summarize(&explode(&catalogue, &chosen).unwrap(), &chosen);
    let washer = summary.totals.iter().find(|total| total.item == LineItem::Catalogue(ItemIndex(3))).unwrap();
    assert_eq!((washer.quantity, washer.lines, washer.has_components), (41.into(), 2, false));
    assert_eq!(summary.pieces, Decimal::from(40 + 15 + 1));
    assert_eq!(summary.totals.len(), 4);
}

/// The naive model: what the words of the rule say, without any care for speed.
fn naive(
    edges: &[(usize, usize, Decimal)],
    item: usize,
    quantity: Decimal,
    way: &mut Vec<usize>,
    lines: &mut Vec<(u8, usize, Decimal)>,
) -> Result<(), Vec<usize>> {
    if way.contains(&item) {
        way.push(item);
        return Err(way.clone());
    }
    lines.push((way.len() as u8, item, quantity));
    way.push(item);
    for (_, child, per_parent) in edges.iter().filter(|(parent, _, _)| *parent == item) {
        naive(edges, *child, quantity * per_parent, way, lines)?;
    }
    way.pop();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn expansion_agrees_with_the_naive_model_on_random_catalogues_with_and_without_cycles(
        raw in proptest::collection::vec((0usize..12, 1usize..12, 1i64..40, 0u32..2), 0..22),
        back in proptest::option::weighted(0.3, (0usize..12, 0usize..12)),
        quantity in 1u32..9,
    ) {
        // Edges run from a smaller to a larger item, so only the injected one can close a circle.
        let forward = raw.into_iter().filter(|(parent, child, ..)| parent < child);
        let mut edges: Vec<_> =
            forward.map(|(parent, child, mantissa, scale)| {
                // Tenths near the top only: every product stays within a millionth, so both sides are exact.
                (parent, child, Decimal::new(mantissa, if parent < 6 { scale } else { 0 }))
            }).collect();
        if let Some((a, b)) = back {
            edges.push((a.max(b), a.min(b), Decimal::ONE));
        }
        let catalogue = catalogue(12, &edges);
        let mut expected = Vec::new();
        let outcome = naive(&edges, 0, quantity.into(), &mut Vec::new(), &mut expected);
        let chosen = [chosen("I0", quantity.into())];
        match (outcome, explode(&catalogue, &chosen)) {
            (Ok(()), Ok(lines)) => {
                let found: Vec<_> = lines.iter().map(|line| match line.item {
                    LineItem::Catalogue(index) => (line.level, index.0 as usize, line.quantity),
                    LineItem::Custom(_) => unreachable!("no custom numbers here"),
                }).collect();
                prop_assert_eq!(found, expected);
            }
            (Err(way), Err(Error::Cycle { path })) => {
                let way: Vec<_> = way.iter().map(|item| format!("I{item}")).collect();
                prop_assert_eq!(path, way);
            }
            (expected, found) => prop_assert!(false, "expected {:?}, found {:?}", expected, found),
        }
    }
}
