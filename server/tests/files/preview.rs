//! Previews: whatever a file holds, it runs nothing.

use crate::drawer::{Drawer, told};
use crate::support::client::Response;

const TEXT: &str = "text/plain; charset=utf-8";

fn assert_harmless(response: &Response) {
    assert_eq!(response.header("x-content-type-options"), "nosniff", "{response:?}");
    assert_eq!(response.header("x-frame-options"), "SAMEORIGIN");
    let policy = response.header("content-security-policy");
    for part in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    for never in ["script-src", "allow-scripts", "allow-same-origin", "allow-forms", "allow-top"] {
        assert!(!policy.contains(never), "{policy}");
    }
    assert_eq!(policy.contains("sandbox"), response.header("content-type") != "application/pdf", "{policy}");
    let shown = [
        TEXT,
        "text/html; charset=utf-8",
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
    ];
    let is_shown = shown.contains(&response.header("content-type"));
    assert_eq!(response.header("content-disposition").starts_with("attachment"), !is_shown, "{response:?}");
}

#[tokio::test]
async fn what_could_run_is_text_or_kept() {
    let drawer = Drawer::new().await;
    let script = "<script>alert(document.domain)</script>";
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{script}</svg>");
    for (name, bytes, media_type) in [
        ("x.html", script.as_bytes(), TEXT),
        ("x.HTM", script.as_bytes(), TEXT),
        ("x.xhtml", script.as_bytes(), TEXT),
        ("x.js", b"alert(1)", TEXT),
        ("x.mjs", b"alert(1)", TEXT),
        ("x.xml", b"<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>", TEXT),
        ("x.css", b"*{}", TEXT),
        ("x.wasm", b"\0asm\x01\0\0\0", "application/octet-stream"),
        ("x.svg", svg.as_bytes(), "image/svg+xml"),
        ("x.svgz", b"\x1f\x8b\x08", "image/svg+xml"),
        ("x.swf", b"FWS\0", "application/octet-stream"),
        ("x.mhtml", script.as_bytes(), TEXT),
        ("x", script.as_bytes(), TEXT),
        ("x.png.html", script.as_bytes(), TEXT),
        // Polyglots: named as what is shown, and something else; or the other way round.
        ("x.png", script.as_bytes(), "image/png"),
        ("x.gif", b"GIF89a/*<script>alert(1)</script>*/=1;", "image/gif"),
        ("x.jpg", b"\xff\xd8\xff<html><script>alert(1)</script>", "image/jpeg"),
        ("x.webp", b"RIFF", "image/webp"),
        ("x.avif", b"", "image/avif"),
        ("x.pdf", b"%PDF-1.7 <script>alert(1)</script>", "application/pdf"),
        ("pdf.html", b"%PDF-1.7 <script>alert(1)</script>", TEXT),
        ("utf16.html", b"\xff\xfe<\0s\0", "application/octet-stream"),
        ("utf7.html", b"+ADw-script+AD4-", TEXT),
    ] {
        drawer.put(name, bytes);
        let response = drawer.get("preview", &[("path", name)]).await;
        assert_eq!((response.status.as_u16(), response.header("content-type")), (200, media_type), "{name}");
        assert_harmless(&response);
        assert_eq!(response.bytes, bytes, "{name}");
        let download = drawer.download(name).await;
        assert_eq!(download.header("content-type"), "application/octet-stream", "{name}");
        assert_eq!(download.header("x-content-type-options"), "nosniff");
        assert!(download.header("content-disposition").starts_with("attachment"));
    }
    drawer.close().await;
}

#[tokio::test]
async fn text_is_shown_up_to_a_mebibyte() {
    let drawer = Drawer::new().await;
    let most = 1 << 20;
    for (size, is_cut) in [(most - 1, ""), (most, ""), (most + 1, "true")] {
        drawer.put("text.txt", vec![b'x'; size]);
        let response = drawer.get("preview", &[("path", "text.txt")]).await;
        assert_eq!((response.bytes.len(), response.header("x-truncated")), (size.min(most), is_cut));
        assert_eq!(response.header("content-type"), TEXT);
        assert_harmless(&response);
    }
    // A character that is cut: where it is looked whether this is text, and at the end of what is shown.
    for offset in 0..4 {
        let mut text = vec![b'x'; offset];
        text.extend_from_slice("😀".repeat((most >> 2) + 1).as_bytes());
        drawer.put("emoji.txt", &text);
        let response = drawer.get("preview", &[("path", "emoji.txt")]).await;
        assert_eq!((response.header("content-type"), response.bytes.len()), (TEXT, most), "{offset}");
    }
    // At its own end it is no text.
    drawer.put("cut.txt", &"😀".as_bytes()[..3]);
    let cut = drawer.get("preview", &[("path", "cut.txt")]).await;
    assert_eq!(cut.header("content-type"), "application/octet-stream");
    assert_harmless(&cut);
    drawer.put("empty.txt", "");
    assert_eq!(drawer.get("preview", &[("path", "empty.txt")]).await.header("content-type"), TEXT);
    drawer.close().await;
}

#[tokio::test]
async fn markdown_is_a_page_without_scripts() {
    let drawer = Drawer::new().await;
    drawer.put("x.md", "# Hi\n<script>alert(1)</script>[a](javascript:alert(1))<base href=//evil>");
    let page = drawer.get("preview", &[("path", "x.md"), ("as", "html")]).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_harmless(&page);
    assert!(
        page.body.contains("<h1>Hi</h1>")
            && !page.body.contains("<script")
            && !page.body.contains("href=\"javascript:")
    );
    assert!(!page.body.contains("<base href"), "{}", page.body);
    // What is no Markdown, as a page, is its text.
    for (name, bytes) in
        [("x.html", &b"<script>x</script>"[..]), ("x.png", b"\x89PNG\0<script>"), ("bin", b"\xff\xfe\0")]
    {
        drawer.put(name, bytes);
        let page = drawer.get("preview", &[("path", name), ("as", "html")]).await;
        assert!(page.status == 200 && !page.body.contains("<script>"), "{page:?}");
        assert_harmless(&page);
    }
    drawer.close().await;
}

#[tokio::test]
async fn markdown_that_is_made_to_be_slow_or_large_is_neither() {
    let drawer = Drawer::new().await;
    let long = "x".repeat(500_000);
    for text in [
        ">".repeat(200_000),
        "[".repeat(200_000),
        "*a ".repeat(100_000),
        "`".repeat(200_000) + "a",
        "- ".repeat(100_000),
        "|a".repeat(100_000) + "\n" + &"|-".repeat(100_000),
        format!("[a]: /{long}\n\n{}", "[a]".repeat(100_000)),
        "<!--".repeat(100_000),
        "![".repeat(100_000),
    ] {
        drawer.put("x.md", &text);
        let page = drawer.get("preview", &[("path", "x.md"), ("as", "html")]).await;
        assert_eq!(page.status, 200);
        assert!(page.bytes.len() < 32 << 20, "{} bytes of {:?}", page.bytes.len(), &text[..20]);
    }
    drawer.close().await;
}

#[tokio::test]
async fn a_preview_is_a_file_with_ranges_and_nothing_else() {
    let drawer = Drawer::new().await;
    drawer.put("x.png", "0123456789");
    let part = drawer.asking("preview", &[("path", "x.png")]).header("range", "bytes=1-2").send().await;
    assert_eq!((part.status.as_u16(), &*part.body), (206, "12"));
    assert_harmless(&part);
    let etag = part.header("etag").to_owned();
    let known = drawer.asking("preview", &[("path", "x.png")]).header("if-none-match", &etag).send().await;
    assert_eq!(known.status, 304);
    assert_eq!(known.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(told(&drawer.get("preview", &[("path", "Getting started")]).await), (409, "CONFLICT".into()));
    assert_eq!(told(&drawer.get("preview", &[("path", "none")]).await), (404, "NOT_FOUND".into()));
    assert_eq!(drawer.get("preview", &[("path", "x.png"), ("as", "exe")]).await.status, 400);
    // A failure is no preview: nothing may frame it.
    assert_eq!(drawer.get("preview", &[("path", "none")]).await.header("x-frame-options"), "DENY");
    drawer.close().await;
}
