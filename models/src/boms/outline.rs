//! Which lines of a BOM are on the screen: folded, searched, and a window of many.

use super::flat::contains;
use super::sheet::{Sheet, SheetLine};
use std::collections::HashSet;

/// Up to here a page carries every line and folds by itself.
pub const SMALL: usize = 500;
/// Lines on one page of a larger BOM.
pub const WINDOW: usize = 200;
/// Lines somebody opened or shut by hand that a page remembers.
const MOST_TOGGLED: usize = 200;

/// What somebody wants to see of a BOM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The deepest level shown; none shows all.
    pub fold: Option<i16>,
    /// Lines opened although they stand at the fold.
    pub open: Vec<i32>,
    /// Lines shut although they stand above it.
    pub shut: Vec<i32>,
    /// Words to find in number or name; empty: no search.
    pub search: String,
    /// First line of the window, from 0.
    pub from: usize,
}

impl Wish {
    pub fn is_open(&self, line: &SheetLine) -> bool {
        match self.fold {
            _ if self.shut.contains(&line.line) => false,
            _ if self.open.contains(&line.line) => true,
            Some(deepest) => line.level < deepest,
            None => true,
        }
    }

    /// The same wish with one line opened or shut.
    pub fn toggled(&self, line: &SheetLine) -> Wish {
        let mut wish = self.clone();
        let was_open = self.is_open(line);
        wish.open.retain(|open| *open != line.line);
        wish.shut.retain(|shut| *shut != line.line);
        if wish.is_open(line) == was_open {
            let list = if was_open { &mut wish.shut } else { &mut wish.open };
            list.push(line.line);
            let surplus = list.len().saturating_sub(MOST_TOGGLED);
            list.drain(..surplus);
        }
        wish
    }
}

/// The lines of one page.
#[derive(Debug, Clone)]
pub struct Outline<'a> {
    pub rows: Vec<Row<'a>>,
    /// Lines that could be seen by paging on.
    pub visible: usize,
    /// Lines the search found; none without a search.
    pub hits: Option<usize>,
    /// First line shown, from 0.
    pub from: usize,
    /// The way to the first line when the page begins inside an assembly.
    pub above: Vec<&'a SheetLine>,
}

#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub line: &'a SheetLine,
    pub is_open: bool,
    /// Found by the search itself, not only on the way to something found.
    pub is_hit: bool,
    /// Inside a folded line; only small BOMs carry such rows, to unfold without a request.
    pub is_hidden: bool,
}

impl Outline<'_> {
    pub fn has_previous(&self) -> bool {
        self.from > 0
    }

    pub fn has_next(&self) -> bool {
        self.visible > self.from + self.shown()
    }

    /// Rows somebody sees.
    pub fn shown(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_hidden).count()
    }
}

impl Sheet {
    pub fn outline(&self, wish: &Wish) -> Outline<'_> {
        let search = wish.search.trim().to_lowercase();
        if !search.is_empty() {
            return self.found(&search, wish.from);
        }
        let mut rows: Vec<Row<'_>> = Vec::new();
        let is_small = self.lines.len() <= SMALL;
        // Everything deeper than this is inside a folded line.
        let mut folded_at: Option<i16> = None;
        for line in &self.lines {
            if folded_at.is_some_and(|level| line.level <= level) {
                folded_at = None;
            }
            let is_open = line.below > 0 && wish.is_open(line);
            let is_hidden = folded_at.is_some();
            if !is_hidden || is_small {
                rows.push(Row { line, is_open, is_hit: false, is_hidden });
            }
            if !is_hidden && line.below > 0 && !is_open {
                folded_at = Some(line.level);
            }
        }
        self.window(rows, None, if is_small { 0 } else { wish.from })
    }

    /// The lines found, with the lines above them.
    fn found(&self, search: &str, from: usize) -> Outline<'_> {
        let hits: HashSet<i32> = self
            .lines
            .iter()
            .filter(|line| contains(&line.number, search) || contains(&line.name, search))
            .map(|line| line.line)
            .collect();
        let mut wanted = hits.clone();
        for hit in &hits {
            let mut above = self.line(*hit).and_then(|line| line.parent);
            while let Some(parent) = above.filter(|parent| wanted.insert(*parent)) {
                above = self.line(parent).and_then(|line| line.parent);
            }
        }
        let row = |line| Row { line, is_open: true, is_hit: hits.contains(&line.line), is_hidden: false };
        let rows = self.lines.iter().filter(|line| wanted.contains(&line.line)).map(row).collect();
        self.window(rows, Some(hits.len()), from)
    }

    fn window<'a>(&'a self, mut rows: Vec<Row<'a>>, hits: Option<usize>, from: usize) -> Outline<'a> {
        let visible = rows.iter().filter(|row| !row.is_hidden).count();
        if rows.len() <= SMALL {
            return Outline { rows, visible, hits, from: 0, above: Vec::new() };
        }
        // A window that begins behind the end shows the last one.
        let from = from.min(visible.saturating_sub(1)) / WINDOW * WINDOW;
        rows = rows.into_iter().skip(from).take(WINDOW).collect();
        let mut above = rows.first().map_or(Vec::new(), |row| self.path(row.line));
        above.pop();
        Outline { rows, visible, hits, from, above }
    }
}
