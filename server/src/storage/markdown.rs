//! Markdown as a document of its own, without anything that runs or comes from elsewhere.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, html};

/// Tables, task lists and the rest of what people's READMEs have.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_FOOTNOTES);

const STYLE: &str = "\
:root{color-scheme:dark;--text:#e4e4e7;--soft:#a1a1aa;--line:#3f3f46;--code:#18181b;--page:#09090b;--link:#7aa2f7}\
:root[data-theme=light]{color-scheme:light;--text:#18181b;--soft:#52525b;--line:#d4d4d8;--code:#f4f4f5;--page:#fff;--link:#1d4ed8}\
body{font:15px/1.6 system-ui,sans-serif;color:var(--text);background:var(--page);margin:0;padding:16px;overflow-wrap:anywhere}\
a{color:var(--link)}pre,code{font-family:ui-monospace,monospace;font-size:13px;background:var(--code);border-radius:4px}\
code{padding:1px 4px}pre{padding:12px;overflow:auto}pre code{padding:0}img{max-width:100%}\
blockquote{margin:0;padding-left:12px;border-left:3px solid var(--line);color:var(--soft)}\
table{border-collapse:collapse;display:block;overflow:auto}td,th{border:1px solid var(--line);padding:4px 8px}\
hr{border:0;border-top:1px solid var(--line)}h1,h2{border-bottom:1px solid var(--line);padding-bottom:4px}";

/// `text` as a whole document. HTML in it is shown, not obeyed; links lead only to the web, mail or a place in
/// it; pictures are their descriptions.
pub(super) fn render(text: &str, is_light: bool) -> String {
    let events = Parser::new_ext(text, OPTIONS).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Link { link_type, dest_url, title, .. }) => Some(match link(link_type, &dest_url) {
            Some(address) => Event::InlineHtml(CowStr::from(open_link(&address, &title))),
            None => Event::InlineHtml(CowStr::Borrowed("<a>")),
        }),
        Event::Start(Tag::Image { .. }) => {
            // Its description follows as text.
            Some(Event::Text(CowStr::Borrowed("🖼 ")))
        }
        Event::End(pulldown_cmark::TagEnd::Image) => None,
        event => Some(event),
    });
    let theme = if is_light { "light" } else { "dark" };
    let mut page = String::with_capacity(text.len() * 2);
    // Writing to a String can't fail.
    let _ = write!(
        page,
        "<!DOCTYPE html><html lang=\"en\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\"><title>Preview</title>\
         <style>{STYLE}</style></head><body>"
    );
    html::push_html(&mut page, events);
    page.push_str("</body></html>");
    page
}

/// Where a link leads, if following it runs nothing.
fn link(kind: LinkType, address: &str) -> Option<String> {
    let address = if kind == LinkType::Email { format!("mailto:{address}") } else { address.trim().to_owned() };
    let start = address.to_ascii_lowercase();
    let is_harmless = ["https://", "http://", "mailto:", "#"].iter().any(|harmless| start.starts_with(harmless));
    is_harmless.then_some(address)
}

/// A link's tag: what leads elsewhere opens beside the preview, which knows of no other page.
fn open_link(address: &str, title: &str) -> String {
    let elsewhere = if address.starts_with('#') { "" } else { " target=\"_blank\" rel=\"noopener noreferrer\"" };
    format!("<a href=\"{}\" title=\"{}\"{elsewhere}>", attribute(address), attribute(title))
}

/// `text` within a quoted attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_it_runs_or_is_fetched() {
        let hostile = "# Hi\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n\
                       [a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](vbscript:x) [e](/api/user)\n\n\
                       ![pixel](https://evil.example/pixel.png)\n\n<style>*{display:none}</style> a <b onclick=x>b</b>";
        let page = render(hostile, false);
        let body = page.split_once("<body>").expect("a body").1.to_ascii_lowercase();
        for never in ["<script", "<img", "<style", "<b ", "javascript:", "data:", "vbscript:", "href=\"/api"] {
            assert!(!body.contains(never), "{never}: {body}");
        }
        assert!(body.contains("pixel") && !body.contains("evil.example"), "{body}");
        assert!(body.contains("<h1>hi</h1>"), "{body}");
    }

    #[test]
    fn links_lead_out_or_to_a_place_in_it_and_quote_nothing() {
        let page = render("<a@b.example> [x](#there) [q](<https://e.example/\"onclick=\"x>)", false);
        for part in
            ["href=\"mailto:a@b.example\"", "<a href=\"#there\" title=\"\">", "https://e.example/&quot;onclick=&quot;x"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn what_people_write_is_shown() {
        let page = render("| a | b |\n|-|-|\n| 1 | 2 |\n\n- [x] done\n\n`code` [link](https://example.org)\n", true);
        for part in [
            "<table>",
            "checkbox",
            "<code>code</code>",
            "href=\"https://example.org\" title=\"\" target=\"_blank\" rel=\"noopener noreferrer\"",
            "data-theme=\"light\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
