//! The operations by name: how each is set up, done, and what its floor is made of.

use crate::Outcome;
use crate::child::Server;
use crate::client::{Client, Request};
use crate::floor::Needs;
use crate::flow::{self, Browser, CODE_FLOW, REFRESH, SILENT};
use crate::measure::{Cost, cost};

/// Steps kept of one live session are bounded; staying below the bound measures what the first use costs.
const PER_BROWSER: u32 = 100;
/// Userinfo calls of a session that are kept one by one.
const FIRST: u32 = 8;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `GET /oidc/.well-known/openid-configuration`.
    Discovery,
    /// `GET /oidc/jwks`.
    Jwks,
    /// `client_credentials` for a JWT.
    ClientCredentials,
    /// `GET /oidc/me`, over and over.
    Userinfo,
    /// `GET /oidc/me`, the first calls after a sign-in: each is a step of its own.
    FirstUserinfo,
    /// `POST /oidc/token/introspection`.
    Introspection,
    /// `prompt=none`, the code only.
    Authorize,
    /// `prompt=none` and the token request.
    Silent,
    /// A refresh with rotation.
    Refresh,
    /// A whole code flow.
    CodeFlow,
}

impl Operation {
    /// All, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Discovery,
        Self::Jwks,
        Self::Userinfo,
        Self::FirstUserinfo,
        Self::Introspection,
        Self::ClientCredentials,
        Self::Authorize,
        Self::Refresh,
        Self::Silent,
        Self::CodeFlow,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::ClientCredentials => "client_credentials",
            Self::Userinfo => "userinfo",
            Self::FirstUserinfo => "first calls of it",
            Self::Introspection => "introspection",
            Self::Authorize => "authorize, prompt=none",
            Self::Silent => "silent re-authorization + token",
            Self::Refresh => "refresh with rotation",
            Self::CodeFlow => "whole code flow",
        }
    }

    /// What its floor is made of.
    #[must_use]
    pub const fn needs(self) -> Needs {
        match self {
            Self::Discovery | Self::Jwks | Self::Userinfo | Self::FirstUserinfo | Self::Introspection => Needs::of(1, 0, 0),
            Self::ClientCredentials => Needs::of(1, 1, 0),
            Self::Authorize => Needs::of(1, 0, 1),
            Self::Silent => SILENT,
            Self::Refresh => REFRESH,
            Self::CodeFlow => CODE_FLOW,
        }
    }

    /// How many times its floor it may cost.
    #[must_use]
    pub const fn target(self) -> Option<f64> {
        match self {
            Self::Discovery | Self::Jwks | Self::Userinfo => Some(3.0),
            Self::ClientCredentials | Self::Refresh | Self::Silent => Some(1.5),
            Self::CodeFlow => Some(2.0),
            Self::FirstUserinfo | Self::Introspection | Self::Authorize => None,
        }
    }

    /// How often it is done in a round of the report.
    #[must_use]
    pub const fn times(self) -> u32 {
        match self {
            Self::Discovery | Self::Jwks => 4_000,
            Self::Userinfo | Self::Introspection => 2_400,
            Self::ClientCredentials | Self::Refresh | Self::FirstUserinfo => 800,
            Self::Authorize | Self::Silent => 800,
            Self::CodeFlow => 160,
        }
    }

    const fn needs_browsers(self) -> bool {
        !matches!(self, Self::Discovery | Self::Jwks | Self::ClientCredentials | Self::CodeFlow)
    }

    /// Signs in as many browsers as doing it `times` times needs, a full round of connections at a time.
    ///
    /// # Errors
    /// When the provider answers otherwise.
    pub fn prepare(self, client: &mut Client, times: u32) -> Outcome<Vec<Vec<Browser>>> {
        if !self.needs_browsers() {
            return Ok(Vec::new());
        }
        let width = u32::try_from(client.width())?;
        let each = if self == Self::FirstUserinfo { FIRST } else { PER_BROWSER };
        let rounds = times.div_ceil(each * width);
        (0..rounds).map(|n| flow::sign_in(client, (n * width) as usize)).collect()
    }

    /// Does it `times` times or a few more; how often.
    ///
    /// # Errors
    /// When the provider answers otherwise.
    pub fn perform(self, client: &mut Client, browsers: &mut [Vec<Browser>], times: u32) -> Outcome<u32> {
        let width = u32::try_from(client.width())?;
        let rounds = times.div_ceil(width);
        let same = |client: &mut Client, request: Request| flow::repeat(client, &vec![request; client.width()], rounds);
        let mut each = |client: &mut Client, work: fn(&mut Client, &mut [Browser]) -> Outcome<()>| -> Outcome<u32> {
            for n in 0..rounds {
                let group = n as usize % browsers.len().max(1);
                work(client, browsers.get_mut(group).ok_or("nobody has signed in")?)?;
            }
            Ok(rounds * width)
        };
        match self {
            Self::Discovery => same(client, Request::get("/oidc/.well-known/openid-configuration")),
            Self::Jwks => same(client, Request::get("/oidc/jwks")),
            Self::ClientCredentials => same(client, flow::client_credentials()),
            Self::Userinfo | Self::FirstUserinfo | Self::Introspection => {
                let make = if self == Self::Introspection {
                    flow::introspection
                } else {
                    flow::userinfo
                };
                let requests: Vec<Request> = browsers.iter().flatten().map(make).collect();
                let each = times.div_ceil(u32::try_from(requests.len().max(1))?);
                flow::repeat(client, &requests, each)
            }
            Self::Authorize => each(client, flow::authorize),
            Self::Silent => each(client, flow::silent),
            Self::Refresh => each(client, flow::refresh),
            Self::CodeFlow => {
                for n in 0..rounds {
                    flow::sign_in(client, (n * width) as usize)?;
                }
                Ok(rounds * width)
            }
        }
    }

    /// One round: set up, then measured.
    ///
    /// # Errors
    /// When the provider answers otherwise.
    pub fn measure(self, server: &mut Server, client: &mut Client, times: u32) -> Outcome<Cost> {
        let mut browsers = self.prepare(client, times)?;
        cost(&mut server.child, || self.perform(client, &mut browsers, times))
    }
}
