//! What an attacker tries, against the real routes: each test fails when its defence is taken away.

mod budgets;
mod deadlines;
mod fences;
mod fields;
mod forms;
mod headers;
mod paths;
mod streams;
mod sweep;
mod wire;
