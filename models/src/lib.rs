//! Rows of the trade, the rules about them, and their SQL. Both processes share them; views only read them.

pub mod alerts;
pub mod audit;
pub mod backups;
pub mod boms;
pub mod canonical;
pub mod catalogue;
pub mod company;
pub mod configurations;
pub mod csv;
pub mod database_roles;
pub mod documents;
pub mod drafts;
pub mod golden;
pub mod health;
pub mod holds;
pub mod jobs;
pub mod log;
pub mod orders;
pub mod partitions;
pub mod permissions;
pub mod rules;
pub mod secrets;
pub mod security;
pub mod sessions;
pub mod settings;
pub mod signatures;
pub mod site;
pub mod stations;
pub mod tls;
pub mod users;

pub use error::{Error, Result};

mod error;

/// Every change of the database's shape, applied in order by `app migrate`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");
