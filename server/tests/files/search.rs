//! Looking for names, and the order of a folder.

use serde_json::{Value, json};

use crate::drawer::{Drawer, told};

fn paths(response: &Value) -> Vec<&str> {
    response["found"].as_array().unwrap().iter().map(|found| found["path"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_search_has_its_limits() {
    let drawer = Drawer::new().await;
    for number in 0..250 {
        drawer.put(&format!("many/{number}-needle"), "");
    }
    drawer.put("few/Needle.TXT", "");
    drawer.put("few/.hidden/needle", "");
    drawer.put("few/sub/needle", "");
    let search = async |query: &[(&str, &str)]| drawer.get("search", query).await;
    let all = search(&[("query", "needle")]).await.json();
    assert_eq!((paths(&all).len(), &all["is_complete"]), (200, &json!(false)));
    let few = search(&[("query", "NEEDLE"), ("path", "few")]).await.json();
    assert_eq!((paths(&few), &few["is_complete"]), (vec!["few/Needle.TXT", "few/sub/needle"], &json!(true)));
    let hidden = search(&[("query", "needle"), ("path", "few"), ("hidden", "true")]).await.json();
    assert_eq!(paths(&hidden).len(), 3);
    // The 200th is no more than the last.
    for number in 200..250 {
        std::fs::remove_file(drawer.at(&format!("many/{number}-needle"))).unwrap();
    }
    let exact = search(&[("query", "needle"), ("path", "many")]).await.json();
    assert_eq!((paths(&exact).len(), &exact["is_complete"]), (200, &json!(true)));
    for wrong in [&[("query", "")][..], &[], &[("query", &*"x".repeat(256))]] {
        assert!(search(wrong).await.status.is_client_error(), "{wrong:?}");
    }
    // What means something elsewhere is a letter here.
    for query in ["*", ".*", "%", "?", "[a-z]", "\\", "/", "..", "é\u{301}", "\u{202e}"] {
        assert_eq!(paths(&search(&[("query", query), ("path", "many")]).await.json()), Vec::<&str>::new(), "{query}");
    }
    assert_eq!(told(&search(&[("query", "x"), ("path", "none")]).await).0, 404);
    drawer.close().await;
}

#[tokio::test]
async fn a_folder_is_sorted_folders_first_and_comes_in_pages() {
    let drawer = Drawer::new().await;
    for (name, size, seconds) in [("b.txt", 1, 30), ("A.md", 3, 10), ("c.txt", 2, 20)] {
        drawer.put(&format!("f/{name}"), vec![0; size]);
        let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        std::fs::File::open(drawer.at(&format!("f/{name}"))).unwrap().set_modified(at).unwrap();
    }
    drawer.put("f/z/x", "");
    drawer.put("f/.h", "");
    let names = async |query: &[(&str, &str)]| {
        let listing = drawer.get("browse", &[&[("path", "f")], query].concat()).await.json();
        let names: Vec<_> = listing["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect();
        (names, listing["total"].as_u64().unwrap())
    };
    let expect = |all: &[&str]| (all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), 4);
    assert_eq!(names(&[]).await, expect(&["z", "A.md", "b.txt", "c.txt"]));
    assert_eq!(names(&[("descending", "true")]).await, expect(&["z", "c.txt", "b.txt", "A.md"]));
    assert_eq!(names(&[("sort", "size")]).await, expect(&["z", "A.md", "c.txt", "b.txt"]));
    assert_eq!(names(&[("sort", "modified")]).await, expect(&["z", "b.txt", "c.txt", "A.md"]));
    assert_eq!(names(&[("sort", "type")]).await, expect(&["z", "A.md", "b.txt", "c.txt"]));
    assert_eq!(names(&[("offset", "1"), ("limit", "2")]).await, expect(&["A.md", "b.txt"]));
    assert_eq!(names(&[("offset", "4000000000")]).await, expect(&[]));
    assert_eq!(names(&[("hidden", "true")]).await.1, 5);
    for wrong in [("limit", "0"), ("limit", "1001"), ("offset", "-1"), ("sort", "x"), ("x", "y")] {
        assert!(drawer.get("browse", &[wrong]).await.status.is_client_error(), "{wrong:?}");
    }
    drawer.close().await;
}
