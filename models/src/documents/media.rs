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

/// How many first bytes are enough to tell, the size of a photo with everything its camera puts in front included.
pub const ENOUGH: usize = 256 * 1024;

/// Pixels of one picture: more than any camera of the floor makes, less than fills a computer that opens it.
pub const PIXELS: u64 = 100_000_000;

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

impl Media {
    /// Whether a picture can be opened: a small file can hold more pixels than any memory. Read from its head; nothing
    /// is unpacked.
    ///
    /// # Errors
    /// With what is wrong, to stand behind the file's name.
    pub fn check_pixels(self, first: &[u8]) -> Result<(), String> {
        let size = match self {
            Media::Png => png(first),
            Media::Jpeg => jpeg(first),
            _ => return Ok(()),
        };
        let (width, height) = size.ok_or("does not say how large its picture is. Save it again in another program.")?;
        if width == 0 || height == 0 || u64::from(width) * u64::from(height) > PIXELS {
            let most = PIXELS / 1_000_000;
            return Err(format!("is a picture of {width} × {height} pixels. Send one of at most {most} million."));
        }
        Ok(())
    }
}

/// Width and height stand in the first chunk, which is always the same one.
fn png(first: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(first.get(at..at + 4)?.try_into().ok()?));
    (first.get(12..16)? == b"IHDR").then_some(())?;
    Some((number(16)?, number(20)?))
}

/// Width and height stand in the frame's segment, behind what the camera wrote.
fn jpeg(first: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u16::from_be_bytes(first.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        (*first.get(at)? == 0xFF).then_some(())?;
        match *first.get(at + 1)? {
            0xFF => at += 1,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Some((number(at + 7)?.into(), number(at + 5)?.into()));
            }
            // Scan data or the end before any frame.
            0xD8..=0xDA => return None,
            _ => at += 2 + usize::from(number(at + 2)?.max(2)),
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
    fn a_picture_too_large_to_open_is_refused_by_its_head() {
        let png = |width: u32, height: u32| {
            [
                &b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..],
                &width.to_be_bytes()[..],
                &height.to_be_bytes()[..],
                b"\x08\x06\0\0\0",
            ]
            .concat()
        };
        let jpeg = |width: u16, height: u16| {
            let head = b"\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xE1\x00\x03c\xFF\xFF\xC2\x00\x11\x08";
            [&head[..], &height.to_be_bytes()[..], &width.to_be_bytes()[..], b"\x03"].concat()
        };
        assert!(
            Media::Png.check_pixels(&png(4000, 3000)).is_ok() && Media::Jpeg.check_pixels(&jpeg(4000, 3000)).is_ok()
        );
        for (media, bytes) in [
            (Media::Png, png(50_000, 50_000)),
            (Media::Png, png(u32::MAX, u32::MAX)),
            (Media::Png, png(0, 10)),
            (Media::Png, b"\x89PNG\r\n\x1a\n".to_vec()),
            (Media::Jpeg, jpeg(65_535, 65_535)),
            (Media::Jpeg, b"\xFF\xD8\xFF\xE0\xFF\xFF".to_vec()),
            (Media::Jpeg, b"\xFF\xD8\xFF\xDA".to_vec()),
        ] {
            assert!(media.check_pixels(&bytes).is_err(), "{bytes:?}");
        }
        assert!(Media::Pdf.check_pixels(b"%PDF-").is_ok());
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
