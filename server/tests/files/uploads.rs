//! Files that come: whole and in parts, in any order, broken off, and at one time.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::drawer::{Drawer, at, done, noise, told};
use crate::support::LIMIT;

const PART: usize = 5 << 20;

fn digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

#[tokio::test]
async fn a_whole_file_is_there_once_all_of_it_is() {
    let drawer = Drawer::new().await;
    let bytes = noise(3 << 20);
    let stored = drawer.upload("new/folder/file.bin", &bytes, &[]).await;
    assert_eq!(stored.status, 201, "{stored:?}");
    assert_eq!(stored.json()["size"], bytes.len());
    assert_eq!(drawer.read("new/folder/file.bin"), bytes);
    let downloaded = drawer.download("new/folder/file.bin").await;
    assert!(downloaded.bytes == bytes && downloaded.header("etag") == stored.json()["etag"]);
    assert_eq!(drawer.upload("empty", b"", &[]).await.status, 201);
    assert_eq!(drawer.read("empty"), b"");
    // Who works in the container may write to what came.
    use std::os::unix::fs::MetadataExt as _;
    for path in ["new", "new/folder", "new/folder/file.bin"] {
        assert_eq!(drawer.at(path).metadata().unwrap().uid(), 1_000, "{path}");
    }
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn a_file_without_a_length_comes_in_chunks() {
    let drawer = Drawer::new().await;
    let request = drawer.own("POST", "/api/storage/upload?path=file").header("transfer-encoding", "chunked");
    let stored = request.body(b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n").send().await;
    assert_eq!((stored.status.as_u16(), &stored.json()["size"]), (201, &4.into()));
    assert_eq!(drawer.read("file"), b"abcd");
    drawer.close().await;
}

#[tokio::test]
async fn a_taken_name_is_refused_replaced_or_numbered_as_was_asked() {
    let drawer = Drawer::new().await;
    for by_parts in [false, true] {
        let put = async |name: &str, bytes: &[u8], clash: &str| {
            if !by_parts {
                return drawer.upload(name, bytes, &[("clash", clash)]).await;
            }
            let body = json!({"at": at(name), "size": bytes.len(), "clash": clash});
            let begun = drawer.post("upload/initiate", body).await;
            if begun.status != 201 {
                return begun;
            }
            let id = begun.json()["id"].as_str().unwrap().to_owned();
            assert_eq!(drawer.part(&id, 0, bytes).await.status, 200);
            drawer.complete(&id).await
        };
        assert_eq!(put("a.txt", b"1", "refuse").await.status, 201);
        assert_eq!(told(&put("a.txt", b"2", "refuse").await), (409, "NAME_TAKEN".into()));
        assert_eq!(put("a.txt", b"2", "keep_both").await.json()["at"], at("a-2.txt"));
        assert_eq!(put("a.txt", b"3", "keep_both").await.json()["at"], at("a-3.txt"));
        let replaced = put("a.txt", b"4", "replace").await.json();
        assert_eq!((drawer.read("a.txt"), drawer.read("a-2.txt")), (b"4".to_vec(), b"2".to_vec()));
        let restored = drawer.restore(replaced["trashed"].as_str().unwrap()).await;
        assert_eq!(drawer.read(done(&restored)["at"]["path"].as_str().unwrap()), b"1");
        // A folder is replaced as a whole.
        drawer.put("folder/inner/x", "x");
        let replaced = put("folder", b"5", "replace").await.json();
        assert_eq!(drawer.read("folder"), b"5");
        done(&drawer.restore(replaced["trashed"].as_str().unwrap()).await);
        assert_eq!(drawer.read("folder-2/inner/x"), b"x");
        assert_eq!(drawer.left(), Vec::<String>::new());
        for name in drawer.names("").await {
            done(&drawer.delete(&name).await);
        }
    }
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uploads_to_one_name_at_one_time_each_is_whole_somewhere() {
    let drawer = Drawer::new().await;
    for (clash, most) in [("refuse", 1), ("keep_both", 8), ("replace", 8)] {
        let name = format!("{clash}.txt");
        let all = (0..8).map(|number: u8| {
            let (drawer, name) = (&drawer, &name);
            async move { drawer.upload(name, &vec![number; 100_000], &[("clash", clash)]).await }
        });
        let outcomes = futures::future::join_all(all).await;
        let stored = outcomes.iter().filter(|outcome| outcome.status == 201).count();
        assert_eq!(stored, most, "{clash}");
        let there: Vec<_> = drawer.names("").await.into_iter().filter(|there| there.starts_with(clash)).collect();
        let expected = if clash == "keep_both" { 8 } else { 1 };
        assert_eq!(there.len(), expected, "{there:?}");
        for name in there {
            let bytes = drawer.read(&name);
            assert!(bytes.len() == 100_000 && bytes.iter().all(|byte| *byte == bytes[0]), "{name}");
        }
    }
    assert_eq!(drawer.trash().await.len(), 7, "each that was replaced");
    drawer.close().await;
}

#[tokio::test]
async fn parts_come_in_any_order_and_again() {
    let drawer = Drawer::new().await;
    let bytes = noise(2 * PART + 17);
    let parts: Vec<_> = bytes.chunks(PART).collect();
    let id = drawer.begin("file", bytes.len() as u64, "refuse").await;
    assert_eq!(told(&drawer.complete(&id).await), (409, "CONFLICT".into()));
    assert_eq!(drawer.part(&id, 2, parts[2]).await.json()["parts"], json!([2]));
    assert_eq!(drawer.part(&id, 0, &vec![0; PART]).await.json()["parts"], json!([0, 2]));
    assert_eq!(told(&drawer.complete(&id).await), (409, "CONFLICT".into()));
    assert_eq!(drawer.part(&id, 1, parts[1]).await.json()["parts"], json!([0, 1, 2]));
    // Other bytes this time.
    assert_eq!(drawer.part(&id, 0, parts[0]).await.status, 200);
    let status = drawer.get("upload/status", &[("upload", &id)]).await.json();
    assert_eq!((&status["parts"], &status["size"]), (&json!([0, 1, 2]), &bytes.len().into()));
    assert!(!drawer.is_there("file"));
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert!(drawer.read("file") == bytes);
    for again in [drawer.complete(&id).await, drawer.part(&id, 0, parts[0]).await] {
        assert_eq!(told(&again), (404, "NOT_FOUND".into()));
    }
    assert_eq!(drawer.left(), Vec::<String>::new());
    // Without any part.
    let id = drawer.begin("empty", 0, "refuse").await;
    assert_eq!(told(&drawer.part(&id, 0, b"x").await).1, "VALIDATION_ERROR");
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert_eq!(drawer.read("empty"), b"");
    drawer.close().await;
}

#[tokio::test]
async fn a_part_with_the_wrong_length_number_or_digest_is_not_here() {
    let drawer = Drawer::new().await;
    let bytes = noise(PART + 10);
    let id = drawer.begin("file", bytes.len() as u64, "refuse").await;
    let (first, last) = bytes.split_at(PART);
    for (number, wrong) in [(1, &bytes[..9]), (1, &bytes[..11]), (0, last), (0, &bytes[..PART - 1])] {
        assert_eq!(told(&drawer.part(&id, number, wrong).await), (422, "VALIDATION_ERROR".into()), "{number}");
    }
    let longer = [first, b"x"].concat();
    assert_eq!(told(&drawer.part(&id, 0, &longer).await).1, "VALIDATION_ERROR");
    for number in [2, 10_000, u32::MAX] {
        assert_eq!(told(&drawer.part(&id, number, last).await), (422, "VALIDATION_ERROR".into()), "{number}");
    }
    for number in ["-1", "4294967296", "x", ""] {
        let target = format!("/api/storage/upload/part?upload={id}&number={number}");
        assert_eq!(drawer.own("POST", &target).body(last).send().await.status, 400, "{number}");
    }
    let with = |value: &str| drawer.part_request(&id, 1).header("content-digest", value).body(last);
    assert_eq!(told(&with(&digest(first)).send().await), (422, "VALIDATION_ERROR".into()));
    for nonsense in ["sha-256=x", "sha-256=:x:", "sha-256=:AAAA:", "sha-256=::"] {
        assert_eq!(told(&with(nonsense).send().await), (422, "VALIDATION_ERROR".into()), "{nonsense}");
    }
    assert_eq!(drawer.get("upload/status", &[("upload", &id)]).await.json()["parts"], json!([]));
    assert_eq!(with(&digest(last)).send().await.status, 200);
    // One that was here and then came with other bytes is not here any more.
    assert_eq!(with(&digest(first)).send().await.status, 422);
    assert_eq!(drawer.get("upload/status", &[("upload", &id)]).await.json()["parts"], json!([]));
    let many = format!("sha-512=:AAAA:, {}", digest(last));
    assert_eq!(with(&many).send().await.status, 200);
    assert_eq!(with("sha-512=:AAAA:").send().await.status, 200, "nobody here knows it");
    assert_eq!(
        drawer.part_request(&id, 0).header("content-digest", &digest(first)).body(first).send().await.status,
        200
    );
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert!(drawer.read("file") == bytes);
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_come_at_one_time_are_all_here_and_recorded() {
    let drawer = Drawer::new().await;
    let bytes = noise(6 * PART);
    let parts: Vec<_> = bytes.chunks(PART).collect();
    let id = drawer.begin("file", bytes.len() as u64, "refuse").await;
    // Twice: the second time each has a record already, which is written anew.
    for _ in 0..2 {
        let all = parts.iter().enumerate().map(|(number, part)| drawer.part(&id, number as u32, part));
        for response in futures::future::join_all(all).await {
            assert_eq!(response.status, 200, "{response:?}");
        }
    }
    let drawer = drawer.again(&[]).await;
    let status = drawer.get("upload/status", &[("upload", &id)]).await.json();
    assert_eq!(status["parts"], json!([0, 1, 2, 3, 4, 5]));
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert!(drawer.read("file") == bytes);
    drawer.close().await;
}

#[tokio::test]
async fn an_upload_goes_on_after_the_server_ended() {
    let mut drawer = Drawer::new().await;
    let bytes = noise(2 * PART + 1);
    let parts: Vec<_> = bytes.chunks(PART).collect();
    let id = drawer.begin("folder/file", bytes.len() as u64, "refuse").await;
    for (number, part) in parts.iter().enumerate() {
        assert_eq!(drawer.part(&id, number as u32, part).await.status, 200);
        drawer = drawer.again(&[]).await;
        let status = drawer.get("upload/status", &[("upload", &id)]).await.json();
        assert_eq!(status["parts"].as_array().unwrap().len(), number + 1);
    }
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert!(drawer.read("folder/file") == bytes);
    let drawer = drawer.again(&[]).await;
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn what_is_left_of_copies_is_never_taken_for_an_upload() {
    let drawer = Drawer::new().await;
    // As a kill in the middle of a copy leaves it, of a folder that a container prepared.
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let canary = drawer.server.directory.path().join("canary");
    std::fs::write(&canary, "canary").unwrap();
    use std::os::unix::fs::MetadataExt as _;
    let about = json!({"at": at("x"), "size": 6, "part_size": 6, "clash": "refuse", "even_protected": true,
        "boot": boot.trim(), "inode": canary.metadata().unwrap().ino()});
    for name in ["abcdefghij01.new", "abcdefghij02"] {
        let left = drawer.person().join("uploads").join(name);
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("about.json"), about.to_string()).unwrap();
        std::os::unix::fs::symlink(&canary, left.join("data")).unwrap();
    }
    let drawer = drawer.again(&[]).await;
    for id in ["abcdefghij01.new", "abcdefghij02"] {
        assert_eq!(told(&drawer.part(id, 0, b"pwned!").await), (404, "NOT_FOUND".into()), "{id}");
    }
    assert_eq!(std::fs::read_to_string(canary).unwrap(), "canary");
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let drawer = Drawer::new().await;
    let id = drawer.begin("folder/file", 10, "refuse").await;
    assert_eq!(drawer.part(&id, 0, b"0123456789").await.status, 200);
    assert_eq!(drawer.left().len(), 1);
    assert_eq!(drawer.post("upload/abort", json!({"upload": id})).await.status, 204);
    assert_eq!(drawer.left(), Vec::<String>::new());
    assert!(!drawer.is_there("folder"));
    for gone in [drawer.part(&id, 0, b"0123456789").await, drawer.complete(&id).await] {
        assert_eq!(told(&gone), (404, "NOT_FOUND".into()));
    }
    assert_eq!(drawer.post("upload/abort", json!({"upload": id})).await.status, 404);
    drawer.close().await;
}

#[tokio::test]
async fn whoever_hangs_up_half_way_leaves_nothing_to_see() {
    let drawer = Drawer::new().await;
    drawer.put("file", "old");
    for request in [
        drawer.own("POST", "/api/storage/upload?path=file&clash=replace").header("content-length", "1000000"),
        drawer.own("POST", "/api/storage/upload?path=file&clash=replace").header("transfer-encoding", "chunked"),
    ] {
        let mut stream = request.open().await;
        stream.write_all(b"fff\r\n").await.unwrap();
        stream.write_all(&[b'x'; 2_000]).await.unwrap();
        until(async || drawer.left().len() == 1).await;
        drop(stream);
        until(async || drawer.left().is_empty()).await;
        assert_eq!(drawer.read("file"), b"old");
    }
    // A part that broke off can be sent again at once, and what was here stays.
    let id = drawer.begin("parts", 2 * PART as u64, "refuse").await;
    assert_eq!(drawer.part(&id, 1, &vec![b'1'; PART]).await.status, 200);
    let mut stream = drawer.part_request(&id, 0).header("content-length", &PART.to_string()).open().await;
    stream.write_all(&vec![b'x'; PART / 2]).await.unwrap();
    drop(stream);
    until(async || drawer.part(&id, 0, &vec![b'0'; PART]).await.status == 200).await;
    assert_eq!(drawer.complete(&id).await.status, 201);
    let bytes = drawer.read("parts");
    assert!(bytes[..PART].iter().all(|byte| *byte == b'0') && bytes[PART..].iter().all(|byte| *byte == b'1'));
    drawer.close().await;
}

#[tokio::test]
async fn whoever_hangs_up_before_the_end_is_told_leaves_nothing_behind() {
    let drawer = Drawer::new().await;
    for _ in 0..20 {
        drawer.put("file", "old");
        let id = drawer.begin("file", 3, "replace").await;
        assert_eq!(drawer.part(&id, 0, b"new").await.status, 200);
        let body = json!({"upload": id}).to_string();
        let mut stream = drawer.own("POST", "/api/storage/upload/complete").json(&body).open().await;
        stream.write_all(body.as_bytes()).await.unwrap();
        drop(stream);
        // It came to nothing and can be completed, or it is there and all of it is gone.
        until(async || drawer.left().is_empty() || drawer.complete(&id).await.status == 201).await;
        assert_eq!((drawer.read("file"), drawer.left()), (b"new".to_vec(), Vec::new()));
    }
    assert_eq!(drawer.trash().await.len(), 20, "nothing that was replaced is lost");
    drawer.close().await;
}

#[tokio::test]
async fn a_folder_that_is_deleted_meanwhile_is_made_again() {
    let drawer = Drawer::new().await;
    drawer.put("folder/inner/x", "x");
    let id = drawer.begin("folder/inner/parts", 3, "refuse").await;
    let whole = drawer.own("POST", "/api/storage/upload?path=folder%2Finner%2Fwhole").header("content-length", "3");
    let mut stream = whole.header("connection", "close").open().await;
    stream.write_all(b"ab").await.unwrap();
    until(async || drawer.left().len() == 2).await;
    done(&drawer.delete("folder").await);
    stream.write_all(b"c").await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(LIMIT, tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(drawer.part(&id, 0, b"def").await.status, 200);
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert_eq!(
        (drawer.read("folder/inner/whole"), drawer.read("folder/inner/parts")),
        (b"abc".to_vec(), b"def".to_vec())
    );
    // A file where the folder was is told.
    let id = drawer.begin("folder/inner/parts/x", 0, "refuse").await;
    assert!(drawer.complete(&id).await.status.is_client_error());
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_of_single_bytes_is_served_like_any_other() {
    let drawer = Drawer::new().await;
    let body = b"1\r\nx\r\n".repeat(100_000);
    let request = drawer.own("POST", "/api/storage/upload?path=file").header("transfer-encoding", "chunked");
    let stored = request.body(&[&body[..], b"0\r\n\r\n"].concat()).send().await;
    assert_eq!(stored.status, 201, "{stored:?}");
    assert_eq!(drawer.read("file"), vec![b'x'; 100_000]);
    drawer.close().await;
}

/// Asks until it is so.
pub async fn until(is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.expect("it to become so");
}
