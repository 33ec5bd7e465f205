//! From a provider's answer to Logto's words (sheet 6.3): id, name, picture, and only what the provider vouches for.

use super::{dropped, passed, refused, shown};
use serde_json::{Map, Value, json};
use vestibule_core::because::Because;
use vestibule_core::connectors::{Upstream, UpstreamUser};
use vestibule_core::experience::identifier::is_email;
use vestibule_core::model::Shape;

const RULE: &str = "connector.profile";
const SOURCE: &str = "Logto 6.3";
/// Most bytes of an id (OpenID Connect Core section 2 allows 255).
const LONGEST_ID: usize = 255;
/// Most characters of a name (Logto's column).
const LONGEST_NAME: usize = 128;
/// Most bytes of a picture address (Logto's column).
const LONGEST_AVATAR: usize = 2048;
/// Most digits of a phone number (E.164 has 15).
const LONGEST_PHONE: usize = 15;
/// Most bytes that are kept of what the provider said.
const LONGEST_RAW: usize = 16 * 1024;
/// The tenant of personal Microsoft accounts.
const MICROSOFT_PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

type Object = Map<String, Value>;

/// What a provider told of a person.
pub(super) enum Told {
    /// The claims of an ID token.
    Claims(Object),
    /// The claims of Apple's, and the `user` that the first callback carries.
    Apple(Object, Option<Value>),
    /// The user endpoint's answer, and the claims of the ID token beside it.
    UserInfo(Object, Option<Object>),
    /// GitHub's user, and the e-mail addresses.
    GitHub(Object, Option<Value>),
}

/// Whether an address or number is the person's, by the provider's word.
enum Vouched {
    Yes,
    No(&'static str),
}

/// A person in the making.
struct Draft<'u> {
    upstream: &'u Upstream,
    user: UpstreamUser,
    cards: Vec<Because>,
}

/// Apple's `user` member of a callback: JSON, as text in a form.
pub(super) fn apple_user(callback: &Object) -> Option<Value> {
    let user = match callback.get("user")? {
        Value::String(text) if text.len() <= LONGEST_RAW => serde_json::from_str(text).ok()?,
        Value::Object(user) => Value::Object(user.clone()),
        _ => return None,
    };
    user.is_object().then_some(user)
}

/// What a signed assertion tells of a person, within the same bounds. Its provider vouches for the address by signing.
///
/// # Errors
/// As [`read`].
pub(super) fn of_assertion(upstream: &Upstream, said: UpstreamUser) -> Result<(UpstreamUser, Vec<Because>), Box<Because>> {
    let mut draft = Draft {
        upstream,
        user: UpstreamUser::default(),
        cards: Vec::new(),
    };
    draft.id(Some(&Value::String(said.id)))?;
    draft.name(said.name.as_deref());
    draft.email(said.email.as_deref(), || Vouched::Yes);
    draft.user.raw_data = bounded(said.raw_data, &mut draft.cards);
    Ok((draft.user, draft.cards))
}

/// Reads what was told. Answers the person, and cards of what was taken and what was not.
///
/// # Errors
/// The card of an answer without a usable id.
pub(super) fn read(upstream: &Upstream, told: Told) -> Result<(UpstreamUser, Vec<Because>), Box<Because>> {
    let mut draft = Draft {
        upstream,
        user: UpstreamUser::default(),
        cards: Vec::new(),
    };
    let raw = match told {
        Told::Claims(claims) if upstream.shape == Shape::Microsoft => {
            draft.id(claims.get("oid").or_else(|| claims.get("sub")))?;
            draft.name(text(&claims, "name"));
            draft.avatar(text(&claims, "picture"));
            draft.email(text(&claims, "email"), || microsoft_vouches(upstream, &claims));
            Value::Object(claims)
        }
        Told::Claims(claims) => {
            draft.standard(&claims, None)?;
            Value::Object(claims)
        }
        Told::Apple(mut claims, user) => {
            draft.id(claims.get("sub"))?;
            draft.name(user.as_ref().and_then(apple_name).as_deref().or_else(|| text(&claims, "name")));
            draft.email(text(&claims, "email"), || {
                flag(claims.get("email_verified"), true, upstream.trust_unverified_email)
            });
            if let Some(user) = user {
                claims.insert("user".into(), user);
            }
            Value::Object(claims)
        }
        Told::GitHub(info, emails) => {
            draft.id(info.get("id"))?;
            draft.name(text(&info, "name").or_else(|| text(&info, "login")));
            draft.avatar(text(&info, "avatar_url"));
            draft.github_email(emails.as_ref());
            json!({ "userInfo": info, "userEmails": emails })
        }
        Told::UserInfo(info, claims) => {
            draft.user_endpoint(&info, claims.as_ref())?;
            Value::Object(info)
        }
    };
    draft.user.raw_data = bounded(raw, &mut draft.cards);
    draft.told();
    Ok((draft.user, draft.cards))
}

impl Draft<'_> {
    /// The answer of a user endpoint, by the provider's own names.
    fn user_endpoint(&mut self, info: &Object, claims: Option<&Object>) -> Result<(), Box<Because>> {
        let upstream = self.upstream;
        match upstream.shape {
            Shape::Facebook => {
                self.id(info.get("id"))?;
                self.name(text(info, "name"));
                self.avatar(
                    info.get("picture")
                        .and_then(|p| p.pointer("/data/url").or(Some(p)))
                        .and_then(Value::as_str),
                );
                self.email(text(info, "email"), || unless_denied(info, "email", upstream.string_booleans));
            }
            Shape::Discord => {
                self.id(info.get("id"))?;
                self.name(text(info, "global_name").or_else(|| text(info, "username")));
                let hash = text(info, "avatar");
                let picture = hash.map(|hash| {
                    if hash.contains('/') {
                        return hash.to_owned();
                    }
                    format!("https://cdn.discordapp.com/avatars/{}/{hash}", self.user.id)
                });
                self.avatar(picture.as_deref());
                self.email(text(info, "email"), || flag(info.get("verified"), upstream.string_booleans, false));
            }
            Shape::X => {
                let empty = Object::new();
                let data = info.get("data").and_then(Value::as_object).unwrap_or(&empty);
                self.id(data.get("id"))?;
                self.name(text(data, "name").or_else(|| text(data, "username")));
                self.avatar(text(data, "profile_image_url"));
            }
            Shape::OAuth2 => self.mapped(info)?,
            _ => self.standard(info, claims)?,
        }
        Ok(())
    }

    /// The standard claims (OpenID Connect Core section 5.1). What `first` does not have is looked for in `second`, which
    /// is about the same person.
    fn standard(&mut self, first: &Object, second: Option<&Object>) -> Result<(), Box<Because>> {
        let upstream = self.upstream;
        let strings = upstream.string_booleans;
        let sources: Vec<&Object> = [Some(first), second].into_iter().flatten().collect();
        let found = |member: &str| sources.iter().find_map(|source| text(source, member));
        self.id(first.get("sub"))?;
        self.name(found("name"));
        self.avatar(found("picture"));
        // A word about an address counts for the source that has the address; elsewhere for the very same address.
        let email = found("email");
        self.email(email, || {
            let same = sources.iter().filter(|source| text(source, "email") == email);
            let word = same
                .filter_map(|source| source.get("email_verified").filter(|word| !word.is_null()))
                .next();
            flag(word, strings, upstream.trust_unverified_email)
        });
        let phone = sources.iter().find_map(|source| {
            let number = text(source, "phone").or_else(|| text(source, "phone_number"))?;
            let word = source.get("phone_verified").or_else(|| source.get("phone_number_verified"));
            Some((number, flag(word, strings, false)))
        });
        if let Some((number, vouched)) = phone {
            self.phone(number, &vouched);
        }
        Ok(())
    }

    /// The members that the connector's `profileMap` names.
    fn mapped(&mut self, info: &Object) -> Result<(), Box<Because>> {
        let upstream = self.upstream;
        let map = &upstream.profile_map;
        let at = |own: Option<&String>, usual: &'static str| member(info, own.map_or(usual, String::as_str));
        let scalar = |value: Option<&Value>| value.and_then(as_text);
        self.id(at(map.id.as_ref(), "id").map(|(_, value)| value))?;
        let [name, avatar] =
            [(&map.name, "name"), (&map.avatar, "avatar")].map(|(own, usual)| scalar(at(own.as_ref(), usual).map(|(_, v)| v)));
        self.name(name.as_deref());
        self.avatar(avatar.as_deref());
        let email_member = last(map.email.as_deref().unwrap_or("email"));
        if let Some((holder, value)) = at(map.email.as_ref(), "email") {
            self.email(value.as_str(), || unless_denied(holder, email_member, upstream.string_booleans));
        }
        let phone_member = last(map.phone.as_deref().unwrap_or("phone"));
        if let Some((holder, value)) = at(map.phone.as_ref(), "phone")
            && let Some(number) = as_text(value)
        {
            self.phone(&number, &unless_denied(holder, phone_member, upstream.string_booleans));
        }
        Ok(())
    }

    /// The primary address, if it is verified; the public one of a profile says nothing about that.
    fn github_email(&mut self, emails: Option<&Value>) {
        let all = emails.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is = |entry: &Value, member: &str| entry.get(member).and_then(Value::as_bool) == Some(true);
        let Some(primary) = all.iter().find(|entry| is(entry, "primary")) else {
            return;
        };
        self.email(primary.get("email").and_then(Value::as_str), || {
            if is(primary, "verified") {
                Vouched::Yes
            } else {
                Vouched::No("GitHub says that it is not verified")
            }
        });
    }

    fn id(&mut self, value: Option<&Value>) -> Result<(), Box<Because>> {
        let id = value.and_then(as_text).unwrap_or_default();
        if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
            return Err(Box::new(refused(
                RULE,
                format!("{} did not say who it is", self.upstream.name),
                format!("The id is missing, no text or number, or longer than {LONGEST_ID} bytes. Without it nobody can be known again."),
                SOURCE,
            )));
        }
        self.user.id = id;
        Ok(())
    }

    fn name(&mut self, name: Option<&str>) {
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
            return;
        };
        self.user.name = Some(name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect());
    }

    fn avatar(&mut self, avatar: Option<&str>) {
        let Some(avatar) = avatar.filter(|avatar| !avatar.is_empty()) else {
            return;
        };
        let address = url::Url::parse(avatar).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if address && avatar.len() <= LONGEST_AVATAR {
            self.user.avatar = Some(avatar.to_owned());
            return;
        }
        self.cards.push(
            dropped(
                RULE,
                "The picture was not taken",
                format!("It must be an https or http address of at most {LONGEST_AVATAR} bytes."),
                SOURCE,
            )
            .input(shown(avatar)),
        );
    }

    fn email(&mut self, email: Option<&str>, vouched: impl FnOnce() -> Vouched) {
        let Some(email) = email.filter(|email| !email.is_empty()) else {
            return;
        };
        let why = match vouched() {
            _ if !is_email(email) => "it is no e-mail address",
            Vouched::Yes => {
                self.user.email = Some(email.to_owned());
                return;
            }
            Vouched::No(why) => why,
        };
        self.cards.push(
            dropped(
                RULE,
                "The e-mail address was not taken",
                format!(
                    "`{}` is left out because {why}. Whoever can enter any address at {} could sign in as its holder.",
                    shown(email),
                    self.upstream.name
                ),
                SOURCE,
            )
            .input(shown(email)),
        );
    }

    fn phone(&mut self, number: &str, vouched: &Vouched) {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let why = match vouched {
            _ if digits.is_empty() || digits.len() > LONGEST_PHONE => "it is no phone number",
            Vouched::Yes => {
                self.user.phone = Some(digits);
                return;
            }
            Vouched::No(why) => why,
        };
        let detail = format!("`{}` is left out because {why}.", shown(number));
        self.cards
            .push(dropped(RULE, "The phone number was not taken", detail, SOURCE).input(shown(number)));
    }

    /// The card of what was taken.
    fn told(&mut self) {
        let user = &self.user;
        let members = [
            ("name", &user.name),
            ("picture", &user.avatar),
            ("e-mail address", &user.email),
            ("phone number", &user.phone),
        ];
        let taken: Vec<&str> = members.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
        let taken = if taken.is_empty() {
            "nothing else".to_owned()
        } else {
            taken.join(", ")
        };
        let detail = format!("Its id there is `{}`. Taken beside it: {taken}.", shown(&user.id));
        let title = format!("{} told who it is", self.upstream.name);
        self.cards.push(passed(RULE, title, detail, SOURCE).input(shown(&user.id)));
    }
}

fn text<'v>(from: &'v Object, member: &str) -> Option<&'v str> {
    from.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A text, or a whole number as text.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// The member at a dotted path, with the object that holds it. A name that has dots itself comes first.
fn member<'v>(info: &'v Object, path: &str) -> Option<(&'v Object, &'v Value)> {
    if let Some(value) = info.get(path) {
        return Some((info, value));
    }
    let mut names = path.split('.');
    let mut holder = info;
    let mut value = holder.get(names.next()?)?;
    for name in names {
        holder = value.as_object()?;
        value = holder.get(name)?;
    }
    Some((holder, value))
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// A `…_verified` claim. Absent, `trusted` decides.
fn flag(word: Option<&Value>, strings: bool, trusted: bool) -> Vouched {
    match word {
        Some(Value::Bool(true)) => Vouched::Yes,
        Some(Value::String(word)) if strings && word == "true" => Vouched::Yes,
        Some(Value::String(word)) if word == "true" => {
            Vouched::No("the provider says \"true\" as text, and the connector does not accept that (`acceptStringTypedBooleanClaims`)")
        }
        None | Some(Value::Null) if trusted => Vouched::Yes,
        None | Some(Value::Null) => Vouched::No("the provider does not say that it is verified"),
        Some(_) => Vouched::No("the provider says that it is not verified"),
    }
}

/// Providers without such a claim tell only what they have verified, or are trusted by whoever mapped the member. One that
/// says no is believed.
fn unless_denied(holder: &Object, member: &str, strings: bool) -> Vouched {
    let names = [
        format!("{member}_verified"),
        format!("{member}Verified"),
        format!("verified_{member}"),
    ];
    let word = names.iter().find_map(|name| holder.get(name.as_str()));
    flag(word, strings, true)
}

/// Microsoft's `email` is whatever the tenant's administrator entered, so a foreign tenant's is believed only with
/// Microsoft's own word that the domain is the tenant's (`xms_edov`), or for personal accounts. The tenant that the
/// connector names is the operator's own.
fn microsoft_vouches(upstream: &Upstream, claims: &Object) -> Vouched {
    if let Some(word) = claims.get("email_verified") {
        return flag(Some(word), true, false);
    }
    match claims.get("xms_edov") {
        Some(Value::Bool(true)) => return Vouched::Yes,
        Some(Value::String(word)) if word == "1" || word == "true" => return Vouched::Yes,
        Some(Value::Number(word)) if word.as_i64() == Some(1) => return Vouched::Yes,
        Some(_) => return Vouched::No("its domain is not verified as the tenant's (`xms_edov`)"),
        None => {}
    }
    let own_tenant = !upstream.issuers.is_empty();
    if own_tenant || upstream.trust_unverified_email || text(claims, "tid") == Some(MICROSOFT_PERSONAL) {
        return Vouched::Yes;
    }
    Vouched::No(
        "any tenant may sign in, and its administrator can enter any address. Add the optional claim `xms_edov` at Microsoft, or name the tenant",
    )
}

/// First and last name of Apple's `user`.
fn apple_name(user: &Value) -> Option<String> {
    let parts = ["/name/firstName", "/name/lastName"].map(|at| user.pointer(at).and_then(Value::as_str).unwrap_or_default().trim());
    let name = parts.join(" ").trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// What the provider said, without the members that are too large to keep.
fn bounded(raw: Value, cards: &mut Vec<Because>) -> Value {
    let size = |value: &Value| serde_json::to_vec(value).map_or(usize::MAX, |bytes| bytes.len());
    let Value::Object(members) = raw else { return raw };
    let mut left = LONGEST_RAW;
    let mut kept = Object::new();
    let mut gone = Vec::new();
    for (name, value) in members {
        let cost = size(&value).saturating_add(name.len() + 4);
        if cost <= left {
            left -= cost;
            kept.insert(name, value);
        } else {
            gone.push(name);
        }
    }
    if !gone.is_empty() {
        let detail = format!(
            "What a provider said is kept up to {} kB. Left out: `{}`.",
            LONGEST_RAW / 1024,
            shown(&gone.join("`, `"))
        );
        cards.push(dropped(RULE, "Not all was kept of what the provider said", detail, SOURCE));
    }
    Value::Object(kept)
}
