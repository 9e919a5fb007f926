//! Logging in with the company account, against a provider of our own.

mod admitting;
mod away;
mod emergency;
mod forged;
mod groups;
mod proving;

use models::audit::Actor;
use models::company::{CompanyAccount, groups as table};
use models::settings;
use models::users::Role;
use tests::support::provider::Provider;
use tests::{Answer, House, Person};

/// A house with a provider, and a group for each role: `torvan-qc` and so on.
async fn house() -> (House, Provider) {
    let provider = Provider::open().await;
    let settings = provider.settings();
    let house = House::open_with(|config| config.company = Some(settings)).await;
    let mut tx = house.db.begin().await.unwrap();
    for role in Role::ALL {
        let name = format!("torvan-{}", views::settings::role_word(role));
        table::add(&mut tx, &Actor::system(), &name, role, "first groups").await.unwrap();
    }
    tx.commit().await.unwrap();
    (house, provider)
}

/// Decides how the company account is used, as an administrator's form would.
async fn decide(house: &House, new: CompanyAccount) {
    let mut tx = house.db.begin().await.unwrap();
    let seen = settings::read::<CompanyAccount>(&mut *tx).await.unwrap().revision;
    settings::change(&mut tx, &Actor::system(), &new, seen, "for the test").await.unwrap();
    tx.commit().await.unwrap();
}

/// Sent to the provider by the form of the log-in page: the address there.
async fn sent(person: &Person, next: &str) -> String {
    person.get("/login").await.assert_ok();
    let answer = person.post("/login/company", &[("next", next)]).await;
    answer.assert_ok().assert_shows("Go on to");
    address_of(&answer)
}

fn address_of(answer: &Answer) -> String {
    let refresh = answer.header("refresh").expect("the page goes on by itself");
    refresh.strip_prefix("0;url=").expect("at once").to_owned()
}

/// The whole way there and back.
async fn come(person: &Person, provider: &Provider) -> Answer {
    let address = sent(person, "/account").await;
    person.get(&provider.log_in(&address)).await
}

/// How many entries of the trail say this.
async fn entries(house: &House, action: &str, success: bool) -> i64 {
    let count = sqlx::query_scalar("select count(*) from audit_log where action = $1 and success = $2");
    count.bind(action).bind(success).fetch_one(&house.db).await.unwrap()
}
