//! Every page for everybody: read by a screen reader, in both themes and both densities, found by axe without a serious
//! or critical flaw.

pub mod places;

use places::Places;
use sha2::{Digest, Sha256};
use tests::support::axe::{AXE, COLOURS, EVERYTHING, SIZES};
use tests::{Browser, House};

/// Every page, and the role that is shown the most on it. A new page gets its line here.
const PAGES: &[(&str, &[&str])] = &[
    ("coordinator", COORDINATOR),
    ("administrator", ADMINISTRATOR),
    (
        "procurement",
        &[
            "/",
            "/orders/{order}",
            "/builds/{build}/bom",
            "/builds/{build}/bom/2/approval",
            "/catalogue/items/{item}",
            "/rules",
        ],
    ),
    ("qc", &["/", "/orders/{order}?tab=history"]),
    ("assembler", &["/", "/orders", "/catalogue", "/orders/{order}"]),
    ("service", &["/", "/catalogue", "/password"]),
];

const COORDINATOR: &[&str] = &[
    "/",
    "/orders",
    "/orders?search=nothing+like+this",
    "/orders/{order}",
    "/orders/{order}?tab=documents",
    "/orders/{order}?tab=history",
    "/orders/{order}?tab=jobs",
    "/builds/{build}/bom",
    "/builds/{build}/bom?view=flat",
    "/builds/{build}/bom?q=kit",
    "/builds/{build}/bom/1",
    "/builds/{build}/bom/1/print",
    "/builds/{build}/bom/compare",
    "/builds/{build}/bom/regenerate",
    "/builds/{waiting}/bom",
    "/drafts",
    "/drafts/{draft}/customer",
    "/drafts/{draft}/family",
    "/drafts/{draft}/builds/1",
    "/drafts/{draft}/builds/1/accessories",
    "/drafts/{draft}/review",
    "/drafts/{draft}/discard",
    "/system/components",
    "/no-such-page",
    "/system",
];

const ADMINISTRATOR: &[&str] = &[
    "/",
    "/catalogue",
    "/catalogue?search=screws",
    "/catalogue/categories/{category}",
    "/catalogue/items/{item}",
    "/catalogue/items/{assembly}",
    "/catalogue/revisions",
    "/catalogue/revisions/{revision}",
    "/catalogue/compare",
    "/catalogue/import",
    "/rules",
    "/rules/MDRD/1",
    "/rules/MDRD/1/tables",
    "/rules/MDRD/1/choices",
    "/rules/MDRD/1/language",
    "/rules/MDRD/{rules}",
    "/rules/MDRD/{rules}/lines/{line}",
    "/rules/MDRD/{rules}/lines/new",
    "/rules/MDRD/{rules}/tables/{table}",
    "/rules/MDRD/{rules}/choices/{choice}",
    "/rules/MDRD/{rules}/choices/new",
    "/rules/MDRD/{rules}/publication",
    "/system",
    "/system/settings",
    "/system/company-account",
    "/jobs",
    "/jobs?span=days",
    "/jobs/list",
    "/jobs/list?state=dead&text=nothing+like+this",
    "/jobs/failures",
    "/jobs/views",
    "/jobs/bin",
    "/jobs/alerts",
    "/jobs/{done}",
    "/jobs/{dead}",
    "/jobs/{dead}/copy",
    "/jobs/queues/boms",
    "/jobs/workers/{worker}",
    "/people",
    "/people?search=nobody+at+all",
    "/people/new",
    "/people/groups",
    "/people/1",
    "/account",
    "/account/second-factor",
    "/jobs/schedules",
    "/jobs/schedules/replay_golden",
    "/jobs/batches",
    "/jobs/batches/new",
];

#[tokio::test]
async fn every_page_is_free_of_serious_findings_in_both_themes_and_densities() {
    let house = House::open().await;
    let places = Places::furnish(&house).await;
    let looks = PAGES.iter().map(|(role, paths)| look_at(&house, &places, role, paths));

    let found: Vec<String> = futures_util::future::join_all(looks).await.concat();

    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn strangers_can_log_in_whatever_they_see_or_hear() {
    let house = House::open().await;
    let browser = house.browser().await;
    browser.reduced_motion().await;
    let mut found = findings(&browser, "/login").await;
    browser.visit("/login").await;
    browser.fill("email", "nobody@torvan.test").await;
    browser.fill("password", "wrong").await;
    browser.click("Log in").await;
    browser.wait_for_text("do not go together").await;
    found.extend(browser.findings(EVERYTHING).await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_checker_is_the_file_its_package_holds() {
    let sum = hex::encode(Sha256::digest(AXE));
    assert!(include_str!("vendor/README.md").contains(&sum), "{sum} is not in tests/vendor/README.md");
}

/// The pages of one role, one after the other in a browser of its own.
async fn look_at(house: &House, places: &Places, role: &str, paths: &[&str]) -> Vec<String> {
    let browser = house.browser_as(role).await;
    browser.reduced_motion().await;
    let mut found = Vec::new();
    for path in paths {
        let here = findings(&browser, &places.fill(path)).await;
        found.extend(here.into_iter().map(|finding| format!("{role} {finding}")));
    }
    found
}

/// What is wrong with one page: everything by day at the desk, colours and sizes by night and at the bench too.
async fn findings(browser: &Browser, path: &str) -> Vec<String> {
    browser.visit(path).await;
    let mut found = Vec::new();
    for (theme, density, rules) in [("light", "desk", EVERYTHING), ("dark", "desk", COLOURS), ("light", "bench", SIZES)]
    {
        let dress = "Object.assign(document.documentElement.dataset, { theme: arguments[0], density: arguments[1] })";
        browser.client.execute(dress, vec![theme.into(), density.into()]).await.expect("the page is there");
        let here = browser.findings(rules).await;
        found.extend(here.into_iter().map(|finding| format!("{path} ({theme}, {density}): {finding}")));
    }
    found.extend(too_wide(browser).await.map(|beyond| format!("{path} (320 px): {beyond}")));
    found
}

/// What makes a page of 320 px (1280 px at 400 %) scroll sideways, with letters and words as far apart as somebody may
/// set them (WCAG 1.4.10, 1.4.12). Tables of a BOM scroll in a box of their own.
async fn too_wide(browser: &Browser) -> Option<String> {
    browser.viewport(320, 640).await;
    let beyond = browser.client.execute(BEYOND, Vec::new()).await.expect("the page is there");
    browser.viewport(1280, 800).await;
    beyond.as_str().map(str::to_owned)
}

const BEYOND: &str = r"
    const spaced = new CSSStyleSheet();
    spaced.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, spaced];
    document.documentElement.dataset.density = 'desk';
    const { scrollWidth, clientWidth } = document.documentElement;
    const reaches = (element) => element.getBoundingClientRect().right > clientWidth + 1;
    const last = [...document.querySelectorAll('body *')].filter(reaches).slice(-3);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== spaced);
    if (scrollWidth <= clientWidth + 1) return null;
    return `scrolls sideways by ${scrollWidth - clientWidth} px: ${last.map((e) => e.outerHTML.slice(0, 120)).join(' ')}`;
";
