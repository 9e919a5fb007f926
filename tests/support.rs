//! What tests stand on: private servers, a database of their own, the product on it, people and browsers using it.

pub mod axe;
pub mod browser;
pub mod database;
pub mod devtools;
pub mod house;
pub mod person;
pub mod proxy;
pub mod servers;
pub mod shift;
pub mod shop;
pub mod stream;
