//! A developer's own sign-in pages in place of the hosted ones (sheet 5.5, "Bring your own UI").

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Where the pages come from that are served instead of the hosted ones (sheet 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum CustomUi {
    /// A folder with an `index.html`, as an absolute path. Read anew at each request.
    Folder(String),
    /// A zip that was unpacked beside the data. What became of the file afterwards doesn't matter.
    Zip(ImportedZip),
    /// A development server on this computer, such as `http://localhost:5173`, that requests are passed on to.
    DevServer(String),
}

/// A zip that was unpacked (sheet 5.5: Logto's `customUiAssets` has an id too).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedZip {
    /// Names its content: the beginning of the zip's SHA-256, in lowercase hexadecimal. Also the folder's name.
    pub id: String,
    /// The path it was imported from, for people.
    pub source: String,
}

impl ImportedZip {
    /// Digits of an id.
    pub const ID_DIGITS: usize = 32;

    /// Whether the id can name a folder: it comes from a file that a person may have changed.
    #[must_use]
    pub fn has_sound_id(&self) -> bool {
        self.id.len() == Self::ID_DIGITS && self.id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// Where a development server listens: loopback, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevServerAddress {
    /// As it is named in `Host`: `localhost:5173`.
    pub authority: String,
    /// What the name stands for. Never looked up, so that no name service can point elsewhere.
    pub addresses: Vec<IpAddr>,
    /// The port.
    pub port: u16,
}

impl DevServerAddress {
    /// Its origin (RFC 6454 section 6.2): `http://localhost:5173`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.authority)
    }
}

/// Reads the address of a development server: `http`, a loopback host and a port, nothing after it.
///
/// # Errors
/// A sentence for people: what is wrong and what would be right.
pub fn parse_dev_server(address: &str) -> Result<DevServerAddress, String> {
    const RIGHT: &str = "Write the address that it prints when it starts, such as http://localhost:5173.";
    let shown = super::validate::quoted(address);
    let url = Url::parse(address).map_err(|error| format!("{shown} is not an address ({error}). {RIGHT}"))?;
    if url.scheme() != "http" {
        return Err(format!(
            "{shown} does not begin with http://. The way to the dev server stays on this computer and is plain http; switch its https off. {RIGHT}"
        ));
    }
    // In the order of browsers; many dev servers listen on one of the two only.
    let both = || vec![IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let addresses = match url.host() {
        Some(Host::Domain("localhost")) => both(),
        Some(Host::Ipv4(ip)) if ip.is_loopback() => vec![IpAddr::V4(ip)],
        Some(Host::Ipv6(ip)) if ip.is_loopback() => vec![IpAddr::V6(ip)],
        _ => {
            return Err(format!(
                "{shown} is not on this computer. Only localhost, 127.0.0.1 and [::1] are passed on to. {RIGHT}"
            ));
        }
    };
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !plain || !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "{shown} has more than scheme, host and port. Its base must be /, because the pages are served at the root. {RIGHT}"
        ));
    }
    let port = url.port().unwrap_or(80);
    if port == 0 {
        return Err(format!("{shown} names port 0, where nothing listens. {RIGHT}"));
    }
    let host = url.host_str().unwrap_or_default();
    Ok(DevServerAddress {
        authority: url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        addresses,
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_loopback_addresses_are_dev_servers() {
        for (right, authority, addresses) in [
            ("http://localhost:5173", "localhost:5173", 2),
            ("http://LOCALHOST:5173/", "localhost:5173", 2),
            ("http://127.0.0.1:3000", "127.0.0.1:3000", 1),
            ("http://127.1.2.3:3000", "127.1.2.3:3000", 1),
            ("http://[::1]:8080", "[::1]:8080", 1),
            ("http://localhost", "localhost", 2),
        ] {
            let parsed = parse_dev_server(right).unwrap();
            assert_eq!(
                (parsed.authority.as_str(), parsed.addresses.len()),
                (authority, addresses),
                "{right}"
            );
            assert!(parsed.addresses.iter().all(IpAddr::is_loopback), "{right}");
        }
        assert_eq!(
            parse_dev_server("http://localhost:5173/").unwrap().origin(),
            "http://localhost:5173"
        );
        for (wrong, said) in [
            ("", "is not an address"),
            ("localhost:5173", "does not begin with http://"),
            ("https://localhost:5173", "does not begin with http://"),
            ("http://example.test:5173", "is not on this computer"),
            ("http://localhost.example.test:5173", "is not on this computer"),
            ("http://192.168.0.2:5173", "is not on this computer"),
            ("http://0.0.0.0:5173", "is not on this computer"),
            ("http://[::ffff:127.0.0.1]:5173", "is not on this computer"),
            ("http://127.0.0.1@example.test:5173", "is not on this computer"),
            ("http://user@localhost:5173", "more than scheme"),
            ("http://localhost:5173/app/", "more than scheme"),
            ("http://localhost:5173/?a", "more than scheme"),
            ("http://localhost:5173/#a", "more than scheme"),
            ("http://localhost:0", "port 0"),
        ] {
            let error = parse_dev_server(wrong).unwrap_err();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }

    #[test]
    fn an_id_that_could_leave_its_folder_is_not_sound() {
        let zip = |id: &str| ImportedZip {
            id: id.into(),
            source: "ui.zip".into(),
        };
        assert!(zip("0123456789abcdef0123456789abcdef").has_sound_id());
        for wrong in [
            "",
            "..",
            "0123456789abcdef0123456789abcde/",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef",
        ] {
            assert!(!zip(wrong).has_sound_id(), "{wrong}");
        }
    }

    #[test]
    fn it_is_written_as_one_key() {
        for (ui, json) in [
            (CustomUi::Folder("/app/dist".into()), r#"{"folder":"/app/dist"}"#),
            (
                CustomUi::DevServer("http://localhost:5173".into()),
                r#"{"devServer":"http://localhost:5173"}"#,
            ),
            (
                CustomUi::Zip(ImportedZip {
                    id: "00".into(),
                    source: "/a.zip".into(),
                }),
                r#"{"zip":{"id":"00","source":"/a.zip"}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&ui).unwrap(), json);
            assert_eq!(serde_json::from_str::<CustomUi>(json).unwrap(), ui);
        }
    }
}
