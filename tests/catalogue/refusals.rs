//! Catalogues that cannot be: each is refused with the place of the fault, and nothing of it is imported.

use super::{Small, count, import, uploaded};
use models::catalogue::{Files, import::examine};
use poem::{Body, Request, http::Method};
use serde_json::json;
use tests::House;

/// The only refusal of these files, as code and sentence.
#[track_caller]
fn refusal(files: &Files) -> (String, String) {
    let report = examine(files).report;
    assert!(report.is_refused(), "was not refused: {:?}", report.defects);
    (report.defects[0].code.clone(), report.defects[0].message.clone())
}

#[track_caller]
fn assert_refused(files: &Files, code: &str, parts: &[&str]) {
    let (found, message) = refusal(files);
    assert_eq!(found, code, "{message}");
    for part in parts {
        assert!(message.contains(part), "{message:?} does not name {part:?}");
    }
}

#[test]
fn the_small_catalogue_itself_can_be_imported() {
    assert!(!examine(&Small::new().files()).report.is_refused());
}

#[test]
fn a_circle_is_refused_with_its_path() {
    let mut small = Small::new();
    small.parts["KIT-A"] = json!({ "name": "KIT A" });
    small.assemblies["ASSY-KIT-A"] = small.assemblies["KIT-A"].clone();
    small.assemblies.as_object_mut().unwrap().remove("KIT-A");
    small.assemblies["ASSY-SUB"]["components"] = json!([{ "part_id": "KIT-A", "quantity": 1 }]);
    assert_refused(&small.files(), "cycle", &["KIT-A → SUB → KIT-A"]);
}

#[test]
fn an_assembly_that_lists_itself_is_refused_but_one_that_lists_its_own_part_is_repaired() {
    let mut small = Small::new();
    small.assemblies["KIT-A"]["components"] = json!([{ "part_id": "KIT-A", "quantity": 1 }]);
    assert_refused(&small.files(), "cycle", &["KIT-A → KIT-A"]);

    let mut small = Small::new();
    small.assemblies["ASSY-SUB"]["components"] = json!([{ "part_id": "SUB", "quantity": 1 }]);
    let report = examine(&small.files()).report;
    assert!(!report.is_refused());
    assert!(report.defects.iter().any(|defect| defect.code == "self_edge" && defect.subject == "SUB"));
}

#[test]
fn a_line_that_names_an_unknown_part_is_refused() {
    let mut small = Small::new();
    small.assemblies["KIT-A"]["components"][0]["part_id"] = json!("NO-SUCH-PART");
    assert_refused(&small.files(), "unknown_part", &["assemblies.json", "KIT-A", "NO-SUCH-PART"]);
}

#[test]
fn quantities_that_cannot_be_are_refused_with_their_place() {
    for quantity in ["0", "-1", "1.5", "1e3", "2147483648", "9223372036854775808", "\"2\"", "\"٣\"", "null", "true"] {
        let small = Small::new();
        let mut files = small.files();
        let text = String::from_utf8(files.assemblies.unwrap()).unwrap();
        files.assemblies = Some(text.replacen("\"quantity\":4", &format!("\"quantity\":{quantity}"), 1).into_bytes());
        assert_refused(&files, "bad_quantity", &["KIT-A, components[1]", "1/4-20 NYLON NUT", "1 to 1,000,000"]);
    }
    let mut files = Small::new().files();
    let text = String::from_utf8(files.assemblies.unwrap()).unwrap();
    files.assemblies = Some(text.replacen("\"quantity\":4", "\"quantity\":1e309", 1).into_bytes());
    assert_refused(&files, "broken_file", &["line 1", "column"]);
}

#[test]
fn a_part_listed_twice_is_refused() {
    let mut small = Small::new();
    small.assemblies["KIT-A"]["components"][1] = json!({ "part_id": "SUB", "quantity": 1 });
    assert_refused(&small.files(), "doubled_component", &["KIT-A", "SUB"]);
}

#[test]
fn doubled_keys_and_numbers_that_differ_in_capitals_only_are_refused() {
    let mut files = Small::new().files();
    files.parts = Some(br#"{"parts": {"VALVE": {"name": "A"}, "VALVE": {"name": "B"}}}"#.to_vec());
    assert_refused(&files, "doubled_key", &["parts.json", "VALVE"]);

    let mut small = Small::new();
    small.parts["valve"] = json!({ "name": "ANOTHER" });
    assert_refused(&small.files(), "case_only", &["VALVE", "valve"]);

    let mut small = Small::new();
    small.assemblies["SUB"] = small.assemblies["KIT-B"].clone();
    assert_refused(&small.files(), "number_twice", &["SUB"]);
}

#[test]
fn numbers_and_names_nobody_can_read_are_refused() {
    for number in ["a\u{0}b", "a\tb", "", " LEADING", "T2-\u{202e}X", &"X".repeat(121)] {
        let mut small = Small::new();
        small.parts[number] = json!({ "name": "PART" });
        assert_refused(&small.files(), "bad_number", &["parts.json"]);
    }
    for name in ["A\u{0}B".to_owned(), "X".repeat(10_000)] {
        let mut small = Small::new();
        small.parts["VALVE"]["name"] = json!(name);
        assert_refused(&small.files(), "wrong_type", &["parts.json", "VALVE", "\"name\""]);
    }
    let mut small = Small::new();
    small.parts["VALVE"]["name"] = json!(7);
    assert_refused(&small.files(), "wrong_type", &["VALVE", "\"name\" is 7"]);
    small.parts["VALVE"] = json!({ "type": "COMPONENT" });
    assert_refused(&small.files(), "missing_field", &["VALVE", "\"name\""]);
}

#[test]
fn files_that_are_missing_broken_or_of_another_kind_are_refused() {
    let mut files = Small::new().files();
    files.parts = None;
    assert_refused(&files, "missing_file", &["parts.json is missing"]);
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let broken: [(&[u8], &str); 6] = [
        (b"{\"parts\": {\n  \"A\": {\"name\": }}}", "line 2, column"),
        (b"{\"parts\": {\"A\": ", "the file breaks off"),
        (b"number;name\r\nA;B\r\n", "line 1, column"),
        (b"", "the file breaks off"),
        (b"{\"parts\": \"\xff\"}", "not UTF-8 text from byte"),
        (&utf16, "UTF-16"),
    ];
    for (bytes, says) in broken {
        let files = Files { parts: Some(bytes.to_vec()), ..Small::new().files() };
        assert_refused(&files, "broken_file", &["parts.json", says]);
    }
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert_refused(&Files { parts: Some(deep), ..Small::new().files() }, "broken_file", &["parts.json"]);
    let list = Files { parts: Some(b"[1, 2]".to_vec()), ..Small::new().files() };
    assert_refused(&list, "wrong_type", &["parts.json"]);
}

#[test]
fn a_chain_of_ten_thousand_and_a_diamond_without_end_are_refused_within_a_second() {
    let began = std::time::Instant::now();
    let assembly = |components: serde_json::Value| json!({ "name": "LINK", "type": "KIT", "category_code": "720", "subcategory_code": "720.1", "components": components });
    let mut chain = Small::new();
    for link in 0..10_000 {
        chain.assemblies[format!("LINK-{link}")] =
            assembly(json!([{ "part_id": format!("LINK-{}", link + 1), "quantity": 1 }]));
    }
    chain.assemblies["LINK-10000"] = assembly(json!([]));
    assert_refused(&chain.files(), "too_deep", &["LINK-0 has 10000 levels", "LINK-0 → LINK-1", "LINK-10000"]);

    let mut diamond = Small::new();
    for level in 0..30 {
        let twice = json!([
            { "part_id": format!("LEVEL-{}", level + 1), "quantity": 1 },
            { "part_id": format!("LEVEL-{}", level + 1), "quantity": 1, "notes": "AGAIN" },
        ]);
        diamond.assemblies[format!("LEVEL-{level}")] = assembly(twice);
    }
    diamond.assemblies["LEVEL-30"] = assembly(json!([]));
    assert_refused(&diamond.files(), "too_large", &["LEVEL-0 expands to", "20000"]);

    let mut overflow = Small::new();
    for level in 0..4 {
        overflow.assemblies[format!("LEVEL-{level}")] =
            assembly(json!([{ "part_id": format!("LEVEL-{}", level + 1), "quantity": 1_000_000 }]));
    }
    overflow.assemblies["LEVEL-4"] = assembly(json!([]));
    assert_refused(&overflow.files(), "too_large", &["LEVEL-0", "1000000000 pieces"]);
    assert!(began.elapsed().as_secs() < 10, "took {:?} without optimisation", began.elapsed());
}

#[tokio::test]
async fn a_refused_upload_leaves_nothing_behind() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    import(&house.db, &Small::new().files()).await;
    let items = count(&house.db, "items").await;
    let mut small = Small::new();
    small.parts["NEW-PART"] = json!({ "name": "NEW" });
    small.assemblies["KIT-B"]["components"][0]["part_id"] = json!("GONE");
    administrator.get("/catalogue/import").await.assert_ok();
    let answer = administrator.upload("/catalogue/import", &[], &uploaded(&small.files())).await;
    answer.assert_status(422).assert_shows("KIT-B lists GONE").assert_shows("Nothing was saved");
    assert_eq!(count(&house.db, "items").await, items);
    assert_eq!(count(&house.db, "catalogue_revisions").await, 1);
    assert_eq!(count(&house.db, "catalogue_uploads").await, 0);

    let two: Vec<_> = uploaded(&small.files())
        .into_iter()
        .take(2)
        .map(|(field, name, bytes)| (field, name, bytes.to_vec()))
        .collect();
    let two: Vec<_> = two.iter().map(|(field, name, bytes)| (*field, *name, bytes.as_slice())).collect();
    administrator.upload("/catalogue/import", &[], &two).await.assert_status(422).assert_shows("parts.json is missing");
    let other = [("files", "orders.xlsx", &b"PK"[..])];
    administrator.upload("/catalogue/import", &[], &other).await.assert_status(422).assert_shows("orders.xlsx");
}

#[tokio::test]
async fn an_upload_of_300_megabytes_is_turned_away_while_it_arrives() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    administrator.get("/catalogue/import").await.assert_ok();
    let head = format!(
        "--b\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"parts.json\"\r\n\r\n",
        administrator.csrf()
    );
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = sent.clone();
    let chunks = std::iter::once(head.into_bytes()).chain(std::iter::repeat_with(|| vec![b'x'; 1 << 20]).take(300));
    let body = futures_util::stream::iter(chunks.map(move |chunk| {
        counter.fetch_add(chunk.len(), std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(chunk)
    }));
    let request = Request::builder()
        .method(Method::POST)
        .uri_str("/catalogue/import")
        .header("host", "torvan.test")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Body::from_bytes_stream(body));
    administrator.send_raw(request).await.assert_status(413);
    let sent = sent.load(std::sync::atomic::Ordering::Relaxed);
    assert!(sent < 40 << 20, "{sent} bytes were taken");
}
