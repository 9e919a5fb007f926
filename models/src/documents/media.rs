//! What a file is, told by its first bytes and never by what the browser claims.

/// Kinds of files an order may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Pdf,
    Jpeg,
    Png,
    Doc,
    Docx,
    Dwg,
    Dxf,
}

/// How many first bytes are enough to tell.
pub const ENOUGH: usize = 8 * 1024;

/// The list as people read it.
pub const ALLOWED: &str = "PDF, JPG, PNG, DOC, DOCX, DWG or DXF";

impl Media {
    /// What the first bytes say, or nothing when the file is none of ours. `name` decides only between kinds whose bytes
    /// begin alike (every Office file of a generation does).
    pub fn sniff(first: &[u8], name: &str) -> Option<Media> {
        let name = name.to_lowercase();
        if first.starts_with(b"%PDF-") {
            return Some(Media::Pdf);
        }
        if first.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Some(Media::Jpeg);
        }
        if first.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Media::Png);
        }
        if first.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) && name.ends_with(".doc") {
            return Some(Media::Doc);
        }
        if first.starts_with(b"PK\x03\x04") && name.ends_with(".docx") {
            let has = |needle: &[u8]| first.windows(needle.len()).any(|window| window == needle);
            return (has(b"[Content_Types].xml") || has(b"word/")).then_some(Media::Docx);
        }
        if first.len() >= 6
            && first.starts_with(b"AC")
            && first[2..6].iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            return Some(Media::Dwg);
        }
        is_dxf(first).then_some(Media::Dxf)
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Media::Pdf => "application/pdf",
            Media::Jpeg => "image/jpeg",
            Media::Png => "image/png",
            Media::Doc => "application/msword",
            Media::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Media::Dwg => "image/vnd.dwg",
            Media::Dxf => "image/vnd.dxf",
        }
    }
}

/// Group code 0 and the word SECTION open a drawing; comments (999) may come before.
fn is_dxf(first: &[u8]) -> bool {
    if first.starts_with(b"AutoCAD Binary DXF") {
        return true;
    }
    let Ok(text) = std::str::from_utf8(&first[..first.len().min(2048)])
        .or_else(|fault| std::str::from_utf8(&first[..fault.valid_up_to()]))
    else {
        return false;
    };
    let mut lines = text.lines().map(str::trim);
    loop {
        match (lines.next(), lines.next()) {
            (Some("999"), Some(_)) => continue,
            (code, word) => return code == Some("0") && word == Some("SECTION"),
        }
    }
}

/// The name a file is kept under: no path, no control or hidden letters, at most 120 characters, never empty.
pub fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|letter| {
            !letter.is_control() && crate::configurations::words::text("", &letter.to_string(), ONE).is_ok()
        })
        .collect();
    let kept = kept.trim().trim_start_matches('.');
    let length = kept.chars().count();
    // The end of a long name says what the file is, so the beginning gives way.
    let kept: String = kept.chars().skip(length.saturating_sub(120)).collect();
    if kept.is_empty() { "document".into() } else { kept }
}

const ONE: crate::configurations::words::Limits =
    crate::configurations::words::Limits { least: 0, most: 4, lines: false };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        for (bytes, name, media) in [
            (&b"%PDF-1.7\n"[..], "po.exe", Some(Media::Pdf)),
            (b"\xFF\xD8\xFF\xE0", "a", Some(Media::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", "a", Some(Media::Png)),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "po.doc", Some(Media::Doc)),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "macro.xls", None),
            (b"PK\x03\x04......[Content_Types].xml", "po.DOCX", Some(Media::Docx)),
            (b"PK\x03\x04......payload", "po.docx", None),
            (b"AC1032\0\0", "sink.dwg", Some(Media::Dwg)),
            (b"999\r\nmade by hand\r\n  0\r\nSECTION\r\n", "sink.dxf", Some(Media::Dxf)),
            (b"<html><script>", "po.pdf", None),
            (b"MZ\x90", "po.pdf", None),
            (b"", "po.pdf", None),
        ] {
            assert_eq!(Media::sniff(bytes, name), media, "{name}");
        }
    }

    #[test]
    fn a_file_name_is_only_a_name() {
        assert_eq!(file_name("C:\\orders\\PO 88213.pdf"), "PO 88213.pdf");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("a\u{202E}fdp.exe\0"), "afdp.exe");
        assert_eq!(file_name(".."), "document");
        assert_eq!(file_name(&format!("{}.pdf", "x".repeat(500))).len(), 120);
    }
}
