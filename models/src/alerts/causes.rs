//! Why an alert is raised.

/// The causes there are, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The audit trail is not as it was written.
    AuditBroken,
    /// The emergency account was used, and nobody has said why.
    EmergencyUsed,
    /// Jobs wait and no worker takes them.
    NoWorker,
    /// Jobs of a queue wait and no worker that is there serves it.
    NotServed,
    /// Jobs of a queue run, and none finishes or gets further.
    Stalled,
    /// Somebody gave wrong passwords in a row while signing.
    WrongSignatures,
    /// A passkey's counter went back: there may be a copy of it.
    CopiedPasskey,
    /// Jobs of a queue are due and have not been started for a minute.
    Late,
    /// Jobs were given up on, all for one reason.
    DeadJobs,
    /// Workers went away in the middle of jobs.
    LostLeases,
    /// A schedule was due and did not ask for its job.
    ScheduleOverdue,
    /// Workers cannot reach Redis and look into the ledger themselves.
    RedisAway,
    /// Redis is there, and nobody brings ids to it.
    NoRelay,
    /// Rows are written where no month was prepared.
    NoMonth,
    /// A queue has been paused for more than a day: forgotten?
    PausedLong,
}

impl Cause {
    pub const ALL: [Cause; 15] = [
        Cause::AuditBroken,
        Cause::EmergencyUsed,
        Cause::NoWorker,
        Cause::NotServed,
        Cause::Stalled,
        Cause::WrongSignatures,
        Cause::CopiedPasskey,
        Cause::Late,
        Cause::DeadJobs,
        Cause::LostLeases,
        Cause::ScheduleOverdue,
        Cause::RedisAway,
        Cause::NoRelay,
        Cause::NoMonth,
        Cause::PausedLong,
    ];

    /// The word of the table.
    pub fn word(self) -> &'static str {
        match self {
            Cause::AuditBroken => "audit_broken",
            Cause::EmergencyUsed => "emergency_used",
            Cause::NoWorker => "no_worker",
            Cause::NotServed => "not_served",
            Cause::Stalled => "stalled",
            Cause::WrongSignatures => "wrong_signatures",
            Cause::CopiedPasskey => "copied_passkey",
            Cause::Late => "late",
            Cause::DeadJobs => "dead_jobs",
            Cause::LostLeases => "lost_leases",
            Cause::ScheduleOverdue => "schedule_overdue",
            Cause::RedisAway => "redis_away",
            Cause::NoRelay => "no_relay",
            Cause::NoMonth => "no_month",
            Cause::PausedLong => "paused_long",
        }
    }

    pub fn from_word(word: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.word() == word)
    }

    /// 0 comes first.
    pub fn urgency(self) -> usize {
        self as usize
    }

    /// Whether work stands still because of it; the others can wait an hour.
    pub fn stops_work(self) -> bool {
        matches!(self, Cause::NoWorker | Cause::NotServed | Cause::Stalled)
    }
}
