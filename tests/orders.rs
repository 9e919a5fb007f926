//! Orders: the board, the record of one order, the record of one sink, and who sees what of them.

mod board;
pub mod book;
mod odd;
mod plans;
mod record;
mod roles;
