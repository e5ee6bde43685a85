//! Holds answers back until enough requests have arrived: proof that they are under way together, without any timing.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Call;

#[derive(Clone)]
pub struct Gate {
    count: usize,
    fits: Arc<dyn Fn(&Call) -> bool + Send + Sync>,
    arrived: Arc<std::sync::atomic::AtomicUsize>,
    open: Arc<Semaphore>,
}

impl Gate {
    pub fn new(count: usize, fits: Arc<dyn Fn(&Call) -> bool + Send + Sync>) -> Self {
        Self {
            count,
            fits,
            arrived: Arc::default(),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    pub async fn pass(&self, call: &Call) {
        if !(self.fits)(call) {
            return;
        }
        let arrived = self.arrived.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        if arrived == self.count {
            // Closing lets everybody through, now and later.
            self.open.close();
        }
        let _ = self.open.acquire().await;
    }
}
