//! The sink from above, to scale, as far as it is known.

use maud::{Markup, html};
use models::configurations::check::{Partial, PartialBasin};
use models::configurations::{BasinKind, Colour, Flow, Place, Side};
use rust_decimal::prelude::ToPrimitive;

/// The drawing's own units: the sheet is 320 wide.
const SHEET: f64 = 320.0;
const MARGIN: f64 = 14.0;
const TOP: f64 = 26.0;
const TALLEST: f64 = 150.0;

/// Where things stand on the sheet.
struct Plan {
    scale: f64,
    left: f64,
    width: f64,
    height: f64,
    /// Left edge and width of each basin.
    basins: Vec<(f64, f64)>,
}

/// Only pictures are drawn with floats; every number people read comes from the answers.
pub fn top_view(partial: &Partial) -> Markup {
    let Some(length) = partial.length_in else {
        return html! { p .hint { "The top view is drawn once the length is known." } };
    };
    let plan = plan(f64::from(length), partial);
    let sheet_height = TOP + plan.height + 34.0;
    html! {
        svg .drawing data-wide[is_too_wide(length, partial)] viewBox={ "0 0 " (SHEET) " " (units(sheet_height)) } role="img" aria-label=(sentence(length, partial)) {
            (flow(partial.flow))
            rect .sink x=(units(plan.left)) y=(units(TOP)) width=(units(plan.width)) height=(units(plan.height)) rx="3" {}
            @if let Some(Some(board)) = &partial.pegboard { (pegboard(&plan, board.colour)) }
            @for (number, (basin, place)) in (1..).zip(partial.basins.iter().zip(&plan.basins)) { (basin_of(number, basin, *place, &plan)) }
            @for faucet in &partial.faucets { @if let Some(place) = faucet.place { (faucet_at(place, &plan)) } }
            @for sprayer in &partial.sprayers { @if let Some(side) = sprayer.side { (sprayer_at(side, &plan)) } }
            (dimension(length, &plan))
        }
    }
}

fn is_too_wide(length: u32, partial: &Partial) -> bool {
    partial.basins.iter().map(|basin| inches(basin).0).sum::<f64>() > f64::from(length)
}

fn plan(length: f64, partial: &Partial) -> Plan {
    let depth = partial.width_in.and_then(|width| width.to_f64()).unwrap_or(36.0).clamp(12.0, 200.0);
    let room = SHEET - 2.0 * MARGIN;
    let scale = (room / length).min(TALLEST / depth);
    let (width, height) = (length * scale, depth * scale);
    let left = (SHEET - width) / 2.0;
    let widths: Vec<f64> = partial.basins.iter().map(|basin| inches(basin).0 * scale).collect();
    let gap = (width - widths.iter().sum::<f64>()) / (widths.len() as f64 + 1.0);
    let mut edge = left;
    let mut basins = Vec::new();
    for basin in widths {
        edge += gap;
        basins.push((edge, basin));
        edge += basin;
    }
    Plan { scale, left, width, height, basins }
}

/// A basin nobody chose yet is drawn as the smallest.
fn inches(basin: &PartialBasin) -> (f64, f64) {
    let size = basin.size.as_ref().map(|size| size.inches());
    size.and_then(|(width, length, _)| Some((width.to_f64()?, length.to_f64()?))).unwrap_or((20.0, 20.0))
}

fn units(number: f64) -> String {
    format!("{number:.1}")
}

fn flow(flow: Option<Flow>) -> Markup {
    html! {
        @match flow {
            Some(Flow::LeftToRight) => text .label x=(MARGIN) y="14" { "Work flows left to right →" },
            Some(Flow::RightToLeft) => text .label x=(SHEET - MARGIN) y="14" text-anchor="end" { "← Work flows right to left" },
            None => {}
        }
    }
}

fn pegboard(plan: &Plan, colour: Option<Colour>) -> Markup {
    html! {
        rect .board data-colour=(colour.map_or("plain", Colour::word)) x=(units(plan.left)) y=(units(TOP - 6.0)) width=(units(plan.width)) height="4" rx="1" {}
    }
}

fn basin_of(number: usize, basin: &PartialBasin, (left, width): (f64, f64), plan: &Plan) -> Markup {
    let height = (inches(basin).1 * plan.scale).min(plan.height * 1.2);
    let top = TOP + (plan.height - height) / 2.0 + plan.height * 0.04;
    let middle = left + width / 2.0;
    let kind = basin.kind.map_or("open", BasinKind::word);
    let size = basin.size.as_ref().map(|size| {
        let (width, length, depth) = size.inches();
        format!("{}×{}×{}", width.normalize(), length.normalize(), depth.normalize())
    });
    html! {
        g .basin data-kind=(kind) {
            rect x=(units(left)) y=(units(top)) width=(units(width)) height=(units(height)) rx="4" {}
            text .name x=(units(middle)) y=(units(top + height / 2.0 - 1.0)) text-anchor="middle" {
                (number) " " (basin.kind.map_or("not chosen", BasinKind::title))
            }
            @if let Some(size) = size { text .size x=(units(middle)) y=(units(top + height / 2.0 + 10.0)) text-anchor="middle" { (size) } }
            @if basin.light { circle .light cx=(units(left + width - 6.0)) cy=(units(top + 6.0)) r="2.5" { title { "Basin light" } } }
            @if basin.p_trap { rect .trap x=(units(left + 3.5)) y=(units(top + 3.5)) width="5" height="5" { title { "P-trap disinfection unit" } } }
        }
    }
}

fn faucet_at(place: Place, plan: &Plan) -> Markup {
    let centre = |index: usize| plan.basins.get(index).map(|(left, width)| left + width / 2.0);
    let between = |index: usize| {
        let (left, right) = (plan.basins.get(index)?, plan.basins.get(index + 1)?);
        Some((left.0 + left.1 + right.0) / 2.0)
    };
    let across = match place {
        Place::Basin1 => centre(0),
        Place::Basin2 => centre(1),
        Place::Basin3 => centre(2),
        Place::Between12 => between(0),
        Place::Between23 => between(1),
    };
    html! {
        @if let Some(across) = across {
            g .faucet {
                circle cx=(units(across)) cy=(units(TOP + 5.0)) r="3.5" {}
                line x1=(units(across)) y1=(units(TOP + 5.0)) x2=(units(across)) y2=(units(TOP + 13.0)) {}
            }
        }
    }
}

fn sprayer_at(side: Side, plan: &Plan) -> Markup {
    let across = if side == Side::Left { plan.left + 4.0 } else { plan.left + plan.width - 4.0 };
    let points = format!(
        "{},{} {},{} {},{}",
        units(across - 3.5),
        units(TOP + 9.0),
        units(across + 3.5),
        units(TOP + 9.0),
        units(across),
        units(TOP + 3.0)
    );
    html! { polygon .sprayer points=(points) { title { "Sprayer, " (side.title()) } } }
}

fn dimension(length: u32, plan: &Plan) -> Markup {
    let (left, right, line) = (plan.left, plan.left + plan.width, TOP + plan.height + 12.0);
    html! {
        g .dimension {
            line x1=(units(left)) y1=(units(line)) x2=(units(right)) y2=(units(line)) {}
            line x1=(units(left)) y1=(units(line - 4.0)) x2=(units(left)) y2=(units(line + 4.0)) {}
            line x1=(units(right)) y1=(units(line - 4.0)) x2=(units(right)) y2=(units(line + 4.0)) {}
            text x=(units((left + right) / 2.0)) y=(units(line + 14.0)) text-anchor="middle" { (length) " in" }
        }
    }
}

/// The same in words, for whoever cannot see it.
fn sentence(length: u32, partial: &Partial) -> String {
    let basins: Vec<String> = (1..)
        .zip(&partial.basins)
        .map(|(number, basin)| format!("basin {number} {}", basin.kind.map_or("not chosen", BasinKind::title)))
        .collect();
    format!(
        "Top view of a sink {length} in long: {}, {} faucets, {} sprayers",
        basins.join(", "),
        partial.faucets.len(),
        partial.sprayers.len()
    )
}
