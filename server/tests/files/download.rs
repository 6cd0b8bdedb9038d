//! What goes out: ranges, validators, archives and what they are called.

use std::io::Read as _;
use std::process::Command;

use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::drawer::{Drawer, at, noise, told};

#[tokio::test]
async fn a_range_is_the_bytes_that_were_asked_for() {
    let drawer = Drawer::new().await;
    let bytes = noise(1_500_000);
    drawer.put("file", &bytes);
    let ask = async |range: &str| drawer.asking("download", &[("path", "file")]).header("range", range).send().await;
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-9", 0..10),
        ("bytes=524287-524289", 524_287..524_290),
        ("bytes=1499999-", 1_499_999..1_500_000),
        ("bytes=1000000-9999999", 1_000_000..1_500_000),
        ("bytes=-1", 1_499_999..1_500_000),
        ("bytes=-600000", 900_000..1_500_000),
        ("bytes=-9999999", 0..1_500_000),
    ] {
        let response = ask(range).await;
        assert_eq!(response.status, 206, "{range}: {:?}", response.headers);
        assert!(response.bytes == bytes[expected.clone()], "{range}");
        let told = format!("bytes {}-{}/1500000", expected.start, expected.end - 1);
        assert_eq!(response.header("content-range"), told);
        assert_eq!(response.header("content-length"), expected.len().to_string());
    }
    for range in ["bytes=1500000-", "bytes=9999999-99999999", "bytes=-0", "bytes=5-1", "bytes=x"] {
        let response = ask(range).await;
        assert_eq!((response.status.as_u16(), response.header("content-range")), (416, "bytes */1500000"), "{range}");
        assert!(response.bytes.is_empty());
    }
    // Several, and what is none, are answered with all of it.
    for range in ["bytes=0-1,5-6", "bytes=-1,0-0", "lines=1-2"] {
        let response = ask(range).await;
        assert!(response.status == 200 && response.bytes == bytes, "{range}: {}", response.status);
    }
    drawer.put("empty", "");
    let response = drawer.asking("download", &[("path", "empty")]).header("range", "bytes=0-").send().await;
    assert!(matches!(response.status.as_u16(), 200 | 416), "{response:?}");
    drawer.close().await;
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let drawer = Drawer::new().await;
    drawer.put("file", "0123456789");
    let first = drawer.download("file").await;
    let (etag, modified) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    assert!(etag.starts_with('"') && !modified.is_empty());
    let with = async |headers: &[(&str, &str)]| {
        let asking = drawer.asking("download", &[("path", "file")]);
        headers.iter().fold(asking, |asking, (name, value)| asking.header(name, value)).send().await
    };
    for known in [etag.clone(), format!("\"x\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let response = with(&[("if-none-match", &known)]).await;
        assert_eq!((response.status.as_u16(), response.header("etag")), (304, &*etag), "{known}");
        assert!(response.bytes.is_empty());
    }
    assert_eq!(with(&[("if-none-match", "\"other\"")]).await.status, 200);
    let part = with(&[("range", "bytes=2-3"), ("if-range", &etag)]).await;
    assert_eq!((part.status.as_u16(), &*part.body), (206, "23"));
    for other in ["\"other\"", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        assert_eq!(with(&[("range", "bytes=2-3"), ("if-range", other)]).await.status, 200, "{other}");
    }
    // Any change is another ETag: other bytes, another length, another file of the name.
    drawer.put("file", "0123456789a");
    assert_eq!(with(&[("if-none-match", &etag)]).await.status, 200);
    assert_eq!(with(&[("range", "bytes=2-3"), ("if-range", &etag)]).await.status, 200);
    assert_eq!(drawer.upload("file", b"9876543210", &[("clash", "replace")]).await.status, 201);
    assert_eq!(with(&[("if-none-match", &etag)]).await.body, "9876543210");
    drawer.close().await;
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let drawer = Drawer::new().await;
    drawer.put("folder/file", "0123456789");
    let target = crate::drawer::target("download", &[("path", "folder/file")]);
    let (get, head) = (drawer.own("GET", &target).send().await, drawer.own("HEAD", &target).send().await);
    assert!(head.bytes.is_empty());
    for name in ["content-length", "content-type", "etag", "last-modified", "content-disposition", "accept-ranges"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    for _ in 0..40 {
        let target = crate::drawer::target("download", &[("path", "folder")]);
        assert_eq!(drawer.own("HEAD", &target).send().await.status, 200, "an archive that nobody reads is over");
    }
    drawer.close().await;
}

#[tokio::test]
async fn several_files_are_one_archive_with_the_right_bytes_and_names() {
    let drawer = Drawer::new().await;
    let bytes = noise(2_000_000);
    drawer.put("a/deep/er/noise", &bytes);
    drawer.put("a/empty", "");
    std::fs::create_dir(drawer.at("a/nothing")).unwrap();
    drawer.put("b/empty", "b");
    drawer.put("é 日本.txt", "text");
    let query = [("path", "a"), ("path", "b/empty"), ("path", "a/empty"), ("path", "é 日本.txt")];
    let response = drawer.get("download", &query).await;
    assert_eq!((response.status.as_u16(), response.header("content-type")), (200, "application/zip"));
    assert!(response.header("content-disposition").contains("files.zip"));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&response.bytes)).unwrap();
    let mut held: Vec<_> =
        (0..zip.len()).map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned()).collect();
    held.sort();
    assert_eq!(
        held,
        ["a/", "a/deep/", "a/deep/er/", "a/deep/er/noise", "a/empty", "a/nothing/", "empty", "empty-2", "é 日本.txt"]
    );
    let mut read = |name: &str| {
        let mut held = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut held).unwrap();
        held
    };
    assert!(read("a/deep/er/noise") == bytes);
    assert_eq!((read("empty"), read("empty-2"), read("é 日本.txt")), (b"b".to_vec(), Vec::new(), b"text".to_vec()));
    // Another's unzip agrees.
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("x.zip"), &response.bytes).unwrap();
    let unpacked =
        Command::new("python3").args(["-m", "zipfile", "-e", "x.zip", "out"]).current_dir(&directory).status();
    assert!(unpacked.unwrap().success());
    assert!(std::fs::read(directory.path().join("out/a/deep/er/noise")).unwrap() == bytes);
    drawer.close().await;
}

#[tokio::test]
async fn names_in_an_archive_lead_nowhere_and_are_each_their_own() {
    let drawer = Drawer::new().await;
    for (number, name) in ["f/..\\up", "f/.._up", "f/C:x", "f/C_x", "f/a\\b/x", "f/a_b/x", "f/a:b/x"].iter().enumerate()
    {
        drawer.put(name, number.to_string());
    }
    let response = drawer.download("f").await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(response.bytes)).unwrap();
    let mut all = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        assert!(!name.contains(['\\', ':']) && entry.enclosed_name().is_some(), "{name}");
        let mut bytes = String::new();
        entry.read_to_string(&mut bytes).unwrap();
        all.extend((!bytes.is_empty()).then_some(bytes));
    }
    all.sort();
    assert_eq!(all, ["0", "1", "2", "3", "4", "5", "6"], "each is in it");
    drawer.close().await;
}

#[tokio::test]
async fn what_is_asked_for_and_not_there_is_told_before_anything_is_sent() {
    let drawer = Drawer::new().await;
    assert_eq!(told(&drawer.get("download", &[("path", "Getting started"), ("path", "none")]).await).0, 404);
    assert_eq!(told(&drawer.get("download", &[]).await), (422, "VALIDATION_ERROR".into()));
    assert_eq!(told(&drawer.get("download", &[("paths", "x")]).await), (422, "VALIDATION_ERROR".into()));
    let many = vec![("path", "x"); 1_001];
    assert_eq!(told(&drawer.get("download", &many).await), (422, "VALIDATION_ERROR".into()));
    assert_eq!(drawer.get("download", &[("path", "")]).await.status, 200, "all of it");
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_has_so_many_archives_at_once_and_leaves_the_rest_to_others() {
    let drawer = Drawer::new().await;
    drawer.put("folder/noise", noise(16 << 20));
    let other = drawer.server.join(&drawer.cookie, "other@example.org", "user").await;
    let (mut held, mut refused) = (Vec::new(), 0);
    for _ in 0..20 {
        let mut stream = drawer.asking("download", &[("path", "folder")]).open().await;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        if start.ends_with(b"429") { refused += 1 } else { held.push(stream) }
    }
    assert_eq!((held.len(), refused), (4, 16));
    let target = crate::drawer::target("download", &[("path", "Getting started")]);
    assert_eq!(drawer.server.own(&other, "GET", &target).send().await.status, 200);
    assert_eq!(drawer.download("folder/noise").await.status, 200, "a file is no archive");
    drop(held);
    crate::uploads::until(async || drawer.download("Getting started").await.status == 200).await;
    drawer.close().await;
}

#[tokio::test]
async fn a_hostile_name_stays_within_its_header() {
    let drawer = Drawer::new().await;
    for name in
        ["a\"; x=\"b", "a\r\nset-cookie: x=1", "a\u{1b}[31m", "..\\..\\x", "%0d%0a", "日本\u{202e}gpj", "a;b", " "]
    {
        drawer.put(name, "x");
        let response = drawer.download(name).await;
        assert_eq!(response.status, 200, "{name:?}");
        let disposition = response.header("content-disposition").to_owned();
        let plain = disposition.strip_prefix("attachment; filename=\"").unwrap();
        let (plain, encoded) = plain.split_once("\"; filename*=UTF-8''").unwrap();
        assert!(!plain.contains(['"', '\\', '\r', '\n', '%', '\u{1b}']), "{disposition}");
        assert_eq!(percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap(), name);
        assert!(response.headers.get("set-cookie").is_none());
    }
    assert_eq!(drawer.post("delete", json!({"items": [at("a;b")]})).await.status, 200);
    drawer.close().await;
}
