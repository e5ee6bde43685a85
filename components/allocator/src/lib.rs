//! The memory of an instance. An operation takes and gives back thousands of small blocks, and a general allocator spends a sixth of
//! the whole operation on them: it looks for the best place, and joins what is free. Here a block of up to [`LARGEST`] bytes is one of
//! its size class: the first of a list when it is taken, and again when it is given back. Larger ones are left to the allocator behind.
//!
//! A small block stays with its class for the life of the instance: what is kept is the most that each class had in use at one time.
//! If nothing more is to be had, a block of a larger class serves.
//!
//! A component gets it by linking this crate. Nothing of libc in it may free what a host allocated, as libc's own reading of the
//! environment and of directories does: that block is of this allocator, and not of libc's.

// An allocator cannot be written without. Every block is aligned to `STEP`.
#![allow(unsafe_code, clippy::cast_ptr_alignment)]

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr::{self, NonNull},
};

/// The largest block of a class, in bytes.
pub const LARGEST: usize = CLASSES * STEP;

/// Classes are multiples of it. Every block is aligned to it.
const STEP: usize = 16;
const CLASSES: usize = 16;
/// What is taken from the allocator behind at a time, in bytes.
const PIECE: usize = 8 * 1024;

// Elsewhere it would have to be safe for several threads.
#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: Classes<std::alloc::System> = Classes::before(std::alloc::System);

/// An allocator with classes of small blocks before another one.
pub struct Classes<A> {
    behind: A,
    small: UnsafeCell<Small>,
}

struct Small {
    /// The first free block of each class.
    free: [Option<NonNull<Free>>; CLASSES],
    /// What is left of the latest piece.
    piece: *mut u8,
    left: usize,
}

impl Small {
    /// The first free block of a class; null if there is none.
    fn take(&mut self, class: usize) -> *mut u8 {
        let Some(Some(block)) = self.free.get(class).copied() else {
            return ptr::null_mut();
        };
        // SAFETY: what is in the list was written by `dealloc`.
        self.free[class] = unsafe { block.as_ref().next };
        block.as_ptr().cast()
    }
}

/// A block that is free.
struct Free {
    next: Option<NonNull<Free>>,
}

// SAFETY: an instance of a component has one thread.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
unsafe impl<A> Sync for Classes<A> {}

impl<A> Classes<A> {
    pub const fn before(behind: A) -> Self {
        let small = Small {
            free: [None; CLASSES],
            piece: ptr::null_mut(),
            left: 0,
        };
        Self {
            behind,
            small: UnsafeCell::new(small),
        }
    }
}

/// The class of a block; `None` if it is none of the small ones.
const fn class_of(layout: Layout) -> Option<usize> {
    let size = layout.size();
    if size == 0 || size > LARGEST || layout.align() > STEP {
        return None;
    }
    Some((size - 1) / STEP)
}

const fn size_of_class(class: usize) -> usize {
    (class + 1) * STEP
}

impl<A: GlobalAlloc> Classes<A> {
    /// A block that was never in use.
    ///
    /// # Safety
    /// Nothing else refers to `small`.
    #[cold]
    unsafe fn fresh(&self, small: &mut Small, class: usize) -> *mut u8 {
        let size = size_of_class(class);
        if small.left < size {
            // SAFETY: neither size nor alignment is zero, and the alignment is a power of two.
            let piece = unsafe { self.behind.alloc(Layout::from_size_align_unchecked(PIECE, STEP)) };
            if piece.is_null() {
                let mut larger = (class + 1..CLASSES).map(|class| small.take(class));
                return larger.find(|block| !block.is_null()).unwrap_or(piece);
            }
            (small.piece, small.left) = (piece, PIECE);
        }
        let block = small.piece;
        // SAFETY: so many bytes are left.
        small.piece = unsafe { block.add(size) };
        small.left -= size;
        block
    }
}

// SAFETY: a block is in one list or with one owner, and has room for what its layout asks for; larger ones are the other allocator's.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Classes<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(layout) else {
            // SAFETY: the caller's promises are the same.
            return unsafe { self.behind.alloc(layout) };
        };
        // SAFETY: there is one thread, and nothing below calls back.
        let small = unsafe { &mut *self.small.get() };
        let block = small.take(class);
        if block.is_null() {
            // SAFETY: `small` is the only reference.
            return unsafe { self.fresh(small, class) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class_of(layout) else {
            // SAFETY: the block is of the allocator behind.
            return unsafe { self.behind.dealloc(block, layout) };
        };
        // SAFETY: there is one thread, and nothing below calls back.
        let small = unsafe { &mut *self.small.get() };
        if let (Some(free), Some(block)) = (small.free.get_mut(class), NonNull::new(block.cast::<Free>())) {
            // SAFETY: the block is aligned for it, has room for it, and has no owner any more.
            unsafe { block.write(Free { next: *free }) };
            *free = Some(block);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is not zero and no overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class_of(layout), class_of(wanted)) {
            // SAFETY: the block is of the allocator behind, and stays there.
            (None, None) => unsafe { self.behind.realloc(block, layout, size) },
            (of_block, of_wanted) if of_block == of_wanted => block,
            // SAFETY: both blocks have as many bytes as are copied, and are two.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::alloc::System;

    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    /// Writes over all of a block.
    fn fill(block: *mut u8, size: usize, with: u8) {
        assert!(!block.is_null());
        // SAFETY: the block has as many bytes.
        unsafe { block.write_bytes(with, size) };
    }

    fn holds(block: *mut u8, size: usize, value: u8) -> bool {
        // SAFETY: the block has as many bytes, and they are written.
        (0..size).all(|at| unsafe { block.add(at).read() } == value)
    }

    #[test]
    fn blocks_of_every_size_and_alignment_are_apart_and_aligned() {
        let classes = Classes::before(System);
        let mut blocks = Vec::new();
        for round in 0..3_u8 {
            for size in (1..=600).chain([4_096, 100_000]) {
                for align in [1, 8, 16, 64] {
                    let layout = layout(size, align);
                    // SAFETY: the size is not zero.
                    let block = unsafe { classes.alloc(layout) };
                    let mark = round.wrapping_add(u8::try_from(blocks.len() % 251).unwrap());
                    fill(block, size, mark);
                    assert_eq!(block.addr() % align, 0);
                    blocks.push((block, layout, mark));
                }
            }
            // Every second one goes, and its place is used again.
            let mut position = 0;
            blocks.retain(|(block, layout, mark)| {
                assert!(holds(*block, layout.size(), *mark));
                position += 1;
                if position % 2 == 0 {
                    // SAFETY: the block is of this layout.
                    unsafe { classes.dealloc(*block, *layout) };
                }
                position % 2 != 0
            });
        }
        for (block, layout, mark) in blocks {
            assert!(holds(block, layout.size(), mark));
            // SAFETY: the block is of this layout.
            unsafe { classes.dealloc(block, layout) };
        }
    }

    #[test]
    fn what_is_given_back_is_taken_first() {
        let classes = Classes::before(System);
        // SAFETY: the sizes are not zero, and the layouts those of the blocks.
        unsafe {
            let first = classes.alloc(layout(40, 8));
            classes.dealloc(first, layout(40, 8));
            assert_eq!(classes.alloc(layout(33, 1)), first);
            assert_ne!(classes.alloc(layout(48, 1)), first);
        }
    }

    #[test]
    fn where_nothing_more_is_to_be_had_a_larger_block_serves() {
        /// Gives one piece and nothing else.
        struct Once(std::cell::Cell<bool>);

        // SAFETY: what it gives is the system's.
        unsafe impl GlobalAlloc for Once {
            unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                if self.0.replace(true) {
                    return ptr::null_mut();
                }
                // SAFETY: the caller's promises are the same.
                unsafe { System.alloc(layout) }
            }

            unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
                // SAFETY: the caller's promises are the same.
                unsafe { System.dealloc(block, layout) }
            }
        }

        let classes = Classes::before(Once(std::cell::Cell::new(false)));
        let large = layout(LARGEST, 8);
        // SAFETY: the sizes are not zero, and the layouts those of the blocks.
        unsafe {
            let first = classes.alloc(large);
            while !classes.alloc(large).is_null() {}
            while !classes.alloc(layout(1, 1)).is_null() {}
            classes.dealloc(first, large);
            let small = classes.alloc(layout(40, 8));
            assert_eq!(small, first);
            fill(small, 40, 1);
            assert!(classes.alloc(layout(40, 8)).is_null());
        }
    }

    #[test]
    fn a_block_keeps_its_content_as_it_grows_and_shrinks_across_the_border() {
        let classes = Classes::before(System);
        let sizes = [1, 16, 17, 100, LARGEST, LARGEST + 1, 10_000, 700, LARGEST, 60, 3];
        // SAFETY: the sizes are not zero, and the layout is that of the block.
        unsafe {
            let mut block = classes.alloc(layout(sizes[0], 1));
            fill(block, sizes[0], 7);
            for pair in sizes.windows(2) {
                block = classes.realloc(block, layout(pair[0], 1), pair[1]);
                assert!(holds(block, pair[0].min(pair[1]), 7), "{pair:?}");
                fill(block, pair[1], 7);
            }
            classes.dealloc(block, layout(sizes[sizes.len() - 1], 1));
        }
    }
}
