//! Times counted by their power of two: exact enough for "half were faster than", and two of them can be added.

/// Times below 1, 2, 4 … ms; the last one holds everything from 2^20 ms (17 minutes) on.
pub const BUCKETS: usize = 22;

/// How many times fell into each bucket: bucket n holds those below 2^n ms and not below half of that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram([i64; BUCKETS]);

impl Histogram {
    /// The upper bounds of all buckets but the last, in ms: what PostgreSQL's `width_bucket` takes.
    pub fn bounds() -> Vec<f64> {
        (0..BUCKETS - 1).map(|power| 2f64.powi(power as i32)).collect()
    }

    /// As it is kept: trailing zeros may be missing.
    pub fn from_counts(counts: &[i32]) -> Histogram {
        let mut buckets = [0; BUCKETS];
        for (bucket, count) in buckets.iter_mut().zip(counts) {
            *bucket = i64::from(*count);
        }
        Histogram(buckets)
    }

    /// As it is kept, without trailing zeros.
    pub fn counts(&self) -> &[i64] {
        let used = self.0.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        &self.0[..used]
    }

    /// Counts `times` times that fell into a bucket; one that is out of range is the last.
    pub fn count(&mut self, bucket: usize, times: i64) {
        self.0[bucket.min(BUCKETS - 1)] += times;
    }

    pub fn add(&mut self, more: &Histogram) {
        for (bucket, count) in self.0.iter_mut().zip(more.0) {
            *bucket += count;
        }
    }

    pub fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    /// The time in ms that `percent` of all stayed below, evenly spread within its bucket; none when there is none.
    pub fn percentile(&self, percent: i64) -> Option<u64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        // Rounded up: of two times, half stay below the first.
        let rank = (total * percent + 99) / 100;
        let mut below = 0;
        for (power, count) in self.0.iter().enumerate() {
            if *count > 0 && below + count >= rank {
                let (low, high) = if power == 0 { (0, 1) } else { (1u64 << (power - 1), 1u64 << power) };
                let (into, of) = ((rank - below).unsigned_abs(), count.unsigned_abs());
                return Some(low + (high - low) * into / of);
            }
            below += count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nearly_all_are_read_from_the_buckets() {
        let mut times = Histogram::default();
        assert_eq!(times.percentile(50), None);
        times.count(0, 90); // below 1 ms
        times.count(10, 10); // 512 to 1024 ms
        assert_eq!(times.percentile(50), Some(0));
        assert_eq!(times.percentile(95), Some(768));
        assert_eq!(times.percentile(100), Some(1024));
    }

    #[test]
    fn what_is_kept_reads_back_the_same() {
        let mut times = Histogram::default();
        times.count(3, 7);
        times.count(99, 1);
        let kept: Vec<i32> = times.counts().iter().map(|count| *count as i32).collect();
        assert_eq!(kept.len(), BUCKETS);
        assert_eq!(Histogram::from_counts(&kept), times);
        assert_eq!(Histogram::default().counts(), [0i64; 0]);
    }

    #[test]
    fn there_is_one_bound_less_than_buckets() {
        let bounds = Histogram::bounds();
        assert_eq!((bounds.len(), bounds[0], bounds[20]), (BUCKETS - 1, 1.0, 1_048_576.0));
    }
}
