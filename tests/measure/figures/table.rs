//! Ours beside others': one row per figure. What others reached comes from the file PEER_FIGURES, a line per figure:
//! system, name, value, unit and note, with tabs between them.

/// Whose figures are compared.
const PEER: &str = "bullmq";

pub struct Table {
    /// System and name, value.
    peers: Vec<(String, f64)>,
    rows: Vec<[String; 5]>,
}

impl Table {
    pub fn open() -> Table {
        let path = std::env::var("PEER_FIGURES").unwrap_or_default();
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let peer = |line: &str| {
            let mut fields = line.split('\t');
            let (system, name, value) = (fields.next()?, fields.next()?, fields.next()?);
            Some((format!("{system} {name}"), value.parse().ok()?))
        };
        Table { peers: text.lines().filter_map(peer).collect(), rows: Vec::new() }
    }

    /// A figure of ours beside the peer's of this name.
    pub fn add(&mut self, what: &str, ours: f64, name: &str, goal: &str) {
        let known = self.peers.iter().find(|(known, _)| known.contains(PEER) && known.ends_with(name));
        let theirs = known.filter(|_| !name.is_empty()).map_or(f64::NAN, |(_, value)| *value);
        self.beside(what, ours, theirs, "BullMQ", goal);
    }

    pub fn beside(&mut self, what: &str, ours: f64, theirs: f64, whose: &str, goal: &str) {
        let number = |value: f64| match value {
            value if value.is_nan() => "-".into(),
            value if value.abs() >= 100.0 => format!("{value:.0}"),
            value => format!("{value:.3}"),
        };
        let (theirs, ratio) = (format!("{} {whose}", number(theirs)), number(ours / theirs));
        self.rows.push([what.into(), number(ours), theirs, ratio, goal.into()]);
    }

    pub fn print(&self) {
        println!("{:<38} {:>9} {:>18} {:>8}  goal", "", "ours", "theirs", "ratio");
        for [what, ours, theirs, ratio, goal] in &self.rows {
            println!("{what:<38} {ours:>9} {theirs:>18} {ratio:>8}  {goal}");
        }
    }
}
