//! The window decides: continue as, fail as, expire; and what the page can still do then.

use super::*;
use crate::live::LiveStatus;

impl Page {
    /// A decision of the window: as the server commits it, or `Err` with the reason's title.
    fn window<T>(&mut self, rule: impl FnOnce(&mut Cx<'_>, &InteractionId) -> Ruling<T>) -> Result<T, String> {
        let id = self.id.clone();
        let (ruling, trail) = self.world.write(|cx| {
            let ruling = rule(cx, &id)?;
            if ruling.is_err() {
                cx.forget();
            }
            Ok::<_, crate::StoreError>(ruling)
        });
        self.trail = trail;
        ruling.unwrap().map_err(|_| {
            let refused = self.trail.because.iter().find(|b| b.outcome == Outcome::Refused);
            refused.unwrap().title.clone().into_owned()
        })
    }

    fn continue_as(&mut self, choice: DevelopmentChoice) -> Result<String, String> {
        self.window(|cx, id| continue_as(cx, id, &choice, ISSUER))
    }

    fn fail_as(&mut self, error: &str, description: Option<&str>) -> Result<(), String> {
        self.window(|cx, id| fail_as(cx, id, error, description))
    }
}

fn as_alice() -> DevelopmentChoice {
    DevelopmentChoice::Person(ALICE.into())
}

#[test]
fn a_sign_in_is_continued_as_somebody_wherever_the_page_is() {
    for event in [
        None,
        Some(InteractionEvent::SignIn),
        Some(InteractionEvent::Register),
        Some(InteractionEvent::ForgotPassword),
    ] {
        let mut page = Page::new();
        if let Some(event) = event {
            page.put(event).unwrap();
        }
        assert_eq!(page.continue_as(as_alice()).unwrap(), "Alice Archer", "{event:?}");
        let result = page.state().result;
        assert_eq!((result.login, result.by_window), (Some(ALICE.into()), true), "{event:?}");
        assert_eq!(page.trail.kind, StepKind::Engine);
        assert!(
            page.trail
                .because
                .iter()
                .any(|b| b.rule == "window.continue_as" && b.title.contains("Alice Archer"))
        );
        // No page asked for anything, so no arrow says so.
        assert!(
            page.trail.arrows.iter().all(|arrow| arrow.from == arrow.to),
            "{:?}",
            page.trail.arrows
        );
        assert_eq!(page.trail.patch.user.as_ref().unwrap().1, "Alice Archer");
    }
}

#[test]
fn somebody_may_be_made_up_for_it() {
    let mut page = Page::new();
    let name = page.continue_as(DevelopmentChoice::NewPerson).unwrap();
    let result = page.state().result;
    let made = page.user(result.login.unwrap().as_str());
    assert_eq!(made.display_name(), name);
    assert!(result.registered);
}

#[test]
fn nobody_is_continued_as_who_may_not_sign_in() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let before = page.world.view.clone();
    let refusals = [
        (DevelopmentChoice::Person(BOB.into()), "The chosen person is suspended"),
        (DevelopmentChoice::Person("nobody".into()), "The chosen person is not there"),
    ];
    for (choice, title) in refusals {
        assert_eq!(page.continue_as(choice).unwrap_err(), title);
    }
    page.world.put(&interaction("int1"));
    page.development(false);
    assert_eq!(page.continue_as(as_alice()).unwrap_err(), "Development sign-in is switched off");
    page.development(true);
    page.world.put(&Interaction {
        prompt: PromptName::Consent,
        ..interaction("int1")
    });
    assert_eq!(page.continue_as(as_alice()).unwrap_err(), "Nobody has to sign in here");
    page.id = "gone".into();
    assert_eq!(page.continue_as(as_alice()).unwrap_err(), "There is no such interaction");
    // A refusal leaves everything as it was.
    let mut again = Page::begun(InteractionEvent::SignIn);
    again.continue_as(DevelopmentChoice::Person(BOB.into())).unwrap_err();
    assert_eq!(again.world.view, before);
}

#[test]
fn every_denial_ends_it_with_that_error() {
    for error in DENIALS {
        let mut page = Page::begun(InteractionEvent::SignIn);
        page.fail_as(error, Some("chosen in the window")).unwrap();
        let result = page.state().result;
        assert_eq!(result.error.as_deref(), Some(error));
        assert_eq!(result.error_description.as_deref(), Some("chosen in the window"));
        assert!(result.by_window && result.login.is_none());
        assert_eq!(page.trail.because.last().unwrap().input.as_deref(), Some(error));
    }
    let mut page = Page::begun(InteractionEvent::SignIn);
    for (error, description) in [("nope", None), ("access_denied", Some("say \"no\"")), ("access_denied", Some("nö"))] {
        assert_eq!(page.fail_as(error, description).unwrap_err(), "The sign-in can't fail like this");
    }
    assert!(page.state().result.error.is_none());
}

#[test]
fn what_the_window_decided_no_page_takes_back() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.fail_as("login_required", None).unwrap();
    // The person goes on at the same moment, knowing nothing of it.
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    assert_eq!(page.submit().unwrap(), format!("{ISSUER}/auth/int1"));
    let result = page.state().result;
    assert_eq!((result.error.as_deref(), result.login), (Some("login_required"), None));
    let body = serde_json::json!({});
    assert_eq!(
        page.call(|cx, id| abort(cx, id, &body, ISSUER)).unwrap(),
        format!("{ISSUER}/auth/int1")
    );
    assert_eq!(page.state().result.error.as_deref(), Some("login_required"));
    assert!(page.trail.because.iter().any(|b| b.rule == "window.decided"));
    // Only the window changes its mind.
    page.continue_as(as_alice()).unwrap();
    let result = page.state().result;
    assert_eq!((result.error, result.login), (None, Some(ALICE.into())));
    page.fail_as("server_error", None).unwrap();
    assert_eq!(page.state().result.login, None);
}

#[test]
fn whoever_had_just_signed_in_gives_way_to_the_window() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    page.submit().unwrap();
    assert_eq!(page.continue_as(DevelopmentChoice::Person(CAROL.into())).unwrap(), "Carol Clark");
    assert_eq!(page.state().result.login, Some(CAROL.into()));
}

#[test]
fn an_expired_sign_in_is_gone() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.window(expire).unwrap();
    assert_eq!(page.state_event(), None);
    assert_eq!(page.trail.patch.status, Some(LiveStatus::Expired));
    assert_eq!(page.trail.kind, StepKind::Engine);
    let problem = page.submit().unwrap_err();
    assert_eq!((problem.status, problem.code), (400, "session.not_found"));
    assert_eq!(page.window(expire).unwrap_err(), "There is no such interaction");
}
