//! /catalogue: what we order, make and install, and what it is made of.

pub mod command;
pub mod demo;
