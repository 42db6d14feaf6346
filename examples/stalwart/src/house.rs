//! What all doors share: the judge, the bounds, the room for messages.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::config::Limits;
use crate::judge::Judge;
use crate::metrics::{Held, Metrics};

/// A unit of room, bytes.
const UNIT: usize = 64 << 10;

/// How long a message waits for room before its verdict is "not now".
const WAIT: Duration = Duration::from_secs(10);

/// What all doors share.
#[derive(Debug)]
pub struct House {
    /// The plugin.
    pub judge: Judge,
    /// Bounds.
    pub limits: Limits,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Room for messages in flight, in units.
    room: Arc<Semaphore>,
}

impl House {
    /// A house with the room that `limits` says.
    #[must_use]
    pub fn new(judge: Judge, limits: Limits, metrics: Arc<Metrics>) -> Self {
        let units = (limits.in_flight_mib.saturating_mul(1 << 20) / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self { judge, limits, metrics, room: Arc::new(Semaphore::new(units)) }
    }

    /// The largest message, bytes.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.limits.message_mib.saturating_mul(1 << 20)
    }
}

/// The room a message has taken.
#[derive(Debug)]
pub struct Place<'h> {
    house: &'h House,
    taken: Option<OwnedSemaphorePermit>,
    counted: Option<Held<'h>>,
}

impl<'h> Place<'h> {
    /// No room yet.
    #[must_use]
    pub fn new(house: &'h House) -> Self {
        Self { house, taken: None, counted: None }
    }

    /// Takes room as the message grows, and gives it back when it is gone. Without room in time: no place is kept, and the
    /// answer is `false`.
    pub async fn fit(&mut self, bytes: usize) -> bool {
        if bytes == 0 {
            self.leave();
            return true;
        }
        let wanted = bytes.div_ceil(UNIT);
        let has = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = wanted.checked_sub(has).and_then(|more| u32::try_from(more).ok()).filter(|more| *more > 0)
        else {
            return true;
        };
        let Ok(Ok(permit)) = timeout(WAIT, Arc::clone(&self.house.room).acquire_many_owned(more)).await else {
            self.leave();
            return false;
        };
        match &mut self.taken {
            Some(taken) => taken.merge(permit),
            None => self.taken = Some(permit),
        }
        self.counted = None;
        let bytes = u64::try_from(wanted.saturating_mul(UNIT)).unwrap_or(u64::MAX);
        self.counted = Some(self.house.metrics.in_flight.hold(bytes));
        true
    }

    fn leave(&mut self) {
        self.taken = None;
        self.counted = None;
    }
}
