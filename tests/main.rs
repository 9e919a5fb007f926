//! Every test of the house in one program, so that it is linked once.

#![allow(clippy::unwrap_used)] // everything here is a test

mod access;
mod accounts;
mod ageing;
mod alerts;
mod approval;
mod assets;
mod attacks;
mod audit;
mod backups;
mod boms;
mod catalogue;
mod configurator;
mod demo;
mod drafts;
mod events;
mod golden;
mod ground;
mod health;
mod job_computing;
mod job_versions;
mod jobs;
mod jobs_actions;
mod jobs_list;
mod jobs_overview;
mod jobs_page;
mod kinds;
mod licences;
mod orders;
mod people;
mod permissions;
mod presence;
mod queues;
mod rules;
mod rules_versions;
mod schedules;
mod security;
mod sessions;
mod settings;
mod signatures;
mod spine;
mod stations;
mod today;
mod traceability;
mod workers;
