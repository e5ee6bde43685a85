//! Runs futures inside one synchronous call, waiting for all that they wait for at once.
//!
//! A leaf future registers its pollable and waker here. When nothing can go on, one `wasi:io/poll` call waits for every
//! registered pollable, and the wakers of those that are ready are woken. So several provider calls run side by side.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::{Pin, pin},
    rc::{Rc, Weak},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use wasip2::io::poll::{self, Pollable};

use crate::clock;

thread_local! {
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
}

/// Weak: a pollable is a child of what it polls and must be dropped with the future that owns it.
struct Waiting {
    wait: Weak<Wait>,
    waker: Waker,
}

/// A pollable, and whether a poll has said that it is ready: asking it again would be another call of the host.
struct Wait {
    pollable: Pollable,
    is_ready: Cell<bool>,
}

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let root = Arc::new(Root(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&root));
    let mut context = Context::from_waker(&waker);
    // The instance may have been idle.
    clock::has_passed();
    loop {
        while root.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
        }
        wait();
    }
}

/// Resolves when the pollable is ready.
pub fn ready(pollable: Pollable) -> Ready {
    Ready(Rc::new(Wait {
        pollable,
        is_ready: Cell::new(false),
    }))
}

/// See [`ready`].
pub struct Ready(Rc<Wait>);

impl Future for Ready {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.is_ready.get() {
            return Poll::Ready(());
        }
        let wait = Rc::downgrade(&self.0);
        WAITING.with_borrow_mut(|waiting| {
            waiting.retain(|other| !other.wait.ptr_eq(&wait));
            waiting.push(Waiting {
                wait,
                waker: context.waker().clone(),
            });
        });
        Poll::Pending
    }
}

fn wait() {
    let registered = WAITING.with_borrow_mut(std::mem::take);
    let live: Vec<(Rc<Wait>, Waker)> = registered
        .into_iter()
        .filter_map(|waiting| Some((waiting.wait.upgrade()?, waiting.waker)))
        .collect();
    // `poll` traps on an empty list: a future that waits for nothing would never end, which is a fault of this component.
    let list: Vec<&Pollable> = live.iter().map(|(wait, _)| &wait.pollable).collect();
    let ready = poll::poll(&list);
    clock::has_passed();
    for position in ready {
        if let Some((wait, _)) = live.get(position as usize) {
            wait.is_ready.set(true);
        }
    }
    for (wait, waker) in live {
        if wait.is_ready.get() {
            waker.wake();
        } else {
            WAITING.with_borrow_mut(|waiting| {
                waiting.push(Waiting {
                    wait: Rc::downgrade(&wait),
                    waker,
                });
            });
        }
    }
}

/// Whether the root future is to be polled.
struct Root(AtomicBool);

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
