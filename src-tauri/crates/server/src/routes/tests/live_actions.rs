//! What the window does about a live session, and what browser and client see of it.

use super::*;
use vestibule_core::console::{ConsoleReply, ConsoleRequest, SessionActions, SessionPause, WaitsFor};
use vestibule_core::experience::DENIALS;
use vestibule_core::live::{LiveStatus, LiveSummary, Step};

const BACK: &str = "https://shop.example.test/cb";

impl House {
    /// A browser that waits on the sign-in page.
    async fn waiting(more: &str) -> Self {
        let mut house = Self::furnished(more).await;
        expect(&house.get(&format!("/oidc/auth?{AUTH}")).await, 303);
        house
    }

    fn session(&self) -> LiveSummary {
        self.engine.recorder.sessions(1, self.engine.now()).remove(0)
    }

    fn last_step(&self) -> Step {
        self.engine.steps(self.session().id.as_str()).pop().unwrap()
    }

    async fn window(&self, request: ConsoleRequest) -> Result<String, String> {
        match self.engine.console(request).await {
            Ok(ConsoleReply::Done(text)) => Ok(text),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => Err(format!("{}: {}", problem.code, problem.message)),
        }
    }

    fn id(&self) -> String {
        self.session().id.0
    }

    async fn actions(&self) -> SessionActions {
        match self.engine.console(ConsoleRequest::SessionActions { id: self.id() }).await.unwrap() {
            ConsoleReply::SessionActions(actions) => actions,
            other => panic!("{other:?}"),
        }
    }

    async fn continue_as(&self, user: Option<&str>) -> Result<String, String> {
        let user_id = user.map(str::to_owned);
        self.window(ConsoleRequest::ContinueAs { id: self.id(), user_id }).await
    }

    async fn fail_as(&self, error: &str) -> Result<String, String> {
        let (error, description) = (error.to_owned(), Some("from the window".to_owned()));
        self.window(ConsoleRequest::FailAs {
            id: self.id(),
            error,
            description,
        })
        .await
    }

    async fn wait(&mut self, query: &str) -> Response {
        let target = format!("/oidc/auth/{}/wait{query}", self.uid());
        self.get(&target).await
    }

    /// Another request of the same browser, beside the test.
    fn meanwhile(&self, target: String) -> tokio::task::JoinHandle<Response> {
        let mut twin = Self {
            engine: self.engine.clone(),
            cookies: self.cookies.clone(),
            headers: self.headers.clone(),
        };
        tokio::spawn(async move { twin.get(&target).await })
    }

    /// Resolves once so many requests of a session wait. They come on this thread, at the next turns.
    async fn held(&self, live: &str, count: usize) {
        for _ in 0..1000 {
            if self.pause(live).map_or(0, |pause| pause.held.len()) == count {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{count} requests should wait: {:?}", self.pause(live));
    }

    fn pause(&self, live: &str) -> Option<SessionPause> {
        self.engine.recorder.summary(&live.into()).unwrap().pause
    }
}

#[tokio::test]
async fn a_waiting_page_goes_on_when_it_is_continued_as_somebody() {
    let mut house = House::waiting("").await;
    let actions = house.actions().await;
    assert_eq!(
        (actions.waits_for, actions.decided, actions.stays),
        (Some(WaitsFor::SignIn), false, None)
    );
    assert_eq!(actions.page.as_deref(), Some("http://localhost:3001/sign-in?app_id=shop"));
    assert_eq!((actions.no_continue, actions.no_end, actions.no_pause), (None, None, None));
    let page = text(&house.get("/sign-in").await);
    assert!(page.contains(&format!("\"follow\":\"/auth/{}/wait\"", house.uid())), "{page}");
    expect(&house.wait("?hold=0").await, 204);
    let waiting = house.meanwhile(format!("/oidc/auth/{}/wait", house.uid()));

    let said = house.continue_as(Some("alicearcher1")).await.unwrap();
    assert_eq!(said, "Continued as Alice Archer. The browser goes on by itself.");
    let told = waiting.await.unwrap();
    expect(&told, 200);
    let to = json(&told)["redirectTo"].as_str().unwrap().to_owned();
    assert_eq!(to, format!("http://localhost:3001/oidc/auth/{}", house.uid()));
    assert!(house.actions().await.decided);
    let step = house.last_step();
    assert_eq!((step.method.as_str(), step.status, step.wire), ("", 0, false));
    assert_eq!(house.session().headline, "Alice Archer · continued in the window");

    // A page without the wait goes on when it is loaded again.
    assert_eq!(location(&house.get("/sign-in").await), to);
    let path = to.trim_start_matches("http://localhost:3001").to_owned();
    assert_eq!(location(&house.get(&path).await), "/consent?app_id=shop");
    let consent = house.get("/consent").await;
    let back = location(&consent).trim_start_matches("http://localhost:3001").to_owned();
    assert!(location(&house.get(&back).await).starts_with(&format!("{BACK}?code=")));
    assert_eq!(house.session().user_name.as_deref(), Some("Alice Archer"));
    // Now nothing waits any more.
    let actions = house.actions().await;
    assert_eq!((actions.waits_for, actions.page), (None, None));
    for refused in [house.continue_as(None).await, house.fail_as("access_denied").await] {
        assert!(refused.unwrap_err().starts_with("session.not_found: "));
    }
}

#[tokio::test]
async fn only_the_browser_that_began_it_can_wait() {
    let mut house = House::waiting("").await;
    let path = format!("/oidc/auth/{}/wait", house.uid());
    let nothing = json(&house.get("/oidc/auth/nothing/wait").await);
    for (name, value) in [
        ("_interaction_resume", ""),
        ("_interaction_resume.sig", "forged"),
        ("_interaction_resume", "other"),
    ] {
        let mut stranger = House {
            engine: house.engine.clone(),
            cookies: house.cookies.clone(),
            headers: Vec::new(),
        };
        stranger.cookies.remove("_interaction");
        stranger.cookies.insert(name.into(), value.into());
        let answer = stranger.get(&path).await;
        expect(&answer, 400);
        assert_eq!(json(&answer), nothing, "a stranger hears what is said of no interaction at all");
    }
    let steps = house.session().steps;
    expect(&house.wait("?hold=0").await, 204);
    assert_eq!(house.session().steps, steps, "asking leaves no step");

    let mut off = House::waiting("[provider]\ndevelopmentSignIn = false\n").await;
    expect(&off.wait("?hold=0").await, 404);
    assert!(!text(&off.get("/sign-in").await).contains("\"follow\""));
    let actions = off.actions().await;
    assert!(actions.no_continue.unwrap().contains("Development sign-in is off"));
    assert!(actions.stays.unwrap().contains("Reload it"));
    assert!(off.continue_as(Some("alicearcher1")).await.unwrap_err().contains("switched off"));
    assert!(
        off.fail_as("access_denied")
            .await
            .unwrap()
            .ends_with("Reload the page in the browser to go on.")
    );
}

#[tokio::test]
async fn each_denial_reaches_the_client_with_state_and_issuer() {
    for error in DENIALS {
        let mut house = House::waiting("").await;
        let waiting = house.meanwhile(format!("/oidc/auth/{}/wait", house.uid()));
        house.fail_as(error).await.unwrap();
        expect(&waiting.await.unwrap(), 200);
        let back = house.get(&format!("/oidc/auth/{}", house.uid())).await;
        let expected = format!("{BACK}?error={error}&error_description=from+the+window&state=s+1&iss=http%3A%2F%2Flocalhost%3A3001%2Foidc");
        assert_eq!(location(&back), expected);
        assert_eq!(
            (house.session().status, house.session().outcome.as_ref()),
            (LiveStatus::Failed, error)
        );
    }
    let house = House::waiting("").await;
    let refused = house.fail_as("teapot").await.unwrap_err();
    assert!(
        refused.starts_with("guard.invalid_input: The sign-in can't fail like this. `error` must be one of"),
        "{refused}"
    );
    assert_eq!(house.session().steps, 1, "a refusal leaves no step");
}

#[tokio::test]
async fn an_expired_session_is_answered_as_after_its_hour() {
    let mut house = House::waiting("").await;
    let waiting = house.meanwhile(format!("/oidc/auth/{}/wait", house.uid()));
    house.window(ConsoleRequest::ExpireSession { id: house.id() }).await.unwrap();
    let told = waiting.await.unwrap();
    expect(&told, 400);
    assert_eq!(json(&told)["code"], "session.not_found");
    let begun = house
        .send(
            Method::PUT,
            "/api/experience",
            "application/json",
            r#"{"interactionEvent":"SignIn"}"#,
        )
        .await;
    expect(&begun, 400);
    assert_eq!(json(&begun)["code"], "session.not_found");
    assert_eq!(house.session().status, LiveStatus::Expired);
}

#[tokio::test]
async fn consent_is_given_in_the_window() {
    let third = "[[applications]]\nid = \"partner\"\nname = \"Partner\"\ntype = \"SPA\"\nisThirdParty = true\nuserConsentScopes = [\"profile\"]\n\
                 oidcClientMetadata.redirectUris = [\"https://shop.example.test/cb\"]\n";
    let mut house = House::furnished(third).await;
    expect(&house.get(&format!("/oidc/auth?{}", AUTH.replace("=shop", "=partner"))).await, 303);
    house.continue_as(Some("alicearcher1")).await.unwrap();
    let hop = house.get(&format!("/oidc/auth/{}", house.uid())).await;
    assert_eq!(location(&hop), "/consent?app_id=partner");
    expect(&house.get("/consent").await, 200);
    assert_eq!(house.actions().await.waits_for, Some(WaitsFor::Consent));
    assert!(
        house
            .continue_as(Some("alicearcher1"))
            .await
            .unwrap_err()
            .contains("Nobody has to sign in here")
    );
    let waiting = house.meanwhile(format!("/oidc/auth/{}/wait", house.uid()));
    let said = house.window(ConsoleRequest::AllowConsent { id: house.id() }).await.unwrap();
    assert!(said.starts_with("Gave consent as Alice Archer."));
    expect(&waiting.await.unwrap(), 200);
    let back = house.get(&format!("/oidc/auth/{}", house.uid())).await;
    assert!(location(&back).starts_with(&format!("{BACK}?code=")), "{}", location(&back));
}

#[tokio::test]
async fn the_next_request_of_a_paused_session_waits() {
    let mut house = House::waiting("").await;
    let live = house.id();
    let pause = ConsoleRequest::PauseSession { id: live.clone() };
    house.window(pause.clone()).await.unwrap();
    let paused = house.session().pause.unwrap();
    assert!(paused.held.is_empty() && paused.until > house.engine.now());

    let page = house.meanwhile("/sign-in".into());
    house.held(&live, 1).await;
    assert_eq!(house.session().pause.unwrap().held[0].what, "GET /sign-in");
    // Other sessions, documents and the wait of the page itself go on.
    expect(&house.get("/oidc/jwks").await, 200);
    expect(&house.wait("?hold=0").await, 204);
    let mut other = House {
        engine: house.engine.clone(),
        cookies: BTreeMap::new(),
        headers: house.headers.clone(),
    };
    expect(&other.get(&format!("/oidc/auth?{AUTH}")).await, 303);

    // One step, and the next waits again.
    let release = |again| ConsoleRequest::ReleaseSession { id: live.clone(), again };
    assert_eq!(
        house.window(release(true)).await.unwrap(),
        "One request goes on; the ones after it wait again."
    );
    expect(&page.await.unwrap(), 200);
    let resume = house.meanwhile(format!("/oidc/auth/{}", house.uid()));
    let steps = |house: &House| house.engine.steps(&live);
    house.held(&live, 1).await;
    house.window(release(false)).await.unwrap();
    expect(&resume.await.unwrap(), 303);
    assert_eq!(house.pause(&live), None);
    let last = steps(&house).pop().unwrap();
    assert!(
        last.because[0].title.starts_with("Waited 0 s, because you paused"),
        "{:?}",
        last.because
    );
    assert!(house.window(release(false)).await.unwrap_err().starts_with("session.not_paused"));

    // The last window goes: nobody is left to release it.
    let watch = house.engine.watch();
    house.window(pause).await.unwrap();
    let page = house.meanwhile("/sign-in".into());
    house.held(&live, 1).await;
    drop(house.engine.watch());
    assert!(house.pause(&live).is_some(), "one still watches");
    drop(watch);
    expect(&page.await.unwrap(), 200);
    assert_eq!(house.pause(&live), None);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_nothing_behind() {
    let house = House::waiting("").await;
    house.window(ConsoleRequest::PauseSession { id: house.id() }).await.unwrap();
    let page = house.meanwhile("/sign-in".into());
    house.held(&house.id(), 1).await;
    page.abort();
    assert!(page.await.unwrap_err().is_cancelled());
    assert_eq!(house.session().pause.unwrap().held, []);
    // Stopping lets everybody go.
    let page = house.meanwhile("/sign-in".into());
    house.held(&house.id(), 1).await;
    house.engine.shutdown().await;
    page.await.unwrap();
}

#[tokio::test]
async fn a_token_request_waits_too() {
    let mut house = House::open().await;
    expect(&house.get(&format!("/oidc/auth?{AUTH}")).await, 303);
    house.continue_as(Some("alicearcher1")).await.unwrap();
    expect(&house.get(&format!("/oidc/auth/{}", house.uid())).await, 303);
    let consent = house.get("/consent").await;
    let back = location(&consent).trim_start_matches("http://localhost:3001").to_owned();
    let sent = house.get(&back).await;
    let code = location(&sent).split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let live = house.id();
    house.window(ConsoleRequest::PauseSession { id: live.clone() }).await.unwrap();
    let form = format!(
        "grant_type=authorization_code&client_id=shop&redirect_uri={BACK}&code={code}&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let mut client = House {
        engine: house.engine.clone(),
        cookies: BTreeMap::new(),
        headers: Vec::new(),
    };
    let redeem = tokio::spawn(async move {
        client
            .send(Method::POST, "/oidc/token", "application/x-www-form-urlencoded", &form)
            .await
    });
    house.held(&house.id(), 1).await;
    assert_eq!(house.session().pause.unwrap().held[0].what, "POST /oidc/token");
    house
        .window(ConsoleRequest::ReleaseSession { id: live, again: false })
        .await
        .unwrap();
    let tokens = redeem.await.unwrap();
    expect(&tokens, 200);

    // Userinfo belongs to the session as well.
    house.window(ConsoleRequest::PauseSession { id: house.id() }).await.unwrap();
    let bearer = format!("Bearer {}", json(&tokens)["access_token"].as_str().unwrap());
    let mut client = House {
        engine: house.engine.clone(),
        cookies: BTreeMap::new(),
        headers: vec![("authorization", bearer)],
    };
    let asked = tokio::spawn(async move { client.get("/oidc/me").await });
    house.held(&house.id(), 1).await;
    house.window(ConsoleRequest::ClearSessions).await.unwrap();
    expect(&asked.await.unwrap(), 200);
}
