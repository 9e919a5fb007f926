//! One's own account: sessions, the second factor, guessing at the door, and a session that ends over a form.

mod factors;
mod own;
mod passkeys;
mod relogin;
mod throttling;
