//! Whether everybody can read us: the contrast table of the guide, computed anew from the style sheet.

/// What stands on what, and the ratio WCAG asks for.
const PAIRS: [(&str, &[&str], f64); 18] = [
    ("ink", GROUNDS, 4.5),
    ("soft", GROUNDS, 4.5),
    ("quiet", GROUNDS, 4.5),
    ("accent", GROUNDS, 4.5),
    ("on-accent", &["accent", "accent-strong", "stop"], 4.5),
    ("moving-ink", &["moving-tint", "surface", "canvas", "sunken", "hover", "selected"], 4.5),
    ("held-ink", &["held-tint", "surface", "canvas", "sunken", "hover", "selected"], 4.5),
    ("stop-ink", &["stop-tint", "surface", "canvas", "sunken", "hover", "selected"], 4.5),
    ("good-ink", &["good-tint", "surface", "canvas", "sunken", "hover", "selected"], 4.5),
    ("ink", &["waiting-tint"], 4.5),
    ("canvas", &["ink"], 4.5),
    ("surface", &["soft"], 4.5),
    ("edge", GROUNDS, 3.0),
    ("accent", GROUNDS, 3.0),
    ("moving", GROUNDS, 3.0),
    ("held", GROUNDS, 3.0),
    ("stop", GROUNDS, 3.0),
    ("good", GROUNDS, 3.0),
];
const GROUNDS: &[&str] = &["surface", "canvas", "sunken", "hover", "selected"];

/// A token in one theme, as it ends up on a screen: sRGB in 8 bit.
fn token(css: &str, name: &str, is_dark: bool) -> [u8; 3] {
    let (_, rest) = css.split_once(&format!("--color-{name}:")).unwrap_or_else(|| panic!("no token {name}"));
    let colours: Vec<[u8; 3]> = rest.split(';').next().unwrap().split("oklch(").skip(1).map(srgb).collect();
    colours[usize::from(is_dark)]
}

/// OKLCH to sRGB by the published matrices of OKLab.
fn srgb(oklch: &str) -> [u8; 3] {
    let inner = oklch.split(')').next().unwrap();
    let n: Vec<f64> = inner.split_whitespace().map(|part| part.trim_end_matches('%').parse().unwrap()).collect();
    let (light, a, b) = (n[0] / 100.0, n[1] * n[2].to_radians().cos(), n[1] * n[2].to_radians().sin());
    let l = (light + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (light - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (light - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
    .map(|linear| {
        let linear = linear.clamp(0.0, 1.0);
        let shown = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (shown * 255.0).round() as u8
    })
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [r, g, b] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn ratio(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn everything_can_be_read_in_both_themes() {
    let css = super::text("css/global.css");
    let mut faint = Vec::new();
    for (mark, grounds, needed) in PAIRS {
        for ground in grounds {
            for is_dark in [false, true] {
                let found = ratio(token(&css, mark, is_dark), token(&css, ground, is_dark));
                if found < needed {
                    faint.push(format!("{mark} on {ground}, dark {is_dark}: {found:.2}, needs {needed}"));
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

#[test]
fn black_on_white_is_twenty_one_to_one() {
    assert_eq!(srgb("100% 0 0)"), [255; 3]);
    assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
}

#[test]
fn no_component_states_its_own_colour() {
    for name in super::Files::iter().filter(|name| name.starts_with("css/") && !name.ends_with("print.css")) {
        let css = super::text(&name);
        let rules = css.lines().filter(|line| !line.trim_start().starts_with("--"));
        let own = rules.filter(|line| line.contains(": #") || line.contains("rgb(") || line.contains("hsl("));
        assert_eq!(own.collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
    }
}
