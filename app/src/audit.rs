//! /audit: who did what to which record, for those who answer for it.

pub mod command;
