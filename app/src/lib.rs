//! app

pub mod csv;
