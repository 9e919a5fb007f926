//! Passwords that were stolen elsewhere, for sites that have such a list: read once into a compact filter, so that the
//! list itself needs no memory and no server outside is asked (ASVS 6.2.12).

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    sync::OnceLock,
};

/// Bits for each line and places for each: about 3 in 1,000 good passwords are refused by chance.
const BITS_EACH: u64 = 12;
const PLACES: u64 = 8;
/// Bytes of the largest filter; enough for 44 million lines.
const LARGEST: u64 = 64 * 1024 * 1024;

static LIST: OnceLock<Filter> = OnceLock::new();

/// Which passwords a list holds, with a few it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    bits: Vec<u64>,
    lines: u64,
}

impl Filter {
    fn with_room(lines: u64) -> Filter {
        let words = (lines.max(1) * BITS_EACH).min(LARGEST * 8).div_ceil(64);
        Filter { bits: vec![0; usize::try_from(words).unwrap_or(1)], lines: 0 }
    }

    /// Reads a list line by line: SHA-1 in hex with or without ":count" behind, or the password itself.
    ///
    /// # Errors
    /// When it can't be read, or is longer than a filter of 64 MiB serves.
    pub fn read(list: impl BufRead, bytes: u64) -> io::Result<Filter> {
        let mut lines = list.split(b'\n').peekable();
        let hashed = matches!(lines.peek(), Some(Ok(first)) if hash_in(first).is_some());
        let expected = bytes / if hashed { 41 } else { 8 } + 1;
        if expected * BITS_EACH > LARGEST * 8 {
            return Err(io::Error::other("it has more lines than the filter takes. Keep the most common 40 million"));
        }
        let mut filter = Filter::with_room(expected);
        for line in lines {
            let mut line = line?;
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            if !line.is_empty() {
                filter.add(&hash_in(&line).unwrap_or_else(|| sha1(&line)));
            }
        }
        Ok(filter)
    }

    fn add(&mut self, hash: &[u8; 20]) {
        for place in self.places(hash) {
            self.bits[place / 64] |= 1 << (place % 64);
        }
        self.lines += 1;
    }

    pub fn holds(&self, password: &str) -> bool {
        let hash = sha1(password.as_bytes());
        self.places(&hash).all(|place| self.bits[place / 64] & (1 << (place % 64)) != 0)
    }

    fn places(&self, hash: &[u8; 20]) -> impl Iterator<Item = usize> + use<> {
        let half = |at: usize| u64::from_be_bytes(std::array::from_fn(|index| hash[at + index]));
        let (start, step, room) = (half(0), half(8) | 1, self.bits.len() as u64 * 64);
        (0..PLACES).map(move |number| (start.wrapping_add(number.wrapping_mul(step)) % room) as usize)
    }
}

/// Takes the site's list into use, once per process; how many lines it has.
///
/// # Errors
/// With a sentence that names the file and what is wrong with it.
pub fn use_list(path: &Path) -> Result<u64, String> {
    let told = |error: io::Error| format!("BREACHED_PASSWORDS is {path:?} and can't be used: {error}.");
    let file = File::open(path).map_err(told)?;
    let bytes = file.metadata().map_err(told)?.len();
    let filter = Filter::read(BufReader::with_capacity(1 << 20, file), bytes).map_err(told)?;
    Ok(LIST.get_or_init(|| filter).lines)
}

/// Whether the site's list holds this password, as typed or in small letters; never when there is no list.
pub fn is_breached(password: &str) -> bool {
    LIST.get().is_some_and(|list| list.holds(password) || list.holds(&password.to_lowercase()))
}

fn hash_in(line: &[u8]) -> Option<[u8; 20]> {
    let digits = line.get(..40)?;
    let ends = line.get(40).is_none_or(|next| matches!(next, b':' | b' ' | b'\t' | b'\r'));
    let mut hash = [0; 20];
    (ends && hex::decode_to_slice(digits, &mut hash).is_ok()).then_some(hash)
}

/// SHA-1 (FIPS 180-4, 6.1), only because such lists are made with it; nothing here is protected by it.
fn sha1(text: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        mix(&mut state, block);
    }
    let mut hash = [0; 20];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

fn mix(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for at in 16..80 {
        words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (round, word) in words.iter().enumerate() {
        let (chosen, constant) = match round {
            0..20 => ((b & c) | (!b & d), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next = a.rotate_left(5).wrapping_add(chosen).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (kept, mixed) in state.iter_mut().zip([a, b, c, d, e]) {
        *kept = kept.wrapping_add(mixed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_such_lists_are_made_with() {
        let hexed = |text: &str| hex::encode(sha1(text.as_bytes()));
        assert_eq!(hexed("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hexed(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(
            hexed("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        );
        assert_eq!(hexed(&"a".repeat(1_000_000)), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }

    #[test]
    fn a_list_is_read_whatever_its_lines_are() {
        let stolen = "basin wrench kettle";
        let hashed = format!("{}:42\r\n{}\n", hex::encode_upper(sha1(stolen.as_bytes())), hex::encode(sha1(b"other")));
        for list in [hashed, format!("other\n{stolen}\n")] {
            let filter = Filter::read(list.as_bytes(), list.len() as u64).unwrap();
            assert!(filter.holds(stolen) && filter.holds("other"));
            assert!(!filter.holds("nobody stole this one"));
            assert_eq!(filter.lines, 2);
        }
    }

    #[test]
    fn of_good_passwords_hardly_any_is_refused_by_chance() {
        let list: String = (0..20_000)
            .map(|number| format!("{}\n", hex::encode(sha1(format!("stolen {number}").as_bytes()))))
            .collect();
        let filter = Filter::read(list.as_bytes(), list.len() as u64).unwrap();
        assert!((0..20_000).all(|number| filter.holds(&format!("stolen {number}"))));
        let by_chance = (0..20_000).filter(|number| filter.holds(&format!("my own {number}"))).count();
        assert!(by_chance < 200, "{by_chance} of 20,000");
    }
}
