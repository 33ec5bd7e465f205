use super::*;
use crate::testing::{grant, house};
use vestibule_core::testing::START;

#[test]
fn browsers_are_known_by_their_state_until_many_others_came() {
    let simulator = Simulator::default();
    simulator.expect("first", &LiveId::from("l1"));
    assert_eq!(simulator.expected("first"), Some(LiveId::from("l1")));
    assert_eq!(simulator.expected("other"), None);
    for n in 0..MOST {
        simulator.expect(&format!("s{n}"), &LiveId::from("l2"));
    }
    assert_eq!(simulator.expected("first"), None);
    assert_eq!(simulator.memory().expected.entries.len(), MOST);
}

#[test]
fn a_code_works_once_for_a_minute_at_its_own_provider() {
    let (mut world, provider) = house("google-universal");
    let (simulator, id) = (Simulator::default(), provider.connector.id.clone());
    let keep = |code: &str, grant| simulator.keep_code(&id, code, grant, START);
    keep("code", grant(&mut world, &provider, None));
    keep("late", grant(&mut world, &provider, None));
    let look = |code: &str, at| simulator.look_at_code(&id, code, at).err();
    assert_eq!(look("nothing", START), Some(NoCode::Unknown));
    let elsewhere = simulator.look_at_code(&"c2".into(), "code", START);
    assert_eq!(elsewhere.err(), Some(NoCode::Unknown));
    assert_eq!(look("late", START.plus_seconds(59)), None);
    assert_eq!(look("late", START.plus_seconds(60)), Some(NoCode::Expired));

    let expires = START.plus_seconds(3600);
    assert!(simulator.spend("code", "token", expires));
    assert!(!simulator.spend("code", "token 2", expires));
    assert!(simulator.bearer(&id, "token", START).is_some());
    assert!(simulator.bearer(&id, "token 2", START).is_none());
    assert!(simulator.bearer(&"c2".into(), "token", START).is_none());
    assert!(simulator.bearer(&id, "token", expires).is_none());
    assert_eq!(look("code", START), Some(NoCode::Used));
    assert!(
        simulator.bearer(&id, "token", START).is_none(),
        "RFC 6749 4.1.2: a replayed code revokes"
    );
}

#[tokio::test]
async fn keys_are_made_once_and_for_each_provider() {
    let vault = Arc::new(vestibule_core::testing::PlainVault);
    let simulator = Simulator::default();
    let (one, two) = ("c1".into(), "c2".into());
    let (first, again) = tokio::join!(simulator.keys(&one, &vault, START), simulator.keys(&one, &vault, START));
    let (first, again) = (first.ok().unwrap(), again.ok().unwrap());
    assert!(Arc::ptr_eq(&first, &again));
    let other = simulator.keys(&two, &vault, START).await.ok().unwrap();
    assert_ne!(first.ring.jwks(), other.ring.jwks());
    assert_ne!(first.ring.jwks(), first.unknown.jwks());
}
