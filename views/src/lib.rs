//! Pages and fragments: functions of plain data, no query, no request, no clock.

pub mod account;
pub mod assets;
pub mod audit;
pub mod boms;
pub mod catalogue;
pub mod components;
pub mod components_page;
pub mod configurator;
pub mod errors;
pub mod forms;
pub mod jobs;
pub mod layout;
pub mod links;
pub mod navigation;
pub mod orders;
pub mod people;
pub mod permissions;
pub mod rules;
pub mod sessions;
pub mod settings;
pub mod stations;
pub mod system;
pub mod table;
pub mod today;
