//! The names an expression may use: what each is, which words it can be, and its value for one build.

use super::facts::{BasinFacts, Facts, FaucetFacts, SprayerFacts};
use crate::configurations::{
    Accessory, BasinKind, BasinSize, Colour, Drawer, Family, FaucetKind, Feet, Flow, Language, Legs, Model,
    PegboardKind, Place, Side, SprayerKind, StandardSize,
};
use rhai::{Array, Dynamic, Map, Scope};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What an expression or a part of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Truth,
    Number,
    Text,
    /// Text out of a closed list: comparing it with anything else is a slip.
    Word(Words),
    /// A list of texts, for `in`.
    List(Option<Words>),
    /// A number made by `pattern`: it is an item and nothing else.
    CustomNumber,
}

pub type Words = Vec<&'static str>;

/// One name: its type and what it says, for the page that explains the language.
pub struct Name {
    pub name: &'static str,
    pub is: Type,
    pub meaning: &'static str,
}

/// What a line can repeat for, and the fields of the thing it repeats.
pub struct Repeat {
    pub name: &'static str,
    pub fields: Vec<Name>,
}

macro_rules! words {
    ($choice:ty) => {
        <$choice>::ALL.iter().map(|choice| choice.word()).collect::<Words>()
    };
    ($choice:ty, or nothing) => {{
        let mut words = words!($choice);
        words.push("");
        words
    }};
}

fn name(name: &'static str, is: Type, meaning: &'static str) -> Name {
    Name { name, is, meaning }
}

/// Names known in every expression.
pub static NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| {
    use Type::{List, Number, Truth, Word};
    vec![
        name("family", Word(words!(Family)), "Sink family"),
        name("language", Word(words!(Language)), "Language of the manuals"),
        name("model", Word(words!(Model)), "Sink model"),
        name("basin_count", Number, "Basins of the model, 1 to 3"),
        name("length", Number, "Length of the sink, whole inches"),
        name("width", Number, "Front to back, inches"),
        name("legs", Word(words!(Legs)), "Lifting columns"),
        name("feet", Word(words!(Feet)), "Feet"),
        name("flow", Word(words!(Flow)), "Workflow direction"),
        name("has_pegboard", Truth, "A pegboard is wanted"),
        name("pegboard_type", Word(words!(PegboardKind, or nothing)), "Board type, \"\" without a board"),
        name("pegboard_colour", Word(words!(Colour, or nothing)), "Board colour, \"\" for a plain board"),
        name("board_is_custom", Truth, "The board has a size of its own"),
        name("board_width", Number, "Width of a custom board, inches, else 0"),
        name("board_length", Number, "Length of a custom board, inches, else 0"),
        name("drawers", List(Some(words!(Drawer))), "Drawers and compartments"),
        name("edr", Number, "E-Drain basins"),
        name("esk", Number, "E-Sink basins"),
        name("esk_di", Number, "E-Sink DI basins"),
        name("edrain_count", Number, "E-Drain basins, once every basin has a type"),
        name("esink_count", Number, "E-Sink and E-Sink DI basins, once every basin has a type"),
        name("goosenecks", Number, "DI gooseneck faucets chosen"),
        name("wrist_blades", Number, "Wrist-blade faucets chosen"),
        name("pre_rinses", Number, "Pre-rinse faucets chosen"),
        name("footprints", List(None), "Footprints of the basins, such as \"24x20\""),
        name("chosen", List(None), "Numbers chosen in step 4"),
    ]
});

/// What a line can repeat for.
pub static REPEATS: LazyLock<Vec<Repeat>> = LazyLock::new(|| {
    use Type::{Number, Text, Truth, Word};
    vec![
        Repeat {
            name: "basin",
            fields: vec![
                name("number", Number, "Position from the left, from 1"),
                name("kind", Word(words!(BasinKind)), "Basin type"),
                name("size", Word(words!(StandardSize, or nothing)), "Size from the list, \"\" for a custom size"),
                name("is_custom", Truth, "The size is not from the list"),
                name("width", Number, "Inches"),
                name("length", Number, "Inches"),
                name("depth", Number, "Inches"),
                name("p_trap", Truth, "With P-trap disinfection unit"),
                name("light", Truth, "With basin light"),
            ],
        },
        Repeat {
            name: "faucet",
            fields: vec![
                name("kind", Word(words!(FaucetKind)), "Faucet type"),
                name("quantity", Number, "Pieces"),
                name("place", Word(words!(Place, or nothing)), "Where, \"\" when not said"),
            ],
        },
        Repeat {
            name: "sprayer",
            fields: vec![
                name("kind", Word(words!(SprayerKind)), "Sprayer type"),
                name("quantity", Number, "Pieces of this type on this side"),
                name("side", Word(words!(Side, or nothing)), "Side, \"\" when not said"),
            ],
        },
        Repeat {
            name: "accessory",
            fields: vec![name("item", Text, "Its number"), name("quantity", Number, "Pieces")],
        },
        Repeat { name: "drawer", fields: vec![name("kind", Word(words!(Drawer)), "Which one")] },
    ]
});

/// The name people read for each word of the document.
pub static TITLES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut titles = HashMap::new();
    macro_rules! add {
        ($($choice:ty),+) => { $(for choice in <$choice>::ALL { titles.insert(choice.word(), choice.title()); })+ };
    }
    add!(Family, Language, Model, Legs, Feet, Flow, PegboardKind, Colour, Drawer, BasinKind, FaucetKind, Place);
    add!(SprayerKind, Side, StandardSize);
    titles
});

pub fn repeat(name: &str) -> Option<&'static Repeat> {
    REPEATS.iter().find(|repeat| repeat.name == name)
}

/// The values of one build. A question not answered yet is left out, so whatever needs it says so when it runs.
pub fn scope(facts: &Facts) -> Scope<'static> {
    let mut values = Values(Scope::new());
    values.word("family", facts.family.map(Family::word));
    values.word("language", facts.language.map(Language::word));
    values.word("model", facts.model.map(Model::word));
    values.number("basin_count", facts.model.map(|model| Decimal::from(model.basins())));
    values.number("length", facts.length_in.map(Decimal::from));
    values.number("width", facts.width_in);
    values.word("legs", facts.legs.map(Legs::word));
    values.word("feet", facts.feet.map(Feet::word));
    values.word("flow", facts.flow.map(Flow::word));
    board(&mut values, facts);
    basins(&mut values, facts);
    values.number("goosenecks", Some(facts.faucets_of(FaucetKind::Gooseneck).into()));
    values.number("wrist_blades", Some(facts.faucets_of(FaucetKind::WristBlade).into()));
    values.number("pre_rinses", Some(facts.faucets_of(FaucetKind::PreRinse).into()));
    values.list("drawers", facts.drawers.iter().map(|drawer| drawer.word().into()));
    values.list("chosen", facts.accessories.iter().map(|accessory| accessory.item.clone().into()));
    values.0
}

fn board(values: &mut Values, facts: &Facts) {
    let Some(has_pegboard) = facts.has_pegboard else { return };
    values.0.push_constant("has_pegboard", has_pegboard);
    let kind = facts.pegboard_kind.map(PegboardKind::word);
    values.word("pegboard_type", if has_pegboard { kind } else { Some("") });
    values.word("pegboard_colour", Some(facts.pegboard_colour.filter(|_| has_pegboard).map_or("", Colour::word)));
    let is_custom = if has_pegboard { facts.board_is_custom } else { Some(false) };
    if let Some(is_custom) = is_custom {
        values.0.push_constant("board_is_custom", is_custom);
        let size = facts.board_size.as_ref().filter(|_| is_custom);
        let inches = |side: Option<Decimal>| if is_custom { side } else { Some(Decimal::ZERO) };
        values.number("board_width", inches(size.map(|size| size.width_in)));
        values.number("board_length", inches(size.map(|size| size.length_in)));
    }
}

fn basins(values: &mut Values, facts: &Facts) {
    let [edr, esk, esk_di] =
        [BasinKind::EDrain, BasinKind::ESink, BasinKind::ESinkDi].map(|kind| facts.basins_of(kind));
    values.number("edr", Some(edr.into()));
    values.number("esk", Some(esk.into()));
    values.number("esk_di", Some(esk_di.into()));
    if facts.basins_are_complete() {
        values.number("edrain_count", Some(edr.into()));
        values.number("esink_count", Some((esk + esk_di).into()));
    }
    let sizes = facts.basins.iter().filter_map(|basin| basin.size.as_ref());
    let footprint = |size: &BasinSize| {
        let (width, length, _) = size.inches();
        format!("{}x{}", width.normalize(), length.normalize()).into()
    };
    values.list("footprints", sizes.map(footprint));
}

/// The things a line repeats for, each as the value of its loop name.
pub fn elements(repeat_for: &str, facts: &Facts) -> Vec<Dynamic> {
    match repeat_for {
        "basin" => facts.basins.iter().enumerate().map(|(index, one)| basin(index + 1, one)).collect(),
        "faucet" => facts.faucets.iter().map(faucet).collect(),
        "sprayer" => facts.grouped_sprayers().iter().map(|(one, count)| sprayer(one, *count)).collect(),
        "accessory" => facts.accessories.iter().map(accessory).collect(),
        "drawer" => facts.drawers.iter().map(|one| record([("kind", Some(one.word().into()))])).collect(),
        _ => Vec::new(),
    }
}

fn basin(number: usize, basin: &BasinFacts) -> Dynamic {
    let inches = basin.size.as_ref().map(BasinSize::inches);
    let standard = basin.size.as_ref().map(|size| match size {
        BasinSize::Standard(size) => size.word(),
        BasinSize::Custom(_) => "",
    });
    record([
        ("number", Some(Decimal::from(number).into())),
        ("kind", basin.kind.map(|kind| kind.word().into())),
        ("size", standard.map(Into::into)),
        ("is_custom", standard.map(|size| size.is_empty().into())),
        ("width", inches.map(|inches| inches.0.into())),
        ("length", inches.map(|inches| inches.1.into())),
        ("depth", inches.map(|inches| inches.2.into())),
        ("p_trap", Some(basin.p_trap.into())),
        ("light", Some(basin.light.into())),
    ])
}

fn faucet(faucet: &FaucetFacts) -> Dynamic {
    record([
        ("kind", faucet.kind.map(|kind| kind.word().into())),
        ("quantity", faucet.quantity.map(|quantity| Decimal::from(quantity).into())),
        ("place", Some(faucet.place.map_or("", Place::word).into())),
    ])
}

fn sprayer(sprayer: &SprayerFacts, count: u32) -> Dynamic {
    record([
        ("kind", sprayer.kind.map(|kind| kind.word().into())),
        ("quantity", Some(Decimal::from(count).into())),
        ("side", Some(sprayer.side.map_or("", Side::word).into())),
    ])
}

fn accessory(accessory: &Accessory) -> Dynamic {
    record([
        ("item", Some(accessory.item.clone().into())),
        ("quantity", Some(Decimal::from(accessory.quantity).into())),
    ])
}

/// A thing with the fields that have an answer.
fn record<const N: usize>(fields: [(&'static str, Option<Dynamic>); N]) -> Dynamic {
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
    Dynamic::from_map(known.collect::<Map>())
}

struct Values(Scope<'static>);

impl Values {
    fn word(&mut self, name: &'static str, value: Option<&'static str>) {
        if let Some(value) = value {
            self.0.push_constant(name, rhai::ImmutableString::from(value));
        }
    }

    fn number(&mut self, name: &'static str, value: Option<Decimal>) {
        if let Some(value) = value {
            self.0.push_constant(name, value);
        }
    }

    fn list(&mut self, name: &'static str, values: impl Iterator<Item = Dynamic>) {
        self.0.push_constant(name, values.collect::<Array>());
    }
}
