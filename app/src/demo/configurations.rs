//! Plausible sinks for demo data: the same number always gives the same sink.

use models::configurations::*;

/// Different sinks the generated order book is made of.
pub const DIFFERENT: u32 = 200;

/// The n-th demo sink. Choices turn over at different speeds, so neighbours differ in several of them.
pub fn sink(n: u32) -> Configuration {
    let model = Model::ALL[n as usize % 3];
    let basins: Vec<Basin> = (0..model.basins()).map(|position| basin(n, position as u32)).collect();
    let widths: u32 = basins.iter().map(|basin| standard_width(&basin.size)).sum();
    Configuration {
        schema: SCHEMA.into(),
        family: Family::Mdrd,
        language: Language::ALL[n as usize % 5 % 3],
        model,
        width_in: [30, 36, 48][n as usize % 3].into(),
        length_in: (widths + 8 + n * 7 % 40).clamp(48, 120),
        legs: Legs::ALL[(n / 3) as usize % 5],
        feet: Feet::ALL[(n / 5) as usize % 2],
        flow: Flow::ALL[n as usize % 2],
        pegboard: pegboard(n),
        drawers: if n % 7 == 3 { vec![Drawer::TwoDrawer] } else { Vec::new() },
        faucets: faucets(n, model, &basins),
        basins,
        sprayers: sprayers(n),
        accessories: accessories(n),
    }
}

fn basin(n: u32, position: u32) -> Basin {
    let turn = (n / 3 + position * 2) as usize;
    Basin {
        kind: BasinKind::ALL[[0, 1, 0, 1, 2][turn % 5]],
        size: BasinSize::Standard(StandardSize::ALL[(n + position * 3) as usize % 5]),
        p_trap: n % 11 == 4 && position == 0,
        light: (n + position) % 4 == 1,
    }
}

fn standard_width(size: &BasinSize) -> u32 {
    match size {
        BasinSize::Standard(size) => size.inches().0,
        BasinSize::Custom(_) => 50,
    }
}

fn pegboard(n: u32) -> Option<Pegboard> {
    let colour = if n.is_multiple_of(2) { None } else { Some(Colour::ALL[(n / 2) as usize % 8]) };
    let kind = PegboardKind::ALL[(n / 7) as usize % 2];
    (n % 4 != 3).then_some(Pegboard { kind, colour, size: None })
}

fn faucets(n: u32, model: Model, basins: &[Basin]) -> Vec<Faucet> {
    let mut faucets = vec![Faucet { kind: FaucetKind::WristBlade, quantity: 1, place: Some(Place::Basin1) }];
    let has_di = basins.iter().any(|basin| basin.kind == BasinKind::ESinkDi);
    if model != Model::B1 && !has_di && n % 3 == 1 {
        faucets.push(Faucet { kind: FaucetKind::PreRinse, quantity: 1, place: Some(Place::Between12) });
    }
    faucets
}

fn sprayers(n: u32) -> Vec<Sprayer> {
    if !n.is_multiple_of(3) {
        return Vec::new();
    }
    vec![Sprayer { kind: SprayerKind::ALL[(n / 3) as usize % 4], side: Some(Side::ALL[(n / 6) as usize % 2]) }]
}

fn accessories(n: u32) -> Vec<Accessory> {
    const COMMON: [&str; 6] = [
        "T-OA-BINRAIL-24-KIT",
        "T-OA-BINRAIL-36-KIT",
        "T-OA-BINRAIL-48-KIT",
        "T-OA-B110505",
        "T-OA-SSSHELF-1812",
        "T2-OA-SINK-STRAINER",
    ];
    let chosen = COMMON.iter().enumerate().filter(|(position, _)| (n as usize + position).is_multiple_of(4));
    chosen
        .map(|(position, item)| Accessory { item: (*item).into(), quantity: 1 + n % 3 + position as u32 % 2 })
        .collect()
}
