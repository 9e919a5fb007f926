//! What the address of a BOM page asks for. Whatever somebody types there, some page comes.

use crate::forms::Fields;
use models::boms::outline::Wish;
use views::boms::{View, address::usual_fold};

/// Characters of a search at most; numbers are shorter.
const SEARCH: usize = 120;
/// Lines toggled by hand in one address at most.
const TOGGLED: usize = 200;
/// The deepest fold an address can ask for.
const DEEPEST: i16 = 32;

#[derive(Debug, Default)]
pub struct Asking {
    pub view: View,
    pub wish: Wish,
}

impl Asking {
    /// `lines` decides the fold when nobody chose one.
    pub fn read(fields: &Fields, lines: usize) -> Asking {
        let fold = match fields.get("fold") {
            "all" => None,
            fold => fold.parse().ok().filter(|fold| (0..=DEEPEST).contains(fold)).or(usual_fold(lines)),
        };
        let wish = Wish {
            fold,
            open: numbers(fields.get("open")),
            shut: numbers(fields.get("shut")),
            search: fields.get("q").trim().chars().take(SEARCH).collect(),
            from: fields.get("from").parse().unwrap_or(0),
        };
        Asking { view: View::from_word(fields.get("view")), wish }
    }
}

fn numbers(list: &str) -> Vec<i32> {
    list.split(',').filter_map(|number| number.parse().ok()).take(TOGGLED).collect()
}
