import UnixSignals

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the system and the user tell a running command.
enum Signals {
    /// Writing to a pipe that nobody reads becomes an error of the write, where it can be handled.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// How a command that can be stopped ended.
    enum Ending<Result: Sendable>: Sendable {
        case finished(Result)
        /// SIGINT, SIGTERM or SIGHUP came.
        case stopped(by: UnixSignal)
    }

    /// Runs `body` until it returns, or until a signal comes that is to stop the program: then `body` is cancelled and
    /// waited for, so that it leaves everything as it should be.
    static func untilStopped<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Ending<Result> {
        let signals = await UnixSignalsSequence(trapping: stopping)
        return try await withThrowingTaskGroup(of: Ending<Result>?.self) { group in
            group.addTask { .finished(try await body()) }
            group.addTask {
                for await signal in signals { return .stopped(by: signal) }
                return nil
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            throw CancellationError()
        }
    }

    /// The signals that stop a command. A terminal that is closed is one, unless the command was told to outlive it, as
    /// nohup does.
    private static var stopping: [UnixSignal] {
        isIgnored(SIGHUP) ? [.sigint, .sigterm] : [.sigint, .sigterm, .sighup]
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
        let handler = unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self)
        #else
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        #endif
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Ends the program as the signal does where nobody traps it, so that a shell sees that it was interrupted: status
    /// 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP.
    static func end(by signal: UnixSignal) -> Never {
        restoreDefault(signal.rawValue)
        raise(signal.rawValue)
        exit(128 + signal.rawValue)
    }

    private static func restoreDefault(_ number: CInt) {
        signal(number, SIG_DFL)
    }
}
