//! Every test of the house in one program, so that it is linked once.

mod ground;
mod licences;
mod traceability;
