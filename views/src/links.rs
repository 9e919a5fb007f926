//! Addresses: what people type or what stands on a label, made safe inside one.

/// Percent-encodes a text for a path segment or a query value: `1/4-20 NYLON NUT` stays one segment.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
