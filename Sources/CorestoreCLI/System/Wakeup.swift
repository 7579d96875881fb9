#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Makes whoever waits for an input give up: a pipe that can be read from once ``wake()`` was called.
final class Wakeup: Sendable {
    private let readEnd: CInt
    private let writeEnd: CInt

    init() throws(Failure) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure("no pipe could be made: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// May be called any number of times, from any thread.
    func wake() {
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// Waits until `input` has bytes to read, or has ended.
    ///
    /// - Returns: `false` where it was woken before.
    func waits(for input: Descriptor) -> Bool {
        while true {
            var requests = [
                pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input.number, events: Int16(POLLIN), revents: 0),
            ]
            // An input that fails is left to the read that follows, which says how.
            if poll(&requests, 2, -1) > 0 { return requests[0].revents == 0 }
        }
    }
}
