//! The proxy: listens, and serves every client on its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::session::{Settings, serve};

/// Serves clients until `stop` says so; those that are there then may end the command they are in. More than `most` at a
/// time wait outside.
pub async fn run(
    listener: TcpListener,
    settings: Arc<Settings>,
    most: usize,
    mut stop: watch::Receiver<bool>,
    grace: Duration,
) {
    let places = Arc::new(Semaphore::new(most));
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = clients.join_next() => continue,
            accepted = next(&listener, &places) => accepted,
        };
        let (place, stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // A client that left before it was greeted, or no descriptor left: neither ends the proxy.
            Err(error) => {
                tracing::warn!(%error, "a client could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (settings, stop) = (settings.clone(), stop.clone());
        clients.spawn(async move {
            tracing::debug!(%peer, "connected");
            match client(stream, peer, &settings, stop).await {
                Ok(()) => tracing::debug!(%peer, "left"),
                Err(error) => tracing::info!(%peer, %error, "broke off"),
            }
            drop(place);
        });
    }
    drop(listener);
    let ended = async { while clients.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!(clients = clients.len(), "cut off");
    }
}

/// Waits until it is time to end. The guard that the channel hands out must not be held across other work.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Nobody is left who could say it: that is an end, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(tokio::sync::OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((place, stream, peer))
}

async fn client(
    stream: TcpStream,
    peer: SocketAddr,
    settings: &Settings,
    stop: watch::Receiver<bool>,
) -> Result<(), crate::wire::WireError> {
    stream.set_nodelay(true)?;
    serve(Box::new(stream), peer, settings, stop).await
}
