//! The one place that knows warp: a single filter in front of the route table.

use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::routes;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, StatusCode};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use vestibule_upstream::dev_server::OnUpgrade;
use warp::Filter as _;

/// Most bytes of a request body (sheet 1.2).
pub(crate) const BODY_LIMIT: usize = 56 * 1024;

/// Serves one listener until `stop` becomes true, then drains.
pub(crate) async fn serve(engine: Arc<Engine>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let routes = warp::any()
        .and(warp::method())
        .and(warp::path::full())
        .and(warp::query::raw().map(Some).or(warp::any().map(|| None)).unify())
        .and(warp::header::headers_cloned())
        // An authority in the request target counts before the Host header (RFC 9112 3.2.2), so both have to agree.
        .and(warp::host::optional().map(|_| true).or(warp::any().map(|| false)).unify())
        .and(warp::ext::optional::<OnUpgrade>())
        .and(warp::body::stream())
        .then(
            move |method: Method,
                  path: warp::path::FullPath,
                  query: Option<String>,
                  headers: HeaderMap,
                  one_host: bool,
                  upgrade: Option<OnUpgrade>,
                  body| {
                let engine = engine.clone();
                async move {
                    let path = path.as_str().to_owned();
                    if !one_host {
                        return into_warp(problem(
                            StatusCode::MISDIRECTED_REQUEST,
                            "the Host header is no host, or another one than that of the request's address",
                        ));
                    }
                    let reply = match read_body(&headers, body, body_limit(&path)).await {
                        Ok(body) => {
                            routes::answer(
                                &engine,
                                Request {
                                    method,
                                    path,
                                    query,
                                    headers,
                                    body,
                                },
                                upgrade,
                            )
                            .await
                        }
                        Err(reply) => reply,
                    };
                    into_warp(reply)
                }
            },
        );
    let graceful = async move {
        // An error means the engine is gone, which also means stop.
        let _ = stop.wait_for(|stopping| *stopping).await;
    };
    warp::serve(routes).incoming(listener).graceful(graceful).run().await;
}

async fn read_body<S, B>(headers: &HeaderMap, body: S, most: usize) -> Result<Bytes, Response>
where
    S: futures_util::Stream<Item = Result<B, warp::Error>>,
    B: bytes::Buf,
{
    let announced = headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    if announced == Some(0) || (announced.is_none() && !headers.contains_key(http::header::TRANSFER_ENCODING)) {
        return Ok(Bytes::new());
    }
    let mut out = BytesMut::new();
    let mut body = std::pin::pin!(body);
    while let Some(chunk) = body.next().await {
        let Ok(mut chunk) = chunk else {
            return Err(problem(StatusCode::BAD_REQUEST, "the request body could not be read to its end"));
        };
        if out.len() + chunk.remaining() > most {
            return Err(too_large(most));
        }
        while chunk.has_remaining() {
            let part = chunk.chunk().len();
            out.extend_from_slice(chunk.chunk());
            chunk.advance(part);
        }
    }
    Ok(out.freeze())
}

fn too_large(most: usize) -> Response {
    let why = format!("the request body is larger than {} kB ({most} bytes)", most / 1024);
    problem(StatusCode::PAYLOAD_TOO_LARGE, &why)
}

/// A SAML response may be longer than anything else.
fn body_limit(path: &str) -> usize {
    if routes::takes_responses(path) {
        routes::RESPONSE_LIMIT
    } else {
        BODY_LIMIT
    }
}

/// A transport problem, in the shape of both error families (sheet 8.1).
pub(crate) fn problem(status: StatusCode, description: &str) -> Response {
    Response::json(
        status,
        &serde_json::json!({ "code": "oidc.invalid_request", "message": "The request is invalid.", "error": "invalid_request", "error_description": description }),
    )
}

fn into_warp(reply: Response) -> warp::reply::Response {
    let mut out = match reply.stream {
        Some(stream) => warp::reply::Reply::into_response(warp::reply::stream(stream.0)),
        None => warp::reply::Response::new(reply.body.into()),
    };
    *out.status_mut() = reply.status;
    *out.headers_mut() = reply.headers;
    out
}
