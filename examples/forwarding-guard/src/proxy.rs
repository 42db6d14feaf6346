//! The proxy: listens, and serves every client on its own.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::session::{Settings, serve};

/// Serves clients until the future it is raced with ends. More than `most` at a time wait.
///
/// # Errors
/// When the socket can take no more clients.
pub async fn run(listener: TcpListener, settings: Arc<Settings>, most: usize) -> std::io::Result<()> {
    let places = Arc::new(Semaphore::new(most));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // A client that left before it was greeted, or no descriptor left: neither ends the proxy.
            Err(error) => {
                eprintln!("accept: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let settings = settings.clone();
        tokio::spawn(async move {
            let peer = peer.to_string();
            if let Err(error) = client(stream, peer.clone(), &settings).await {
                eprintln!("{peer} {error}");
            }
            drop(place);
        });
    }
}

async fn client(stream: TcpStream, peer: String, settings: &Settings) -> Result<(), crate::wire::WireError> {
    stream.set_nodelay(true)?;
    serve(Box::new(stream), peer, settings).await
}
