public import Foundation
import Synchronization

/// Another program that a test runs.
///
/// It takes the place of Foundation's `Process`, which on Linux copies a directory entry by its largest size while it looks for
/// descriptors to be closed, and so now and then reads past the end of the memory that has it.
public final class ChildProcess: Sendable {
    private enum State {
        case running([CheckedContinuation<Int32, Never>])
        case ended(Int32)
    }

    /// The system's number of it.
    public let processIdentifier: pid_t
    private let state = Mutex(State.running([]))

    /// Starts a program, with the environment of the tests and no descriptors but these three. The caller closes its own.
    ///
    /// - Throws: `POSIXError` where it cannot be started.
    public init(
        _ executable: URL, _ arguments: [String], input: FileHandle = .nullDevice, output: FileHandle = .standardOutput,
        errors: FileHandle = .standardError
    ) throws {
        processIdentifier = try Self.spawn(executable.path, arguments, [input, output, errors].map(\.fileDescriptor))
        Thread.detachNewThread { self.waitForTheEnd() }
    }

    /// Runs a program to its end, and holds up the thread for so long.
    ///
    /// - Returns: as ``status()``.
    public static func run(_ executable: URL, _ arguments: [String]) throws -> Int32 {
        reap(
            try spawn(
                executable.path, arguments,
                [FileHandle.nullDevice, .standardOutput, .standardError].map(\.fileDescriptor)))
    }

    /// Waits for its end.
    ///
    /// - Returns: the exit status; of a process that a signal ended, 128 and the signal, as shells have it.
    public func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status: Int32? = state.withLock { state in
                switch state {
                case .running(let waiters):
                    state = .running(waiters + [continuation])
                    return nil
                case .ended(let status): return status
                }
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool {
        state.withLock { if case .running = $0 { true } else { false } }
    }

    /// Sends it a signal, if it has not ended.
    public func send(_ signal: Int32) {
        state.withLock { if case .running = $0 { _ = kill(processIdentifier, signal) } }
    }
}

// MARK: - The system's calls

extension ChildProcess {
    private static func spawn(_ path: String, _ arguments: [String], _ descriptors: [Int32]) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        let closing = Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        let closing: Int16 = 0
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (target, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        try closeTheRest(&actions)
        // What the tests do with signals is not handed down, and a signal to their group does not reach it.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETPGROUP) | closing)

        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let environment = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + environment { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, path, &actions, &attributes, words, environment)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        return child
    }

    /// Has every other descriptor closed: a pipe ends only when nobody has its other end.
    private static func closeTheRest(_ actions: inout posix_spawn_file_actions_t) throws {
        #if canImport(Glibc)
        // Declared for GNU programs alone, so that Swift does not see it.
        typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { throw POSIXError(.ENOSYS) }
        _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
        #endif
    }

    private func waitForTheEnd() {
        // Not reaped before nobody sends signals any more: its number may be another's after that.
        var information = siginfo_t()
        while waitid(P_PID, id_t(processIdentifier), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        let (status, waiters) = state.withLock { state in
            let status = Self.reap(processIdentifier)
            guard case .running(let waiters) = state else { preconditionFailure("a process ended twice") }
            state = .ended(status)
            return (status, waiters)
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    /// Waits for the end of a process, and returns its status as ``status()`` does.
    private static func reap(_ process: pid_t) -> Int32 {
        var code: Int32 = 0
        while waitpid(process, &code, 0) == -1, errno == EINTR {}
        let signal = code & 0x7f
        return signal == 0 ? code >> 8 & 0xff : 128 + signal
    }
}
