//! Pages of lists, as Logto counts them (sheet 7.2): `page` from 1, `page_size` 20 unless given, at most 100.

use super::{Pages, Refusal};
use crate::http::{Response, form_pairs};
use http::{HeaderName, StatusCode, header};
use serde_json::Value;

/// Items on a page when nobody says.
const USUAL: usize = 20;
/// Most items on a page.
const MOST: usize = 100;
/// Where the number of all items is told.
pub(crate) const TOTAL: HeaderName = HeaderName::from_static("total-number");

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// From 1; `None` for the whole list.
    number: Option<usize>,
    size: usize,
}

impl Page {
    /// Takes `page` and `page_size` out of a query.
    ///
    /// # Errors
    /// 400 `guard.invalid_pagination`.
    pub(super) fn take(query: &mut Vec<(String, String)>, pages: Pages) -> Result<Self, Refusal> {
        let mut page = Self {
            number: (pages == Pages::Always).then_some(1),
            size: USUAL,
        };
        if pages == Pages::Never {
            return Ok(page);
        }
        let mut asked = |name: &str, most: usize| -> Result<Option<usize>, Refusal> {
            let Some(at) = query.iter().position(|(known, _)| known == name) else {
                return Ok(None);
            };
            let (_, text) = query.remove(at);
            match text.parse() {
                Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
                _ => {
                    let right = if most == MOST {
                        format!("a whole number from 1 to {MOST}")
                    } else {
                        "a whole number from 1 on".to_owned()
                    };
                    Err(Refusal::new(
                        StatusCode::BAD_REQUEST,
                        "guard.invalid_pagination",
                        format!("{name} must be {right}."),
                    ))
                }
            }
        };
        let number = asked("page", usize::MAX / MOST)?;
        let size = asked("page_size", MOST)?;
        if number.is_some() || size.is_some() {
            page.number = Some(number.unwrap_or(1));
        }
        page.size = size.unwrap_or(USUAL);
        Ok(page)
    }

    /// Whether a part is asked for.
    pub(super) const fn is_asked(self) -> bool {
        self.number.is_some()
    }

    /// How many items come before it.
    pub(super) fn before(self) -> usize {
        self.number.map_or(0, |number| (number - 1) * self.size)
    }

    /// How many items to read to have all of it.
    pub(super) fn until(self) -> usize {
        self.number.map_or(usize::MAX, |number| number * self.size)
    }

    /// The part of a list.
    pub(super) fn cut(self, items: Vec<Value>) -> Vec<Value> {
        match self.number {
            None => items,
            Some(_) => items.into_iter().skip(self.before()).take(self.size).collect(),
        }
    }

    /// Tells how many there are, and where the other pages are (RFC 8288).
    pub(super) fn tell(self, response: Response, here: &str, query: &str, total: usize) -> Response {
        let number = self.number.unwrap_or(1);
        let last = total.div_ceil(self.size).max(1);
        let kept: Vec<(String, String)> = form_pairs(query)
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| name != "page" && name != "page_size")
            .collect();
        let link = |page: usize, rel: &str| {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&kept)
                .append_pair("page", &page.to_string())
                .append_pair("page_size", &self.size.to_string())
                .finish();
            format!("<{here}?{query}>; rel=\"{rel}\"")
        };
        let mut links = vec![link(1, "first")];
        if number > 1 {
            links.push(link((number - 1).min(last), "prev"));
        }
        if number < last {
            links.push(link(number + 1, "next"));
        }
        links.push(link(last, "last"));
        response.with(TOTAL, &total.to_string()).with(header::LINK, &links.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(query: &str, pages: Pages) -> Result<Page, Refusal> {
        Page::take(&mut form_pairs(query).unwrap(), pages)
    }

    #[test]
    fn a_page_is_a_part_of_the_list() {
        let items = |count: usize| (0..count).map(Value::from).collect::<Vec<_>>();
        for (query, pages, count, expected) in [
            ("", Pages::Asked, 45, 45),
            ("", Pages::Always, 45, 20),
            ("page=3", Pages::Asked, 45, 5),
            ("page=4", Pages::Asked, 45, 0),
            ("page_size=100", Pages::Always, 45, 45),
            ("page=2&page_size=30", Pages::Asked, 45, 15),
        ] {
            let page = taken(query, pages).ok().unwrap();
            assert_eq!(page.cut(items(count)).len(), expected, "{query}");
        }
    }

    #[test]
    fn bad_pages_are_refused() {
        for query in [
            "page=0",
            "page=-1",
            "page=x",
            "page=",
            "page_size=0",
            "page_size=101",
            "page=99999999999999999999",
        ] {
            let refusal = taken(query, Pages::Always).err().unwrap();
            assert_eq!(refusal.error.code, "guard.invalid_pagination", "{query}");
        }
    }

    #[test]
    fn the_other_pages_are_named() {
        let links = |query: &str, total: usize| {
            let page = taken(query, Pages::Always).ok().unwrap();
            let response = page.tell(Response::new(StatusCode::OK), "http://x/users", query, total);
            assert_eq!(response.headers[TOTAL], total.to_string());
            response.headers[header::LINK].to_str().unwrap().to_owned()
        };
        assert_eq!(
            links("search=a%20b&page=2&page_size=10", 25),
            "<http://x/users?search=a+b&page=1&page_size=10>; rel=\"first\", <http://x/users?search=a+b&page=1&page_size=10>; rel=\"prev\", \
             <http://x/users?search=a+b&page=3&page_size=10>; rel=\"next\", <http://x/users?search=a+b&page=3&page_size=10>; rel=\"last\""
        );
        assert_eq!(
            links("", 0),
            "<http://x/users?page=1&page_size=20>; rel=\"first\", <http://x/users?page=1&page_size=20>; rel=\"last\""
        );
    }
}
