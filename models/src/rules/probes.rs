//! Configurations that try every choice of the form, and the roles each of them must have a line for.

use crate::configurations::{
    Accessory, Basin, BasinKind, BasinSize, BoardSize, Colour, Configuration, CustomSize, Drawer, Family, Faucet,
    FaucetKind, Feet, Flow, Language, Legs, Model, Pegboard, PegboardKind, Place, SCHEMA, Side, Sprayer, SprayerKind,
    StandardSize,
};
use rust_decimal::Decimal;

/// Whole inches a sink may be long (decision 8).
pub const LENGTHS: std::ops::RangeInclusive<u32> = 48..=120;

/// One try: what is chosen, in words, and how many lines each role must have at least.
#[derive(Debug, Clone)]
pub struct Probe {
    pub words: String,
    pub configuration: Configuration,
    pub needs: Vec<(&'static str, usize)>,
}

/// The sink the tries start from.
fn plain() -> Configuration {
    Configuration {
        schema: SCHEMA.into(),
        family: Family::Mdrd,
        language: Language::English,
        model: Model::B1,
        width_in: 30.into(),
        length_in: 72,
        legs: Legs::Dl27,
        feet: Feet::Casters,
        flow: Flow::LeftToRight,
        pegboard: None,
        drawers: Vec::new(),
        basins: vec![basin(BasinKind::EDrain)],
        faucets: Vec::new(),
        sprayers: Vec::new(),
        accessories: Vec::new(),
    }
}

fn basin(kind: BasinKind) -> Basin {
    Basin { kind, size: BasinSize::Standard(StandardSize::S20x20x8), p_trap: false, light: false }
}

/// Every try for a family's rules; `accessories` are the numbers step 4 offers.
pub fn all<'a>(accessories: impl IntoIterator<Item = &'a str>) -> Vec<Probe> {
    let mut probes = Probes(Vec::new());
    probes.body();
    probes.boards();
    probes.basins();
    probes.fittings();
    for item in accessories {
        let accessory = Accessory { item: item.into(), quantity: 2 };
        probes.add(format!("Accessory {item}"), &[("accessory", 1)], |sink| sink.accessories = vec![accessory]);
    }
    probes.0
}

struct Probes(Vec<Probe>);

impl Probes {
    fn add(&mut self, words: String, needs: &[(&'static str, usize)], change: impl FnOnce(&mut Configuration)) {
        let mut configuration = plain();
        change(&mut configuration);
        self.0.push(Probe { words, configuration, needs: needs.to_vec() });
    }

    fn body(&mut self) {
        for language in Language::ALL {
            self.add(format!("Language {}", language.title()), &[("manual", 1)], |sink| sink.language = *language);
        }
        for length in LENGTHS {
            self.add(format!("Length {length} in"), &[("body", 1)], |sink| sink.length_in = length);
        }
        for legs in Legs::ALL {
            self.add(format!("Legs {}", legs.title()), &[("legs", 1)], |sink| sink.legs = *legs);
        }
        for feet in Feet::ALL {
            self.add(format!("Feet: {}", feet.title()), &[("feet", 1)], |sink| sink.feet = *feet);
        }
        for flow in Flow::ALL {
            self.add(format!("Direction {}", flow.title()), &[], |sink| sink.flow = *flow);
        }
        for drawer in Drawer::ALL {
            self.add(format!("Drawer: {}", drawer.title()), &[("drawer", 1)], |sink| sink.drawers = vec![*drawer]);
        }
    }

    fn boards(&mut self) {
        let colours = || std::iter::once(None).chain(Colour::ALL.iter().copied().map(Some));
        for (kind, colour) in PegboardKind::ALL.iter().flat_map(|kind| colours().map(move |colour| (*kind, colour))) {
            let paint = colour.map_or("plain", Colour::word);
            for length in LENGTHS {
                let words = format!("Pegboard {kind}, {paint}, length {length} in");
                self.add(words, &[("overhead-light", 1), ("pegboard", 1)], |sink| {
                    sink.length_in = length;
                    sink.pegboard = Some(Pegboard { kind, colour, size: None });
                });
            }
            let needs = [("overhead-light", 1), ("pegboard", 1), ("pegboard-panel", 1)];
            self.add(format!("Pegboard {kind}, {paint}, made to size"), &needs, |sink| {
                let size = BoardSize { width_in: Decimal::new(505, 1), length_in: 36.into() };
                sink.pegboard = Some(Pegboard { kind, colour, size: Some(size) });
            });
        }
    }

    fn basins(&mut self) {
        for model in Model::ALL {
            for kinds in combinations(model.basins()) {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
                let mut different = kinds.clone();
                different.dedup();
                let needs = [("basin-kit", different.len()), ("basin-bowl", kinds.len()), ("control-box", 1)];
                self.add(format!("Basins {}", names.join(", ")), &needs, |sink| {
                    sink.model = *model;
                    sink.basins = kinds.iter().map(|kind| basin(*kind)).collect();
                });
            }
        }
        let sizes = StandardSize::ALL.iter().map(|size| (size.title(), BasinSize::Standard(*size)));
        let custom = CustomSize { width_in: 26.into(), length_in: 22.into(), depth_in: Decimal::new(95, 1) };
        for (name, size) in sizes.chain([("made to size", BasinSize::Custom(custom))]) {
            self.add(format!("Basin size {name}"), &[("basin-bowl", 1)], |sink| sink.basins[0].size = size);
        }
        for kind in BasinKind::ALL {
            let add = |light| {
                move |sink: &mut Configuration| {
                    sink.basins = vec![Basin { light, p_trap: !light, ..basin(*kind) }];
                }
            };
            self.add(format!("{} with P-trap", kind.title()), &[("basin-addon", 1)], add(false));
            self.add(format!("{} with light", kind.title()), &[("basin-addon", 1)], add(true));
        }
    }

    fn fittings(&mut self) {
        for kind in FaucetKind::ALL {
            self.add(format!("Faucet: {}", kind.title()), &[("faucet", 1)], |sink| {
                sink.faucets = vec![Faucet { kind: *kind, quantity: 2, place: Some(Place::Basin1) }];
            });
        }
        self.add("E-Sink DI without a chosen faucet".into(), &[("faucet", 1)], |sink| {
            sink.basins = vec![basin(BasinKind::ESinkDi)];
        });
        for kind in SprayerKind::ALL {
            for side in Side::ALL {
                self.add(format!("Sprayer: {}, {}", kind.title(), side.title()), &[("sprayer", 1)], |sink| {
                    sink.sprayers = vec![Sprayer { kind: *kind, side: Some(*side) }];
                });
            }
        }
    }
}

/// Basin types for so many basins, without regard to their order; equal types stand side by side.
fn combinations(basins: usize) -> Vec<Vec<BasinKind>> {
    let mut found = vec![Vec::new()];
    for _ in 0..basins {
        found = found
            .iter()
            .flat_map(|kinds: &Vec<BasinKind>| {
                let from =
                    kinds.last().and_then(|last| BasinKind::ALL.iter().position(|kind| kind == last)).unwrap_or(0);
                BasinKind::ALL[from..]
                    .iter()
                    .map(|kind| kinds.iter().copied().chain([*kind]).collect())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    found
}
