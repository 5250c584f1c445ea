//! The client against scripted servers.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;

use rcgen::generate_simple_self_signed;
use tokio::net::TcpSocket;

use super::*;
use crate::scripted::{OK, PATIENCE, pem, server, server_of_tls};

/// What is waited for that does not come.
const SHORT: Duration = Duration::from_millis(200);
const SECRET: &str = "sk_test_1";

fn client(url: &str) -> Client {
    let limits = Limits { connect_timeout: PATIENCE, idle_timeout: PATIENCE };
    Client::new(url, Reach::Emulated, limits).expect("a client")
}

const QUESTION: Request<'_> = Request {
    path: "",
    headers: &[("authorization", SECRET)],
    content: Content::Nothing,
    time_limit: PATIENCE,
    answer_bytes_max: Some(2),
};
const CHANGE: Request<'_> = Request { content: Content::Form(&[("a[b]", "c d&")]), ..QUESTION };

fn failure(outcome: Result<Answer, SendError>) -> &'static str {
    let (kind, source) = match outcome {
        Ok(answer) => panic!("{}", answer.status),
        Err(SendError::NotSent(source)) => ("not sent", source),
        Err(SendError::NoAnswer(source)) => ("no answer", source),
    };
    assert!(!format!("{source:?} {source}").contains(SECRET), "{source:?}");
    kind
}

#[tokio::test]
async fn a_request_is_sent_as_it_was_made() {
    for (url, request, expected) in [
        ("", QUESTION, "GET / HTTP/1.1\r\nhost: HERE\r\nauthorization: sk_test_1\r\n\r\n"),
        (
            "/hooks/",
            Request { content: Content::Json("{}"), headers: &[], ..QUESTION },
            "POST /hooks/ HTTP/1.1\r\nhost: HERE\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
        ),
        (
            "/base/",
            Request { path: "/v1/x?limit=1", ..CHANGE },
            "POST /base/v1/x?limit=1 HTTP/1.1\r\nhost: HERE\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: 15\r\nauthorization: sk_test_1\r\n\r\na%5Bb%5D=c+d%26",
        ),
        (
            "/?a=1",
            Request { content: Content::Form(&[]), headers: &[], ..QUESTION },
            "POST /?a=1 HTTP/1.1\r\nhost: HERE\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n\r\n",
        ),
    ] {
        let (address, seen) = server(vec![vec![OK.to_owned()]]);
        let answer = client(&format!("http://{address}{url}")).send(&request).await.expect("an answer");
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"{}"[..]));
        assert_eq!((answer.header("content-length"), answer.header("other")), (Some("2"), None));
        assert_eq!(seen.recv().expect("a request").1, expected.replace("HERE", &address));
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nothing_more() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a free port");
    elsewhere.set_nonblocking(true).expect("a socket");
    let to = elsewhere.local_addr().expect("bound");
    let (address, _seen) = server(vec![vec![format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n"
    )]]);
    let answer = client(&format!("http://{address}")).send(&CHANGE).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(elsewhere.accept().expect_err("nobody").kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn what_may_have_arrived_is_told_apart_from_what_was_not_sent() {
    let ask = async |answers: &[&str], request: Request<'_>| {
        let (address, _seen) = server(vec![answers.iter().map(|&answer| answer.to_owned()).collect()]);
        failure(client(&format!("http://{address}")).send(&request).await)
    };
    assert_eq!(ask(&[""], CHANGE).await, "no answer", "the server hangs up");
    assert_eq!(ask(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"], CHANGE).await, "no answer", "cut off");
    assert_eq!(ask(&["220 mail\r\n"], CHANGE).await, "no answer", "no HTTP");
    assert_eq!(ask(&[&OK.replace("2\r\n\r\n", "3\r\n\r\n ")], CHANGE).await, "no answer", "too long");
    assert_eq!(
        ask(&["", ""], Request { headers: &[("authorization", "sk_test_1\n")], ..CHANGE }).await,
        "not sent",
        "no header"
    );
    assert_eq!(ask(&[], Request { path: "/ ", ..CHANGE }).await, "not sent", "no path");
    let below_a_query = client("http://127.0.0.1:1/?a=1").send(&Request { path: "/v1", ..CHANGE }).await;
    assert_eq!(failure(below_a_query), "not sent", "below a query");

    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("bound");
    let brief = Request { time_limit: SHORT, ..CHANGE };
    assert_eq!(failure(client(&format!("http://{address}")).send(&brief).await), "no answer");
    // Its port is taken, and nobody listens there: connections are refused as long as it is there.
    let deaf = TcpSocket::new_v4().expect("a socket");
    deaf.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let nobody = format!("http://{}", deaf.local_addr().expect("bound"));
    assert_eq!(failure(client(&nobody).send(&CHANGE).await), "not sent");
}

#[tokio::test]
async fn before_tls_is_established_nothing_is_sent() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", silent.local_addr().expect("bound"));
    let brief = Request { time_limit: SHORT, ..CHANGE };
    let limits = Limits { connect_timeout: SHORT, idle_timeout: PATIENCE };
    let impatient = Client::new(&url, Reach::Emulated, limits).expect("a client");
    for (outcome, late) in [
        (client(&url).send(&brief).await, "there was no whole answer"),
        (impatient.send(&CHANGE).await, "there was no connection"),
    ] {
        let Err(SendError::NotSent(source)) = outcome else { panic!("it may have been sent") };
        assert!(source.to_string().starts_with(late), "{source}");
    }
    for _ in 0..2 {
        let (mut stream, _) = silent.accept().expect("a connection");
        let mut came = Vec::new();
        stream.read_to_end(&mut came).expect("until the client gives up");
        assert_eq!(came[..2], [22, 3], "the hello of a handshake");
        assert!(!String::from_utf8_lossy(&came).contains(SECRET));
    }
    // Who answers in the clear gets no more.
    let answer_in_the_clear = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().expect("a connection");
        stream.read_exact(&mut [0; 5]).expect("a hello");
        stream.write_all(OK.as_bytes()).expect("a client");
        let mut came = Vec::new();
        stream.read_to_end(&mut came).map(|_| came)
    });
    assert_eq!(failure(client(&url).send(&CHANGE).await), "not sent");
    let came = answer_in_the_clear.join().expect("a server").unwrap_or_default();
    assert!(!String::from_utf8_lossy(&came).contains(SECRET));
}

#[tokio::test]
async fn a_host_proves_itself_by_a_root_that_is_trusted() {
    let limits = Limits { connect_timeout: PATIENCE, idle_timeout: PATIENCE };
    let localhost = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let trusted = || Trust::roots(&pem(&localhost.cert)).expect("a root");
    let (url, seen) = server_of_tls(&localhost);
    let known = Client::trusting(trusted(), &url, Reach::Emulated, limits).expect("a client");
    assert_eq!(known.send(&CHANGE).await.expect("an answer").status, StatusCode::OK);
    assert!(seen.recv().expect("a connection").expect("a request").contains(SECRET));

    // The system does not know that root, and the certificate is not that of the address.
    let (url, seen) = server_of_tls(&localhost);
    assert_eq!(failure(client(&url).send(&CHANGE).await), "not sent");
    assert_eq!(seen.recv().expect("a connection"), None);
    let (url, seen) = server_of_tls(&localhost);
    let misnamed = url.replace("localhost", "127.0.0.1");
    let misled = Client::trusting(trusted(), &misnamed, Reach::Emulated, limits).expect("a client");
    assert_eq!(failure(misled.send(&CHANGE).await), "not sent");
    assert_eq!(seen.recv().expect("a connection"), None);
}

#[tokio::test]
async fn on_aws_a_client_has_a_public_url_and_reaches_nothing_else() {
    let limits = Limits { connect_timeout: PATIENCE, idle_timeout: PATIENCE };
    for refused in ["http://127.0.0.1", "http://example.com", "https://127.0.0.1", "https://127.1"] {
        assert!(Client::new(refused, Reach::Public, limits).is_err(), "{refused}");
    }
    let inside = Client::new("https://localhost", Reach::Public, limits).expect("a name may be public");
    assert_eq!(failure(inside.send(&CHANGE).await), "not sent");
}
