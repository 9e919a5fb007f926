use super::*;
use crate::configurations::{BasinKind, BasinSize, Language, Model, PegboardKind, StandardSize};

fn line(line_number: i32) -> TemplateLine {
    TemplateLine { id: line_number, line_number, role: "part".into(), base_quantity: 1.into(), ..Default::default() }
}

fn item(expression: &str) -> TemplateLine {
    TemplateLine { item_expression: expression.into(), ..line(1) }
}

fn condition(expression: &str) -> TemplateLine {
    TemplateLine { item: "X".into(), condition: expression.into(), ..line(1) }
}

fn quantity(expression: &str) -> TemplateLine {
    TemplateLine { item: "X".into(), quantity_formula: expression.into(), ..line(1) }
}

fn per_basin(expression: &str) -> TemplateLine {
    TemplateLine { repeat_for: "basin".into(), ..condition(expression) }
}

fn range(low: i64, high: i64, value: &str) -> TableRow {
    TableRow { position: 1, low: Some(low.into()), high: Some(high.into()), key: String::new(), value: value.into() }
}

fn key(key: &str, value: &str) -> TableRow {
    TableRow { position: 1, low: None, high: None, key: key.into(), value: value.into() }
}

fn table(name: &str, kind: TableKind, rows: Vec<TableRow>) -> Table {
    Table { id: 1, name: name.into(), kind, description: String::new(), rows }
}

fn template(lines: Vec<TemplateLine>) -> Template {
    Template {
        id: 1,
        family: "MDRD".into(),
        version: 1,
        name: "Test".into(),
        status: Status::Draft,
        effective_on: None,
        notes: String::new(),
        lock_version: 1,
        published_at: None,
        lines,
        tables: vec![
            table("body", TableKind::Range, vec![range(61, 72, "LONG"), range(48, 60, "SHORT")]),
            table("boxes", TableKind::Match, vec![key("1-0", "EDR1"), key("2", "TWO")]),
            table("bowl", TableKind::Pattern, vec![key("720.215.001", "BASIN-{W}x{L}x{D}")]),
        ],
        choices: Vec::new(),
    }
}

fn rules(line: TemplateLine) -> Rules {
    Rules::compile(template(vec![line])).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The problem of the one wrong expression: line, column and sentence.
fn slip(line: TemplateLine) -> (usize, usize, String) {
    match Rules::compile(template(vec![line])).err().as_deref() {
        Some([Error::Expression { place, message }]) => (place.line, place.column, message.clone()),
        other => panic!("one wrong expression was expected, not {other:?}"),
    }
}

fn facts() -> Facts {
    let basin = BasinFacts {
        kind: Some(BasinKind::EDrain),
        size: Some(BasinSize::Standard(StandardSize::S24x20x10)),
        ..Default::default()
    };
    Facts {
        language: Some(Language::French),
        model: Some(Model::B1),
        length_in: Some(61),
        has_pegboard: Some(false),
        basins: vec![basin],
        ..Default::default()
    }
}

fn made(line: TemplateLine, facts: &Facts) -> Result<Vec<(String, String)>, Error> {
    let lines = rules(line).choose(facts, Err)?;
    Ok(lines.into_iter().map(|line| (line.number, line.quantity.to_string())).collect())
}

fn how_many(formula: &str) -> String {
    made(quantity(formula), &facts()).unwrap().pop().unwrap_or_default().1
}

fn named(expression: &str) -> String {
    made(item(expression), &facts()).unwrap().pop().unwrap_or_default().0
}

#[test]
fn arithmetic_is_exact_and_whole_numbers_mix_with_decimals() {
    assert_eq!(how_many("length / 2"), "30.5");
    assert_eq!(how_many("5 / 2"), "2.5", "two literals divide exactly too");
    assert_eq!(how_many("0.1 + 0.2"), "0.3");
    assert_eq!(how_many("1 + 0.5 * length"), "31.5");
    assert_eq!(how_many("length % 2 + max(1, 2.5) - min(length, 0.5)"), "3");
    assert_eq!(how_many("ceil(length / 24) + floor(2.9) + round(2.5)"), "8");
    assert_eq!(how_many("1 / 3"), "0.333333", "a quantity is kept to a millionth");
    assert_eq!(how_many("number(\"2.50\")"), "2.5");
    assert_eq!(how_many("-1 + 3"), "2");
}

#[test]
fn every_operator_runs_on_everything_the_check_lets_through() {
    let numbers = ["length", "3", "2.5", "(length / 2)", "-length", "-(2)", "+length", "edr", "max(1, 2)"];
    for (left, right) in numbers.iter().flat_map(|left| numbers.iter().map(move |right| (left, right))) {
        for operator in ["+", "-", "*", "/", "%"] {
            let formula = format!("({left} {operator} {right}) * 0 + 1");
            assert_eq!(how_many(&formula), "1", "{formula}");
        }
        for operator in ["<", "<=", ">", ">=", "==", "!="] {
            let text = format!("{left} {operator} {right} || true");
            assert!(made(condition(&text), &facts()).is_ok(), "{text}");
        }
    }
    let yes = [
        "!has_pegboard",
        "!(length < 3)",
        "true != false",
        "has_pegboard == false",
        "language == \"FR\"",
        "\"EN\" != language",
        "title(language) == \"French\"",
        "\"24x20\" in footprints",
        "\"20x20\" !in footprints",
        "!(\"two-drawer\" in drawers)",
        "upper(\"a\") in chosen || true",
        "has_pegboard || length > 1 && true",
        "language == language",
        "\"1\" + 2 == \"12\"",
        "1 + \"2\" == \"12\"",
        "length + \"\" + 2.50 == \"612.5\"",
    ];
    for text in yes {
        assert_eq!(made(condition(text), &facts()).map(|lines| lines.len()), Ok(1), "{text}");
    }
}

#[test]
fn numbers_read_as_people_write_them_wherever_they_join_a_text() {
    assert_eq!(named("\"A\" + 24.0 + \"-\" + 24.50"), "A24-24.5");
    assert_eq!(named("edrain_count + \"-\" + esink_count"), "1-0");
    assert_eq!(named("text(length / 2) + upper(\"x\") + lower(\"Y\")"), "30.5Xy");
    assert_eq!(named("title(language)"), "French");
}

#[test]
fn a_range_holds_its_bounds_and_a_gap_names_table_and_value() {
    assert_eq!(named("range(\"body\", length)"), "LONG");
    assert_eq!(named("span(\"body\", length)"), "61 to 72");
    assert_eq!(named("range(\"body\", 60)"), "SHORT");
    for (wanted, value) in [("length + 60", "121"), ("60.5", "60.5"), ("47", "47")] {
        let error = made(item(&format!("range(\"body\", {wanted})")), &facts()).unwrap_err();
        let Error::Gap { place, table, value: missing } = &error else { panic!("{error:?}") };
        assert_eq!((table.as_str(), missing.as_str()), ("body", value));
        assert_eq!((place.line, place.column), (1, 1));
        assert!(error.to_string().contains(&format!("table body has no row for {value}")), "{error}");
    }
}

#[test]
fn a_table_of_keys_takes_texts_and_numbers() {
    assert_eq!(named("pick(\"boxes\", edrain_count + \"-\" + esink_count)"), "EDR1");
    assert_eq!(named("pick(\"boxes\", length - 59)"), "TWO");
    let error = made(item("pick(\"boxes\", language)"), &facts()).unwrap_err();
    assert_eq!(error.to_string(), "Rule 1, item, line 1 column 1: table boxes has no row for FR.");
}

#[test]
fn a_made_to_size_number_never_shows_a_needless_zero() {
    let line = item("pattern(\"bowl\", 24.0, 24.50, length / 2)");
    let chosen = rules(line).choose(&facts(), Err).unwrap();
    assert_eq!(chosen[0].number, "BASIN-24x24.5x30.5");
    assert_eq!(chosen[0].custom_group.as_deref(), Some("720.215.001"));
}

#[test]
fn a_wrong_branch_is_found_before_it_runs_with_its_position() {
    assert_eq!(
        slip(condition("has_pegboard && lenght > 3")),
        (1, 17, "lenght is not a name of the configuration.".into())
    );
    assert_eq!(slip(condition("false && (has_pegboard ||\n  length)")).0, 2);
    assert_eq!(slip(condition("true || length > \"3\"")), (1, 18, "A number is wanted here, not a text.".into()));
}

#[test]
fn every_operand_must_be_of_its_kind() {
    let said = |line| slip(line).2;
    assert_eq!(said(condition("length")), "A yes or no is wanted here, not a number.");
    assert_eq!(said(quantity("language")), "A number is wanted here, not a text.");
    assert_eq!(said(item("length")), "A text is wanted here, not a number.");
    assert_eq!(said(condition("length == language")), "A number and a text are never equal.");
    assert!(said(condition("language == \"DE\"")).starts_with("\"DE\" is none of the words it can be: \"EN\""));
    assert!(said(condition("\"shelf\" in drawers")).starts_with("\"shelf\" is none of the words"));
    assert_eq!(said(condition("1 in drawers")), "A number is in no list.");
    assert_eq!(said(item("has_pegboard + \"x\"")), "A yes or no cannot be added.");
    assert_eq!(said(item("\"A\" + pattern(\"bowl\", 1, 2, 3)")), "A number made by pattern() cannot be added.");
    assert_eq!(said(condition("!length")), "A yes or no is wanted here, not a number.");
}

#[test]
fn tables_functions_and_fields_must_exist() {
    let said = |line| slip(line).2;
    assert_eq!(said(item("range(\"bodies\", length)")), "There is no table bodies.");
    assert_eq!(said(item("range(\"boxes\", length)")), "The table boxes is a match table, not a range table.");
    assert_eq!(said(item("range(language, length)")), "The table's name is written out, in quotes.");
    assert_eq!(said(item("pick(\"boxes\", \"9\")")), "The table boxes has no row \"9\".");
    assert_eq!(said(item("pattern(\"bowl\", 1)")), "The pattern bowl has 3 places, not 1.");
    assert_eq!(said(item("open(\"/etc/passwd\")")), "open is not a function of the rules.");
    assert!(said(item("range(\"body\")")).starts_with("It is written range("));
    assert_eq!(said(condition("basin.light")), "basin is known only in a line that repeats for each basin.");
    assert!(said(per_basin("basin.lights")).starts_with("A basin has no lights; it has number, kind"));
    assert_eq!(said(per_basin("faucet.quantity > 0")), "faucet is known only in a line that repeats for each faucet.");
    assert_eq!(said(per_basin("length.kind == \"\"")), "length has no fields.");
}

#[test]
fn nothing_but_an_expression_is_accepted() {
    for text in [
        "let x = 1; x",
        "if true { true } else { false }",
        "while true {}",
        "loop {}",
        "{ true }",
        "switch length { _ => true }",
        "fn f() { true }",
        "|x| x",
        "import \"x\"",
        "[1][0] == 1",
        "#{a: 1}.a == 1",
        "`${length}` == \"\"",
        "eval(\"true\")",
        "print(\"x\")",
        "2 ** 100000 > 1",
        "length = 3",
        "length.type_of() == \"\"",
        "this",
        "()",
        "true; false",
        "'a' == 'a'",
        "length ?? 1 == 1",
        "1 | 2 == 3",
        "1 << 60 > 0",
        "call(\"x\")",
        "Fn(\"x\")",
        "is_def_var(\"x\")",
    ] {
        assert!(Rules::compile(template(vec![condition(text)])).is_err(), "{text}");
    }
}

#[test]
fn an_expression_is_bounded_in_size_and_depth() {
    assert_eq!(
        slip(condition(&format!("true || {}", "x".repeat(2_000)))).2,
        "An expression has at most 2000 characters."
    );
    let deep = format!("{}true{}", "(".repeat(200), ")".repeat(200));
    assert!(Rules::compile(template(vec![condition(&deep)])).is_err());
    let sum = vec!["length"; 60].join(" + ");
    let refused = Rules::compile(template(vec![quantity(&sum)])).is_err();
    assert!(refused, "sixty terms nest deeper than 32");
}

#[test]
fn a_calculation_that_cannot_be_done_names_the_rule_and_the_place() {
    let error = made(quantity("1 / (length - 61)"), &facts()).unwrap_err();
    assert_eq!(error.to_string(), "Rule 1, quantity, line 1 column 3: 1 cannot be divided by 0.");
    let error = made(quantity("79228162514264337593543950335.0 * length"), &facts()).unwrap_err();
    assert!(matches!(error, Error::Expression { .. }), "{error:?}");
    let error = made(quantity("1 - length"), &facts()).unwrap_err();
    assert_eq!(error, Error::Quantity { rule: 1, quantity: (-60).into() });
    assert_eq!(made(quantity("length - 61"), &facts()).unwrap(), [], "nothing of it, no line");
}

#[test]
fn an_open_question_silences_only_the_rules_that_need_it() {
    let open = Facts { language: None, ..facts() };
    let lines =
        vec![item("title(language)"), TemplateLine { id: 2, line_number: 2, ..item("range(\"body\", length)") }];
    let rules = Rules::compile(template(lines)).unwrap();
    let numbers: Vec<_> = rules.preview(&open).into_iter().map(|line| line.number).collect();
    assert_eq!(numbers, ["LONG"]);
    assert!(matches!(rules.choose(&open, Err), Err(Error::Unanswered { .. })));
    assert_eq!(rules.preview(&Facts::default()), []);
}

#[test]
fn a_control_box_waits_until_every_basin_has_its_type() {
    let mut open = Facts { model: Some(Model::B2), ..facts() };
    assert_eq!(rules(item("\"\" + edrain_count")).preview(&open).len(), 0, "the second basin is still missing");
    open.basins.push(BasinFacts { kind: Some(BasinKind::ESinkDi), ..Default::default() });
    assert_eq!(rules(item("edrain_count + \"-\" + esink_count")).preview(&open)[0].number, "1-1");
    let by_size = TemplateLine { repeat_for: "basin".into(), ..item("basin.size") };
    assert_eq!(rules(by_size).preview(&open).len(), 1, "the second basin has no size yet");
}

#[test]
fn every_documented_name_has_a_value_in_a_complete_configuration() {
    let complete = Facts {
        family: Some(crate::configurations::Family::Mdrd),
        width_in: Some(48.into()),
        legs: Some(crate::configurations::Legs::Dl27),
        feet: Some(crate::configurations::Feet::Casters),
        flow: Some(crate::configurations::Flow::LeftToRight),
        has_pegboard: Some(true),
        pegboard_kind: Some(PegboardKind::Solid),
        board_is_custom: Some(false),
        ..facts()
    };
    let scope = environment::scope(&complete);
    for name in environment::NAMES.iter() {
        assert!(scope.contains(name.name), "{} has no value", name.name);
    }
    assert_eq!(scope.len(), environment::NAMES.len(), "a value without a documented name");
}

#[test]
fn a_rule_under_another_comes_with_it_and_not_without() {
    let under = TemplateLine { id: 2, parent_item_id: Some(1), item: "Y".into(), ..line(2) };
    let lines = |text: &str| {
        let rules = Rules::compile(template(vec![condition(text), under.clone()])).unwrap();
        rules.choose(&facts(), Err).unwrap().into_iter().map(|line| (line.number, line.parent)).collect::<Vec<_>>()
    };
    assert_eq!(lines("true"), [("X".into(), None), ("Y".into(), Some(0))]);
    assert_eq!(lines("false"), []);
}

#[test]
fn tables_that_contradict_themselves_are_refused() {
    let with = |kind, rows| {
        let mut template = template(Vec::new());
        template.tables = vec![table("t", kind, rows)];
        Rules::compile(template).err().map(|problems| problems[0].to_string()).unwrap_or_default()
    };
    let overlap = with(TableKind::Range, vec![range(1, 5, "A"), TableRow { position: 2, ..range(5, 9, "B") }]);
    assert_eq!(overlap, "Table t, row 2: 5 is already held by row 1.");
    let twice = with(TableKind::Match, vec![key("a", "A"), TableRow { position: 2, ..key("a", "B") }]);
    assert_eq!(twice, "Table t, row 2: the key \"a\" stands twice.");
    assert!(with(TableKind::Pattern, vec![key("7", "B-{L}")]).contains("{W}, then {L}"));
    assert!(with(TableKind::Pattern, Vec::new()).contains("exactly one row"));
    assert!(with(TableKind::Match, vec![key("a", " ")]).contains("the value is empty"));
}
