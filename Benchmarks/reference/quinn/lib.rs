// SPDX-License-Identifier: Apache-2.0
//! One QUIC stream of quinn behind blocking calls, for quinn.c. A runtime of one thread, the caller's; every call drives it.

use quinn::congestion::CubicConfig;
use quinn::{ClientConfig, Connection, Endpoint, EndpointConfig, RecvStream, SendStream, ServerConfig, TransportConfig, VarInt};
use std::ffi::{c_char, CStr};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

const WINDOW: u32 = 16 << 20;
const RING: u64 = 4 << 20;

pub struct Line {
    runtime: Runtime,
    endpoint: Endpoint,
    remote: Option<(SocketAddr, ClientConfig)>,
    streams: Option<Streams>,
}

/// Takes exactly one certificate, as the pin of the floor does.
struct Pinned(rustls::Certificate);

impl rustls::client::ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self, end_entity: &rustls::Certificate, _: &[rustls::Certificate], _: &rustls::ServerName,
        _: &mut dyn Iterator<Item = &[u8]>, _: &[u8], _: std::time::SystemTime,
    ) -> Result<rustls::client::ServerCertVerified, rustls::Error> {
        if *end_entity == self.0 {
            Ok(rustls::client::ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate".into()))
        }
    }
}

fn transport() -> Arc<TransportConfig> {
    let mut config = TransportConfig::default();
    config
        .stream_receive_window(VarInt::from_u32(WINDOW))
        .receive_window(VarInt::from_u32(WINDOW))
        .send_window(RING)
        .initial_max_udp_payload_size(1452)
        .congestion_controller_factory(Arc::new(CubicConfig::default()));
    Arc::new(config)
}

fn make(server: bool, port: u16, certificate: &[u8], key: &[u8]) -> Result<Line, Box<dyn std::error::Error>> {
    let certificate = rustls_pemfile::certs(&mut &certificate[..])?.pop().ok_or("no certificate")?;
    let certificate = rustls::Certificate(certificate);
    let suites = [rustls::cipher_suite::TLS13_AES_128_GCM_SHA256];
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let (endpoint, remote) = if server {
        let mut tls = rustls::ServerConfig::builder()
            .with_cipher_suites(&suites)
            .with_safe_default_kx_groups()
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], rustls::PrivateKey(key.to_vec()))?;
        tls.alpn_protocols = vec![b"floor".to_vec()];
        let mut config = ServerConfig::with_crypto(Arc::new(tls));
        config.transport_config(transport());
        (Endpoint::server(config, (Ipv4Addr::LOCALHOST, port).into())?, None)
    } else {
        let mut tls = rustls::ClientConfig::builder()
            .with_cipher_suites(&suites)
            .with_safe_default_kx_groups()
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_custom_certificate_verifier(Arc::new(Pinned(certificate)))
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"floor".to_vec()];
        // Full handshakes, as those of the floor and of links.
        tls.session_storage = Arc::new(rustls::client::NoClientSessionStorage {});
        let mut config = ClientConfig::new(Arc::new(tls));
        config.transport_config(transport());
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let endpoint = Endpoint::new(EndpointConfig::default(), None, socket, quinn::TokioRuntime)?;
        (endpoint, Some(((Ipv4Addr::LOCALHOST, port).into(), config)))
    };
    drop(inside);
    Ok(Line { runtime, endpoint, remote, streams: None })
}

type Streams = (Connection, SendStream, RecvStream);

async fn dial(endpoint: &Endpoint, remote: &(SocketAddr, ClientConfig)) -> Result<Streams, Box<dyn std::error::Error>> {
    let connection = endpoint.connect_with(remote.1.clone(), remote.0, "localhost")?.await?;
    let (send, receive) = connection.open_bi().await?;
    Ok((connection, send, receive))
}

/// A line that listens, or one that is connected; null when it is not to be had.
///
/// # Safety
/// `certificate` is a string in PEM, `key` has `length` bytes in DER.
#[no_mangle]
pub unsafe extern "C" fn quinn_open(
    server: bool, port: u16, certificate: *const c_char, key: *const u8, length: usize,
) -> *mut Line {
    match make(server, port, CStr::from_ptr(certificate).to_bytes(), std::slice::from_raw_parts(key, length)) {
        Ok(line) => Box::into_raw(Box::new(line)),
        Err(error) => {
            eprintln!("quinn: {error}");
            std::ptr::null_mut()
        }
    }
}

/// Hangs up, and dials again; false when that did not work.
///
/// # Safety
/// `line` came from `quinn_open` of a client.
#[no_mangle]
pub unsafe extern "C" fn quinn_dial(line: *mut Line) -> bool {
    let line = &mut *line;
    let Some(remote) = &line.remote else { return false };
    if let Some((connection, _, _)) = line.streams.take() {
        connection.close(VarInt::from_u32(0), b"");
    }
    match line.runtime.block_on(dial(&line.endpoint, remote)) {
        Ok(streams) => line.streams = Some(streams),
        Err(error) => eprintln!("quinn: {error}"),
    }
    line.streams.is_some()
}

/// Writes all of it; false when the connection has gone.
///
/// # Safety
/// `bytes` has `length` bytes.
#[no_mangle]
pub unsafe extern "C" fn quinn_write(line: *mut Line, bytes: *const u8, length: usize) -> bool {
    let line = &mut *line;
    let Some((_, send, _)) = &mut line.streams else { return false };
    line.runtime.block_on(send.write_all(std::slice::from_raw_parts(bytes, length))).is_ok()
}

/// Lets what was written go out, for `milliseconds` when it is more than a packet: nothing else may be called after it.
///
/// # Safety
/// `line` came from `quinn_open`.
#[no_mangle]
pub unsafe extern "C" fn quinn_flush(line: *mut Line, milliseconds: u32) {
    (*line).runtime.block_on(async {
        // The stream wakes its connection, and that the endpoint.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        if milliseconds > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds.into())).await;
        }
    });
}

/// Waits for bytes. A server whose client has left waits for the next one.
///
/// # Safety
/// `bytes` has `room` bytes.
#[no_mangle]
pub unsafe extern "C" fn quinn_read(line: *mut Line, bytes: *mut u8, room: usize) -> usize {
    let line = &mut *line;
    let space = std::slice::from_raw_parts_mut(bytes, room);
    let (endpoint, streams, is_server) = (&line.endpoint, &mut line.streams, line.remote.is_none());
    line.runtime.block_on(async {
        loop {
            if let Some((_, _, receive)) = streams {
                match receive.read(space).await {
                    Ok(Some(count)) => return count,
                    other if !is_server => {
                        eprintln!("quinn: the stream has ended: {other:?}");
                        return 0;
                    }
                    _ => *streams = None,
                }
            } else {
                let Some(connecting) = endpoint.accept().await else { return 0 };
                let accepted = async {
                    let connection = connecting.await?;
                    let (send, receive) = connection.accept_bi().await?;
                    Ok::<Streams, quinn::ConnectionError>((connection, send, receive))
                };
                match accepted.await {
                    Ok(found) => *streams = Some(found),
                    Err(error) => eprintln!("quinn: {error}"),
                }
            }
        }
    })
}
