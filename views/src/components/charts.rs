//! Small charts, drawn by the server: bars and stepped lines over equal steps of time. Nothing is told by colour alone,
//! and every chart has a sentence that says the same.

use super::Tone;
use maud::{Markup, html};
use std::fmt::Write;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Bars(Tone),
    Line,
    Dashes,
}

/// One value per step; none where nothing was measured.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    pub name: &'a str,
    pub look: Look,
    pub values: Vec<Option<u64>>,
}

/// A chart with its title and a sentence that sums it up.
pub struct Chart<'a> {
    /// Unique on the page.
    pub id: &'a str,
    pub title: &'a str,
    /// "412 in 60 minutes, 31 at most in one"
    pub says: &'a str,
    pub series: &'a [Series<'a>],
    /// One per step, for the axis and the tooltips.
    pub labels: &'a [String],
    /// How a value reads: "31", "1.2 s".
    pub reads: fn(u64) -> String,
}

impl maud::Render for Chart<'_> {
    fn render(&self) -> Markup {
        let steps = self.labels.len().max(1);
        let top = nice(self.series.iter().flat_map(|series| &series.values).flatten().copied().max().unwrap_or(0));
        html! {
            figure .chart {
                figcaption {
                    b { (self.title) } small { (self.says) }
                    @if self.series.len() > 1 { (self.legend()) }
                }
                div {
                    span .most aria-hidden="true" { ((self.reads)(top)) }
                    svg viewBox={ "0 0 " (steps) " 100" } preserveAspectRatio="none" role="img" aria-labelledby={ (self.id) "-title " (self.id) "-says" } {
                        title id={ (self.id) "-title" } { (self.title) }
                        desc id={ (self.id) "-says" } { (self.says) }
                        path .grid d={ "M0 .5H" (steps) "M0 50H" (steps) "M0 99.5H" (steps) } {}
                        @for series in self.series { (self.drawn(series, top)) }
                    }
                }
                div .axis aria-hidden="true" {
                    @for label in [self.labels.first(), self.labels.get(steps / 2), self.labels.last()].into_iter().flatten() { span { (label) } }
                }
            }
        }
    }
}

impl Chart<'_> {
    fn legend(&self) -> Markup {
        html! {
            span .legend {
                @for series in self.series {
                    span { svg viewBox="0 0 16 4" aria-hidden="true" { path data-look=(look(series.look)) d="M0 2H16" {} } (series.name) }
                }
            }
        }
    }

    fn drawn(&self, series: &Series<'_>, top: u64) -> Markup {
        match series.look {
            Look::Bars(tone) => html! {
                g data-tone=(tone.name()) {
                    @for (step, value) in series.values.iter().enumerate() {
                        @if let Some(value) = value.filter(|value| *value > 0) {
                            @let high = height(value, top).max(2.0);
                            rect x={ (step) ".1" } width=".8" y=(100.0 - high) height=(high) {
                                title { (self.labels.get(step).map_or("", String::as_str)) ", " (series.name) ": " ((self.reads)(value)) }
                            }
                        }
                    }
                }
            },
            Look::Line | Look::Dashes => {
                html! { path data-look=(look(series.look)) d=(stepped(&series.values, top)) {} }
            }
        }
    }
}

fn look(look: Look) -> &'static str {
    match look {
        Look::Bars(_) => "bars",
        Look::Line => "line",
        Look::Dashes => "dashes",
    }
}

/// A line that stays level within each step and breaks where nothing was measured.
fn stepped(values: &[Option<u64>], top: u64) -> String {
    let (mut path, mut is_drawing) = (String::new(), false);
    for (step, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let y = 100.0 - height(*value, top);
            // Writing to memory can't fail.
            let _ = match is_drawing {
                true => write!(path, "V{y}H{}", step + 1),
                false => write!(path, "M{step} {y}H{}", step + 1),
            };
        }
        is_drawing = value.is_some();
    }
    path
}

/// Of a hundred, to a tenth.
fn height(value: u64, top: u64) -> f64 {
    (value as f64 / top.max(1) as f64 * 1000.0).round() / 10.0
}

/// The next of 1, 2, 5, 10, 20, 50 …
fn nice(most: u64) -> u64 {
    let mut power = 1u64;
    loop {
        if let Some(top) = [1, 2, 5].into_iter().map(|digit| power.saturating_mul(digit)).find(|top| *top >= most) {
            return top;
        }
        power = power.saturating_mul(10);
    }
}

/// Bars as high as a line of text, for a table; `says` is for who can't see them.
pub fn spark(values: &[u64], says: &str) -> Markup {
    let top = values.iter().copied().max().unwrap_or(0);
    let mut path = String::new();
    for (step, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let high = (height(*value, top) / 5.0).max(1.0);
        let _ = write!(path, "M{step}.1 20v-{high}h.8v{high}z");
    }
    html! {
        svg .spark viewBox={ "0 0 " (values.len().max(1)) " 20" } preserveAspectRatio="none" role="img" aria-label=(says) {
            path .ground d={ "M0 19.5H" (values.len().max(1)) } {}
            path d=(path) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maud::Render;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        assert_eq!([0, 1, 3, 41, 50, 51, 734].map(nice), [1, 1, 5, 50, 50, 100, 1000]);
    }

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        assert_eq!(stepped(&[Some(5), Some(10), None, Some(0)], 10), "M0 50H1V0H2M3 100H4");
    }

    #[test]
    fn a_chart_says_in_words_what_it_shows() {
        let series = [Series { name: "done", look: Look::Bars(Tone::Moving), values: vec![Some(3), Some(0), None] }];
        let labels = ["14:03", "14:04", "14:05"].map(String::from);
        let reads = |value: u64| value.to_string();
        let chart =
            Chart { id: "done", title: "Done", says: "3 in 3 minutes", series: &series, labels: &labels, reads };
        let html = chart.render().into_string();
        assert!(html.contains(r#"role="img""#) && html.contains("<desc id=\"done-says\">3 in 3 minutes</desc>"));
        assert_eq!(html.matches("<rect").count(), 1);
        assert!(html.contains("<title>14:03, done: 3</title>"));
    }
}
