//! Runs futures inside one synchronous call, waiting for all that they wait for at once.
//!
//! A leaf future registers its pollable and waker here. When nothing can go on, one `wasi:io/poll` call waits for every
//! registered pollable, and the wakers of those that are ready are woken. So several provider calls run side by side.
//!
//! Sleeping futures share one timer of the host, the alarm. Nearly all of them are time limits that are dropped before they pass: an
//! alarm that stands already, and goes off no later than the next of them, is as good as a new one.

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
    time::Duration,
};

use unassign_role::transport::nanoseconds;
use wasip2::{
    clocks::monotonic_clock,
    io::poll::{self, Pollable},
};

use crate::clock;

thread_local! {
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
    static SLEEPING: RefCell<Vec<Sleeping>> = const { RefCell::new(Vec::new()) };
    static ALARM: RefCell<Option<Alarm>> = const { RefCell::new(None) };
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

/// A sleeping future. Weak, so that one that is dropped is waited for no more.
struct Sleeping {
    sleep: Weak<End>,
    waker: Waker,
}

/// When a sleep ends, on the monotonic clock, and whether that has passed.
struct End {
    at: Duration,
    has_passed: Cell<bool>,
}

/// The timer of the host that is set.
struct Alarm {
    at: Duration,
    pollable: Pollable,
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

/// Resolves once the monotonic clock shows this time, which is still to come.
pub fn sleep_until(at: Duration) -> Sleep {
    Sleep(Rc::new(End {
        at,
        has_passed: Cell::new(false),
    }))
}

/// See [`sleep_until`].
pub struct Sleep(Rc<End>);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.has_passed.get() {
            return Poll::Ready(());
        }
        let sleep = Rc::downgrade(&self.0);
        SLEEPING.with_borrow_mut(|sleeping| {
            sleeping.retain(|other| !other.sleep.ptr_eq(&sleep));
            sleeping.push(Sleeping {
                sleep,
                waker: context.waker().clone(),
            });
        });
        Poll::Pending
    }
}

/// Sets the alarm for the first sleep to end, if it would go off later. `false`: nothing sleeps.
fn set_alarm() -> bool {
    let first = SLEEPING.with_borrow_mut(|sleeping| {
        sleeping.retain(|sleeping| sleeping.sleep.strong_count() > 0);
        let ends = sleeping.iter().filter_map(|sleeping| sleeping.sleep.upgrade());
        ends.map(|end| end.at).min()
    });
    let Some(first) = first else { return false };
    ALARM.with_borrow_mut(|alarm| {
        if alarm.as_ref().is_none_or(|alarm| alarm.at > first) {
            *alarm = Some(Alarm {
                at: first,
                pollable: monotonic_clock::subscribe_instant(nanoseconds(first)),
            });
        }
    });
    true
}

/// The alarm went off: perhaps for a sleep that was dropped since.
fn wake_sleepers() {
    ALARM.set(None);
    let now = clock::monotonic();
    let due: Vec<Sleeping> = SLEEPING.with_borrow_mut(|sleeping| {
        let is_due = |sleeping: &mut Sleeping| sleeping.sleep.upgrade().is_none_or(|end| end.at <= now);
        sleeping.extract_if(.., is_due).collect()
    });
    for Sleeping { sleep, waker } in due {
        if let Some(end) = sleep.upgrade() {
            end.has_passed.set(true);
            waker.wake();
        }
    }
}

fn wait() {
    let registered = WAITING.with_borrow_mut(std::mem::take);
    let live: Vec<(Rc<Wait>, Waker)> = registered
        .into_iter()
        .filter_map(|waiting| Some((waiting.wait.upgrade()?, waiting.waker)))
        .collect();
    // `poll` traps on an empty list: a future that waits for nothing would never end, which is a fault of this component.
    let is_alarm_set = set_alarm();
    let ready = ALARM.with_borrow(|alarm| {
        let alarm = alarm.iter().filter(|_| is_alarm_set).map(|alarm| &alarm.pollable);
        let list: Vec<&Pollable> = live.iter().map(|(wait, _)| &wait.pollable).chain(alarm).collect();
        poll::poll(&list)
    });
    clock::has_passed();
    let mut has_gone_off = false;
    for position in ready {
        match live.get(position as usize) {
            Some((wait, _)) => wait.is_ready.set(true),
            // It stands behind all others.
            None => has_gone_off = true,
        }
    }
    if has_gone_off {
        wake_sleepers();
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
