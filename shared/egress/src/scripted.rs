//! Scripted servers, for tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use data_encoding::BASE64;
use rcgen::{Certificate, CertifiedKey, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Longer than a busy machine takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

pub(crate) fn read_request(stream: impl Read) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    // Ends: with the head's last line, or with the connection.
    while !request.ends_with("\r\n\r\n") {
        reader.read_line(&mut request).ok().filter(|length| *length > 0)?;
    }
    let length = request.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    request.push_str(&String::from_utf8(body).ok()?);
    Some(request)
}

/// A server that gives these answers on one connection after the other, and closes each after its last; its address, and each
/// request with the number of its connection.
pub(crate) fn server(connections: Vec<Vec<String>>) -> (String, Receiver<(usize, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let (send, seen) = channel();
    std::thread::spawn(move || {
        for (number, answers) in connections.into_iter().enumerate() {
            let (mut stream, _) = listener.accept().expect("a connection");
            for answer in answers {
                let Some(request) = read_request(&stream) else { break };
                send.send((number, request)).expect("a test");
                stream.write_all(answer.as_bytes()).expect("a client");
            }
        }
    });
    (address, seen)
}

/// A certificate as a text (RFC 7468).
pub(crate) fn pem(certificate: &Certificate) -> String {
    let lines = BASE64.encode(certificate.der());
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

/// A server with this certificate, that answers once; its URL, and what it was asked, or not.
pub(crate) fn server_of_tls(localhost: &CertifiedKey<KeyPair>) -> (String, Receiver<Option<String>>) {
    let certificate = localhost.cert.der().clone();
    let key = PrivateKeyDer::try_from(localhost.signing_key.serialize_der()).expect("a key");
    let mut tls = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .and_then(|tls| tls.with_no_client_auth().with_single_cert(vec![certificate], key))
        .expect("a server");
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let (send, seen) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = StreamOwned::new(ServerConnection::new(tls.into()).expect("a server"), stream);
        let request = read_request(&mut stream);
        if request.is_some() {
            assert_ne!(stream.conn.alpn_protocol(), Some(&b"h2"[..]), "HTTP/1.1 is spoken");
            stream.write_all(OK.as_bytes()).expect("a client");
        }
        send.send(request)
    });
    (format!("https://localhost:{port}"), seen)
}
