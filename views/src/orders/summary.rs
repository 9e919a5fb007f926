//! A sink in words: one line for lists, all of it for its record.

use maud::{Markup, html};
use models::configurations::{Basin, BasinSize, Configuration, Pegboard};

/// "3 basins, 96 in, DL27-HA".
pub fn line(sink: &Configuration) -> String {
    let basins = if sink.basins.len() == 1 { "1 basin".into() } else { format!("{} basins", sink.basins.len()) };
    format!("{basins}, {} in, {}", sink.length_in, sink.legs.word())
}

/// Every choice, question by question.
pub fn facts(sink: &Configuration) -> Vec<(&'static str, Markup)> {
    let mut facts = vec![
        ("Model", html! { (sink.model.title()) }),
        ("Length", html! { (sink.length_in) "\u{202f}in" }),
        ("Width, front to back", html! { (sink.width_in.normalize()) "\u{202f}in" }),
        ("Legs", html! { (sink.legs.title()) }),
        ("Feet", html! { (sink.feet.title()) }),
        ("Work flows", html! { (sink.flow.title()) }),
        ("Pegboard", html! { (sink.pegboard.as_ref().map_or("None".into(), board)) }),
        ("Drawers", list(sink.drawers.iter().map(|drawer| drawer.title().to_owned()))),
    ];
    for (position, basin) in sink.basins.iter().enumerate() {
        let label = ["Basin 1", "Basin 2", "Basin 3"].get(position).copied().unwrap_or("Basin");
        facts.push((label, html! { (self::basin(basin)) }));
    }
    let faucets = sink.faucets.iter().map(|faucet| {
        let place = faucet.place.map(|place| format!(", {}", place.title().to_lowercase())).unwrap_or_default();
        format!("{} × {}{place}", faucet.quantity, faucet.kind.title())
    });
    let sprayers = sink.sprayers.iter().map(|sprayer| {
        let side = sprayer.side.map(|side| format!(", {}", side.title().to_lowercase())).unwrap_or_default();
        format!("{}{side}", sprayer.kind.title())
    });
    let accessories = sink.accessories.iter().map(|chosen| format!("{} × {}", chosen.quantity, chosen.item));
    facts.push(("Faucets", list(faucets)));
    facts.push(("Sprayers", list(sprayers)));
    facts.push(("Accessories", list(accessories)));
    facts.push(("Manuals", html! { (sink.language.title()) }));
    facts
}

fn list(entries: impl Iterator<Item = String>) -> Markup {
    let entries: Vec<String> = entries.collect();
    match entries.as_slice() {
        [] => html! { "None" },
        [one] => html! { (one) },
        many => html! { ul { @for entry in many { li { (entry) } } } },
    }
}

fn board(board: &Pegboard) -> String {
    let colour = board.colour.map_or("plain".into(), |colour| colour.title().to_lowercase());
    let size = match &board.size {
        None => "as long as the sink".into(),
        Some(size) => format!("{} × {} in", size.width_in.normalize(), size.length_in.normalize()),
    };
    format!("{}, {colour}, {size}", board.kind.title())
}

fn basin(basin: &Basin) -> String {
    let (width, length, depth) = basin.size.inches();
    let made = if matches!(basin.size, BasinSize::Custom(_)) { ", made to size" } else { "" };
    let mut words = format!(
        "{}, {} × {} × {} in{made}",
        basin.kind.title(),
        width.normalize(),
        length.normalize(),
        depth.normalize()
    );
    if basin.light {
        words.push_str(", with a basin light");
    }
    if basin.p_trap {
        words.push_str(", with a P-trap disinfection unit");
    }
    words
}
