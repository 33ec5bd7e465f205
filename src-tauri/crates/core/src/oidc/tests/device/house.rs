//! What the tests of the device flow are made of.

use super::super::{ISSUER, Provider, app};
use crate::Secret;
use crate::live::{ParamOrigin, Trail};
use crate::model::ApplicationType;
use crate::oidc::OidcError;
use crate::oidc::authorize::Reply;
use crate::oidc::device::{self, Begun, Form, Verification};
use crate::oidc::request::{Hint, RawRequest};
use crate::oidc::token::TokenReply;
use crate::record::{DeviceCode, DeviceState, Interaction, token_key};

pub(super) const SCOPE: &str = "openid profile offline_access";

/// A provider with two devices, and one browser.
pub(super) struct House {
    pub(super) p: Provider,
    pub(super) browser: String,
    /// What an `id_token_hint` of the next device says.
    pub(super) hint: Option<Hint>,
}

impl House {
    pub(super) fn new() -> Self {
        let mut p = Provider::new();
        for id in ["tv", "radio"] {
            let mut tv = app(id, ApplicationType::Native, "http://127.0.0.1/cb");
            tv.custom_client_metadata.is_device_flow = Some(true);
            p.world.put(&tv);
        }
        Self {
            p,
            browser: "mine".into(),
            hint: None,
        }
    }

    pub(super) fn begin(&mut self, app: &str, pairs: &[(&str, &str)]) -> (Result<Begun, OidcError>, Trail) {
        let app = self.p.world.get::<crate::model::Application>(app).unwrap();
        let raw = RawRequest {
            pairs: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            origin: ParamOrigin::Body,
            hint: self.hint.take(),
        };
        let (outcome, trail) = self.p.world.write(|cx| device::begin(cx, &app, raw));
        (outcome.unwrap(), trail)
    }

    pub(super) fn shown(&mut self) -> Begun {
        self.begin("tv", &[("client_id", "tv"), ("scope", SCOPE)]).0.ok().unwrap()
    }

    pub(super) fn send(&mut self, user_code: &str, answer: &str) -> (Verification, Trail) {
        let form = Form {
            user_code: user_code.into(),
            xsrf: self.browser.clone(),
            confirm: answer == "confirm",
            abort: answer == "abort",
        };
        let (own, cookie) = (Secret::new(self.browser.as_str()), self.p.cookie.clone());
        let (outcome, trail) = self
            .p
            .world
            .write(|cx| device::verify(cx, &form, Some(&own), cookie.as_deref(), ISSUER));
        (outcome.unwrap(), trail)
    }

    /// Confirms and signs alice in; where the browser ends.
    pub(super) fn approve(&mut self, user_code: &str) -> String {
        match self.send(user_code, "confirm").0 {
            Verification::On(reply) => self.p.go_on(reply).remove("location").unwrap(),
            other => panic!("{}", said(&other)),
        }
    }

    pub(super) fn poll_with(&mut self, app: &str, code: &str, more: &[(&str, &str)]) -> (Result<TokenReply, OidcError>, Trail) {
        let mut form = vec![("grant_type", device::GRANT_TYPE), ("device_code", code)];
        form.extend(more);
        self.p.token(app, &form)
    }

    pub(super) fn poll(&mut self, code: &str) -> Result<TokenReply, &'static str> {
        self.poll_with("tv", code, &[]).0.map_err(|e| e.error)
    }

    pub(super) fn state(&self, begun: &Begun) -> DeviceState {
        self.p
            .world
            .get::<DeviceCode>(&token_key(begun.device_code.expose()))
            .unwrap()
            .state
            .clone()
    }
}

pub(super) fn said(verification: &Verification) -> String {
    match verification {
        Verification::Again { problem, .. } => problem.name().into(),
        Verification::Ask { user_code } => format!("ask {user_code}"),
        Verification::On(Reply::Page { location, device, .. }) => format!("{} page {location}", if *device { "device" } else { "auth" }),
        Verification::On(Reply::Device { location, .. }) => location.clone(),
        Verification::On(_) => "a redirect".into(),
    }
}

pub(super) fn walk(house: &mut House, begun: &Begun, steps: &str) -> String {
    let mut open: Option<Reply> = None;
    let mut last = String::new();
    for step in steps.chars() {
        house.browser = if step == 'C' { "another" } else { "mine" }.into();
        match step {
            'c' | 'C' | 'd' => {
                let answer = if step == 'd' { "abort" } else { "confirm" };
                let (outcome, _) = house.send(&begun.user_code, answer);
                last = said(&outcome);
                if let Verification::On(reply @ Reply::Page { .. }) = outcome {
                    open = Some(reply);
                }
            }
            's' => {
                if let Some(reply) = open.take() {
                    last = house.p.go_on(reply).remove("location").unwrap();
                }
            }
            'x' => {
                if let Some(Reply::Page { interaction, .. }) = open.take() {
                    let mut record = (*house.p.world.get::<Interaction>(interaction.as_str()).unwrap()).clone();
                    record.result.error = Some("access_denied".into());
                    house.p.world.put(&record);
                    let reply = house.p.resume(interaction.as_str());
                    last = house.p.go_on(reply).remove("location").unwrap();
                }
            }
            'l' => house.p.world.clock.advance(600),
            'w' => house.p.world.clock.advance(5),
            _ => {
                let app = if step == 'o' { "radio" } else { "tv" };
                let polled = house.poll_with(app, begun.device_code.expose(), &[]).0;
                last = polled.map_or_else(|e| e.error.to_owned(), |_| "tokens".into());
            }
        }
    }
    last
}
