//! Whether a catalogue can be expanded at all: no assembly inside itself, not too deep, not more lines than a BOM may have.

use super::{defects::Defect, draft::Draft};

/// Levels below an item at most.
pub const DEPTH_LIMIT: usize = 32;
/// Lines of one BOM at most.
pub const LINE_LIMIT: u64 = 20_000;
/// Pieces of one line at most.
pub const QUANTITY_LIMIT: u64 = 1_000_000_000;

/// Finds every cycle and every item that is too deep or too large, each named with its path. Without recursion, so a
/// chain of any length is judged in the space of its own path.
pub fn examine(draft: &Draft) -> Vec<Defect> {
    let mut walk = Walk {
        draft,
        state: vec![State::New; draft.items.len()],
        size: vec![Size::default(); draft.items.len()],
        defects: Vec::new(),
    };
    for position in 0..draft.items.len() {
        walk.visit(position);
    }
    if walk.defects.is_empty() {
        walk.judge();
    }
    walk.defects
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// What lies below an item, counted with saturation: a diamond of thirty levels has 2^30 lines.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    lines: u64,
    /// The largest extended quantity below one piece.
    pieces: u64,
    /// The component on the way to the greatest depth.
    deepest: Option<usize>,
}

struct Walk<'a> {
    draft: &'a Draft,
    state: Vec<State>,
    size: Vec<Size>,
    defects: Vec<Defect>,
}

impl Walk<'_> {
    fn visit(&mut self, start: usize) {
        if self.state[start] != State::New {
            return;
        }
        let mut path = vec![(start, 0)];
        self.state[start] = State::Open;
        while let Some((item, next)) = path.last_mut() {
            let item = *item;
            let Some(component) = self.draft.items[item].components.get(*next) else {
                self.state[item] = State::Done;
                self.size[item] = self.measure(item);
                path.pop();
                continue;
            };
            *next += 1;
            match self.state[component.child] {
                State::New => {
                    self.state[component.child] = State::Open;
                    path.push((component.child, 0));
                }
                State::Open => {
                    let from = path.iter().position(|(item, _)| *item == component.child).unwrap_or(0);
                    let circle: Vec<usize> =
                        path[from..].iter().map(|(item, _)| *item).chain([component.child]).collect();
                    self.refuse_cycle(&circle);
                }
                State::Done => {}
            }
        }
    }

    fn measure(&self, item: usize) -> Size {
        let mut size = Size { depth: 0, lines: 1, pieces: 1, deepest: None };
        for component in &self.draft.items[item].components {
            let child = self.size[component.child];
            size.lines = size.lines.saturating_add(child.lines);
            let quantity = u64::try_from(component.quantity.ceil()).unwrap_or(u64::MAX);
            size.pieces = size.pieces.max(quantity.saturating_mul(child.pieces));
            if child.depth + 1 > size.depth {
                size.depth = child.depth + 1;
                size.deepest = Some(component.child);
            }
        }
        size
    }

    fn refuse_cycle(&mut self, circle: &[usize]) {
        let first = &self.draft.items[circle[0]].number;
        let message = format!("{first} contains itself: {}. Take one of these lines out.", self.path(circle));
        self.defects.push(Defect::refused("cycle", first, message));
    }

    fn judge(&mut self) {
        let mut contained = vec![false; self.draft.items.len()];
        for component in self.draft.items.iter().flat_map(|item| &item.components) {
            contained[component.child] = true;
        }
        // Only what nothing contains: the items on the way down would say the same again.
        for position in (0..self.draft.items.len()).filter(|position| !contained[*position]) {
            let (size, number) = (self.size[position], &self.draft.items[position].number);
            if size.depth > DEPTH_LIMIT {
                let path = self.path(&self.deepest(position));
                let message =
                    format!("{number} has {} levels below it; {DEPTH_LIMIT} are possible: {path}.", size.depth);
                self.defects.push(Defect::refused("too_deep", number, message));
            } else if size.lines > LINE_LIMIT {
                let lines = if size.lines == u64::MAX {
                    "more lines than can be counted".into()
                } else {
                    format!("{} lines", size.lines)
                };
                let path = self.path(&self.deepest(position));
                let message =
                    format!("{number} expands to {lines}; a BOM may have {LINE_LIMIT}. Its deepest branch is {path}.");
                self.defects.push(Defect::refused("too_large", number, message));
            } else if size.pieces > QUANTITY_LIMIT {
                let message = format!("Below {number} a quantity multiplies to more than {QUANTITY_LIMIT} pieces.");
                self.defects.push(Defect::refused("too_large", number, message));
            }
        }
    }

    fn deepest(&self, from: usize) -> Vec<usize> {
        std::iter::successors(Some(from), |position| self.size[*position].deepest).collect()
    }

    /// "A → B → A"; the middle of a long path is counted.
    fn path(&self, items: &[usize]) -> String {
        let names = |items: &[usize]| {
            let names: Vec<&str> = items.iter().map(|item| self.draft.items[*item].number.as_str()).collect();
            names.join(" → ")
        };
        if items.len() <= 12 {
            return names(items);
        }
        format!("{} → ({} more) → {}", names(&items[..8]), items.len() - 11, names(&items[items.len() - 3..]))
    }
}
