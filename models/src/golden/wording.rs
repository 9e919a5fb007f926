//! The configuration of a reference case: `key=value` pairs in the words of the case files or in ours.

use crate::configurations::{
    Accessory, Basin, BasinKind, BasinSize, BoardSize, Colour, Configuration, CustomSize, Drawer, Family, Faucet,
    FaucetKind, Feet, Flow, Language, Legs, Model, Pegboard, PegboardKind, Place, SCHEMA, Side, Sprayer, SprayerKind,
    StandardSize,
};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Reads the pairs, in any order and any case. Says what cannot be read.
pub fn configuration(text: &str) -> Result<Configuration, String> {
    let answers = Answers::read(text);
    let family = answers.word("family").map_or(Ok(Family::Mdrd), family)?;
    let (pegboard, basins) = (answers.pegboard()?, answers.basins()?);
    let model = match answers.word("model") {
        Some(word) => model(word)?,
        None => model(&format!("B{}", basins.len()))?,
    };
    if model.basins() != basins.len() {
        return Err(format!("{model} has {} basins, not {}.", model.basins(), basins.len()));
    }
    Ok(Configuration {
        schema: SCHEMA.into(),
        family,
        language: language(answers.needed(&["lang", "language"])?)?,
        model,
        width_in: answers.word("width_in").or(answers.word("width")).map_or(Ok(48.into()), inches)?,
        length_in: whole_inches(answers.needed(&["length_in", "length"])?)?,
        legs: legs(answers.needed(&["legs"])?)?,
        feet: feet(answers.needed(&["feet"])?)?,
        flow: answers.word("flow").map_or(Ok(Flow::LeftToRight), flow)?,
        pegboard,
        drawers: answers.list("drawers").into_iter().map(|entry| drawer(entry.item)).collect::<Result<_, _>>()?,
        basins,
        faucets: answers.list("faucets").iter().map(faucet).collect::<Result<_, _>>()?,
        sprayers: answers.sprayers()?,
        accessories: answers.list("accessories").iter().map(accessory).collect::<Result<_, _>>()?,
    })
}

struct Answers(HashMap<String, String>);

/// One entry of a list: `ITEM*2@place`.
struct Entry<'a> {
    item: &'a str,
    quantity: u32,
    place: Option<&'a str>,
}

impl Answers {
    /// A word without a known form `key=` belongs to the value before it, because numbers may hold blanks.
    fn read(text: &str) -> Answers {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((key, value)) if is_key(key) => pairs.push((key.to_lowercase().replace('-', "_"), value.into())),
                _ => {
                    if let Some((_, value)) = pairs.last_mut() {
                        value.push(' ');
                        value.push_str(word);
                    }
                }
            }
        }
        Answers(pairs.into_iter().collect())
    }

    /// The value of a key; none when it is missing or says "none".
    fn word(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.trim()).filter(|value| !is_nothing(value))
    }

    fn needed(&self, keys: &[&str]) -> Result<&str, String> {
        keys.iter().find_map(|key| self.word(key)).ok_or_else(|| format!("{} is missing.", keys[0]))
    }

    fn list(&self, key: &str) -> Vec<Entry<'_>> {
        let entries = self.word(key).into_iter().flat_map(|value| value.split([',', ';']));
        entries.map(str::trim).filter(|entry| !is_nothing(entry)).map(Entry::read).collect()
    }

    fn pegboard(&self) -> Result<Option<Pegboard>, String> {
        let Some(kind) = self.word("pegboard") else { return Ok(None) };
        if matches!(kind.to_lowercase().as_str(), "no" | "false") {
            return Ok(None);
        }
        let colour = self.word("pegboard_colour").or(self.word("pegboard_color"));
        let colour = colour.filter(|word| !matches!(word.to_lowercase().as_str(), "plain" | "no"));
        let size = self.word("pegboard_size").filter(|word| !plain(word).starts_with("SAME"));
        let size = match size.map(dimensions).transpose()?.as_deref() {
            None => None,
            Some([width_in, length_in]) => Some(BoardSize { width_in: *width_in, length_in: *length_in }),
            Some(_) => return Err("pegboard_size is same-as-sink or width × length.".into()),
        };
        let colour = colour.map(|word| pick(Colour::ALL, word, |colour| colour.word(), "colour")).transpose()?;
        Ok(Some(Pegboard { kind: pegboard_kind(kind)?, colour, size }))
    }

    fn basins(&self) -> Result<Vec<Basin>, String> {
        let entries = self.needed(&["basins"])?.split([';', ',']).map(str::trim).filter(|entry| !entry.is_empty());
        let mut numbered = Vec::new();
        for (index, entry) in entries.enumerate() {
            let (number, rest) = match entry.split_once(':') {
                Some((number, rest)) if number.trim().parse::<usize>().is_ok() => {
                    (number.trim().parse().unwrap_or(index + 1), rest)
                }
                _ => (index + 1, entry),
            };
            numbered.push((number, basin(rest)?));
        }
        numbered.sort_by_key(|(number, _)| *number);
        Ok(numbered.into_iter().map(|(_, basin)| basin).collect())
    }

    fn sprayers(&self) -> Result<Vec<Sprayer>, String> {
        let mut sprayers = Vec::new();
        for entry in self.list("sprayers") {
            let kind = sprayer_kind(entry.item)?;
            let side = entry.place.and_then(side);
            sprayers.extend((0..entry.quantity).map(|_| Sprayer { kind, side }));
        }
        Ok(sprayers)
    }
}

impl<'a> Entry<'a> {
    fn read(entry: &'a str) -> Entry<'a> {
        let (item, place) = entry.split_once('@').map_or((entry, None), |(item, place)| (item, Some(place)));
        match item.rsplit_once('*').map(|(item, count)| (item, count.trim().parse::<u32>())) {
            Some((item, Ok(quantity))) => Entry { item: item.trim(), quantity: quantity.min(1_000_000), place },
            _ => Entry { item: item.trim(), quantity: 1, place },
        }
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || one == '_' || one == '-')
}

fn is_nothing(value: &str) -> bool {
    matches!(value.to_lowercase().as_str(), "" | "-" | "none" | "null")
}

/// Capitals and digits only, so that `ESK-DI`, `esk_di` and `E-Sink DI` are easy to tell apart from the rest.
fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|one| one.to_ascii_uppercase()).collect()
}

fn pick<T: Copy>(all: &[T], word: &str, name: impl Fn(T) -> &'static str, what: &str) -> Result<T, String> {
    let wanted = plain(word);
    all.iter().copied().find(|one| plain(name(*one)) == wanted).ok_or_else(|| format!("\"{word}\" is no {what}."))
}

fn family(word: &str) -> Result<Family, String> {
    pick(Family::ALL, word, Family::word, "sink family")
}

fn language(word: &str) -> Result<Language, String> {
    match plain(word).as_str() {
        "EN" | "ENGLISH" => Ok(Language::English),
        "FR" | "FRENCH" => Ok(Language::French),
        "SP" | "ES" | "SPANISH" => Ok(Language::Spanish),
        _ => Err(format!("\"{word}\" is no language.")),
    }
}

fn model(word: &str) -> Result<Model, String> {
    let wanted = plain(word);
    let found = Model::ALL
        .iter()
        .copied()
        .find(|model| plain(model.word()).trim_start_matches("T2") == wanted.trim_start_matches("T2"));
    found.ok_or_else(|| format!("\"{word}\" is no sink model."))
}

fn legs(word: &str) -> Result<Legs, String> {
    let wanted = plain(word);
    let name = wanted.trim_start_matches("T2").trim_end_matches("KIT");
    Ok(match name {
        "DL27" | "DL27HA" => Legs::Dl27,
        "DL14" | "DL14HA" => Legs::Dl14,
        "LC1" | "LC1HA" => Legs::Lc1,
        "DL27FH" => Legs::Dl27Fixed,
        "DL14FH" => Legs::Dl14Fixed,
        _ => return Err(format!("\"{word}\" are no legs.")),
    })
}

fn feet(word: &str) -> Result<Feet, String> {
    let wanted = plain(word);
    match () {
        () if wanted.contains("SEISMIC") => Ok(Feet::Seismic),
        () if wanted.contains("CASTOR") || wanted.contains("CASTER") => Ok(Feet::Casters),
        () => Err(format!("\"{word}\" are no feet.")),
    }
}

fn flow(word: &str) -> Result<Flow, String> {
    match plain(word).as_str() {
        "LEFTTORIGHT" | "LTR" => Ok(Flow::LeftToRight),
        "RIGHTTOLEFT" | "RTL" => Ok(Flow::RightToLeft),
        _ => Err(format!("\"{word}\" is no workflow direction.")),
    }
}

fn pegboard_kind(word: &str) -> Result<PegboardKind, String> {
    match plain(word).as_str() {
        "PERFORATED" | "PERF" => Ok(PegboardKind::Perforated),
        "SOLID" => Ok(PegboardKind::Solid),
        _ => Err(format!("\"{word}\" is no pegboard type.")),
    }
}

fn drawer(word: &str) -> Result<Drawer, String> {
    match plain(word).as_str() {
        "T2OA2D152012STACKEDKIT" | "TWODRAWER" => Ok(Drawer::TwoDrawer),
        "T2OAPOSHLF1212" | "PULLOUTSHELF" => Ok(Drawer::PullOutShelf),
        _ => Err(format!("\"{word}\" is no drawer or compartment.")),
    }
}

/// `EDR/24X20X10+P-TRAP+LIGHT`. What the light is made of follows from the basin's type.
fn basin(text: &str) -> Result<Basin, String> {
    let mut parts = text.split('+').map(str::trim);
    let (kind, size) = parts
        .next()
        .and_then(|head| head.split_once('/'))
        .ok_or_else(|| format!("The basin \"{text}\" is not written type/size."))?;
    let mut basin = Basin { kind: basin_kind(kind)?, size: basin_size(size)?, p_trap: false, light: false };
    for addon in parts.filter(|addon| !is_nothing(addon)) {
        let wanted = plain(addon);
        match () {
            () if wanted.contains("MS1026") || wanted.contains("PTRAP") => basin.p_trap = true,
            () if wanted.contains("LIGHT") => basin.light = true,
            () => return Err(format!("\"{addon}\" is no add-on of a basin.")),
        }
    }
    Ok(basin)
}

fn basin_kind(word: &str) -> Result<BasinKind, String> {
    match plain(word).as_str() {
        "EDR" | "EDRAIN" => Ok(BasinKind::EDrain),
        "ESK" | "ESINK" => Ok(BasinKind::ESink),
        "ESKDI" | "ESINKDI" => Ok(BasinKind::ESinkDi),
        _ => Err(format!("\"{word}\" is no basin type.")),
    }
}

fn basin_size(word: &str) -> Result<BasinSize, String> {
    let found = dimensions(word)?;
    let [width_in, length_in, depth_in] = found[..] else {
        return Err(format!("The basin size \"{word}\" is not width × length × depth."));
    };
    let custom = BasinSize::Custom(CustomSize { width_in, length_in, depth_in });
    let standard = StandardSize::ALL.iter().map(|size| BasinSize::Standard(*size));
    Ok(standard.into_iter().find(|size| size.inches() == custom.inches()).unwrap_or(custom))
}

/// `26X22X9.5`, also behind a word such as `custom:`.
fn dimensions(word: &str) -> Result<Vec<Decimal>, String> {
    let start = word.find(|one: char| one.is_ascii_digit()).ok_or_else(|| format!("\"{word}\" is no size."))?;
    word[start..].split(['x', 'X', '×', '*']).map(|part| inches(part.trim())).collect()
}

fn inches(word: &str) -> Result<Decimal, String> {
    let number = word.trim_end_matches("in").trim_end_matches('"').trim().parse::<Decimal>();
    let number = number.map_err(|_| format!("\"{word}\" is not a number of inches."))?;
    if number > Decimal::ZERO { Ok(number.normalize()) } else { Err(format!("\"{word}\" is not above 0.")) }
}

fn whole_inches(word: &str) -> Result<u32, String> {
    let number = inches(word)?;
    u32::try_from(number)
        .ok()
        .filter(|whole| Decimal::from(*whole) == number)
        .ok_or_else(|| format!("The length {number} is not a whole number of inches."))
}

fn faucet(entry: &Entry<'_>) -> Result<Faucet, String> {
    let kind = match plain(entry.item).as_str() {
        "T2OASTDFAUCETWBKIT" | "WRISTBLADE" => FaucetKind::WristBlade,
        "T2OAPRERINSEFAUCETKIT" | "PRERINSE" => FaucetKind::PreRinse,
        "T2OADIGOOSENECKFAUCETKIT" | "DIGOOSENECK" | "GOOSENECK" => FaucetKind::Gooseneck,
        _ => return Err(format!("\"{}\" is no faucet.", entry.item)),
    };
    Ok(Faucet { kind, quantity: entry.quantity, place: entry.place.and_then(place) })
}

/// Places have no effect on the BOM, so one in unknown words is left open.
fn place(word: &str) -> Option<Place> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    match digits.as_str() {
        "1" => Some(Place::Basin1),
        "2" => Some(Place::Basin2),
        "3" => Some(Place::Basin3),
        "12" => Some(Place::Between12),
        "23" => Some(Place::Between23),
        _ => None,
    }
}

fn sprayer_kind(word: &str) -> Result<SprayerKind, String> {
    let wanted = plain(word);
    let is_air = wanted.contains("AIR");
    match () {
        () if !is_air && !wanted.contains("WATER") => Err(format!("\"{word}\" is no sprayer.")),
        () if wanted.contains("TURRET") => Ok(if is_air { SprayerKind::AirTurret } else { SprayerKind::WaterTurret }),
        () if wanted.contains("ROSETTE") => {
            Ok(if is_air { SprayerKind::AirRosette } else { SprayerKind::WaterRosette })
        }
        () => Err(format!("\"{word}\" is no sprayer.")),
    }
}

fn side(word: &str) -> Option<Side> {
    let wanted = plain(word);
    match () {
        () if wanted.contains("LEFT") => Some(Side::Left),
        () if wanted.contains("RIGHT") => Some(Side::Right),
        () => None,
    }
}

fn accessory(entry: &Entry<'_>) -> Result<Accessory, String> {
    if entry.quantity == 0 {
        return Err(format!("{} is chosen 0 times.", entry.item));
    }
    Ok(Accessory { item: entry.item.trim_start_matches("ASSY-").into(), quantity: entry.quantity })
}
