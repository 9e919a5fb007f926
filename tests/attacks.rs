//! What an attacker tries, against the real routes: each test fails when its defence is taken away.

mod budgets;
mod forms;
mod headers;
mod paths;
mod sweep;
mod wire;
