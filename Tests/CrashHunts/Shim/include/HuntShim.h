#ifndef HUNT_SHIM_H
#define HUNT_SHIM_H

#include <stdint.h>

/// A library to be preloaded into a process (`LD_PRELOAD`), which sees its file calls below one directory. It does what
/// these variables of the environment ask for:
///
///     HUNT_ROOT        the directory; files and names below it are seen
///     HUNT_TRACE       where the record of the calls is written (see HuntRecord)
///     HUNT_MARKS       a descriptor; what is written to it becomes marks in the record
///     HUNT_SYNC_PAUSE  how long a sync takes at most, in microseconds, so that work gathers as on a slow disk
///     HUNT_KILL_AT     the process kills itself at this one of its calls that change anything (1 is the first)
///     HUNT_KILL_AFTER  with HUNT_KILL_AT: after the call has taken effect, instead of before
///     HUNT_BOOT_ID     a file that is opened in place of /proc/sys/kernel/random/boot_id
///     HUNT_INODES      a file with lines of two inodes: who asks for the first is told the second, so that a file that
///                      was made again from a record is taken for the one that was recorded
///
/// A call that changes files in a way that the record cannot express ends the process with a message, so that a hunt
/// cannot be green because it did not look.

/// One call, or the beginning or end of one, in the order in which they happened. All numbers are of the machine's own
/// byte order. `payloadLength` bytes follow.
struct HuntRecord {
    uint32_t kind;
    uint32_t flags;
    /// Of the file or directory that is changed.
    uint64_t inode;
    /// Where a write begins; the new length of a truncated file; of a name, the inode it leads to.
    uint64_t offset;
    uint64_t payloadLength;
};

enum {
    /// `inode` is the directory, `offset` the inode that the name (payload) leads to. Flag: it is a directory.
    HUNT_NAMED = 1,
    /// `inode` is the directory that lost a name (payload).
    HUNT_UNNAMED = 2,
    /// `inode` is the directory that the new name is in, `offset` what it leads to. Payload: the inode of the old
    /// directory (8 bytes), the old name, a zero byte, the new name. Both names change together.
    HUNT_RENAMED = 3,
    HUNT_WRITTEN = 4,
    HUNT_LENGTH_SET = 5,
    /// A sync began: what was recorded before is on the disk once it has ended. Flag: of data only (`fdatasync`).
    HUNT_SYNC_BEGUN = 6,
    HUNT_SYNC_ENDED = 7,
    /// A write to a file that was opened with O_DSYNC has ended: the write recorded last for the inode at this offset,
    /// of this length (payload: 8 bytes), is on the disk.
    HUNT_WRITE_SYNCED = 8,
    /// What was written to the marks' descriptor (payload).
    HUNT_MARK = 9,
    /// The directory HUNT_ROOT itself; the first record.
    HUNT_ROOT_IS = 10,
    /// What came before describes what was there already; what follows are calls.
    HUNT_BEGINS = 11,
};

#endif
