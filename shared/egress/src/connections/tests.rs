//! Connections to scripted servers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Receiver;

use hyper::{Method, StatusCode};
use tokio::net::TcpSocket;
use tokio::sync::oneshot;

use super::*;
use crate::scripted::{OK, PATIENCE, read_request, server};

/// What is waited for that does not come.
const SHORT: Duration = Duration::from_millis(200);
const EMPTY: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn connections(url: &str) -> Connections {
    let limits = Limits { connect_timeout: PATIENCE, idle_timeout: PATIENCE };
    let trust = Trust::system().expect("roots");
    Connections::new(&url.parse().expect("a URL"), None, trust, limits).expect("connections")
}

fn script(connections: &[&[&str]]) -> (Connections, Receiver<(usize, String)>) {
    let answers = |answers: &&[&str]| answers.iter().map(|&answer| answer.to_owned()).collect();
    let (address, seen) = server(connections.iter().map(answers).collect());
    (self::connections(&format!("http://{address}")), seen)
}

fn message(method: Method, body: &'static str) -> Request<Bytes> {
    let mut message = Request::new(Bytes::from(body));
    *message.method_mut() = method;
    message
}

async fn post(connections: &Connections) -> Result<Response<Bytes>, ExchangeError> {
    connections.exchange(message(Method::POST, "{}"), Some(2), &mut false).await
}

/// The connections of the requests that came, in their order: each came before its answer.
fn numbers(seen: &Receiver<(usize, String)>) -> Vec<usize> {
    seen.try_iter().map(|(connection, _)| connection).collect()
}

#[tokio::test]
async fn a_connection_is_used_again_unless_the_rest_of_an_answer_is_to_come() {
    let longer = OK.replace("2\r\n", "900\r\n");
    let (connections, seen) = script(&[&[OK, OK, EMPTY, &longer, OK], &[OK]]);
    for bytes_max in [Some(2), Some(2), None, None, Some(2)] {
        let asked = connections.exchange(message(Method::POST, "{}"), bytes_max, &mut false).await;
        asked.expect("an answer");
    }
    assert_eq!(numbers(&seen), [0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn answers_are_read_to_their_end_whatever_says_where_that_is() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
    let of_head = OK.trim_end_matches("{}");
    let (connections, seen) = script(&[&[chunked, OK, EMPTY, of_head, "HTTP/1.1 200 OK\r\n\r\n{}"], &[OK]]);
    for (method, status, body) in [
        (Method::GET, StatusCode::OK, "{}"),
        (Method::POST, StatusCode::OK, "{}"),
        (Method::DELETE, StatusCode::NO_CONTENT, ""),
        (Method::HEAD, StatusCode::OK, ""),
        // As long as the connection: it is closed.
        (Method::GET, StatusCode::OK, "{}"),
        (Method::GET, StatusCode::OK, "{}"),
    ] {
        let asked = connections.exchange(message(method, ""), Some(2), &mut false).await;
        let answer = asked.expect("an answer");
        assert_eq!((answer.status(), &answer.body()[..]), (status, body.as_bytes()));
    }
    assert_eq!(numbers(&seen), [0, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_used_again() {
    let closing = OK.replace("Content-Length", "Connection: close\r\nContent-Length");
    let (connections, seen) = script(&[&[OK], &[&closing], &[OK]]);
    post(&connections).await.expect("an answer");
    // The server has closed it without a word. That arrives when it arrives.
    let closed = async {
        // Ends: the server has closed it, and the time-out around it.
        while !connections.idle()[0].connection.is_closed() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.expect("closed");
    post(&connections).await.expect("an answer");
    // This one the server has announced.
    post(&connections).await.expect("an answer");
    assert_eq!(numbers(&seen), [0, 1, 2]);
}

#[tokio::test]
async fn after_a_failure_of_the_server_its_connection_is_not_used_again() {
    let failed = OK.replace("200 OK", "503 Service Unavailable");
    let refused = OK.replace("200 OK", "400 Bad Request");
    let (connections, seen) = script(&[&[&refused, &failed, OK], &[OK]]);
    for status in [400, 503, 200] {
        assert_eq!(post(&connections).await.expect("an answer").status(), status);
    }
    assert_eq!(numbers(&seen), [0, 0, 1]);
}

#[tokio::test]
async fn a_connection_that_nobody_used_for_long_is_not_used_again() {
    let (connections, seen) = script(&[&[OK, OK], &[OK]]);
    post(&connections).await.expect("an answer");
    let hour = Duration::from_secs(3600);
    connections.idle()[0].since -= hour;
    post(&connections).await.expect("an answer");
    assert_eq!(numbers(&seen), [0, 1]);
}

#[tokio::test]
async fn whoever_drops_an_exchange_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let connections = connections(&format!("http://{}", listener.local_addr().expect("bound")));
    let (asked, is_asked) = oneshot::channel();
    let server = std::thread::spawn(move || {
        let (mut first, _) = listener.accept().expect("a connection");
        read_request(&first).expect("a request");
        asked.send(()).expect("a test");
        let closed = first.read(&mut [0; 1]);
        let (mut second, _) = listener.accept().expect("a connection");
        read_request(&second).expect("a request");
        second.write_all(OK.as_bytes()).expect("a client");
        closed
    });
    let mut sent = false;
    let exchange = connections.exchange(message(Method::POST, "{}"), Some(2), &mut sent);
    tokio::select! {
        answer = exchange => panic!("{answer:?}"),
        asked = is_asked => asked.expect("a server"),
    }
    assert!(sent);
    assert!(connections.idle().is_empty());
    post(&connections).await.expect("an answer");
    assert_eq!(server.join().expect("a server").expect("closed"), 0);
}

#[tokio::test]
async fn a_failure_says_what_failed() {
    let ask = async |answer: &str| {
        let (connections, _seen) = script(&[&[answer]]);
        let error = post(&connections).await.expect_err("no answer");
        assert!(connections.idle().is_empty());
        error
    };
    assert!(matches!(ask("").await, ExchangeError::Broken(_)), "the server hangs up");
    assert!(matches!(ask(&OK[..OK.len() - 1]).await, ExchangeError::Broken(_)), "cut off");
    let ragged = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n";
    assert!(matches!(ask(ragged).await, ExchangeError::Broken(_)), "no chunk");
    assert!(matches!(ask("220 mail\r\n").await, ExchangeError::NoAnswer(_)), "no HTTP");
    let long = OK.replace("2\r\n\r\n", "3\r\n\r\n ");
    assert!(matches!(ask(&long).await, ExchangeError::TooLong(2)), "too long");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{ }\r\n0\r\n\r\n";
    assert!(matches!(ask(chunked).await, ExchangeError::TooLong(2)), "too long");
}

#[tokio::test]
async fn without_a_connection_nothing_is_sent() {
    // Its port is taken, and nobody listens there: connections are refused as long as it is there.
    let deaf = TcpSocket::new_v4().expect("a socket");
    deaf.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let nobody = connections(&format!("http://{}", deaf.local_addr().expect("bound")));
    let mut sent = false;
    let refused = nobody.exchange(message(Method::GET, ""), None, &mut sent).await;
    assert!(matches!(refused, Err(ExchangeError::NoConnection(_))), "{refused:?}");

    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", silent.local_addr().expect("bound"));
    let limits = Limits { connect_timeout: SHORT, idle_timeout: PATIENCE };
    let trust = Trust::system().expect("roots");
    let impatient = Connections::new(&url.parse().expect("a URL"), None, trust, limits).expect("connections");
    let late = impatient.exchange(message(Method::GET, ""), None, &mut sent).await;
    assert!(matches!(late, Err(ExchangeError::Late(SHORT))), "{late:?}");
    assert!(!sent);
}

#[tokio::test]
async fn a_message_goes_to_its_path_and_names_the_host() {
    let (connections, seen) = script(&[&[OK; 3]]);
    let host = connections.host.to_str().expect("text").to_owned();
    let send = async |url: &str, host: Option<&'static str>| {
        let mut message = message(Method::POST, "{}");
        *message.uri_mut() = url.parse().expect("a URL");
        message.headers_mut().append("x-amz-date", HeaderValue::from_static("1"));
        message.headers_mut().append("x-amz-date", HeaderValue::from_static("2"));
        message.headers_mut().extend(host.map(|host| (HOST, HeaderValue::from_static(host))));
        connections.exchange(message, Some(2), &mut false).await.expect("an answer");
        seen.recv().expect("a request").1
    };
    let rest = "x-amz-date: 1\r\nx-amz-date: 2\r\ncontent-length: 2\r\n\r\n{}";
    let expected = |target: &str, host: &str| format!("POST {target} HTTP/1.1\r\nhost: {host}\r\n{rest}");
    assert_eq!(send(&format!("http://{host}"), None).await, expected("/", &host));
    assert_eq!(send(&format!("http://{host}/a%20b/?c=d&e"), None).await, expected("/a%20b/?c=d&e", &host));
    assert_eq!(send("/a", Some("elsewhere")).await, expected("/a", "elsewhere"));
}

#[test]
fn a_host_is_named_with_its_port_unless_that_goes_without_saying() {
    for (url, host) in [
        ("https://dynamodb.us-east-1.amazonaws.com/a?b", "dynamodb.us-east-1.amazonaws.com"),
        ("https://a:443", "a"),
        ("http://a:80", "a"),
        ("https://a:80", "a:80"),
        ("http://a:443", "a:443"),
        ("http://user:secret@[::1]:4566/", "[::1]:4566"),
    ] {
        assert_eq!(connections(url).host, host, "{url}");
    }
    let limits = Limits { connect_timeout: PATIENCE, idle_timeout: PATIENCE };
    for nowhere in ["/path", "host"] {
        let trust = Trust::system().expect("roots");
        let made = Connections::new(&nowhere.parse().expect("a URL"), None, trust, limits);
        assert!(made.is_err(), "{nowhere}");
    }
}

/// Two connections are kept, and the next request over one of them breaks, or is waited for in vain.
async fn none_that_was_kept_is_used_after(breaks: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let connections = connections(&format!("http://{}", listener.local_addr().expect("bound")));
    let server = std::thread::spawn(move || {
        let mut kept: Vec<_> = (0..2).map(|_| listener.accept().expect("a connection").0).collect();
        for stream in &kept {
            read_request(stream).expect("a request");
        }
        for stream in &mut kept {
            stream.write_all(OK.as_bytes()).expect("a client");
            stream.set_nonblocking(true).expect("a socket");
        }
        let is_asked = |stream: &TcpStream| stream.peek(&mut [0; 1]).is_ok_and(|read| read > 0);
        // Ends: one of the two is asked, or its client is gone and the test with it.
        let asked = loop {
            if let Some(asked) = kept.iter().position(is_asked) {
                break asked;
            }
            std::thread::yield_now();
        };
        if breaks {
            drop(kept.remove(asked));
        }
        let (mut third, _) = listener.accept().expect("a new connection");
        read_request(&third).expect("a request");
        third.write_all(OK.as_bytes()).expect("a client");
    });
    let (one, other) = tokio::join!(post(&connections), post(&connections));
    assert!(one.is_ok() && other.is_ok() && connections.idle().len() == 2, "{one:?}, {other:?}");
    let limit = if breaks { PATIENCE } else { SHORT };
    let tried = timeout(limit, post(&connections)).await;
    assert!(tried.as_ref().map_or(!breaks, |answer| breaks && answer.is_err()), "{tried:?}");
    let answer = timeout(PATIENCE, post(&connections)).await.expect("over a new connection");
    assert_eq!(answer.expect("an answer").status(), 200);
    server.join().expect("the server");
}

/// Else as many tries as there are kept connections would fail where all of them are dead, as after the process was frozen.
#[tokio::test]
async fn where_one_that_was_kept_is_dead_none_that_was_kept_is_used_again() {
    none_that_was_kept_is_used_after(true).await;
    none_that_was_kept_is_used_after(false).await;
}
