//! A browser: cookies, redirects when asked, and what the sign-in pages call.

use crate::app::{App, Callback};
use crate::wire::{Origin, Request, Response};
use serde_json::{Value, json};

/// The password of everybody in the test configuration.
pub const PASSWORD: &str = "knock-knock-come-in";

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

/// A browser. Clones are browsers that were the same until now.
#[derive(Clone, Debug)]
pub struct Browser {
    origin: Origin,
    cookies: Vec<Cookie>,
}

impl Browser {
    /// A browser that has been nowhere.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            cookies: Vec::new(),
        }
    }

    /// The same browser once the provider listens on another port, as after a restart.
    #[must_use]
    pub fn moved(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The value of a cookie, whatever its path.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|c| c.name == name).map(|c| c.value.as_str())
    }

    /// Replaces a cookie's value, as somebody does who tampers with it.
    ///
    /// # Panics
    /// When there is no such cookie.
    pub fn plant(&mut self, name: &str, value: &str) {
        let cookie = self.cookies.iter_mut().find(|c| c.name == name).expect("a cookie to tamper with");
        value.clone_into(&mut cookie.value);
    }

    /// Sends a request with the cookies that belong to its path, and keeps those that come back.
    ///
    /// # Panics
    /// When it isn't answered.
    pub fn send(&mut self, request: Request) -> Response {
        let what = format!("{} {}", request.method, request.target);
        self.try_send(request).unwrap_or_else(|| panic!("{what} was not answered"))
    }

    /// As [`Browser::send`], for a provider that may be gone: `None` when it did not answer in full.
    pub fn try_send(&mut self, request: Request) -> Option<Response> {
        let path = request.target.split('?').next().unwrap_or_default().to_owned();
        let line: Vec<String> = self
            .cookies
            .iter()
            .filter(|c| c.path == "/" || path == c.path || path.starts_with(&format!("{}/", c.path)))
            .map(|c| format!("{}={}", c.name, c.value))
            .collect();
        let request = if line.is_empty() {
            request
        } else {
            request.header("cookie", line.join("; "))
        };
        let response = self.origin.raw(&request.bytes(self.origin)).ok()??;
        for line in response.all("set-cookie") {
            self.keep(line);
        }
        Some(response)
    }

    fn keep(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let attribute = |wanted: &str| {
            line.split(';').map(str::trim).find_map(|part| {
                let (name, value) = part.split_once('=')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
            })
        };
        let path = attribute("path").unwrap_or_else(|| "/".to_owned());
        self.cookies.retain(|c| c.name != name || c.path != path);
        if attribute("max-age").is_none_or(|age| age != "0") {
            self.cookies.push(Cookie {
                name: name.to_owned(),
                value: value.to_owned(),
                path,
            });
        }
    }

    /// Opens an address of the provider; redirects are not followed.
    pub fn get(&mut self, address: &str) -> Response {
        let target = self.origin.target(address);
        self.send(Request::get(&target))
    }

    /// Opens an authorization request ([`App::pairs`] says what `extra` means).
    pub fn open(&mut self, app: &App, extra: &[(&str, &str)]) -> Response {
        self.send(Request::get(&app.target(extra)))
    }

    /// Calls the Experience API as the pages do; `path` is what follows `/api/experience`.
    pub fn experience(&mut self, method: &str, path: &str, body: &Value) -> Response {
        self.send(Request::json(method, &format!("/api/experience{path}"), body))
    }

    /// The page's part of a password sign-in, once it is open; answers `redirectTo`.
    pub fn enter_password(&mut self, username: &str, password: &str) -> String {
        self.begin("SignIn");
        let identifier = json!({ "type": "username", "value": username });
        let body = json!({ "identifier": identifier, "password": password });
        let verified = self.experience("POST", "/verification/password", &body).expect(200).json();
        let body = json!({ "verificationId": verified["verificationId"] });
        let _ = self.experience("POST", "/identification", &body).expect(204);
        self.submit()
    }

    /// The page's part of a sign-in without proof, as a person who is made up on the spot; answers `redirectTo`.
    pub fn become_somebody_new(&mut self) -> String {
        self.begin("SignIn");
        let body = json!({ "newPerson": true });
        let verified = self
            .experience("POST", "/verification/development-sign-in", &body)
            .expect(200)
            .json();
        let body = json!({ "verificationId": verified["verificationId"] });
        let identified = self.experience("POST", "/identification", &body);
        assert!(matches!(identified.status, 201 | 204), "{}", identified.text());
        self.submit()
    }

    /// `PUT /api/experience`.
    pub fn begin(&mut self, event: &str) {
        let _ = self.experience("PUT", "", &json!({ "interactionEvent": event })).expect(204);
    }

    /// `POST /api/experience/submit`; answers `redirectTo`.
    ///
    /// # Panics
    /// When it is refused.
    pub fn submit(&mut self) -> String {
        let answer = self.experience("POST", "/submit", &json!({})).expect(200).json();
        answer["redirectTo"].as_str().expect("submit says where to go").to_owned()
    }

    /// Follows redirects from an address of the provider until one leads away or something is shown.
    ///
    /// # Panics
    /// When they lead in a circle.
    pub fn follow(&mut self, address: &str) -> Response {
        let mut response = self.get(address);
        for _ in 0..8 {
            let stays = response
                .header("location")
                .filter(|to| to.starts_with('/') || to.starts_with(&format!("{}/", self.origin.endpoint())))
                .map(str::to_owned);
            match stays {
                Some(to) => response = self.get(&to),
                None => return response,
            }
        }
        panic!("{address} leads in a circle")
    }

    /// A whole sign-in as alice, with her password, up to the answer that reaches the application.
    pub fn sign_in(&mut self, app: &App, extra: &[(&str, &str)]) -> Callback {
        self.sign_in_as("alice", app, extra)
    }

    /// A whole sign-in as somebody.
    pub fn sign_in_as(&mut self, username: &str, app: &App, extra: &[(&str, &str)]) -> Callback {
        let page = self.open(app, extra).expect(303);
        let _ = self.get(page.location()).expect(200);
        let redirect_to = self.enter_password(username, PASSWORD);
        let answer = self.follow(&redirect_to);
        app.callback(&answer)
    }

    /// Signs out; answers where that leads.
    ///
    /// # Panics
    /// When the page has no form.
    pub fn sign_out(&mut self, query: &str) -> Response {
        let page = self.get(&format!("/oidc/session/end?{query}")).expect(200).text();
        let xsrf = page
            .split("name=\"xsrf\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("the sign-out page has a form");
        self.send(Request::form("/oidc/session/end/confirm", &[("xsrf", xsrf), ("logout", "yes")]))
    }
}
