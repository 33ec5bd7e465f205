//! The table: the rows of all areas, and the words that rows are written in. A further operation is a further row beside its
//! handler; guards, paging, checks and the OpenAPI document follow it.

use super::{Body, Operation, Pages, Shape};
use super::{applications, connectors, experience, tokens, users, vestibule};

const AREAS: [&[Operation]; 6] = [
    applications::ROWS,
    users::ROWS,
    connectors::ROWS,
    experience::ROWS,
    tokens::ROWS,
    vestibule::ROWS,
];

/// Every operation. `/control/api` answers all of them, `/api` those that Logto has.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    AREAS.into_iter().flatten()
}

/// A handler as the table holds it.
macro_rules! run {
    ($handler:path) => {
        |engine, call| Box::pin($handler(engine, call))
    };
}
pub(super) use run;

type Run = fn(std::sync::Arc<crate::engine::Engine>, super::Call) -> super::Running;

impl Operation {
    pub(super) const fn new(method: &'static str, path: &'static str, summary: &'static str, answer: Shape, run: Run) -> Self {
        Self {
            method,
            path,
            summary,
            body: Body::Nothing,
            query: &[],
            pages: Pages::Never,
            answer,
            status: if matches!(answer, Shape::Nothing) { 204 } else { 200 },
            logto: true,
            run,
        }
    }

    pub(super) const fn get(path: &'static str, summary: &'static str, answer: Shape, run: Run) -> Self {
        Self::new("GET", path, summary, answer, run)
    }

    pub(super) const fn post(path: &'static str, summary: &'static str, answer: Shape, run: Run) -> Self {
        Self::new("POST", path, summary, answer, run)
    }

    pub(super) const fn put(path: &'static str, summary: &'static str, answer: Shape, run: Run) -> Self {
        Self::new("PUT", path, summary, answer, run)
    }

    pub(super) const fn patch(path: &'static str, summary: &'static str, answer: Shape, run: Run) -> Self {
        Self::new("PATCH", path, summary, answer, run)
    }

    pub(super) const fn delete(path: &'static str, summary: &'static str, run: Run) -> Self {
        Self::new("DELETE", path, summary, Shape::Nothing, run)
    }

    pub(super) const fn with(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Logto says 201 at some creations and 200 at others.
    pub(super) const fn created(mut self) -> Self {
        self.status = 201;
        self
    }

    pub(super) const fn paged(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    pub(super) const fn asked(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    /// Logto has no such thing.
    pub(super) const fn ours(mut self) -> Self {
        self.logto = false;
        self
    }
}

/// Members of a declared type, of which some have to be there.
pub(super) const fn members(of: &'static str, members: &'static [&'static str], required: &'static [&'static str]) -> Body {
    Body::Members { of, members, required }
}

/// What lists of things with names are searched with.
pub(super) const SEARCH: (&str, &str) = ("search", "Text that has to be in it, in any case; % at its ends is ignored.");
