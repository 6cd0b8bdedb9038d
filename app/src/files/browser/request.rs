//! A request that tells how much of it has left, and that can be called off; `fetch` can't tell.

use futures::channel::oneshot;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{ProgressEvent, XmlHttpRequest};

use crate::model::error::{ApiError, ErrorCode};

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The connection was cut, or nobody is there.
    Cut,
    Refused(ApiError),
}

/// A request on its way; dropped, it is called off.
pub struct Request {
    xhr: XmlHttpRequest,
    ended: oneshot::Receiver<()>,
    _end: Closure<dyn FnMut()>,
    _leave: Option<Closure<dyn FnMut(ProgressEvent)>>,
}

impl Request {
    /// Sends `body`, and tells `progress`, if there is any, how many bytes have left.
    pub fn send(
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
        body: &JsValue,
        progress: Option<impl Fn(u64) + 'static>,
    ) -> Result<Self, JsValue> {
        let xhr = XmlHttpRequest::new()?;
        xhr.open_with_async(method, address, true)?;
        for (name, value) in headers {
            xhr.set_request_header(name, value)?;
        }
        let (tell, ended) = oneshot::channel();
        let mut tell = Some(tell);
        let end = Closure::<dyn FnMut()>::new(move || {
            // Nobody may wait any more.
            let _ = tell.take().map(|tell| tell.send(()));
        });
        let leave = progress.map(|progress| {
            Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| progress(event.loaded() as u64))
        });
        xhr.set_onloadend(Some(end.as_ref().unchecked_ref()));
        if let (Some(leave), Ok(upload)) = (&leave, xhr.upload()) {
            upload.set_onprogress(Some(leave.as_ref().unchecked_ref()));
        }
        match body.dyn_ref::<web_sys::Blob>() {
            Some(blob) => xhr.send_with_opt_blob(Some(blob))?,
            None => xhr.send_with_opt_str(body.as_string().as_deref())?,
        }
        Ok(Self { xhr, ended, _end: end, _leave: leave })
    }

    /// What calls it off.
    pub fn handle(&self) -> XmlHttpRequest {
        self.xhr.clone()
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// Cut, or what the server said.
    pub async fn answer<T: DeserializeOwned>(mut self) -> Result<T, Failure> {
        // Cancelled only with the request itself.
        let _ = (&mut self.ended).await;
        let status = self.xhr.status().unwrap_or(0);
        let text = self.xhr.response_text().ok().flatten().unwrap_or_default();
        match status {
            200..300 => serde_json::from_str(if text.is_empty() { "null" } else { &text })
                .map_err(|_| Failure::Refused(ApiError::internal())),
            0 => Err(Failure::Cut),
            status => Err(serde_json::from_str(&text).map_or_else(|_| without_words(status), Failure::Refused)),
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.xhr.set_onloadend(None);
        if let Ok(upload) = self.xhr.upload() {
            upload.set_onprogress(None);
        }
        // Nothing happens to one that is over.
        let _ = self.xhr.abort();
    }
}

/// What a proxy between us and the server says.
fn without_words(status: u16) -> Failure {
    match status {
        401 => Failure::Refused(ApiError::not_signed_in()),
        413 => Failure::Refused(ApiError::new(ErrorCode::ValidationError, "It is larger than the server takes.")),
        502..=504 => Failure::Cut,
        status => Failure::Refused(ApiError::new(
            ErrorCode::ValidationError,
            format!("The server answered with status {status}."),
        )),
    }
}

/// A failure that no request of ours should meet.
pub fn fault(error: &JsValue) -> Failure {
    Failure::Refused(ApiError::new(ErrorCode::ValidationError, format!("The browser refuses: {error:?}")))
}
