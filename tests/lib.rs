//! What tests stand on. The tests themselves are in `main.rs` and the files it names.
//!
//! ```ignore
//! let house = House::open().await;
//! let coordinator = house.login("coordinator").await;
//! coordinator.get("/orders").await.assert_ok().assert_shows("Open orders");
//! ```

pub use support::authenticator::Authenticator;
pub use support::browser::{Browser, Scripts};
pub use support::bucket::Bucket;
pub use support::database::Database;
pub use support::house::{House, PASSWORD};
pub use support::person::{Answer, Person};
pub use support::shift::Shift;
pub use support::stream::{Event, EventStream};

pub mod support;
