//! The connector, and a client of the SDK over it, against scripted servers.

use std::future::pending;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::config::{Config, Variable};
use crate::sdk::{sdk_config, trust};

/// Longer than a busy machine takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is waited for that does not come.
const SHORT: Duration = Duration::from_millis(200);

/// A request, and the number of the connection that it came over.
type Seen = (usize, String);

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut head) = (Vec::new(), None);
    // Ends: with the request, or with the connection.
    loop {
        let text = String::from_utf8_lossy(&request);
        head = head.or_else(|| text.find("\r\n\r\n"));
        if let Some(head) = head {
            let length = text[..head].lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
            if request.len() == head + 4 + length {
                return Some(text.into_owned());
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

/// Gives these answers on one connection, and closes it after the last; one that is empty never comes.
async fn serve(number: usize, mut stream: TcpStream, answers: Vec<String>, seen: UnboundedSender<Seen>) {
    for answer in answers {
        let Some(request) = read_request(&mut stream).await else { return };
        seen.send((number, request)).expect("a test");
        if answer.is_empty() {
            pending::<()>().await;
        }
        // Whoever has enough of an answer hangs up.
        drop(stream.write_all(answer.as_bytes()).await);
    }
}

/// A server that gives these answers, connection by connection: its address, and what it is asked.
async fn server(connections: &[&[&str]]) -> (String, UnboundedReceiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let owned = |answers: &&[&str]| answers.iter().map(|&answer| answer.to_owned()).collect();
    let connections: Vec<Vec<String>> = connections.iter().map(owned).collect();
    let (send, seen) = unbounded_channel();
    tokio::spawn(async move {
        for (number, answers) in connections.into_iter().enumerate() {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(serve(number, stream, answers, send.clone()));
        }
    });
    (address, seen)
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(PATIENCE)
        .operation_attempt_timeout(attempt)
        .operation_timeout(PATIENCE)
        .build()
}

/// A client with the settings that functions have, but so many attempts and such limits of time.
fn client(endpoint: &str, attempts: u32, attempt_timeout: Duration) -> Client {
    let config = Config::read(&[], |name| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    });
    let config = config.expect("nothing is needed");
    let trust = trust(config.get(Variable::Endpoint)).expect("roots");
    let retries =
        RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
    let settings = sdk_config(&config, trust).expect("a region").into_builder();
    let settings = settings
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "key", "secret", None, None, "test",
        )))
        .timeout_config(timeouts(attempt_timeout))
        .retry_config(retries)
        .build();
    Client::new(&settings)
}

type Put = Result<PutItemOutput, SdkError<PutItemError, HttpResponse>>;

async fn put(client: &Client) -> Put {
    client.put_item().table_name("holds").item("id", AttributeValue::S("h-1".to_owned())).send().await
}

/// The connections of the requests that came, in their order.
fn numbers(mut seen: UnboundedReceiver<Seen>) -> Vec<usize> {
    std::iter::from_fn(|| seen.try_recv().ok()).map(|(connection, _)| connection).collect()
}

#[tokio::test]
async fn what_the_sdk_signs_arrives_as_it_is_and_clients_share_connections() {
    let ok = answer("200 OK", "{}");
    let (address, mut seen) = server(&[&[&ok, &ok]]).await;
    let client = client(&format!("http://{address}"), 1, PATIENCE);
    put(&client).await.expect("an answer");
    let (number, request) = seen.recv().await.expect("a request");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body, r#"{"TableName":"holds","Item":{"id":{"S":"h-1"}}}"#);
    let (first, headers) = head.split_once("\r\n").expect("a line");
    assert_eq!(first, "POST / HTTP/1.1");
    let header = |name: &str| {
        let named = |line: &&str| line.split_once(": ").is_some_and(|(of, _)| of == name);
        headers.lines().filter(named).map(|line| &line[name.len() + 2..]).collect::<Vec<_>>()
    };
    assert_eq!(header("host"), [&address]);
    assert_eq!(header("content-length"), [body.len().to_string()]);
    assert_eq!(header("x-amz-target"), ["DynamoDB_20120810.PutItem"]);
    assert!(header("authorization")[0].contains("SignedHeaders=") && header("authorization").len() == 1);
    assert!(header("transfer-encoding").is_empty());

    // Another client of the same settings.
    let another = Client::from_conf(client.config().to_builder().build());
    put(&another).await.expect("an answer");
    assert_eq!((number, numbers(seen)), (0, vec![0]));
}

#[tokio::test]
async fn the_sdk_tries_again_what_broke_or_failed() {
    let (ok, cut) = (answer("200 OK", "{}"), answer("200 OK", "{}").replace("Length: 2", "Length: 3"));
    let failed = answer("500 Internal Server Error", r#"{"__type":"InternalServerError"}"#);
    for first in ["HTTP/1.1 200 OK\r\n", &cut, &failed] {
        let (address, seen) = server(&[&[first], &[&ok]]).await;
        put(&client(&format!("http://{address}"), 2, PATIENCE)).await.expect("an answer");
        assert_eq!(numbers(seen), [0, 1], "{first}");
        let (address, seen) = server(&[&[first], &[&ok]]).await;
        put(&client(&format!("http://{address}"), 1, PATIENCE)).await.expect_err("only once");
        assert_eq!(numbers(seen), [0], "{first}");
    }
    // After its own failure the server may still have the connection open.
    let (address, seen) = server(&[&[&failed, &ok], &[&ok]]).await;
    put(&client(&format!("http://{address}"), 2, PATIENCE)).await.expect("an answer");
    assert_eq!(numbers(seen), [0, 1]);
    // It is asked no more whose answer is none of HTTP's.
    let (address, seen) = server(&[&["220 mail\r\n"], &[&ok]]).await;
    let outcome = put(&client(&format!("http://{address}"), 2, PATIENCE)).await;
    assert!(matches!(outcome, Err(SdkError::DispatchFailure(_))), "{outcome:?}");
    assert_eq!(numbers(seen), [0]);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_attempt() {
    let ok = answer("200 OK", "{}");
    let closing = ok.replace("Content-Length", "Connection: close\r\nContent-Length");
    let (address, seen) = server(&[&[&closing], &[&ok]]).await;
    let client = client(&format!("http://{address}"), 1, PATIENCE);
    put(&client).await.expect("an answer");
    put(&client).await.expect("an answer");
    assert_eq!(numbers(seen), [0, 1]);
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_leaves_its_connection() {
    let ok = answer("200 OK", "{}");
    let (address, seen) = server(&[&["", &ok], &[&ok]]).await;
    let impatient = client(&format!("http://{address}"), 1, SHORT);
    let late = put(&impatient).await;
    assert!(matches!(late, Err(SdkError::TimeoutError(_))), "{late:?}");
    let patient = impatient.config().to_builder().timeout_config(timeouts(PATIENCE)).build();
    put(&Client::from_conf(patient)).await.expect("an answer");
    assert_eq!(numbers(seen), [0, 1]);
}

/// What becomes of a request to a URL.
async fn ask(url: &str, connect_timeout: Duration, body: SdkBody) -> Result<HttpResponse, ConnectorError> {
    let origins = AwsClient::new(trust(Some(url)).expect("roots")).origins;
    let mut request = HttpRequest::new(body);
    request.set_uri(url).expect("a URL");
    request.set_method("POST").expect("a method");
    Connector { origins, connect_timeout }.call(request).await
}

#[tokio::test]
async fn failures_are_told_as_the_sdk_sorts_them() {
    let body = || SdkBody::from("{}");
    let (nobody, _bound) = {
        // Its port is taken, and nobody listens there.
        let deaf = TcpSocket::new_v4().expect("a socket");
        deaf.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        (format!("http://{}", deaf.local_addr().expect("bound")), deaf)
    };
    let refused = ask(&nobody, PATIENCE, body()).await.expect_err("nobody");
    assert!(refused.is_io(), "{refused:?}");

    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent = format!("https://{}", silent.local_addr().expect("bound"));
    let late = ask(&silent, SHORT, body()).await.expect_err("no TLS");
    assert!(late.is_timeout(), "{late:?}");

    let asked = async |answer: &str| {
        let (address, _seen) = server(&[&[answer]]).await;
        ask(&format!("http://{address}/?a=b"), PATIENCE, body()).await
    };
    let cut = asked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{").await.expect_err("no answer");
    assert!(cut.is_io(), "{cut:?}");
    let hung_up = asked("HTTP/1.1 ").await.expect_err("no answer");
    assert!(hung_up.is_io(), "{hung_up:?}");
    let long = asked(&answer("200 OK", &" ".repeat(ANSWER_BYTES_MAX + 1))).await.expect_err("too long");
    assert!(long.is_other() && long.as_other().is_none(), "{long:?}");
    let whole = asked(&answer("200 OK", &" ".repeat(ANSWER_BYTES_MAX))).await.expect("an answer");
    assert_eq!(whole.body().bytes().map(<[u8]>::len), Some(ANSWER_BYTES_MAX));

    let nowhere = ask("/path", PATIENCE, body()).await.expect_err("no host");
    assert!(nowhere.is_user(), "{nowhere:?}");
    let stream = SdkBody::from_body_1_x(lambda_http::Body::from("{}"));
    let streamed = ask(&nobody, PATIENCE, stream).await.expect_err("not in memory");
    assert!(streamed.is_user(), "{streamed:?}");
}
