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
        /// SIGINT or SIGTERM came.
        case stopped(by: UnixSignal)
    }

    /// Runs `body` until it returns, or until SIGINT or SIGTERM comes: then `body` is cancelled and waited for, so that
    /// it leaves everything as it should be.
    static func untilStopped<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Ending<Result> {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
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

    /// Ends the program as the signal does where nobody traps it, so that a shell sees that it was interrupted: status
    /// 130 for SIGINT, 143 for SIGTERM.
    static func end(by signal: UnixSignal) -> Never {
        restoreDefault(signal.rawValue)
        raise(signal.rawValue)
        exit(128 + signal.rawValue)
    }

    private static func restoreDefault(_ number: CInt) {
        signal(number, SIG_DFL)
    }
}
