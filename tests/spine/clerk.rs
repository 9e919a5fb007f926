//! Somebody who takes an order through the five steps, form by form, as a browser without script does.

use crate::orders::book::far_friday;
use models::audit::Actor;
use models::configurations::{Answers, Configuration};
use models::golden::Expected;
use tests::{Answer, House, Person};

pub type Fields = Vec<(String, String)>;

pub struct Clerk<'a> {
    person: &'a Person,
    /// `/drafts/1`
    pub draft: String,
}

impl Clerk<'_> {
    pub async fn begin(person: &Person) -> Clerk<'_> {
        let started = person.post("/drafts", &[]).await;
        started.assert_status(303);
        let draft = started.location().strip_suffix("/customer").expect("the first step").to_owned();
        Clerk { person, draft }
    }

    /// Opens a step, fills it in and presses a button of it.
    pub async fn press(&self, step: &str, fields: &Fields, button: &str) -> Answer {
        let path = format!("{}/{step}", self.draft);
        let page = self.person.get(&path).await;
        page.assert_ok();
        let (editor, version) = (hidden(&page, "editor"), hidden(&page, "version"));
        let mut form: Vec<(&str, &str)> = vec![("editor", &editor), ("version", &version), ("go", button)];
        form.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let answer = self.person.post(&path, &form).await;
        answer.assert_status(303);
        answer
    }

    /// Steps 1 and 2.
    pub async fn head(&self, po: &str, language: &str, builds: &[&str]) {
        let friday = far_friday().to_string();
        let customer = [
            ("po_number", po),
            ("customer", "Lakeshore General Hospital"),
            ("project", ""),
            ("sales_person", "M. Keller"),
            ("want_on", &friday),
            ("language", language),
            ("priority", "standard"),
            ("notes", ""),
        ];
        let on = self.press("customer", &fields(&customer), "next").await;
        assert!(on.location().ends_with("/family"), "{}", on.location());
        let mut sinks = fields(&[("family", "MDRD"), ("quantity", &builds.len().to_string())]);
        self.press("family", &sinks, "save").await;
        sinks
            .extend((1..).zip(builds).map(|(position, number)| (format!("build-{position}-number"), (*number).into())));
        let on = self.press("family", &sinks, "next").await;
        assert!(on.location().ends_with("/builds/1"), "{}", on.location());
    }

    /// Steps 3 and 4 of one build.
    pub async fn configure(&self, position: usize, sink: &Configuration) {
        let answers = as_typed(sink);
        let step = format!("builds/{position}");
        self.press(&step, &fields(&[("model", &answers.model)]), "save").await;
        for _ in &answers.faucets {
            self.press(&step, &Fields::new(), "add-faucet").await;
        }
        for _ in &answers.sprayers {
            self.press(&step, &Fields::new(), "add-sprayer").await;
        }
        self.press(&step, &build(&answers), "next").await;
        let chosen = answers.accessories.iter().map(|one| (format!("accessory-{}", one.item), one.quantity.clone()));
        self.press(&format!("{step}/accessories"), &chosen.collect(), "next").await;
    }

    /// Step 5: the order's number.
    pub async fn create(&self) -> String {
        self.person.get(&format!("{}/review", self.draft)).await.assert_ok().assert_hides("still open");
        let made = self.person.post(&format!("{}/submit", self.draft), &[]).await;
        made.assert_status(303);
        made.location().strip_prefix("/orders/").expect("the order's page").to_owned()
    }
}

fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&mark).unwrap_or_else(|| panic!("{} has no {name}", page.path));
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What somebody types for this sink. The form asks for places that the sink's document may leave out.
fn as_typed(sink: &Configuration) -> Answers {
    let mut answers = Answers::from(sink);
    for (number, faucet) in (1..).zip(&mut answers.faucets) {
        if faucet.place.is_empty() {
            faucet.place = format!("basin-{}", number.min(answers.basins.len()));
        }
    }
    for sprayer in answers.sprayers.iter_mut().filter(|sprayer| sprayer.side.is_empty()) {
        sprayer.side = "left".into();
    }
    answers
}

fn build(answers: &Answers) -> Fields {
    let mut form = fields(&[
        ("model", &answers.model),
        ("width", &answers.width),
        ("length", &answers.length),
        ("legs", &answers.legs),
        ("feet", &answers.feet),
        ("flow", &answers.flow),
        ("pegboard", &answers.pegboard),
        ("pegboard_type", &answers.pegboard_type),
        ("pegboard_colour", &answers.pegboard_colour),
        ("pegboard_size", &answers.pegboard_size),
        ("pegboard_width", &answers.pegboard_width),
        ("pegboard_length", &answers.pegboard_length),
        ("drawers-shown", "1"),
    ]);
    form.extend(answers.drawers.iter().map(|drawer| ("drawers".to_owned(), drawer.clone())));
    for (number, basin) in (1..).zip(&answers.basins) {
        let mut add = |part: &str, value: &str| form.push((format!("basin-{number}-{part}"), value.to_owned()));
        add("shown", "1");
        add("type", &basin.kind);
        add("size", &basin.size);
        if basin.size == "custom" {
            add("width", &basin.width);
            add("length", &basin.length);
            add("depth", &basin.depth);
        }
        if basin.p_trap {
            add("p_trap", "on");
        }
        if basin.light {
            add("light", "on");
        }
    }
    for (number, faucet) in (1..).zip(&answers.faucets) {
        let answers = [("type", &faucet.kind), ("quantity", &faucet.quantity), ("place", &faucet.place)];
        form.extend(answers.map(|(part, value)| (format!("faucet-{number}-{part}"), value.clone())));
    }
    for (number, sprayer) in (1..).zip(&answers.sprayers) {
        let answers = [("type", &sprayer.kind), ("side", &sprayer.side)];
        form.extend(answers.map(|(part, value)| (format!("sprayer-{number}-{part}"), value.clone())));
    }
    form
}

/// The demo catalogue, in force.
pub async fn stock(house: &House) {
    let mut tx = house.db.begin().await.unwrap();
    app::catalogue::demo::import(&mut tx, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
}

/// The lines of a build's first BOM, as its file says them.
pub async fn bom(person: &Person, build: &str) -> Vec<Expected> {
    let file = person.get(&format!("/builds/{build}/bom/1.csv?view=tree")).await;
    file.assert_ok();
    let rows = rows(&file.body);
    let column = |name: &str| rows[0].iter().position(|head| head == name).unwrap();
    let (level, parent, item, quantity) = (column("level"), column("parent"), column("item"), column("quantity"));
    let line = |row: &Vec<String>| Expected {
        level: row[level].parse().unwrap(),
        parent: if row[parent].is_empty() { "-".into() } else { row[parent].clone() },
        item: row[item].clone(),
        quantity: row[quantity].parse().unwrap(),
    };
    rows[1..].iter().map(line).collect()
}

/// A file as a spreadsheet reads it (RFC 4180), without the signs that keep formulas from running.
fn rows(file: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = file.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            letter => field.push(letter),
        }
    }
    for field in rows.iter_mut().flatten() {
        let guarded = field.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
        if let Some(plain) = guarded {
            *field = plain.to_owned();
        }
    }
    rows
}
