//! Throughput, failures and times as charts, with a table that says the same.

use crate::{
    components::{
        Tone,
        charts::{Chart, Look, Series},
        duration,
    },
    table::grouped,
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::{
    jobs::figures::{Depth, Figures, Histogram, Point, Span, total},
    site,
};

/// The ways between minutes, hours and days; `href` makes their addresses.
pub fn spans(current: Span, href: impl Fn(Span) -> String) -> Markup {
    html! {
        nav .spans aria-label="Steps of the charts" {
            @for span in Span::ALL {
                a href=(href(span)) aria-current=[(span == current).then_some("true")] { (far(span)) }
            }
        }
    }
}

fn far(span: Span) -> &'static str {
    match span {
        Span::Minute => "60 minutes",
        Span::Hour => "48 hours",
        Span::Day => "90 days",
    }
}

/// The charts side by side, and the same as a table.
pub fn charts(span: Span, points: &[Point]) -> Markup {
    html! { div .charts { (four(span, points)) } (table(span, points)) }
}

/// The charts of one queue, at a larger size and with its depth.
pub fn large(span: Span, points: &[Point], depths: &[Depth]) -> Markup {
    html! { div .charts data-size="large" { (four(span, points)) (depth(span, points, depths)) } (table(span, points)) }
}

fn four(span: Span, points: &[Point]) -> Markup {
    let labels: Vec<String> = points.iter().map(|point| label(span, point.at)).collect();
    let all = total(points);
    let count = |of: fn(&Figures) -> i64| points.iter().map(|point| Some(of(&point.figures).unsigned_abs())).collect();
    let done = [Series { name: "done", look: Look::Bars(Tone::Moving), values: count(|figures| figures.done) }];
    let failed = [Series { name: "failed", look: Look::Bars(Tone::Stop), values: count(Figures::not_done) }];
    let times = |of: fn(&Figures) -> &Histogram| {
        let percentile = |percent| points.iter().map(|point| of(&point.figures).percentile(percent)).collect();
        [
            Series { name: "half", look: Look::Line, values: percentile(50) },
            Series { name: "95 of 100", look: Look::Dashes, values: percentile(95) },
        ]
    };
    let (waited, ran) = (times(|figures| &figures.waited), times(|figures| &figures.ran));
    let chart = |id, title, says: &str, series: &[Series<'_>], reads| {
        Chart { id, title, says, series, labels: &labels, reads }.render()
    };
    html! {
        (chart("done", "Done", &counted(span, all.done), &done, grouped))
        (chart("failed", "Failed", &counted(span, all.not_done()), &failed, grouped))
        (chart("waited", "Waited", &timed(&all.waited), &waited, duration))
        (chart("ran", "Ran", &timed(&all.ran), &ran, duration))
    }
}

/// How deep one queue was.
fn depth(span: Span, points: &[Point], depths: &[Depth]) -> Markup {
    let labels: Vec<String> = points.iter().map(|point| label(span, point.at)).collect();
    let of = |point: &Point| depths.iter().find(|depth| depth.at == point.at);
    let waiting = |point: &Point| of(point).map(|depth| u64::from(depth.waiting.unsigned_abs()));
    let series =
        [Series { name: "waiting", look: Look::Bars(Tone::Waiting), values: points.iter().map(waiting).collect() }];
    let most = depths.iter().map(|depth| depth.waiting).max().unwrap_or(0);
    let says = format!("{} at most", grouped(u64::from(most.unsigned_abs())));
    Chart { id: "depth", title: "Waiting", says: &says, series: &series, labels: &labels, reads: grouped }.render()
}

fn counted(span: Span, count: i64) -> String {
    format!("{} in {}", grouped(count.unsigned_abs()), far(span))
}

fn timed(times: &Histogram) -> String {
    match (times.percentile(50), times.percentile(95)) {
        (Some(half), Some(most)) => format!("half up to {}, 95 of 100 up to {}", duration(half), duration(most)),
        _ => "nothing ended".into(),
    }
}

fn label(span: Span, at: DateTime<Utc>) -> String {
    let pattern = match span {
        Span::Minute => "%H:%M",
        Span::Hour => "%-d %b %H:00",
        Span::Day => "%-d %b",
    };
    site::local(at).format(pattern).to_string()
}

/// Every step in which something ended, the latest first.
fn table(span: Span, points: &[Point]) -> Markup {
    let busy: Vec<&Point> = points.iter().rev().filter(|point| is_busy(&point.figures)).collect();
    let time = |times: &Histogram, percent| times.percentile(percent).map(duration).unwrap_or_default();
    html! {
        details #figures .unfold {
            summary { "Show as a table" }
            @if busy.is_empty() { p .soft { "Nothing ended in these " (far(span)) "." } } @else {
                div .table data-keep { table {
                    caption { "What ended, the latest first" }
                    thead { tr {
                        th scope="col" { "From" }
                        @for head in ["Done", "Failed", "Waited, half", "95 of 100", "Ran, half", "95 of 100"] { th scope="col" data-kind="number" { (head) } }
                    } }
                    tbody {
                        @for point in busy {
                            @let figures = &point.figures;
                            tr {
                                th scope="row" { (label(span, point.at)) }
                                td data-kind="number" { (grouped(figures.done.unsigned_abs())) }
                                td data-kind="number" { (grouped(figures.not_done().unsigned_abs())) }
                                @for (times, percent) in [(&figures.waited, 50), (&figures.waited, 95), (&figures.ran, 50), (&figures.ran, 95)] {
                                    td data-kind="number" { (time(times, percent)) }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn is_busy(figures: &Figures) -> bool {
    figures.done + figures.not_done() > 0
}
