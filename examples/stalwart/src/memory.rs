//! How the C library's allocator treats mail: large buffers that come and go.
//!
//! Left alone, glibc learns from the first large mail that such buffers belong on the heap, keeps what was freed there, and
//! has a heap for every thread: after a burst of large mails a process stays as large as the burst was. With a fixed
//! threshold each large buffer is a mapping of its own. It grows without being copied (`mremap`) and is gone when the mail is.

/// From here on a buffer is a mapping of its own, bytes.
#[cfg(target_env = "gnu")]
const OWN_MAPPING: libc::c_int = 256 << 10;

/// Settles how memory is allocated; called once, before there are threads.
pub fn settle() {
    #[cfg(target_env = "gnu")]
    #[allow(unsafe_code, reason = "mallopt(3) takes two numbers and is thread-safe; what it refuses stays as it was")]
    unsafe {
        // Set at all, the threshold does not move any more.
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_MAPPING);
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

/// Gives memory that is free back to the system.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    #[allow(unsafe_code, reason = "malloc_trim(3) takes a number and is thread-safe")]
    unsafe {
        libc::malloc_trim(0);
    }
}
