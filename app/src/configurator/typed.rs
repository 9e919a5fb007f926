//! A step's form as typed: read without refusing a letter, and written into the draft's answers.

use crate::{errors::Error, forms, limits};
use models::configurations::words::storable;
use models::configurations::{AccessoryAnswers, Answers, FaucetAnswers, SprayerAnswers};
use models::drafts::{OrderAnswers, Seen};
use poem::{FromRequest, Request, RequestBody};

/// What the forms of steps 1 to 3 ask for.
pub const CUSTOMER: [&str; 11] = [
    "editor",
    "version",
    "go",
    "po_number",
    "customer",
    "project",
    "sales_person",
    "want_on",
    "language",
    "priority",
    "notes",
];
pub const FAMILY: [&str; 6] = ["editor", "version", "go", "family", "quantity", "build-*"];
pub const BUILD: [&str; 20] = [
    "editor",
    "version",
    "go",
    "model",
    "width",
    "length",
    "legs",
    "feet",
    "flow",
    "pegboard",
    "pegboard_type",
    "pegboard_colour",
    "pegboard_size",
    "pegboard_width",
    "pegboard_length",
    "drawers-shown",
    "drawers+",
    "basin-*",
    "faucet-*",
    "sprayer-*",
];

/// Fields in the order of the page. A NUL arrives as its picture, so that it can be shown and refused where it stands.
pub struct Typed(Vec<(String, String)>);

impl<'a> FromRequest<'a> for Typed {
    async fn from_request(_: &'a Request, body: &mut RequestBody) -> poem::Result<Typed> {
        let bytes = body.take()?.into_bytes().await?;
        let mut fields = Vec::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).take(limits::FIELDS) {
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
            let (Some(name), Some(value)) = (forms::decode(name, true), forms::decode(value, true)) else {
                return Err(
                    Error::Invalid("The form holds bytes that are no text. Type the answer again.".into()).into()
                );
            };
            fields.push((name, storable(&value)));
        }
        Ok(Typed(fields))
    }
}

impl Typed {
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// Which button was pressed; empty when a choice saved itself.
    pub fn go(&self) -> &str {
        self.get("go")
    }

    pub fn seen(&self) -> Seen {
        Seen {
            editor: self.get("editor").parse().unwrap_or_default(),
            version: self.get("version").parse().unwrap_or_default(),
        }
    }

    /// Keeps the stored answer when the form did not ask.
    fn take(&self, answer: &mut String, name: &str) {
        if let Some(typed) = self.find(name) {
            *answer = typed.to_string();
        }
    }

    pub fn customer(&self, answers: &mut OrderAnswers) {
        self.take(&mut answers.po_number, "po_number");
        self.take(&mut answers.customer, "customer");
        self.take(&mut answers.project, "project");
        self.take(&mut answers.sales_person, "sales_person");
        self.take(&mut answers.want_on, "want_on");
        self.take(&mut answers.language, "language");
        self.take(&mut answers.priority, "priority");
        self.take(&mut answers.notes, "notes");
    }

    pub fn family(&self, answers: &mut OrderAnswers) {
        self.take(&mut answers.family, "family");
        self.take(&mut answers.quantity, "quantity");
        answers.follow_quantity();
        for (position, number) in (1..).zip(&mut answers.build_numbers) {
            self.take(number, &format!("build-{position}-number"));
        }
    }

    pub fn build(&self, answers: &mut Answers) {
        answers.started = true;
        self.body(answers);
        self.basins(answers);
        self.fittings(answers);
    }

    fn body(&self, answers: &mut Answers) {
        self.take(&mut answers.model, "model");
        self.take(&mut answers.width, "width");
        self.take(&mut answers.length, "length");
        self.take(&mut answers.legs, "legs");
        self.take(&mut answers.feet, "feet");
        self.take(&mut answers.flow, "flow");
        self.take(&mut answers.pegboard, "pegboard");
        self.take(&mut answers.pegboard_type, "pegboard_type");
        self.take(&mut answers.pegboard_colour, "pegboard_colour");
        self.take(&mut answers.pegboard_size, "pegboard_size");
        self.take(&mut answers.pegboard_width, "pegboard_width");
        self.take(&mut answers.pegboard_length, "pegboard_length");
        if self.find("drawers-shown").is_some() {
            let drawers = self.0.iter().filter(|(name, _)| name == "drawers");
            answers.drawers = drawers.map(|(_, value)| value.clone()).take(10).collect();
        }
    }

    fn basins(&self, answers: &mut Answers) {
        for (number, basin) in (1..).zip(&mut answers.basins) {
            let name = |part: &str| format!("basin-{number}-{part}");
            self.take(&mut basin.kind, &name("type"));
            self.take(&mut basin.size, &name("size"));
            self.take(&mut basin.width, &name("width"));
            self.take(&mut basin.length, &name("length"));
            self.take(&mut basin.depth, &name("depth"));
            if self.find(&name("shown")).is_some() {
                basin.p_trap = self.find(&name("p_trap")).is_some();
                basin.light = self.find(&name("light")).is_some();
            }
        }
        answers.follow_model();
    }

    fn fittings(&self, answers: &mut Answers) {
        for (number, faucet) in (1..).zip(&mut answers.faucets) {
            self.take(&mut faucet.kind, &format!("faucet-{number}-type"));
            self.take(&mut faucet.quantity, &format!("faucet-{number}-quantity"));
            self.take(&mut faucet.place, &format!("faucet-{number}-place"));
        }
        for (number, sprayer) in (1..).zip(&mut answers.sprayers) {
            self.take(&mut sprayer.kind, &format!("sprayer-{number}-type"));
            self.take(&mut sprayer.side, &format!("sprayer-{number}-side"));
        }
        match self.go() {
            "add-faucet" if answers.faucets.len() < 3 => {
                // A sink with one basin has one place for a faucet.
                let place = if answers.basins.len() == 1 { "basin-1".into() } else { String::new() };
                answers.faucets.push(FaucetAnswers { quantity: "1".into(), place, ..FaucetAnswers::default() });
            }
            "add-sprayer" if answers.sprayers.len() < 2 => answers.sprayers.push(SprayerAnswers::default()),
            go => {
                remove(&mut answers.faucets, go.strip_prefix("remove-faucet-"));
                remove(&mut answers.sprayers, go.strip_prefix("remove-sprayer-"));
            }
        }
    }

    /// Quantities of step 4. `offered` are the numbers in force; an empty quantity or 0 is no choice.
    pub fn accessories(&self, answers: &mut Answers, offered: &[String]) {
        for item in offered {
            if let Some(typed) = self.find(&format!("accessory-{item}")) {
                choose(answers, item, typed);
            }
            let now =
                || answers.accessories.iter().find(|chosen| chosen.item == *item).map(|chosen| chosen.quantity.clone());
            let count: u32 = now().unwrap_or_default().trim().parse().unwrap_or(0);
            if self.go().strip_prefix("more-") == Some(item) {
                choose(answers, item, &count.saturating_add(1).min(999).to_string());
            } else if self.go().strip_prefix("less-") == Some(item) {
                choose(answers, item, &count.saturating_sub(1).to_string());
            }
        }
        if let Some(item) = self.go().strip_prefix("remove-accessory-") {
            answers.accessories.retain(|chosen| chosen.item != item);
        }
    }
}

fn choose(answers: &mut Answers, item: &str, typed: &str) {
    let typed = typed.trim();
    let is_none = typed.is_empty() || typed.bytes().all(|byte| byte == b'0');
    match answers.accessories.iter_mut().find(|chosen| chosen.item == item) {
        Some(_) if is_none => answers.accessories.retain(|chosen| chosen.item != item),
        Some(chosen) => chosen.quantity = typed.into(),
        None if is_none => {}
        None => answers.accessories.push(AccessoryAnswers { item: item.into(), quantity: typed.into() }),
    }
}

/// Takes out the entry with this number, counted from 1.
fn remove<T>(list: &mut Vec<T>, number: Option<&str>) {
    if let Some(number) = number.and_then(|number| number.parse::<usize>().ok())
        && (1..=list.len()).contains(&number)
    {
        list.remove(number - 1);
    }
}

impl Typed {
    /// For a page that was only opened.
    pub fn nothing() -> Typed {
        Typed(Vec::new())
    }

    /// One field, for a sentence that another form brought.
    pub fn of(name: &str, value: &str) -> Typed {
        Typed(vec![(name.into(), value.into())])
    }

    /// Where on the page a browser without script should return to after a button.
    pub fn place(&self) -> &'static str {
        match self.go() {
            go if go.ends_with("faucet") || go.starts_with("remove-faucet") => "#faucets",
            go if go.ends_with("sprayer") || go.starts_with("remove-sprayer") => "#sprayers",
            _ => "",
        }
    }
}
