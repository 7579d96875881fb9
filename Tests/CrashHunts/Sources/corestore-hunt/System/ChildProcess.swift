import Glibc

/// A program that runs beside this one; its standard output comes here, its errors go where ours go.
final class ChildProcess {
    /// How a program ended.
    enum End: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .killed(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
            }
        }
    }

    /// What reading its output came to.
    enum Reading: Equatable {
        case line(String)
        case end
        case timedOut
    }

    private let processID: pid_t
    private let output: Int32
    private var unread: [UInt8] = []
    private var end: End?

    /// Starts a program.
    ///
    /// - Parameter environment: what it gets beside our own.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemFailure("a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)

        let argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
        // A red result is told by whoever waits for it; a backtrace of what LMDB asserts takes longer than the rest.
        let environment = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { own, _ in own }
        let variables = environment.map { strdup("\($0)=\($1)") } + Self.inheritedEnvironment() + [nil]
        defer { for pointer in argumentPointers + variables { free(pointer) } }
        var processID = pid_t()
        let status = posix_spawn(&processID, path, &actions, nil, argumentPointers, variables)
        close(ends[1])
        guard status == 0 else {
            close(output)
            throw SystemFailure(path, errorNumber: status)
        }
        self.processID = processID
    }

    deinit {
        kill()
        _ = wait()
        close(output)
    }

    private static func inheritedEnvironment() -> [UnsafeMutablePointer<CChar>?] {
        let names: [String] = ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR"]
        return names.compactMap { name in getenv(name).map { strdup("\(name)=\(String(cString: $0))") } }
    }
}

extension ChildProcess {
    /// The next line of its output, without its end.
    func readLine(timeoutMilliseconds: Int32 = -1) -> Reading {
        while true {
            if let position = unread.firstIndex(of: 0x0a) {
                defer { unread.removeSubrange(...position) }
                return .line(String(decoding: unread[..<position], as: UTF8.self))
            }
            var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, timeoutMilliseconds)
            if ready == 0 { return .timedOut }
            if ready < 0, errno == EINTR { continue }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { return .end }
            unread += buffer[..<count]
        }
    }

    /// All lines up to the end of its output. What is not a whole line is dropped.
    func readToEnd() -> [String] {
        var lines: [String] = []
        while case .line(let line) = readLine() { lines.append(line) }
        return lines
    }

    /// Ends it at once, whatever it does (SIGKILL).
    func kill() {
        if end == nil { Glibc.kill(processID, SIGKILL) }
    }

    /// Waits until it has ended.
    func wait() -> End {
        if let end { return end }
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let ended = signal == 0 ? End.exited(status >> 8 & 0xff) : .killed(signal: signal)
        end = ended
        return ended
    }
}

/// A call of the system that failed.
struct SystemFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, errorNumber: Int32 = errno) {
        description = "\(what): \(String(cString: strerror(errorNumber)))"
    }
}
