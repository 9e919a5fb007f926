//! What is guessed first: common words with digits around them, walks on the keyboard, one piece said again and again,
//! and the person's own name. Written by hand as rules: together they refuse far more than a list would
//! (NIST SP 800-63B 5.1.1.2, ASVS 6.2.4).

use crate::users::accounts::key;
use std::{collections::BTreeSet, sync::LazyLock};

/// What people take when a password is asked, in the languages of the shop.
const COMMON: &str = "password passwort passwd motdepasse contraseña contrasena senha parola letmein welcome bienvenue \
    willkommen iloveyou jetaime teamo administrator administrateur admin root changeme changemenow default secret \
    master login logon user guest test testing temp temporary access private secure security sesame opensesame hello \
    bonjour whatever nothing trustno blink please monkey dragon tiger eagle panther lion horse donkey kitty puppy \
    mustang corvette ferrari porsche mercedes harley yamaha honda toyota shadow phantom ninja samurai wizard magic \
    merlin gandalf pokemon pikachu mario zelda minecraft fortnite starwars startrek matrix batman superman spiderman \
    ironman wolverine avenger joker rocky rambo princess prince queen king angel devil heaven baby lovely lover \
    sweetheart honey cookie chocolate banana orange apple cherry pepper ginger peanut cheese pizza coffee beer \
    whisky sunshine rainbow flower butterfly diamond silver golden purple yellow green black white blue computer \
    internet laptop windows google facebook twitter instagram linkedin youtube microsoft samsung network server \
    system database freedom liberty victory success happy lucky money dollar million family friend friends forever \
    summertime holiday christmas noel easter birthday chelsea liverpool arsenal barcelona madrid juventus canada \
    toronto montreal quebec ottawa vancouver calgary london paris berlin newyork america mexico england france \
    germany";

/// Sports and their teams.
const SPORTS: &str = "football baseball basketball hockey soccer tennis golf rugby cricket volleyball skating skiing \
    cycling running boxing wrestling mapleleafs canadiens senators oilers flames canucks raptors bluejays yankees \
    redsox lakers bulls cowboys steelers packers patriots broncos raiders";

/// First names that stand in many passwords.
const NAMES: &str = "michael jennifer jessica daniel matthew andrew joshua anthony christopher nicholas william robert \
    thomas charles richard joseph steven patrick brandon justin jordan taylor hunter austin ashley amanda michelle \
    melissa nicole stephanie danielle samantha elizabeth katherine victoria alexandra alexander benjamin jonathan \
    nathan samuel david james john peter paul mark george harry oliver jacob ethan sophie emma olivia charlotte \
    isabelle gabriel maria carlos miguel jose juan luis antonio fernando pierre jean jacques philippe francois \
    nathalie martine sylvie maggie buster bailey charlie cooper tigger snoopy garfield";

/// Words of this product, its trade and its house.
const OURS: &str = "torvan workflow cleanstation instrosink sinks sink basin basins hospital production procurement \
    assembler assembly coordinator quality inspector service department order orders stainless steel pegboard \
    sterile workshop factory office company business manager employee work";

/// Months, days and seasons.
const TIMES: &str = "january february march april june july august september october november december janvier février \
    fevrier mars avril juin juillet août septembre octobre novembre décembre decembre monday tuesday wednesday \
    thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche spring summer autumn winter \
    printemps automne hiver";

/// Rows, slants and columns of the keyboards people here type on, and the alphabet; a walk along one is no word.
const ROWS: [&str; 18] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qwertzuiop",
    "yxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "qazwsxedcrfvtgbyhnujmikolp",
    "qawsedrftgyhujikolp",
    "aqzsedrfvtgbyhn",
    "dvorakpyfgcrl",
    "aoeuidhtns",
    "qjkxbmwvz",
    "qweasdzxc",
    "azeqsdwxc",
    "zaqxswcdevfrbgtnhymju",
];
/// Letters in a row that make a walk.
const WALK: usize = 4;
/// What has to be left when everything expected is taken away.
const ENOUGH: usize = 6;

/// Longest first, so that "passwordtest" is not left with half a word.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words: BTreeSet<String> =
        [COMMON, SPORTS, NAMES, OURS, TIMES].iter().flat_map(|list| list.split_whitespace()).map(key).collect();
    let mut words: Vec<String> = words.into_iter().filter(|word| word.chars().count() > 3).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words
});

/// Whether little is left of the password once everything expected is taken away.
pub fn is_expected(password: &str, email: &str, name: &str) -> bool {
    let folded = key(password);
    let own = format!("{} {}", key(name), key(email));
    let own: Vec<&str> = own.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2).collect();
    let different = folded.chars().collect::<BTreeSet<_>>().len();
    let plain: String = folded.chars().filter(|c| c.is_alphabetic()).collect();
    // Emoji and other scripts' signs count: nobody tries them first.
    let signs = folded.chars().filter(|c| !c.is_alphanumeric() && !c.is_ascii()).count();
    let plain = left_of(&plain, &own) + unexpected_digits(&folded);
    let left = plain.min(left_read_as_letters(&folded, &own));
    different < 5 || left + signs < ENOUGH
}

/// What is left when digits and signs stand for letters. Where the word ends and its number begins ("t0r0nt02026") is
/// tried at every place: a digit is never both.
fn left_read_as_letters(folded: &str, own: &[&str]) -> usize {
    let word = folded.trim_end_matches(|c: char| c.is_ascii_digit() || c == '!').len();
    let ends = (word..=folded.len()).filter(|end| folded.is_char_boundary(*end));
    let left = ends.map(|end| {
        let letters: String = folded[..end].chars().map(as_letter).filter(|c| c.is_alphabetic()).collect();
        left_of(&letters, own) + unexpected_digits(&folded[end..])
    });
    left.min().unwrap_or_default()
}

/// What digits and signs stand for in "P@ssw0rd".
fn as_letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// Letters that nobody expects. From the third on, a common word counts like three of them: four in a row are a
/// sentence of their own.
fn left_of(letters: &str, own: &[&str]) -> usize {
    let once = without_repeats(letters);
    let without_own = |rest: String| own.iter().fold(rest, |rest, word| rest.replace(word, " "));
    let count = |rest: &str, common: usize| {
        without_walks(rest).chars().filter(|c| c.is_alphabetic()).count() + 3 * common.saturating_sub(2)
    };
    let (own_first, common) = without_common(without_own(once.clone()));
    let left = count(&own_first, common);
    // Ana's name stands in "canadiens" too, so both ways round.
    let (common_first, common) = without_common(once);
    left.min(count(&without_own(common_first), common))
}

/// What is left without common words, and how many there were.
fn without_common(mut rest: String) -> (String, usize) {
    let mut common = 0;
    for word in WORDS.iter() {
        if rest.contains(word.as_str()) {
            common += 1;
            rest = rest.replace(word.as_str(), " ");
        }
    }
    (rest, common)
}

/// A piece said again counts once: "lathelathelathe" is "lathe".
fn without_repeats(letters: &str) -> String {
    let all: Vec<char> = letters.chars().collect();
    for length in 1..=all.len() / 2 {
        if all.chunks(length).all(|piece| all.starts_with(piece)) {
            return all[..length].iter().collect();
        }
    }
    letters.into()
}

/// What is left without walks along a row of the keyboard or the alphabet, in either direction.
fn without_walks(letters: &str) -> String {
    let all: Vec<char> = letters.chars().collect();
    let (mut left, mut at) = (String::new(), 0);
    while at < all.len() {
        let walks = |length: usize| {
            let piece: String = all[at..at + length].iter().collect();
            let back: String = piece.chars().rev().collect();
            ROWS.iter().any(|row| row.contains(&piece) || row.contains(&back))
        };
        match (WALK..=all.len() - at).take_while(|length| walks(*length)).last() {
            Some(length) => at += length,
            None => {
                left.push(all[at]);
                at += 1;
            }
        }
    }
    left
}

/// Digits that are neither a year, nor a row of the keyboard ("1234567"), nor one digit again and again.
fn unexpected_digits(folded: &str) -> usize {
    let digits: Vec<u32> = folded.chars().filter_map(|c| c.to_digit(10)).collect();
    let unexpected = digits.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) > 1).count();
    unexpected.saturating_sub(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::passwords::{LONGEST, SHORTEST};

    /// What guessing programs put behind a word.
    fn endings() -> Vec<String> {
        let years = (1950..=2030).map(|year: i32| year.to_string());
        let marked = (2018..=2030).flat_map(|year: i32| [format!("{year}!"), format!("{year}!!"), format!("@{year}")]);
        let rows =
            ["1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "1234567890", "123!", "!", "!!!"];
        years.chain(marked).chain(rows.map(String::from)).collect()
    }

    fn spelled(word: &str) -> [String; 3] {
        let mut letters = word.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        let leet = word.replace('a', "@").replace('o', "0").replace('i', "1").replace('e', "3").replace('s', "$");
        [word.to_string(), format!("{first}{}", letters.as_str()), leet]
    }

    /// Every word in every spelling, alone and doubled, with every ending: what a guessing program begins with.
    fn tried_first() -> BTreeSet<String> {
        let mut tried = BTreeSet::new();
        for spelling in WORDS.iter().flat_map(|word| spelled(word)) {
            for ending in endings() {
                tried.insert(format!("{spelling}{ending}"));
                tried.insert(format!("{spelling}{spelling}{ending}"));
            }
        }
        tried.retain(|one| (SHORTEST..=LONGEST).contains(&one.chars().count()));
        tried
    }

    #[test]
    fn more_than_three_thousand_passwords_that_are_tried_first_are_refused() {
        // All of them take half a minute; every 53rd stands for its neighbours.
        let tried = tried_first();
        let refused = tried.iter().step_by(53).filter(|one| is_expected(one, "ana@torvan.example", "Ana Silva"));
        let refused = refused.count();
        assert_eq!(refused, tried.len().div_ceil(53), "each one that was judged");
        assert!(refused > 3_000, "{refused} of {}", tried.len());
    }

    #[test]
    fn walks_on_every_keyboard_are_refused() {
        let mut refused = BTreeSet::new();
        for row in ROWS {
            let back: String = row.chars().rev().collect();
            for (walk, end) in
                [row, &back].into_iter().flat_map(|walk| ["12", "1234", "2026", "!!!!"].map(|end| (walk, end)))
            {
                let tried = format!("{walk}{end}");
                if tried.chars().count() >= SHORTEST {
                    assert!(is_expected(&tried, "a@b.example", "Bo"), "{tried}");
                    refused.insert(tried);
                }
            }
        }
        assert!(refused.len() > 60, "{}", refused.len());
    }

    #[test]
    fn a_sentence_of_four_words_is_fine_even_when_each_is_common() {
        for good in ["sunshine hockey monday pokemon", "nine lathes sing low", "wrench-tuesday-kettle-fog"] {
            assert!(!is_expected(good, "ana@torvan.example", "Ana Silva"), "{good}");
        }
        for bad in ["AnaSilva2026", "silva-torvan-1", "letmein12345", "summer2026!!", "qwertyuiop12", "Password1234"] {
            assert!(is_expected(bad, "ana@torvan.example", "Ana Silva"), "{bad}");
        }
    }
}
