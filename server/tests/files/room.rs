//! Room: the person's, and the disk's.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::drawer::{Drawer, at, done, failure, told};
use crate::support::server::Server;
use crate::uploads::until;

const MIB: usize = 1 << 20;
const QUOTA: [&str; 2] = ["--storage-quota", "4MiB"];

fn full() -> (u16, String) {
    (402, "QUOTA_EXCEEDED".into())
}

#[tokio::test]
async fn what_a_person_may_have_is_kept_before_anything_comes() {
    let drawer = Drawer::with(&QUOTA).await;
    assert_eq!(drawer.upload("one", &vec![0; 3 * MIB], &[]).await.status, 201);
    assert_eq!(told(&drawer.upload("two", &vec![0; 2 * MIB], &[]).await), full());
    // Told by its length alone, before a byte of it came.
    let request = drawer.own("POST", "/api/storage/upload?path=two").header("content-length", "2000000");
    assert_eq!(told(&request.send().await), full());
    let begun = drawer.post("upload/initiate", json!({"at": at("two"), "size": 2 * MIB})).await;
    assert_eq!(told(&begun), full());
    assert_eq!(failure(&drawer.relocate("copy", "one", "two", json!({})).await), "QUOTA_EXCEEDED");
    let told_size = drawer.stats().await;
    assert_eq!(told_size["quota_bytes"], 4 * MIB);
    // What is in the trash counts until it is gone.
    let trashed = done(&drawer.delete("one").await)["trashed"].clone();
    assert_eq!(told(&drawer.upload("two", &vec![0; 2 * MIB], &[]).await), full());
    assert_eq!(drawer.stats().await["trash_bytes"], 3 * MIB);
    assert_eq!(drawer.post("delete", json!({"trashed": [trashed]})).await.status, 200);
    assert_eq!(drawer.upload("two", &vec![0; 2 * MIB], &[]).await.status, 201);
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn what_comes_without_a_length_ends_where_the_room_does() {
    let drawer = Drawer::with(&QUOTA).await;
    let chunked = |path: &str, mebibytes: usize| {
        let mut body = Vec::new();
        for _ in 0..mebibytes {
            body.extend_from_slice(b"100000\r\n");
            body.resize(body.len() + MIB, b'x');
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\n\r\n");
        let target = format!("/api/storage/upload?path={path}");
        drawer.own("POST", &target).header("transfer-encoding", "chunked").body(&body).send()
    };
    assert_eq!(told(&chunked("one", 5).await), full());
    assert_eq!(drawer.left(), Vec::<String>::new());
    assert_eq!(chunked("one", 3).await.status, 201);
    drawer.close().await;
}

#[tokio::test]
async fn uploads_at_one_time_share_the_room() {
    let drawer = Drawer::with(&QUOTA).await;
    let open = async |path: &str, mebibytes: usize| {
        let target = format!("/api/storage/upload?path={path}");
        let mut stream = drawer.own("POST", &target).header("transfer-encoding", "chunked").open().await;
        for _ in 0..mebibytes {
            stream.write_all(b"100000\r\n").await.unwrap();
            stream.write_all(&vec![b'x'; MIB]).await.unwrap();
            stream.write_all(b"\r\n").await.unwrap();
        }
        stream
    };
    // Neither says how much it is; together they would be too much.
    let one = open("one", 3).await;
    let uploads = drawer.person().join("uploads");
    let size = || {
        let entries = std::fs::read_dir(&uploads).unwrap();
        entries.map(|entry| entry.unwrap().metadata().unwrap().size() as usize).sum::<usize>()
    };
    until(async || size() >= 2 * MIB).await;
    let two = drawer.upload("two", &vec![0; 3 * MIB], &[]).await;
    assert_eq!(told(&two), full());
    let begun = drawer.post("upload/initiate", json!({"at": at("two"), "size": 3 * MIB})).await;
    assert_eq!(told(&begun), full());
    drop(one);
    until(async || drawer.left().is_empty()).await;
    // What parts will need is spoken for, and free again once they are aborted.
    let id = drawer.begin("parts", 3 * MIB as u64, "refuse").await;
    assert_eq!(told(&drawer.upload("two", &vec![0; 2 * MIB], &[]).await), full());
    assert_eq!(drawer.post("upload/abort", json!({"upload": id})).await.status, 204);
    assert_eq!(drawer.upload("two", &vec![0; 2 * MIB], &[]).await.status, 201);
    drawer.close().await;
}

#[tokio::test]
async fn a_restored_thing_and_a_moved_one_need_no_room() {
    let drawer = Drawer::with(&QUOTA).await;
    assert_eq!(drawer.upload("one", &vec![0; 3 * MIB], &[]).await.status, 201);
    done(&drawer.relocate("move", "one", "two", json!({})).await);
    let trashed = done(&drawer.delete("two").await)["trashed"].as_str().unwrap().to_owned();
    done(&drawer.restore(&trashed).await);
    assert_eq!(drawer.stats().await["bytes"].as_u64().unwrap() >> 20, 3);
    drawer.close().await;
}

/// A tmpfs for as long as this lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// With so much room beside what uploads leave to others.
    fn new(mebibytes: u32) -> Self {
        let directory = tempfile::Builder::new().prefix("berth-test-").tempdir().unwrap();
        let options = format!("size={}m", 64 + mebibytes);
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory.path());
        assert!(mount.status().unwrap().success(), "mounting a tmpfs needs root");
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Another file that takes all there is but so much.
    fn fill(&self, but: u64) -> std::path::PathBuf {
        let hog = self.path().join("hog");
        let disk = nix::sys::statvfs::statvfs(self.path()).unwrap();
        let free = disk.blocks_available() * disk.fragment_size();
        let file = std::fs::File::create(&hog).unwrap();
        nix::fcntl::fallocate(file, nix::fcntl::FallocateFlags::empty(), 0, (free - but) as i64).unwrap();
        hog
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

async fn on(disk: &SmallDisk) -> Drawer {
    let directory = tempfile::tempdir_in(disk.path()).unwrap();
    let server = Server::on(directory, &[]).await;
    let cookie = server.sign_in().await;
    let drawer = Drawer { server, cookie };
    drawer.get("browse", &[]).await;
    drawer
}

#[tokio::test]
async fn a_disk_that_fills_in_the_middle_of_an_upload_is_told_and_nothing_is_left() {
    let disk = SmallDisk::new(32);
    let drawer = on(&disk).await;
    // Refused by its length alone.
    let request = drawer.own("POST", "/api/storage/upload?path=file").header("content-length", "100000000");
    assert_eq!(told(&request.send().await), full());
    // Full in the middle.
    let mut stream = drawer
        .own("POST", "/api/storage/upload?path=file")
        .header("content-length", "16777216")
        .header("connection", "close")
        .open()
        .await;
    stream.write_all(&vec![b'x'; 4 * MIB]).await.unwrap();
    until(async || !drawer.left().is_empty()).await;
    let hog = disk.fill(2 * MIB as u64);
    let mut answer = Vec::new();
    let _ = stream.write_all(&vec![b'x'; 12 * MIB]).await;
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 402") && answer.contains("QUOTA_EXCEEDED"), "{answer}");
    assert_eq!((drawer.left(), drawer.is_there("file")), (Vec::new(), false));
    // Reading, deleting and emptying work on.
    std::fs::remove_file(hog).unwrap();
    assert_eq!(drawer.upload("file", &vec![b'x'; 16 * MIB], &[]).await.status, 201);
    drawer.close().await;
}

#[tokio::test]
async fn a_disk_that_fills_in_the_middle_of_a_part_loses_that_part_alone() {
    let disk = SmallDisk::new(32);
    let drawer = on(&disk).await;
    let part = vec![b'x'; 5 * MIB];
    let id = drawer.begin("file", 10 * MIB as u64, "refuse").await;
    assert_eq!(drawer.part(&id, 0, &part).await.status, 200);
    let hog = disk.fill(MIB as u64);
    assert_eq!(told(&drawer.part(&id, 1, &part).await), full());
    assert_eq!(drawer.get("upload/status", &[("upload", &id)]).await.json()["parts"], json!([0]));
    std::fs::remove_file(hog).unwrap();
    assert_eq!(drawer.part(&id, 1, &part).await.status, 200);
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert_eq!(drawer.read("file").len(), 10 * MIB);
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn a_disk_without_a_byte_left_keeps_what_was_to_be_replaced_and_what_was_to_replace_it() {
    let disk = SmallDisk::new(32);
    let drawer = on(&disk).await;
    drawer.put("file", "old");
    let id = drawer.begin("file", 3, "replace").await;
    assert_eq!(drawer.part(&id, 0, b"new").await.status, 200);
    let hog = disk.fill(0);
    // The trash can't be written.
    for _ in 0..2 {
        assert_eq!(told(&drawer.complete(&id).await), full());
        assert_eq!(drawer.read("file"), b"old");
    }
    std::fs::remove_file(hog).unwrap();
    let stored = drawer.complete(&id).await;
    assert_eq!((stored.status.as_u16(), drawer.read("file")), (201, b"new".to_vec()));
    let restored = drawer.restore(stored.json()["trashed"].as_str().unwrap()).await;
    assert_eq!(drawer.read(done(&restored)["at"]["path"].as_str().unwrap()), b"old");
    drawer.close().await;
}
