//! The API's description, as a document and as a page to read and try it. Nothing of it comes from
//! another host.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use http::header;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::pages::escape;
use crate::app::App;

const SCRIPT: &str = include_str!("docs/try.js");
const STYLE: &str = include_str!("docs/style.css");

/// `/api/openapi.json`, `/api/docs` and the page's script, all made once.
pub(super) fn router(document: &OpenApi) -> Router<App> {
    let document = serde_json::to_value(document).unwrap_or_default();
    let json: bytes::Bytes = document.to_string().into();
    let page: bytes::Bytes = page(&document).into();
    Router::new()
        .route("/api/openapi.json", get(|| async move { ([(header::CONTENT_TYPE, "application/json")], json) }))
        .route("/api/docs", get(|| async move { Html(page) }))
        .route(
            "/api/docs/try.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }),
        )
}

fn page(document: &Value) -> String {
    let mut operations = String::new();
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            operations.push_str(&operation_html(document, path, method, operation));
        }
    }
    let description = escape(text(&document["info"]["description"])).replace("\n\n", "</p><p>");
    let title = escape(text(&document["info"]["title"]));
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title>
<style>{STYLE}</style>
<script src="/api/docs/try.js" defer></script>
</head>
<body>
<main>
<h1>{title} API</h1>
<p>{description}</p>
<p><a href="/api/openapi.json">OpenAPI document</a> · <a href="/">Back to Berth</a></p>
{operations}
</main>
</body>
</html>
"#
    )
}

fn operation_html(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let summary = [&operation["summary"], &operation["description"]].map(text).into_iter().find(|t| !t.is_empty());
    let parameters: String = operation["parameters"].as_array().into_iter().flatten().map(parameter_html).collect();
    let body = members(&operation["requestBody"]["content"]).next().map(|(content_type, content)| {
        let example = escape(&example(document, &content["schema"], 0).to_string());
        format!(
            r#"<label>Body, {0} <textarea data-body="{0}" rows="3" spellcheck="false">{example}</textarea></label>"#,
            escape(content_type)
        )
    });
    let responses: String = members(&operation["responses"])
        .map(|(status, response)| {
            format!("<tr><td>{}</td><td>{}</td></tr>", escape(status), escape(text(&response["description"])))
        })
        .collect();
    format!(
        r#"<details>
<summary><code class="method">{method}</code> <code>{path}</code> <span>{summary}</span></summary>
<form data-method="{method}" data-path="{path}">
{parameters}{body}
<button type="submit">Send</button> <output></output>
</form>
<table><caption>Answers</caption><tbody>{responses}</tbody></table>
</details>
"#,
        method = escape(&method.to_uppercase()),
        path = escape(path),
        summary = escape(summary.unwrap_or_default()),
        body = body.unwrap_or_default(),
    )
}

fn parameter_html(parameter: &Value) -> String {
    let (name, place) = (escape(text(&parameter["name"])), escape(text(&parameter["in"])));
    let required = if parameter["required"].as_bool() == Some(true) { " required" } else { "" };
    let description = escape(text(&parameter["description"]));
    format!(
        r#"<label>{name} <small>{description}</small> <input data-in="{place}" name="{name}" autocomplete="off"{required}></label>
"#
    )
}

/// A value of the shape that `schema` describes, to begin a body with. Nested at most a few deep.
fn example(document: &Value, schema: &Value, depth: u8) -> Value {
    const DEEPEST: u8 = 4;
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/")) {
        return example(document, &document["components"]["schemas"][name], depth + 1);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        kind => text(kind),
    };
    match kind {
        "object" => {
            let properties = members(&schema["properties"]);
            Value::Object(
                properties.map(|(name, schema)| (name.to_owned(), example(document, schema, depth + 1))).collect(),
            )
        }
        "array" => Value::Array(Vec::new()),
        "integer" | "number" => 0.into(),
        "boolean" => false.into(),
        _ => "".into(),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
