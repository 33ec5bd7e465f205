//! Reading and writing XML, as little as SAML needs. One parse serves both the signature check and whoever reads the
//! message: two readers that disagree about a document are how signatures are got around.

use chrono::{DateTime, SecondsFormat};
use uppsala::{Document, NodeId, NodeKind, Parser};
use vestibule_core::time::Timestamp;

/// Namespace of protocol messages (SAML Core 1.1).
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Namespace of assertions (SAML Core 1.1).
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Namespace of metadata (SAML Metadata 1.1).
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// Namespace of XML signatures (XML Signature 1.1).
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Most bytes of a document. Metadata of a provider with several certificates has some ten thousand.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// How deep elements may nest. SAML needs about ten levels.
const MAX_DEPTH: u32 = 32;

/// Reads a document. Document types are refused: entities are of no use here and of much to an attacker.
pub(super) fn parse(xml: &str) -> Result<Document<'_>, String> {
    if xml.len() > MAX_BYTES {
        return Err(format!("It has {} bytes. At most {MAX_BYTES} are read.", xml.len()));
    }
    Parser::new()
        .with_forbid_dtd(true)
        .with_forbid_entities(true)
        .with_max_depth(MAX_DEPTH)
        .parse(xml)
        .map_err(|e| format!("It is not XML that can be read: {e}."))
}

/// The document element, if it has this name.
pub(super) fn root(doc: &Document<'_>, namespace: &str, name: &str) -> Option<NodeId> {
    doc.document_element().filter(|node| is(doc, *node, namespace, name))
}

/// Whether a node is an element of this name.
pub(super) fn is(doc: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    doc.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
}

/// The children of this name, in order.
pub(super) fn children(doc: &Document<'_>, parent: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
    doc.children(parent)
        .into_iter()
        .filter(|child| is(doc, *child, namespace, name))
        .collect()
}

/// The child elements, whatever their names.
pub(super) fn elements(doc: &Document<'_>, parent: NodeId) -> Vec<NodeId> {
    doc.children(parent)
        .into_iter()
        .filter(|child| doc.element(*child).is_some())
        .collect()
}

/// The only child of this name. Two are none: nobody shall choose between them.
pub(super) fn only_child(doc: &Document<'_>, parent: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
    match children(doc, parent, namespace, name).as_slice() {
        [child] => Some(*child),
        _ => None,
    }
}

/// An attribute without namespace. SAML's and XML Signature's have none.
pub(super) fn attribute<'d>(doc: &'d Document<'_>, node: NodeId, name: &str) -> Option<&'d str> {
    doc.element(node)?
        .attributes
        .iter()
        .find(|attribute| attribute.name.matches(None, name))
        .map(|attribute| &*attribute.value)
}

/// All text of an element, with nothing left out: a comment inside splits a text, and whoever read only the first part
/// would read another name than the one that was signed. `None` if there are elements inside.
pub(super) fn text(doc: &Document<'_>, node: NodeId) -> Option<String> {
    if !elements(doc, node).is_empty() {
        return None;
    }
    Some(doc.text_content_deep(node).trim().to_owned())
}

/// Whether a comment or a processing instruction is anywhere in an element.
pub(super) fn has_remarks(doc: &Document<'_>, node: NodeId) -> bool {
    let remark = |node: &NodeId| {
        matches!(
            doc.node_kind(*node),
            Some(NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_))
        )
    };
    doc.descendants(node).iter().any(remark)
}

/// A moment as SAML writes it (SAML Core 1.3.3): UTC, in milliseconds.
pub(super) fn write_moment(moment: Timestamp) -> String {
    DateTime::from_timestamp_millis(moment.0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A moment as SAML writes it, or with an offset.
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text.trim())
        .ok()
        .map(|moment| Timestamp(moment.timestamp_millis()))
}

/// A text as it may stand in an element or an attribute. White space other than a blank is written as a number, because a
/// reader may change it.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 has no way to write these.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}
