//! Words for lists, at a pace people can follow: with a thousand jobs a second, "some job changed" is still said
//! twice a second at most. The first is said at once; the last is never lost, only late by the pause.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Between two words that are the same.
const PAUSE: Duration = Duration::from_millis(500);

/// What was said lately, and what is still to be said.
#[derive(Default)]
pub struct Calm(HashMap<Arc<str>, Said>);

struct Said {
    at: Instant,
    /// It was heard again since and has to be said once more.
    again: bool,
}

impl Calm {
    /// What to say now that `word` was heard: a thing's own word always, a list's word ("orders:all") only when it has
    /// been quiet. Every change of a job is a change of the list of jobs as well.
    pub fn hear(&mut self, word: &str, now: Instant) -> Vec<Arc<str>> {
        if word.ends_with(":all") {
            return self.pace(word, now).into_iter().collect();
        }
        let of_list = word.starts_with("job:").then(|| self.pace("jobs:all", now)).flatten();
        std::iter::once(Arc::from(word)).chain(of_list).collect()
    }

    fn pace(&mut self, word: &str, now: Instant) -> Option<Arc<str>> {
        if let Some(said) = self.0.get_mut(word) {
            said.again = true;
            return None;
        }
        let word = Arc::<str>::from(word);
        self.0.insert(word.clone(), Said { at: now, again: false });
        Some(word)
    }

    /// What has waited long enough by now.
    pub fn due(&mut self, now: Instant) -> Vec<Arc<str>> {
        self.0.retain(|_, said| said.again || now < said.at + PAUSE);
        let due = self.0.iter_mut().filter(|(_, said)| now >= said.at + PAUSE);
        due.map(|(word, said)| {
            *said = Said { at: now, again: false };
            word.clone()
        })
        .collect()
    }

    /// When to look again; none while nothing waits.
    pub fn next(&self) -> Option<Instant> {
        self.0.values().filter(|said| said.again).map(|said| said.at + PAUSE).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: Vec<Arc<str>>) -> Vec<String> {
        words.iter().map(|word| word.to_string()).collect()
    }

    #[test]
    fn a_thousand_changes_of_jobs_are_one_word_for_lists_now_and_one_later() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        assert_eq!(said(calm.hear("job:1", start)), ["job:1", "jobs:all"]);
        for job in 2..1000 {
            assert_eq!(calm.hear(&format!("job:{job}"), start).len(), 1, "each job's own word is said");
        }
        assert_eq!(calm.next(), Some(start + PAUSE));
        assert!(calm.due(start + PAUSE / 2).is_empty());
        assert_eq!(said(calm.due(start + PAUSE)), ["jobs:all"]);
        assert_eq!(calm.next(), None);
        assert!(calm.hear("jobs:all", start + PAUSE).is_empty(), "just said");
    }

    #[test]
    fn a_list_that_was_quiet_is_told_at_once() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        assert_eq!(said(calm.hear("orders:all", start)), ["orders:all"]);
        assert_eq!(said(calm.hear("workers:all", start)), ["workers:all"], "one list does not slow another");
        assert!(calm.due(start + PAUSE * 2).is_empty());
        assert_eq!(said(calm.hear("orders:all", start + PAUSE * 2)), ["orders:all"]);
    }
}
