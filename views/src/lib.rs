//! Pages and fragments: functions of plain data, no query, no request, no clock.

pub mod forms;
pub mod layout;
pub mod sessions;
