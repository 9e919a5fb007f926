//! What tests stand on: private servers, a database of their own, a browser.

pub mod browser;
pub mod database;
pub mod devtools;
pub mod servers;
