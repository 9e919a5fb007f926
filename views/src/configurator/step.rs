//! The five steps, their order and their addresses.

/// Where in the draft somebody is. Builds count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Customer,
    Family,
    Build(usize),
    Accessories(usize),
    Review,
}

impl Step {
    /// The address of the step.
    pub fn path(self, draft: i64) -> String {
        match self {
            Step::Customer => format!("/drafts/{draft}/customer"),
            Step::Family => format!("/drafts/{draft}/family"),
            Step::Build(position) => format!("/drafts/{draft}/builds/{position}"),
            Step::Accessories(position) => format!("/drafts/{draft}/builds/{position}/accessories"),
            Step::Review => format!("/drafts/{draft}/review"),
        }
    }

    /// The step after this one, in an order of so many builds.
    pub fn next(self, builds: usize) -> Step {
        match self {
            Step::Customer => Step::Family,
            Step::Family => Step::Build(1),
            Step::Build(position) if position < builds => Step::Build(position + 1),
            Step::Build(_) => Step::Accessories(1),
            Step::Accessories(position) if position < builds => Step::Accessories(position + 1),
            Step::Accessories(_) | Step::Review => Step::Review,
        }
    }

    pub fn back(self, builds: usize) -> Option<Step> {
        match self {
            Step::Customer => None,
            Step::Family => Some(Step::Customer),
            Step::Build(1) => Some(Step::Family),
            Step::Build(position) => Some(Step::Build(position - 1)),
            Step::Accessories(1) => Some(Step::Build(builds)),
            Step::Accessories(position) => Some(Step::Accessories(position - 1)),
            Step::Review => Some(Step::Accessories(builds)),
        }
    }

    pub fn build(self) -> Option<usize> {
        match self {
            Step::Build(position) | Step::Accessories(position) => Some(position),
            _ => None,
        }
    }
}
