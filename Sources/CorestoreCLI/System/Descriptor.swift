#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file, pipe or terminal that bytes are read from or written to, unbuffered and blocking.
struct Descriptor: Sendable {
    static let standardInput = Descriptor(number: 0, name: "standard input")
    static let standardOutput = Descriptor(number: 1, name: "standard output")
    static let standardError = Descriptor(number: 2, name: "standard error")

    let number: CInt
    /// What to call it when it fails.
    let name: String

    /// Opens a file to read. It stays open until the program ends.
    static func open(_ path: String) throws(Failure) -> Descriptor {
        let number = retrying { openFile(path) }
        guard number >= 0 else { throw Failure("\(path): \(lastError())") }
        return Descriptor(number: number, name: path)
    }

    /// Reads what there is, up to `limit` bytes; waits for the first of them. Empty at the end.
    func read(upTo limit: Int) throws(Failure) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            count = retrying { readBytes(number, buffer.baseAddress, limit) }
            initialized = max(0, count)
        }
        guard count >= 0 else { throw Failure("\(name): \(lastError())") }
        return bytes
    }

    /// Whether a read would return at once.
    var hasBytesWaiting: Bool {
        var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) > 0
    }

    /// How a write ended that did not fail.
    enum Written {
        case all
        /// Nobody reads any more.
        case brokenPipe
    }

    /// Writes all of `bytes`.
    func write(_ bytes: [UInt8]) throws(Failure) -> Written {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { rest in
                retrying { writeBytes(number, rest.baseAddress, rest.count) }
            }
            if count < 0 {
                guard errno != EPIPE else { return .brokenPipe }
                throw Failure("\(name): \(lastError())")
            }
            rest = rest.dropFirst(count)
        }
        return .all
    }

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(number) == 1 }

    /// How many characters fit on a line of the terminal; `nil` where it is none.
    var columnCount: Int? {
        var size = winsize()
        guard ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// Calls again what a signal interrupted.
private func retrying<Count: SignedInteger>(_ call: () -> Count) -> Count {
    while true {
        let count = call()
        if count >= 0 || errno != EINTR { return count }
    }
}

private func lastError() -> String { String(cString: strerror(errno)) }

// The system calls under names that the methods above do not hide.
private func openFile(_ path: String) -> CInt { open(path, O_RDONLY | O_CLOEXEC) }
private func readBytes(_ number: CInt, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(number, target, count)
}
private func writeBytes(_ number: CInt, _ source: UnsafeRawPointer?, _ count: Int) -> Int {
    write(number, source, count)
}
