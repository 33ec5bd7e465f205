//! People made up for lists, searches and load: the same seed makes the same people, whenever and wherever.

use super::names::{CULTURES, Name};
use super::taken;
use crate::console::{Answer, ROWS, problem};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, MadeUp, TypedPassword};
use vestibule_core::ids::UserId;
use vestibule_core::model::{Address, Profile, Role, RoleType, User};
use vestibule_core::{Cx, StoreError, Timestamp};

/// Most people made at once.
const MOST: u32 = 1_000;
const NOTE: &str = "made up, seed ";

/// Whether a note is that of a made-up person.
pub(super) fn is_note(note: &str) -> bool {
    note.starts_with(NOTE)
}

/// SplitMix64: numbers that depend on the seed and nothing else. They decide nothing but names.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`.
    fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() % sides.max(1) as u64).unwrap_or_default()
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        from.get(self.below(from.len()))
    }
}

/// The person that a seed makes at a place, but for their password.
fn person(seed: u32, place: u32, now: Timestamp) -> User {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // Each place has dice of its own, so that ten people are the first ten of a thousand.
    let mut dice = Dice((u64::from(seed) << 32) | u64::from(place));
    let id = (0..12).map(|_| char::from(DIGITS[dice.below(DIGITS.len())])).collect();
    let mut user = User::new(UserId(id), now);
    user.demo_note = Some(format!("{NOTE}{seed}"));
    let Some(culture) = dice.pick(CULTURES) else { return user };
    let nobody: Name = ("", "");
    let (given, given_ascii) = dice.pick(culture.given).copied().unwrap_or(nobody);
    let (family, family_ascii) = dice.pick(culture.family).copied().unwrap_or(nobody);
    let (first, last) = if culture.family_first { (family, given) } else { (given, family) };
    let number = place + 1;
    user.name = Some(format!("{first}{}{last}", culture.between));
    user.username = Some(format!("{given_ascii}_{family_ascii}{number}"));
    // Most have an address, some a number too, a few a number only.
    let kind = dice.below(10);
    if kind < 8 {
        user.primary_email = Some(format!("{given_ascii}.{family_ascii}{number}@example.test"));
    }
    if kind >= 5 {
        // No area code 555 is given out in the North American plan.
        user.primary_phone = Some(format!("1555{:03}{:04}", seed % 1_000, number));
    }
    user.profile = Profile {
        given_name: Some(given.to_owned()),
        family_name: Some(family.to_owned()),
        locale: Some(culture.locale.to_owned()),
        zoneinfo: Some(culture.zone.to_owned()),
        ..Profile::default()
    };
    if dice.one_in(3) {
        let (year, month, day) = (1_940 + dice.below(66), 1 + dice.below(12), 1 + dice.below(28));
        user.profile.birthdate = Some(format!("{year}-{month:02}-{day:02}"));
    }
    if dice.one_in(4) {
        user.profile.address = Some(Address {
            locality: Some(culture.city.to_owned()),
            country: Some(culture.country.to_owned()),
            ..Address::default()
        });
    }
    if dice.one_in(5) {
        let plan = ["free", "plus", "team"][dice.below(3)];
        user.custom_data.insert("plan".into(), plan.into());
    }
    user
}

/// Gives way where somebody else has an identifier already: the username and address get the seed behind them, the number goes.
fn give_way(cx: &Cx<'_>, user: &mut User, seed: u32) -> Result<Result<(), ConsoleProblem>, StoreError> {
    for _ in 0..4 {
        let texts = [&user.username, &user.primary_email, &user.primary_phone].map(|text| text.as_deref());
        let Some(problem) = taken(cx, &user.id, texts[0], texts[1], texts[2])? else {
            return Ok(Ok(()));
        };
        match problem.field.as_deref() {
            Some("username") => user.username = user.username.take().map(|name| format!("{name}_{seed}")),
            Some("primaryEmail") => {
                user.primary_email = user.primary_email.take().map(|email| email.replace('@', &format!("-{seed}@")));
            }
            Some("primaryPhone") => user.primary_phone = None,
            _ => return Ok(Err(problem)),
        }
    }
    Ok(Err(problem(
        "user.username_already_in_use",
        format!("Somebody else has the names that seed {seed} makes. Choose another seed."),
    )))
}

/// The default roles, each given to all of them at once.
fn give_roles(cx: &mut Cx<'_>, people: &[UserId]) -> Result<(), StoreError> {
    for role in cx.list::<Role>(ROWS)? {
        if role.is_default && role.kind == RoleType::User {
            let mut role = role.as_ref().clone();
            role.user_ids.extend(people.iter().cloned());
            cx.put(&role)?;
        }
    }
    Ok(())
}

impl Engine {
    /// All share one password and one hash of it: a hash for each would take a thousand times 15 ms, and hide from nobody
    /// that the password is the same. Whoever changes theirs gets a hash with a salt of its own.
    pub(in crate::console) async fn make_up_people(self: &Arc<Self>, count: u32, seed: u32, password: Option<TypedPassword>) -> Answer {
        if !(1..=MOST).contains(&count) {
            return Err(ConsoleProblem {
                field: Some("count".into()),
                ..problem("guard.invalid_input", format!("Must be 1 to {MOST} people."))
            });
        }
        let hash = match password {
            Some(typed) if !typed.0.is_empty() => Some(self.hash(&typed.0).await?),
            _ => None,
        };
        let made_up = self
            .commit(move |cx| {
                let mut made = Vec::new();
                for place in 0..count {
                    let mut user = person(seed, place, cx.now);
                    if cx.get::<User>(user.id.as_str())?.is_some() {
                        continue;
                    }
                    if let Err(problem) = give_way(cx, &mut user, seed)? {
                        return Ok(Err(problem));
                    }
                    user.set_password(hash.clone(), cx.now);
                    cx.put(&user)?;
                    made.push(user.id);
                }
                give_roles(cx, &made)?;
                let made = u32::try_from(made.len()).unwrap_or(u32::MAX);
                Ok(Ok(MadeUp { made, kept: count - made }))
            })
            .await?;
        Ok(ConsoleReply::MadeUp(made_up))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use vestibule_core::model::{check_email, check_username, normalize_phone};

    #[test]
    fn a_seed_makes_the_same_people_and_another_seed_others() {
        let texts = |seed| {
            (0..50)
                .map(|place| format!("{:?}", person(seed, place, Timestamp(0))))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(7), texts(7));
        assert!(texts(7).iter().zip(texts(8)).all(|(a, b)| *a != b));
    }

    #[test]
    fn a_thousand_are_all_different_and_may_be_stored() {
        let people: Vec<User> = (0..MOST).map(|place| person(1, place, Timestamp(0))).collect();
        let distinct = |of: &dyn Fn(&User) -> Option<String>| {
            let all: Vec<String> = people.iter().filter_map(of).collect();
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            all.len()
        };
        assert_eq!(distinct(&|user| Some(user.id.0.clone())), 1_000);
        assert_eq!(distinct(&|user| user.username.clone()), 1_000);
        assert!((700..900).contains(&distinct(&|user| user.primary_email.clone())));
        assert!(distinct(&|user| user.primary_phone.clone()) > 300);
        for user in &people {
            check_username(user.username.as_ref().unwrap()).unwrap();
            assert!(user.primary_email.as_ref().is_none_or(|email| check_email(email).is_ok()));
            assert!(user.primary_phone.as_ref().is_none_or(|phone| normalize_phone(phone).is_ok()));
            assert!(user.id.0.len() == 12 && user.name.as_ref().unwrap().chars().count() > 1);
        }
        let locales: BTreeSet<_> = people.iter().filter_map(|user| user.profile.locale.clone()).collect();
        assert_eq!(locales.len(), CULTURES.len());
    }
}
