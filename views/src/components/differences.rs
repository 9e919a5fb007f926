//! What is different between two versions: removed, changed, added, each with its cause.

use maud::{Markup, html};

/// One line that differs. Without `old` it is new, without `new` it is gone.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    pub what: &'a str,
    pub name: &'a str,
    pub old: Option<&'a str>,
    pub new: Option<&'a str>,
    /// "you changed legs", "catalogue revision 14"
    pub why: &'a str,
}

impl Change<'_> {
    fn kind(&self) -> &'static str {
        match (self.old, self.new) {
            (Some(_), None) => "removed",
            (None, _) => "added",
            (Some(_), Some(_)) => "changed",
        }
    }
}

/// The three blocks, in this order, each with its count. Nothing to show when there are no changes.
pub fn difference(changes: &[Change<'_>]) -> Markup {
    html! {
        section .diff {
            @for (kind, heading, sign) in [("removed", "Removed", "−"), ("changed", "Changed", "±"), ("added", "Added", "+")] {
                @let of_kind: Vec<_> = changes.iter().filter(|change| change.kind() == kind).collect();
                @if !of_kind.is_empty() {
                    div { h3 { (heading) small { (of_kind.len()) } } (block(kind, heading, sign, &of_kind)) }
                }
            }
        }
    }
}

fn block(kind: &str, heading: &str, sign: &str, changes: &[&Change<'_>]) -> Markup {
    html! {
        div .table data-keep {
            table {
                caption { (heading) }
                thead { tr { th { span .hidden { "Sign" } } th { "Item" } th data-kind="number" { "Was" } th data-kind="number" { "Is" } th { "Because" } } }
                tbody {
                    @for change in changes {
                        tr data-change=(kind) {
                            td { span aria-hidden="true" { (sign) } span .hidden { (heading) } }
                            th scope="row" { code { (change.what) } small { (change.name) } }
                            td data-kind="number" { @if let Some(old) = change.old { del { (old) } } }
                            td data-kind="number" { @if let Some(new) = change.new { ins { (new) } } }
                            td { (change.why) }
                        }
                    }
                }
            }
        }
    }
}
